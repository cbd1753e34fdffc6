"""Dates taken out of a series: by EXDATE, as its own dates are written, and in its overrides."""

from collections.abc import Collection
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from calendars.booking import Occurrence
from calendars.content import Component, Line
from calendars.ical import OVERRIDE, CalendarItem
from calendars.values import instant, one_moment

STAMP = "%Y%m%dT%H%M%S"


def take_out(item: CalendarItem, dates: Collection[Occurrence], zone: ZoneInfo) -> None:
    """These dates are none of the series, neither by its rule nor as overrides.

    An override of such a date is cancelled rather than dropped: its client then shows it so.
    """
    main = item.parts[0]
    for name in sorted(found.recurrence_id for found in dates):
        if main.first(OVERRIDE) is None:
            main.add(_exdate(main, name, zone))
        for part in item.parts:
            line = part.first(OVERRIDE)
            if line is not None and named(line, zone) == name:
                part.put(Line("STATUS", "CANCELLED"))


def named(line: Line, zone: ZoneInfo) -> str:
    """The name of the date that a RECURRENCE-ID means, as occurrences have it."""
    value = one_moment(line)
    if not isinstance(value, datetime):
        return value.strftime("%Y%m%d")
    return instant(value, zone).astimezone(UTC).strftime(STAMP + "Z")


def _exdate(main: Component, name: str, zone: ZoneInfo) -> Line:
    """An EXDATE in the form of DTSTART: some clients compare the texts, not the instants."""
    start = main.first("DTSTART")
    if "T" not in name:
        return Line("EXDATE", name, (("VALUE", "DATE"),))
    moment = datetime.strptime(name, STAMP + "Z").replace(tzinfo=UTC)
    first: date | None = one_moment(start) if start else None
    if start is None or not isinstance(first, datetime) or first.tzinfo is UTC:
        return Line("EXDATE", name)
    tzid = start.param("TZID")
    local = moment.astimezone(first.tzinfo or zone).strftime(STAMP)
    return Line("EXDATE", local, (("TZID", tzid),) if tzid else ())
