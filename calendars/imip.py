"""Calendar messages by mail (RFC 5546, RFC 6047): read what came, write what goes.

A message is a VCALENDAR with a METHOD. What came becomes the event our calendars keep (`merged`),
what goes is made from it: a room's REPLY, or the event as people are told of it (`told`).
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from calendars import zones
from calendars.addresses import address_in
from calendars.content import Component, Line, broken, read
from calendars.ical import KINDS, OVERRIDE, CalendarItem, serialise
from calendars.itip import OURS, SIGNATURE, room_of
from calendars.values import escape, instant, one_moment, unescape
from rooms.errors import Invalid
from rooms.ids import RoomId

METHODS = ("REQUEST", "CANCEL", "REPLY")
PRODID = Line("PRODID", "-//Margeride//Mail//FR")
_STAMP = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_DATES = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", OVERRIDE)
_TOLD = (
    *("UID", *_DATES, "SUMMARY", "DESCRIPTION", "LOCATION", "URL", "CONFERENCE", "STATUS"),
    *("TRANSP", "CLASS", "ATTENDEE", "COMMENT"),
)
_READ = ("DTSTART", "DTEND", "DURATION", "RRULE", "EXDATE", "RDATE", "SUMMARY", "LOCATION")
_REPLIED = ("UID", *_DATES, "SUMMARY", "ORGANIZER")
_SCHEDULING = ("SCHEDULE-STATUS", "SCHEDULE-AGENT", "SCHEDULE-FORCE-SEND")


@dataclass(frozen=True, slots=True)
class Message:
    """What came: its method, and its VCALENDAR without it."""

    method: str
    calendar: Component

    @property
    def parts(self) -> list[Component]:
        """The main component and the overrides, or the overrides alone."""
        found = self.calendar.components(*KINDS)
        return sorted(found, key=lambda part: part.first(OVERRIDE) is not None)

    @property
    def whole(self) -> bool:
        """Whether it speaks of the whole event, not of single dates of it."""
        return self.parts[0].first(OVERRIDE) is None

    @property
    def uid(self) -> str:
        """Of the event."""
        return unescape(self.parts[0].value("UID")).strip()

    @property
    def organiser(self) -> str | None:
        """The one address that organises every part of it."""
        found = {address_in(part.value("ORGANIZER")) for part in self.parts}
        return found.pop() if len(found) == 1 else None

    @property
    def organiser_name(self) -> str:
        """How he calls himself."""
        line = self.parts[0].first("ORGANIZER")
        return (line.param("CN") or "") if line else ""


def read_message(body: bytes, declared: str = "") -> Message:
    """The message in `body`; `declared` is the method its MIME part names.

    Raises `Invalid`: what `content.read` says, or `mail-method` for one we do not serve.
    """
    calendar = read(body)
    lines = calendar.lines("METHOD")
    if calendar.name != "VCALENDAR" or len(lines) > 1:
        raise broken("not a VCALENDAR with one METHOD")
    method = (lines[0].value if lines else declared).strip().upper()
    if declared and method != declared.upper():
        raise broken("two methods")
    if method not in METHODS:
        raise Invalid("mail-method", found=method[:20])
    for line in lines:
        calendar.drop(line)
    message = Message(method, calendar)
    if not message.parts or {part.name for part in message.parts} != {"VEVENT"}:
        raise Invalid("not-an-event")
    return message


def sequence_of(part: Component) -> int:
    """Its SEQUENCE; 0 when it has none that is a number."""
    raw = part.value("SEQUENCE").strip()
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else 0


def age_of(message: Message, stored: CalendarItem | None) -> int:
    """1 when the message is news, 0 when it says what is stored, -1 when it comes too late."""
    if stored is None:
        return 1
    sent, kept = message.parts[0], _same_date(message.parts[0], stored) or stored.parts[0]
    if sequence_of(sent) != sequence_of(kept):
        return 1 if sequence_of(sent) > sequence_of(kept) else -1
    stamps = (sent.value("DTSTAMP"), kept.value("DTSTAMP"))
    if not all(_STAMP.fullmatch(stamp) for stamp in stamps) or not message.whole:
        return 1
    return (stamps[0] > stamps[1]) - (stamps[0] < stamps[1])


def merged(message: Message, stored: CalendarItem | None, zone: ZoneInfo) -> Component | None:
    """The event as it is to be stored from now on; None for the end of one nobody knows."""
    zones.clean(message.calendar, zone)
    if message.method == "REQUEST":
        if message.whole or stored is None:
            return message.calendar
        return _with_dates(message.parts, stored, zone)
    if stored is None:
        return None
    if message.whole:
        return _cancelled(stored, message.parts[0])
    return _without_dates(message.parts, stored, zone)


def reply(item: CalendarItem, room: RoomId, mail_domain: str, now: datetime) -> bytes:
    """METHOD:REPLY of one room, from the answer that stands in the event."""
    parts = [_replied(part, room, mail_domain, now) for part in item.parts]
    return _message("REPLY", item, [part for part in parts if part.first("ATTENDEE")])


def answer(item: CalendarItem, is_his: Callable[[str], bool], now: datetime) -> bytes:
    """METHOD:REPLY of one guest, from the answers that stand in his copy."""
    parts = []
    for part in item.parts:
        lines = [line for line in part.items if isinstance(line, Line) and line.key in _REPLIED]
        mine = [line for line in part.lines("ATTENDEE") if is_his(line.value)]
        bare = [line.without("RSVP", "ROLE", *_SCHEDULING) for line in (*lines, *mine[:1])]
        copy = Component("VEVENT", list(bare))
        copy.put(Line("SEQUENCE", str(sequence_of(part))))
        copy.put(Line("DTSTAMP", stamp(now)))
        parts += [copy] if mine else []
    return _message("REPLY", item, parts)


def answer_in(item: CalendarItem, room: RoomId, mail_domain: str) -> str:
    """What the room answered: ACCEPTED, DECLINED, TENTATIVE, or nothing."""
    for line in item.parts[0].lines("ATTENDEE"):
        if room_of(line.value, mail_domain) == room:
            return (line.param("PARTSTAT") or "").upper()
    return ""


def comment_in(item: CalendarItem) -> str:
    """Our own comment, without its signature."""
    for line in item.parts[0].lines("COMMENT"):
        text = unescape(line.value)
        if text.startswith(SIGNATURE):
            return text.removeprefix(SIGNATURE)
        if line.param(OURS) is not None:
            return text
    return ""


def told(item: CalendarItem, method: str, organiser: Line, sequence: int, now: datetime) -> bytes:
    """The event as its people are told of it: REQUEST, CANCEL or PUBLISH."""
    parts = []
    for part in item.parts:
        lines = [
            line.without(*_SCHEDULING)
            for line in part.items
            if isinstance(line, Line) and line.key in _TOLD
        ]
        copy = Component("VEVENT", list(lines))
        if method == "CANCEL":
            copy.put(Line("STATUS", "CANCELLED"))
        copy.add(organiser)
        copy.put(Line("SEQUENCE", str(max(sequence, sequence_of(part)))))
        copy.put(Line("DTSTAMP", stamp(now)))
        parts.append(copy)
    return _message(method, item, parts)


def digest(item: CalendarItem) -> str:
    """The same for two events that say the same to people."""
    lines = [str(line) for part in item.parts for key in _READ for line in part.lines(key)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def stamp(moment: datetime) -> str:
    """An instant as iCalendar writes it."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _message(method: str, item: CalendarItem, parts: Iterable[Component]) -> bytes:
    lines = [Line("VERSION", "2.0"), PRODID, Line("METHOD", method)]
    calendar = Component("VCALENDAR", [*lines, *parts])
    return serialise(CalendarItem(calendar, item.kind, item.uid, tuple(parts)))


def _replied(part: Component, room: RoomId, mail_domain: str, now: datetime) -> Component:
    lines = [line for line in part.items if isinstance(line, Line)]
    kept = [line for line in lines if line.key in _REPLIED]
    mine = [
        line.without("RSVP", "ROLE", *_SCHEDULING)
        for line in lines
        if line.key == "ATTENDEE" and room_of(line.value, mail_domain) == room
    ]
    ours = [
        Line("COMMENT", escape(unescape(line.value).removeprefix(SIGNATURE)))
        for line in lines
        if line.key == "COMMENT" and line.value.startswith(escape(SIGNATURE))
    ]
    links = [line for line in lines if line.key in ("CONFERENCE", "URL", "LOCATION")]
    accepted = any(line.param("PARTSTAT") == "ACCEPTED" for line in mine)
    copy = Component("VEVENT", [*kept, *mine[:1], *ours, *(links if accepted else [])])
    copy.put(Line("SEQUENCE", str(sequence_of(part))))
    copy.put(Line("DTSTAMP", stamp(now)))
    copy.add(Line("REQUEST-STATUS", "2.0;Success"))
    return copy


def _same_date(part: Component, stored: CalendarItem) -> Component | None:
    wanted = part.first(OVERRIDE)
    for kept in stored.parts:
        line = kept.first(OVERRIDE)
        if (line is None and wanted is None) or (line and wanted and line.value == wanted.value):
            return kept
    return None


def _with_dates(parts: list[Component], stored: CalendarItem, zone: ZoneInfo) -> Component:
    dates = {_which(part, zone) for part in parts}
    kept = [part for part in stored.parts if _which(part, zone) not in dates]
    return _rebuilt(stored, [*kept, *parts])


def _without_dates(parts: list[Component], stored: CalendarItem, zone: ZoneInfo) -> Component:
    dates = {_which(part, zone) for part in parts}
    kept = [part for part in stored.parts if _which(part, zone) not in dates]
    if not kept or kept[0].first(OVERRIDE) is not None:
        return _cancelled(stored, parts[0])
    for part in parts:
        line = part.first(OVERRIDE)
        if line is not None and line.value not in (old.value for old in kept[0].lines("EXDATE")):
            kept[0].add(Line("EXDATE", line.value, line.without("RANGE").params))
    return _rebuilt(stored, kept)


def _cancelled(stored: CalendarItem, sent: Component) -> Component:
    for part in stored.parts:
        part.put(Line("STATUS", "CANCELLED"))
        part.put(Line("SEQUENCE", str(max(sequence_of(sent), sequence_of(part)))))
        if _STAMP.fullmatch(sent.value("DTSTAMP")):
            part.put(Line("DTSTAMP", sent.value("DTSTAMP")))
    return stored.calendar


def _which(part: Component, zone: ZoneInfo) -> datetime | None:
    line = part.first(OVERRIDE)
    return instant(one_moment(line), zone).astimezone(UTC) if line else None


def _rebuilt(stored: CalendarItem, parts: list[Component]) -> Component:
    lines = [item for item in stored.calendar.items if isinstance(item, Line)]
    return Component("VCALENDAR", [*lines, *parts])
