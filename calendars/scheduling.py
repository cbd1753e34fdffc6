"""Invitations between people as their events say them: copies, answers, messages (RFC 6638).

Who is whom is the caller's: a `Who` tells whether an address is the person meant.
"""

from collections.abc import Callable
from datetime import datetime

from calendars.content import Component, Line, write
from calendars.ical import CalendarItem
from calendars.imip import sequence_of

Who = Callable[[str], bool]
WHEN = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE")
MEANT = (*WHEN, "EXDATE")
CANCELLED = "CANCELLED"
OPEN = "NEEDS-ACTION"
_DATED = ("DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "COMMENT")
_SERVERS = ("", "SERVER")
_REACHED = ("1.1", "1.2")


def invited(item: CalendarItem) -> list[str]:
    """The addresses the server is to deliver to, each once."""
    found = (
        line.value
        for part in item.parts
        for line in part.lines("ATTENDEE")
        if (line.param("SCHEDULE-AGENT") or "").upper() in _SERVERS
    )
    return list(dict.fromkeys(found))


def partstat(part: Component, who: Who) -> str:
    """What this person answered."""
    for line in part.lines("ATTENDEE"):
        if who(line.value):
            return (line.param("PARTSTAT") or OPEN).upper()
    return ""


def answer(item: CalendarItem, who: Who, given: str) -> None:
    """Write one person's answer on his own lines."""
    for part in item.parts:
        for line in part.lines("ATTENDEE"):
            if who(line.value):
                part.replace(line, line.without("RSVP").with_param("PARTSTAT", given))


def called_off(item: CalendarItem) -> bool:
    """Whether the organiser cancelled it."""
    return _called_off(item.parts[0])


def call_off(item: CalendarItem) -> bool:
    """Cancel it, as a later version of itself; False for one that was cancelled already."""
    open_parts = [part for part in item.parts if not _called_off(part)]
    for part in open_parts:
        part.put(Line("STATUS", CANCELLED))
        part.put(Line("SEQUENCE", str(sequence_of(part) + 1)))
    return bool(open_parts)


def _called_off(part: Component) -> bool:
    return part.value("STATUS").strip().upper() == CANCELLED


def raise_sequence(item: CalendarItem, before: CalendarItem) -> bool:
    """Number an event whose dates changed as a later version (RFC 5546 §2.1.4).

    Whoever changed it may have done so already; whether there was something to do.
    """
    raised = False
    for part in item.parts:
        old = _same_instance(before, part)
        if old is None or sequence_of(part) > sequence_of(old):
            continue
        changed = any(sorted(_said(part, key)) != sorted(_said(old, key)) for key in MEANT)
        if changed or _called_off(part) != _called_off(old):
            part.put(Line("SEQUENCE", str(sequence_of(old) + 1)))
            raised = True
    return raised


def keep_answers(item: CalendarItem, before: CalendarItem, person: Who) -> None:
    """Carry over answers the organiser's client did not have; ask again if the dates changed."""
    for part in item.parts:
        old = _same_instance(before, part)
        if old is None:
            continue
        moved = any(_said(part, key) != _said(old, key) for key in WHEN)
        answers = {line.value.lower(): line.param("PARTSTAT") for line in old.lines("ATTENDEE")}
        for line in part.lines("ATTENDEE"):
            given, known = line.param("PARTSTAT"), answers.get(line.value.lower())
            if not person(line.value):
                continue
            if moved and known is not None:
                part.replace(line, _asked_again(line))
            elif known is not None and (given or OPEN).upper() == OPEN and known.upper() != OPEN:
                part.replace(line, line.without("RSVP").with_param("PARTSTAT", known))


def _asked_again(line: Line) -> Line:
    return line.without("RSVP").with_param("PARTSTAT", OPEN).with_param("RSVP", "TRUE")


def _said(part: Component, key: str) -> list[str]:
    return [f"{line.param('TZID') or ''}:{line.value}" for line in part.lines(key)]


def _same_instance(item: CalendarItem, part: Component) -> Component | None:
    which = part.value("RECURRENCE-ID")
    return next((one for one in item.parts if one.value("RECURRENCE-ID") == which), None)


def note_delivery(item: CalendarItem, status: Callable[[str], str | None]) -> bool:
    """Say on each ATTENDEE line what became of its invitation; None leaves the line alone."""
    noted = False
    for part in item.parts:
        for line in part.lines("ATTENDEE"):
            if (line.param("SCHEDULE-AGENT") or "").upper() not in _SERVERS:
                continue
            said = status(line.value)
            if said is None:
                continue
            answered = (line.param("PARTSTAT") or OPEN).upper() != OPEN
            told = "2.0" if said in _REACHED and answered else said
            bare = line.without("SCHEDULE-STATUS", "SCHEDULE-FORCE-SEND")
            part.replace(line, bare.with_param("SCHEDULE-STATUS", told))
            noted = True
    return noted


def copy_for(item: CalendarItem) -> CalendarItem:
    """The organiser's event as invited people get it: without his alarms and delivery notes."""
    parts = tuple(_copied(part) for part in item.parts)
    lines = [line for line in item.calendar.items if isinstance(line, Line)]
    return CalendarItem(Component("VCALENDAR", [*lines, *parts]), item.kind, item.uid, parts)


def _copied(part: Component) -> Component:
    lines: list[Line | Component] = [
        line.without("SCHEDULE-STATUS", "SCHEDULE-FORCE-SEND")
        for line in part.items
        if isinstance(line, Line)
    ]
    return Component(part.name, lines)


def keep_own(copy: CalendarItem, mine: CalendarItem) -> None:
    """The invited person's own alarms, and whether it makes him busy, stay his."""
    for part in copy.parts:
        old = _same_instance(mine, part)
        if old is None:
            continue
        part.items.extend(old.components("VALARM"))
        own = old.first("TRANSP")
        if own is not None:
            part.put(own)


def take_answers(event: CalendarItem, reply: CalendarItem, who: Who) -> bool:
    """Write a person's answers into the organiser's event; whether he is invited there at all."""
    found = False
    for part in event.parts:
        answered = _same_instance(reply, part)
        given = partstat(answered, who) if answered else ""
        for line in part.lines("ATTENDEE"):
            if who(line.value) and given:
                found = True
                bare = line.without("SCHEDULE-STATUS", "RSVP").with_param("PARTSTAT", given)
                part.replace(line, bare.with_param("SCHEDULE-STATUS", "2.0"))
    return found


def only_answers_differ(item: CalendarItem, other: CalendarItem) -> bool:
    """Whether two states of an event are the same but for what people answered."""
    return _without_answers(item) == _without_answers(other)


def _without_answers(item: CalendarItem) -> list[list[str]]:
    kept = [
        [
            line.value.lower() if line.key == "ATTENDEE" else str(line)
            for line in part.items
            if isinstance(line, Line) and line.key not in _DATED
        ]
        for part in item.parts
    ]
    return [sorted(part) for part in kept]


def message(method: str, item: CalendarItem, only: Who | None = None) -> Component:
    """The iTIP message for an inbox; a REPLY names `only` the one who answers."""
    parts = [_copied(part) for part in item.parts]
    for part in parts:
        for line in part.lines("ATTENDEE") if only else ():
            if only is not None and not only(line.value):
                part.drop(line)
    lines = [line for line in item.calendar.items if isinstance(line, Line)]
    zones = item.calendar.components("VTIMEZONE")
    return Component("VCALENDAR", [*lines, Line("METHOD", method), *zones, *parts])


def written(component: Component, now: datetime) -> bytes:
    """A message as it is stored, dated."""
    for part in component.components("VEVENT"):
        part.put(Line("DTSTAMP", now.strftime("%Y%m%dT%H%M%SZ")))
    return write(component)
