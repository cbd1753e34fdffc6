"""What the rooms answer to an invitation, written into the organiser's own event (RFC 5546).

The organiser's client finds the answer when it reads its event again: PARTSTAT on the ATTENDEE
lines of the rooms (RFC 6638 §7.3 for SCHEDULE-STATUS), and one COMMENT of ours with the reason.
"""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum

from calendars.content import Component, Line
from calendars.ical import CalendarItem
from calendars.values import escape, unescape
from rooms.ids import SLUG, RoomId
from rooms.room import room_at

OURS = "X-MARGERIDE"
SIGNATURE = "Margeride — "
"""How our comments begin: some clients drop the parameter that says they are ours."""

_DELIVERED = "2.0"
_PRINCIPAL = re.compile(rf"(?:https?://[^/]+)?(?:/[^/]+)*/principals/salle\.({SLUG.pattern})/?")
_DATES = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
_HISTORY = ("UID", "DTSTAMP", "SEQUENCE", "CREATED", "LAST-MODIFIED")
_FOR_EVERYBODY = (*_DATES, *_HISTORY, "SUMMARY", "STATUS", "TRANSP", "CLASS", "ORGANIZER")


class Answer(StrEnum):
    """PARTSTAT of a room."""

    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    TENTATIVE = "TENTATIVE"


def room_of(address: str, mail_domain: str) -> RoomId | None:
    """The room in a calendar user address: `mailto:salle.<room>@…`, or its principal's URL."""
    principal = _PRINCIPAL.fullmatch(address.strip())
    return RoomId(principal[1]) if principal else room_at(address, mail_domain)


def rooms_invited(item: CalendarItem, mail_domain: str) -> tuple[RoomId, ...]:
    """The rooms among the attendees, known or not, each once, in the order written."""
    found = (
        room_of(line.value, mail_domain) for part in item.parts for line in part.lines("ATTENDEE")
    )
    return tuple(dict.fromkeys(room for room in found if room is not None))


def answer(
    item: CalendarItem, answers: Mapping[RoomId, Answer], comment: str, mail_domain: str
) -> None:
    """Write each room's answer on its ATTENDEE lines, and our one COMMENT (none when empty)."""
    for part in item.parts:
        for line in part.lines("ATTENDEE"):
            room = room_of(line.value, mail_domain)
            if room is not None and room in answers:
                part.replace(line, _answered(line, answers[room]))
        put_comment(part, comment)


def put_comment(part: Component, comment: str) -> None:
    """Our one COMMENT in the place of an earlier one; none at all when `comment` is empty."""
    for line in _ours(part):
        part.drop(line)
    if comment:
        part.add(Line("COMMENT", escape(SIGNATURE + comment), ((OURS, "1"),)))


def our_comment(part: Component) -> str:
    """What our comment says; nothing without one."""
    return next((unescape(line.value).removeprefix(SIGNATURE) for line in _ours(part)), "")


def _ours(part: Component) -> list[Line]:
    return [
        line
        for line in part.lines("COMMENT")
        if line.param(OURS) is not None or line.value.startswith(escape(SIGNATURE))
    ]


def room_copy(item: CalendarItem, mail_domain: str, private_title: str) -> CalendarItem:
    """The organiser's event as everybody may read it in a room's calendar.

    Same UID and dates; of the attendees only the rooms; no description, no alarms; a private
    event shows `private_title` instead of its own.
    """
    parts = tuple(_copied(part, _for_everybody(mail_domain)) for part in item.parts)
    if item.private:
        for part in parts:
            part.put(Line("SUMMARY", escape(private_title)))
    lines = [line for key in ("VERSION", "PRODID") for line in item.calendar.lines(key)]
    return CalendarItem(Component("VCALENDAR", [*lines, *parts]), item.kind, item.uid, parts)


def _answered(line: Line, given: Answer) -> Line:
    bare = line.without("RSVP", "CUTYPE", "PARTSTAT", "SCHEDULE-STATUS", "SCHEDULE-FORCE-SEND")
    roled = bare.with_param("CUTYPE", "ROOM").with_param("PARTSTAT", given)
    return roled.with_param("SCHEDULE-STATUS", _DELIVERED)


def _for_everybody(mail_domain: str) -> Callable[[Line], bool]:
    def shown(line: Line) -> bool:
        if line.key == "ATTENDEE":
            return room_of(line.value, mail_domain) is not None
        return line.key in _FOR_EVERYBODY

    return shown


def _copied(part: Component, shown: Callable[[Line], bool]) -> Component:
    lines = [item for item in part.items if isinstance(item, Line) and shown(item)]
    return Component(part.name, list(lines))
