"""Time zones of calendar objects: only true ones, by their Olson names.

A VTIMEZONE is a claim by whoever wrote the file; readers that believe it would read other
people's events wrongly (the library of half the world keeps the first claim it sees). So every
VTIMEZONE is dropped on the way in, every TZID becomes an Olson name, and the true definition is
written on the way out.
"""

import zoneinfo
from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from calendars.content import Component, Line, read

_NO_PLACE = {"localtime", "Factory", "posixrules"}
ZONES = {name: ZoneInfo(name) for name in zoneinfo.available_timezones() - _NO_PLACE}
"""Every zone, read from disk once, at import: nothing of a file's TZID reaches the file system."""

_BY_FOLDED_NAME = {
    name.casefold(): olson for name, olson in WINDOWS_TO_OLSON.items() if olson in ZONES
} | {name.casefold(): name for name in ZONES}
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FIRST, _LAST = date(2010, 1, 1), date(2040, 1, 1)


def olson(tzid: str) -> str | None:
    """The Olson name behind a TZID: itself, a Windows name, or the end of a vendor's path."""
    parts = tzid.strip().strip("/").split("/")
    for start in range(min(len(parts), 8)):
        found = _BY_FOLDED_NAME.get("/".join(parts[start:]).casefold())
        if found is not None:
            return found
    return None


def clean(calendar: Component, zone: ZoneInfo) -> None:
    """Drop every VTIMEZONE and give every TZID its Olson name, or `zone`'s where nobody knows."""
    hints = {
        claim.value("TZID"): claim.value("X-LIC-LOCATION")
        for claim in calendar.components("VTIMEZONE")
    }
    calendar.items = [
        item
        for item in calendar.items
        if not (isinstance(item, Component) and item.name == "VTIMEZONE")
    ]
    for component in _walk(calendar):
        component.items = [
            _clean_line(item, hints, zone) if isinstance(item, Line) else item
            for item in component.items
            if not (isinstance(item, Line) and _unknown_default(item))
        ]


def true_definitions(calendar: Component) -> list[Component]:
    """A VTIMEZONE for every zone that the object names."""
    named = {
        tzid
        for component in _walk(calendar)
        for item in component.items
        if isinstance(item, Line) and (tzid := item.param("TZID")) is not None
    }
    return [_definition(tzid) for tzid in sorted(named)]


def _walk(component: Component) -> Iterator[Component]:
    yield component
    for within in component.components():
        yield from _walk(within)


def _unknown_default(line: Line) -> bool:
    return line.key == "X-WR-TIMEZONE" and olson(line.value) is None


def _clean_line(line: Line, hints: dict[str, str], zone: ZoneInfo) -> Line:
    tzid = line.param("TZID")
    if tzid is None:
        return line
    if line.value.endswith("Z"):  # an instant in UTC has no zone beside it
        return line.without("TZID")
    name = olson(tzid) or olson(hints.get(tzid, "")) or zone.key
    if name == tzid:
        return line
    return line.with_param("TZID", name)


@lru_cache(maxsize=len(ZONES))
def _definition(tzid: str) -> Component:
    made = Timezone.from_tzid(tzid, first_date=_FIRST, last_date=_LAST)
    made.pop("COMMENT", None)
    definition = read(made.to_ical(sorted=False))
    for observance in definition.components():
        _by_rule(observance)
    return definition


def _by_rule(observance: Component) -> None:
    """Say "the last Sunday of March, every year" instead of thirty dates, where that is true."""
    listed = observance.first("RDATE")
    raw = observance.value("DTSTART")
    texts = [raw, *listed.value.split(",")] if listed else []
    days = [date(int(text[:4]), int(text[4:6]), int(text[6:8])) for text in texts]
    years = [day.year for day in days]
    if listed is None or years != list(range(years[0], _LAST.year)):
        return
    from_start = {(day.month, (day.day - 1) // 7 + 1, day.weekday()) for day in days}
    from_end = {
        (day.month, -((monthrange(day.year, day.month)[1] - day.day) // 7 + 1), day.weekday())
        for day in days
    }
    for places in (from_end, from_start):
        if len(places) == 1 and len({text[8:] for text in texts}) == 1:
            month, place, weekday = places.pop()
            rule = f"FREQ=YEARLY;BYMONTH={month};BYDAY={place}{WEEKDAYS[weekday]}"
            observance.replace(listed, Line("RRULE", rule))
            return
