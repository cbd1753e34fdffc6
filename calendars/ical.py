"""One calendar object: bytes in, a checked tree of components out, and back to bytes.

`parse` is the only door. Whatever comes through it is either a `CalendarItem` or `Invalid`, and
what `serialise` writes is read without surprise by the icalendar library behind the server.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from icalendar import Calendar

from calendars import zones
from calendars.content import MAX_BYTES, Component, Line, broken, read, write
from calendars.values import Moment, instant, moments, one_moment, unescape
from rooms.errors import Invalid

OVERRIDE = "RECURRENCE-ID"
KINDS = ("VEVENT", "VTODO", "VJOURNAL")
MAX_UID = 255
MAX_STORED = 4 * MAX_BYTES
MAX_ATTENDEES = 500
MAX_PARTS = 731  # a series of as many dates as one may have, every one of them changed
MAX_LISTED = 1_000  # dates in RDATE and EXDATE
_SINGLE_DATES = ("DTSTART", "DTEND", "DUE", "RECURRENCE-ID", "COMPLETED")
_ONCE = ("UID", "DTSTART", "DTEND", "DUE", "DURATION", "RECURRENCE-ID", "STATUS", "TRANSP")


@dataclass(frozen=True, slots=True)
class CalendarItem:
    """A stored object: one UID, its main component and its overrides, in their VCALENDAR.

    The components may be changed in place (`itip`, `marks`, `join_link` do); `serialise` writes
    the tree back with all it did not understand.
    """

    calendar: Component
    kind: str  # VEVENT VTODO VJOURNAL
    uid: str
    parts: tuple[Component, ...]  # the main component first, then its overrides

    @property
    def title(self) -> str:
        """SUMMARY of the main component."""
        return unescape(self.parts[0].value("SUMMARY"))

    @property
    def private(self) -> bool:
        """Whether its owner keeps its title to himself."""
        return any(
            part.value("CLASS").upper() in ("PRIVATE", "CONFIDENTIAL") for part in self.parts
        )

    @property
    def recurring(self) -> bool:
        """Whether it has, or may have, more than one date."""
        return any(part.first(key) for part in self.parts for key in ("RRULE", "RDATE", OVERRIDE))


def parse(body: bytes, zone: ZoneInfo, *, stored: bool = False) -> CalendarItem:
    """The object in `body`. Zones nobody knows are read as `zone`, the centre's.

    `stored` is for what we have accepted and written ourselves: it may have grown by our answers
    and zone definitions, and need not be tried on the library again.

    Raises `Invalid`: `calendar-too-large`, `too-many-attendees`, `too-many-instances` (limit),
    `calendar-method`, or `bad-calendar-data`, whose `detail` says more, in English, for the log
    and the error body.
    """
    calendar = read(body, MAX_STORED if stored else MAX_BYTES)
    if calendar.name != "VCALENDAR":
        raise broken("not a VCALENDAR")
    if calendar.lines("METHOD"):
        raise Invalid("calendar-method")
    zones.clean(calendar, zone)
    parts = calendar.components(*KINDS)
    if len({part.name for part in parts}) != 1:
        raise broken("not one kind of component")
    if not stored:
        _check_numbers(parts)
    uid = _only_uid(parts)
    for part in parts:
        _check_dates(part)
    parts.sort(key=lambda part: part.first(OVERRIDE) is not None)
    _check_overrides(parts, zone)
    item = CalendarItem(calendar, parts[0].name, uid, tuple(parts))
    if not stored:
        _read_by_the_library(serialise(item))
    return item


def serialise(item: CalendarItem) -> bytes:
    """The object as it is stored and sent, with a true VTIMEZONE for every zone it names."""
    lines = [part for part in item.calendar.items if isinstance(part, Line)]
    definitions = zones.true_definitions(item.calendar)
    return write(Component("VCALENDAR", [*lines, *definitions, *item.calendar.components()]))


def _check_numbers(parts: list[Component]) -> None:
    """Counted before any value is read: the library takes its time over each."""
    if len(parts) > MAX_PARTS:
        raise Invalid("too-many-instances", limit=MAX_PARTS - 1)
    dates = (line for part in parts for key in ("RDATE", "EXDATE") for line in part.lines(key))
    if sum(line.value.count(",") + 1 for line in dates) > MAX_LISTED:
        raise Invalid("too-many-instances", limit=MAX_LISTED)
    if any(len(part.lines("ATTENDEE")) > MAX_ATTENDEES for part in parts):
        raise Invalid("too-many-attendees", limit=MAX_ATTENDEES)


def _only_uid(parts: list[Component]) -> str:
    uids = {unescape(part.value("UID")).strip() for part in parts}
    uid = uids.pop()
    if uids or not uid or len(uid) > MAX_UID:
        raise broken("not one UID")
    return uid


def _check_dates(part: Component) -> None:
    for key in _ONCE:
        if len(part.lines(key)) > 1:
            raise broken(f"more than one {key}")
    for key in _SINGLE_DATES:
        for line in part.lines(key):
            one_moment(line)
    for line in part.lines("EXDATE"):
        moments(line)


def _check_overrides(parts: list[Component], zone: ZoneInfo) -> None:
    seen: set[Moment | None] = set()
    for part in parts:
        line = part.first(OVERRIDE)
        which = instant(one_moment(line), zone) if line else None
        if which in seen:
            raise broken("the same date twice")
        seen.add(which)


def _read_by_the_library(body: bytes) -> None:
    try:
        Calendar.from_ical(body)
    except Exception as error:  # it has many kinds of its own; here they are one
        raise broken(f"unreadable: {type(error).__name__}") from error
