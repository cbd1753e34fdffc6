"""One calendar object: bytes in, a checked tree of components out, and back to bytes.

`parse` is the only door. Whatever comes through it is either a `CalendarItem` or `Invalid`.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component


@dataclass(frozen=True, slots=True)
class CalendarItem:
    """A stored object: one UID, its main component and its overrides, in their VCALENDAR.

    The components are icalendar's own and may be changed in place (`itip`, `marks`,
    `join_link` do); `serialise` writes the tree back with all it did not understand.
    """

    calendar: Calendar
    kind: str  # VEVENT VTODO VJOURNAL
    uid: str
    parts: tuple[Component, ...]  # the main component first, then its overrides


def parse(body: bytes, zone: ZoneInfo) -> CalendarItem:
    """The object in `body`. Zones nobody knows are read as `zone`, the centre's.

    Raises `Invalid`: `calendar-too-large`, `bad-calendar-data`, `calendar-method`,
    `bad-calendar-zone`. The field `detail` says more, in English, for the log and the error body.
    """
    raise NotImplementedError


def serialise(item: CalendarItem) -> bytes:
    """The object as it is stored and sent, with a true VTIMEZONE for every zone it names."""
    raise NotImplementedError
