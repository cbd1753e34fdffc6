"""What the rooms answer to an invitation, written into the organiser's own event (RFC 5546)."""

from collections.abc import Mapping
from enum import StrEnum

from calendars.ical import CalendarItem
from rooms.ids import RoomId


class Answer(StrEnum):
    """PARTSTAT of a room."""

    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    TENTATIVE = "TENTATIVE"


def rooms_invited(item: CalendarItem, mail_domain: str) -> tuple[RoomId, ...]:
    """The rooms among the attendees, each once, in the order written."""
    raise NotImplementedError


def answer(
    item: CalendarItem, answers: Mapping[RoomId, Answer], comment: str, mail_domain: str
) -> None:
    """Write each room's answer on its ATTENDEE lines and our one COMMENT (none when empty)."""
    raise NotImplementedError


def room_copy(item: CalendarItem, room: RoomId, mail_domain: str) -> CalendarItem:
    """The organiser's event as it stands in a room's calendar: same UID, no alarms."""
    raise NotImplementedError
