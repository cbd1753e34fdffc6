"""Values of iCalendar properties (RFC 5545 §3.3): texts, dates, instants, durations, periods."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from calendars.content import Line, broken
from calendars.zones import ZONES
from rooms.errors import Invalid

Moment = date | datetime
"""A date (a whole day) or a date-time: UTC, in a zone, or floating (no zone)."""

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Birthdays of the living have a place; beyond, arithmetic in zones has no sure ground."""

_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?", re.ASCII)
_DURATION = re.compile(
    r"([+-]?)P(?:(\d{1,5})W)?(?:(\d{1,5})D)?"
    r"(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,8})S)?)?",
    re.ASCII,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Length:
    """A duration: `days` are civil days, 23 to 25 hours long; `exact` is time that passes."""

    days: int
    exact: timedelta = timedelta(0)

    def after(self, start: datetime) -> datetime:
        """When it is over, in UTC, if it begins at `start` (aware)."""
        civil = start + timedelta(days=self.days) if self.days else start
        return civil.astimezone(UTC) + self.exact


def unescape(raw: str) -> str:
    """The text that a TEXT value stands for."""
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], raw)


def escape(text: str) -> str:
    """A text as a TEXT value, on one line, without control characters."""
    clean = "".join(c for c in text.replace("\r\n", "\n") if c in "\n\t" or c.isprintable())
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        clean = clean.replace(plain, written)
    return clean


def moment(raw: str, tzid: str | None = None) -> Moment:
    """A DATE or DATE-TIME; `tzid` is one that `zones.clean` has left."""
    match = _MOMENT.fullmatch(raw.strip())
    if match is None:
        raise broken("not a date")
    year, month, day, hour, minute, second, utc = match.groups()
    if not FIRST_YEAR <= int(year) <= LAST_YEAR:
        raise Invalid("date-out-of-range", first=FIRST_YEAR, last=LAST_YEAR)
    try:
        if hour is None:
            return date(int(year), int(month), int(day))
        # A leap second is the last second of its minute (RFC 5545 §3.3.12).
        clock = time(int(hour), int(minute), 59 if second == "60" else int(second))
        zone = UTC if utc else ZONES.get(tzid or "")
        return datetime.combine(date(int(year), int(month), int(day)), clock, zone)
    except ValueError as error:
        raise broken("not a date") from error


def moments(line: Line) -> list[Moment]:
    """Every value of a property that lists dates."""
    return [moment(raw, line.param("TZID")) for raw in line.value.split(",")]


def one_moment(line: Line) -> Moment:
    """The single date of a property."""
    return moment(line.value, line.param("TZID"))


def length(raw: str) -> Length:
    """A DURATION."""
    match = _DURATION.fullmatch(raw.strip())
    if match is None or not any(match.groups()[1:]):
        raise broken("not a duration")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    sign = -1 if match[1] == "-" else 1
    exact = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return Length(sign * (7 * weeks + days), sign * exact)


def instant(value: Moment, zone: ZoneInfo) -> datetime:
    """The aware date-time of a value; a date is its midnight and a floating one is in `zone`."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time(0), zone)
    return value if value.tzinfo else value.replace(tzinfo=zone)
