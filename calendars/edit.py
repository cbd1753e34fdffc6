"""Changes a person makes to an event elsewhere than in his calendar client: moved, renamed, cut.

The components are changed in place, each line in the manner it was written (its zone, or UTC);
what is not named here stays as it is. Dates of a series are named by their original instant.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from calendars.content import Component, Line, read, write
from calendars.ical import OVERRIDE, CalendarItem
from calendars.values import escape, instant, moments, one_moment
from calendars.zones import ZONES
from rooms.errors import Invalid

SEATS = "X-MARGERIDE-SEATS"
KIND = "X-MARGERIDE-KIND"
Frequency = Literal["daily", "weekdays", "weekly", "fortnightly"]
RULES = {
    "daily": "FREQ=DAILY",
    "weekdays": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "weekly": "FREQ=WEEKLY",
    "fortnightly": "FREQ=WEEKLY;INTERVAL=2",
}
LONGEST = timedelta(days=400)
SATURDAY = 5
_OF_ONE_DATE = ("RRULE", "RDATE", "EXDATE")


def repeat(frequency: Frequency, start: datetime, until: date, zone: ZoneInfo) -> Line:
    """The rule of a series that begins at `start` and has its last date on `until` at the latest.

    Raises `Invalid`: `bad-until` (before the start, or too far), `series-starts-at-weekend`.
    """
    first = start.astimezone(zone).date()
    if not first <= until <= first + LONGEST:
        raise Invalid("bad-until", days=LONGEST.days)
    if frequency == "weekdays" and first.weekday() >= SATURDAY:
        raise Invalid("series-starts-at-weekend")
    last = datetime.combine(until, time(23, 59, 59), zone)
    return Line("RRULE", f"{RULES[frequency]};UNTIL={_utc(last)}")


def with_lines(body: bytes, lines: Iterable[Line]) -> bytes:
    """An event of ours with these lines too."""
    calendar = read(body)
    for line in lines:
        calendar.components("VEVENT")[0].put(line)
    return write(calendar)


def stamp(item: CalendarItem, now: datetime) -> None:
    """Say that this is a newer version."""
    for part in item.parts:
        number = part.value("SEQUENCE").strip()
        part.put(Line("SEQUENCE", str(int(number) + 1 if number.isdecimal() else 1)))
        part.put(Line("DTSTAMP", _utc(now)))


def rename(item: CalendarItem, title: str) -> None:
    """Give it, and every date of it that had the same, another title."""
    old = item.parts[0].value("SUMMARY")
    for part in item.parts:
        if part.value("SUMMARY") == old:
            part.put(Line("SUMMARY", escape(title)))


def mark(item: CalendarItem, name: str, value: str) -> None:
    """Set a property of ours."""
    for part in item.parts:
        part.put(Line(name, value))


def invite(item: CalendarItem, wanted: Sequence[Line], others: Iterable[str]) -> None:
    """Invite these rooms, and no longer those at the addresses `others`."""
    gone = {address.lower() for address in others}
    for part in item.parts:
        known = {line.value.strip().lower() for line in part.lines("ATTENDEE")}
        for line in part.lines("ATTENDEE"):
            if line.value.strip().lower() in gone:
                part.drop(line)
        for line in wanted:
            if line.value.strip().lower() not in known:
                part.add(line)


def move(item: CalendarItem, start: datetime, end: datetime, zone: ZoneInfo) -> None:
    """Let it be from `start` to `end`; a series keeps its rhythm, and what was left out of it."""
    main = item.parts[0]
    old = _start(main)
    if item.recurring:
        _shift_series(item, old, start, zone)
    _put_slot(main, old, start, end, zone)


def move_date(
    item: CalendarItem, name: str, start: datetime, end: datetime, zone: ZoneInfo
) -> None:
    """Let one date of a series, called `name`, be from `start` to `end`."""
    part = _override(item, name, zone) or _new_override(item, name, zone)
    _put_slot(part, _start(part), start, end, zone)


def drop_date(item: CalendarItem, name: str, zone: ZoneInfo) -> None:
    """Take one date, called `name`, out of a series."""
    part = _override(item, name, zone)
    if part is not None:
        item.calendar.items = [found for found in item.calendar.items if found is not part]
    main = item.parts[0]
    main.add(_like(_start(main), "EXDATE", _instant_of(name), zone))


def first(item: CalendarItem, zone: ZoneInfo) -> datetime:
    """The start of its first date, by the rule or before any."""
    return instant(one_moment(_start(item.parts[0])), zone).astimezone(UTC)


def shifted(at: datetime, before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """`at`, so much later by the clock on the wall as `after` is than `before`."""
    local, old, new = (
        moment.astimezone(zone).replace(tzinfo=None) for moment in (at, before, after)
    )
    return (local + (new - old)).replace(tzinfo=zone).astimezone(UTC)


def left_out(item: CalendarItem, zone: ZoneInfo) -> list[datetime]:
    """The dates that are named as none of the series, in order."""
    lines = item.parts[0].lines("EXDATE")
    found = {instant(value, zone).astimezone(UTC) for line in lines for value in moments(line)}
    return sorted(found)


def _start(part: Component) -> Line:
    line = part.first("DTSTART")
    if line is None:
        raise Invalid("no-date")
    return line


def _put_slot(part: Component, old: Line, start: datetime, end: datetime, zone: ZoneInfo) -> None:
    for line in part.lines("DURATION"):
        part.drop(line)
    part.put(_like(old, "DTSTART", start, zone))
    part.put(_like(old, "DTEND", end, zone))


def _like(old: Line, name: str, at: datetime, zone: ZoneInfo) -> Line:
    """A date-time written as `old` is; days and floating times become times of the zone."""
    if old.value.strip().upper().endswith("Z"):
        return Line(name, _utc(at))
    tzid = old.param("TZID") or zone.key
    local = at.astimezone(ZONES.get(tzid, zone))
    return Line(name, f"{local:%Y%m%dT%H%M%S}", (("TZID", tzid),))


def _shift_series(item: CalendarItem, old: Line, start: datetime, zone: ZoneInfo) -> None:
    main = item.parts[0]
    if "T" not in old.value:
        raise Invalid("all-day-series")
    where = ZONES.get(old.param("TZID") or "", zone)
    before, after = (at.astimezone(where) for at in (instant(one_moment(old), where), start))
    by = after.replace(tzinfo=None) - before.replace(tzinfo=None)
    days = after.date() - before.date()
    for line in main.lines("RRULE"):
        if days and ";BY" in f";{line.value.upper()}":
            raise Invalid("series-day-in-rule")
        main.replace(line, Line("RRULE", _until_shifted(line.value, by)))
    for part in item.parts:
        for key in ("EXDATE", "RDATE", OVERRIDE):
            for line in part.lines(key):
                part.replace(line, _shifted(line, by, where))


def _shifted(line: Line, by: timedelta, where: ZoneInfo) -> Line:
    """The same dates, so much later by the clock on the wall."""
    if line.param("VALUE") == "PERIOD":
        raise Invalid("series-day-in-rule")
    told = []
    for value in moments(line):
        local = instant(value, where).astimezone(where).replace(tzinfo=None) + by
        told.append(_like(line, line.name, local.replace(tzinfo=where), where).value)
    return Line(line.name, ",".join(told), line.without("VALUE").params)


def _until_shifted(rule: str, by: timedelta) -> str:
    parts = []
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        if name.upper() == "UNTIL" and value.upper().endswith("Z") and by > timedelta(0):
            at = _instant_of(value.upper()) + by
            part = f"{name}={at:%Y%m%dT%H%M%SZ}"
        parts.append(part)
    return ";".join(parts)


def _instant_of(name: str) -> datetime:
    try:
        return datetime.strptime(name, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Invalid("all-day-series") from None


def _override(item: CalendarItem, name: str, zone: ZoneInfo) -> Component | None:
    wanted = _instant_of(name)
    for part in item.parts[1:]:
        line = part.first(OVERRIDE)
        if line is not None and instant(one_moment(line), zone) == wanted:
            return part
    return None


def _new_override(item: CalendarItem, name: str, zone: ZoneInfo) -> Component:
    main = item.parts[0]
    part = Component(main.name, list(main.items))
    for key in _OF_ONE_DATE:
        for line in part.lines(key):
            part.drop(line)
    part.add(_like(_start(main), OVERRIDE, _instant_of(name), zone))
    item.calendar.items.append(part)
    return part


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
