"""Series: refused at the door when they could run away, expanded within a window otherwise.

What is accepted: a COUNT of at most 730; an UNTIL with at most 730 dates before it (counted over
60 years at most); or no end at all, for then what is stored is the window, which holds at most
one date a day. Expansion is date arithmetic with a bound on its steps: it needs no other limit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from calendars.booking import Occurrence, Slot
from calendars.content import Component, broken
from calendars.ical import OVERRIDE, CalendarItem
from calendars.rule_dates import dates
from calendars.rules import MAX_INSTANCES, Rule, parse_rule, refused
from calendars.values import LAST_YEAR, Length, Moment, instant, length, moment, moments, one_moment
from rooms.errors import Invalid

MAX_LENGTH = timedelta(days=400)
MAX_LENGTH_IN_SERIES = timedelta(days=31)
YEARS_AHEAD = 10
_YEARS_COUNTED = 60
_DAY = timedelta(days=1)
_NOTHING = timedelta(0)


def check(item: CalendarItem, zone: ZoneInfo, now: datetime) -> None:
    """Raise `Invalid` for any rule or date that is not to be stored.

    Keys: `bad-recurrence`, `too-many-instances`, `date-out-of-range`, `bad-duration`,
    `bad-calendar-data`. `ical.parse` has counted what is listed. An event without any length is
    for the judge to refuse: in a person's own calendar it is a reminder.
    """
    for part in item.parts:
        _check_part(part, zone, now)


def _check_part(part: Component, zone: ZoneInfo, now: datetime) -> None:
    override = part.first(OVERRIDE)
    rules = part.lines("RRULE")
    if part.lines("EXRULE"):
        raise refused("EXRULE is not supported")
    if len(rules) > 1:
        raise refused("more than one RRULE")
    if override is not None and (rules or part.lines("RDATE")):
        raise refused("a rule in one date of a series")
    if override is not None and override.param("RANGE") is not None:
        raise refused("THISANDFUTURE is not supported")
    if part.first("DTSTART") is None:
        if part.name == "VEVENT" or rules:
            raise broken("no DTSTART")
        return
    series = _series(part, zone)
    far = instant(series.start, zone) > now + timedelta(days=366 * YEARS_AHEAD)
    if far and (series.rule or series.extra):
        raise Invalid("date-out-of-range", years_ahead=YEARS_AHEAD)
    longest = MAX_LENGTH_IN_SERIES if series.rule or series.extra else MAX_LENGTH
    for lasts in (series.length, *(lasts for _, lasts in series.extra)):
        # A long enough date of a daily series would lie over all those that follow it.
        if not _NOTHING <= lasts.days * _DAY + lasts.exact <= longest:
            raise Invalid("bad-duration", longest_days=longest.days)
    _check_number(series, zone)


def _check_number(series: "_Series", zone: ZoneInfo) -> None:
    number = len(series.extra)
    if series.rule is not None and series.rule.count is not None:
        number += series.rule.count
    elif series.rule is not None and series.rule.until is not None:
        first = _day(series.start)
        last = first.replace(year=min(first.year + _YEARS_COUNTED, LAST_YEAR), day=1)
        number += len(list(islice(series.ruled(zone, first, last), MAX_INSTANCES + 1)))
    if number > MAX_INSTANCES:
        raise Invalid("too-many-instances", limit=MAX_INSTANCES)


def expand(
    item: CalendarItem, zone: ZoneInfo, window_start: datetime, window_end: datetime
) -> list[Occurrence]:
    """The dates of a checked event that touch the window, in order, as instants in UTC.

    Floating and all-day values are read in `zone`, the centre's. Cancelled and transparent
    dates are not occurrences.
    """
    if item.kind != "VEVENT":
        return []
    window = Slot(window_start, window_end)
    overrides = [part for part in item.parts if part.first(OVERRIDE) is not None]
    moved = {_key(one_moment(line), zone) for part in overrides for line in part.lines(OVERRIDE)}
    found = [occurrence for part in overrides for occurrence in _override(part, zone)]
    for part in item.parts:
        if part.first(OVERRIDE) is None and _holds(part):
            found += _instances(part, zone, window, moved, item.recurring)
    return sorted(occurrence for occurrence in set(found) if _touches(occurrence.slot, window))


@dataclass(frozen=True, slots=True)
class _Series:
    """What the properties of one component say about its dates."""

    start: Moment
    length: Length
    rule: Rule | None
    extra: tuple[tuple[Moment, Length], ...]

    def ruled(self, zone: ZoneInfo, since: date, last: date) -> Iterator[Moment]:
        """The first date and those of the rule, until it ends."""
        for day in dates(self.rule or Rule("DAILY", count=1), _day(self.start), since, last):
            value: Moment = day
            if isinstance(self.start, datetime):
                value = datetime.combine(day, self.start.time(), self.start.tzinfo)
            if self.rule and self.rule.until and _is_past(value, self.rule.until, zone):
                return
            yield value


def _series(part: Component, zone: ZoneInfo) -> _Series:
    line = part.first("DTSTART")
    assert line is not None  # check() has seen to it
    start = one_moment(line)
    usual = _length(part, start, zone)
    rule = part.first("RRULE")
    return _Series(
        start=start,
        length=usual,
        rule=parse_rule(rule.value) if rule else None,
        extra=tuple(_extra(part, usual, zone)),
    )


def _length(part: Component, start: Moment, zone: ZoneInfo) -> Length:
    end, duration = part.first("DTEND") or part.first("DUE"), part.first("DURATION")
    if end is not None and duration is not None:
        raise Invalid("bad-duration", longest_days=MAX_LENGTH.days)
    if duration is not None:
        lasts = length(duration.value)
    elif end is not None:
        lasts = _between(start, one_moment(end), zone)
    else:
        lasts = Length(0 if isinstance(start, datetime) else 1)
    if not isinstance(start, datetime) and (lasts.exact or lasts.days == 0):
        raise Invalid("bad-duration", longest_days=MAX_LENGTH.days)
    return lasts


def _between(start: Moment, end: Moment, zone: ZoneInfo) -> Length:
    if isinstance(start, datetime) != isinstance(end, datetime):
        raise Invalid("bad-duration", longest_days=MAX_LENGTH.days)
    if not isinstance(start, datetime):
        return Length((_day(end) - start).days)
    begins, ends = instant(start, zone), instant(end, zone)
    exact = ends.astimezone(UTC) - begins.astimezone(UTC)
    if exact <= _NOTHING and begins.tzinfo is ends.tzinfo:
        # 02:30 to 03:30 on the night when these are the same instant still means an hour.
        exact = max(exact, ends - begins)
    return Length(0, exact)


def _extra(part: Component, usual: Length, zone: ZoneInfo) -> Iterator[tuple[Moment, Length]]:
    for line in part.lines("RDATE"):
        for raw in filter(None, line.value.split(",")):
            first, slash, rest = raw.partition("/")
            start = moment(first, line.param("TZID"))
            if not slash:
                yield start, usual
            elif rest.lstrip("+-").startswith("P"):
                yield start, length(rest)
            else:
                yield start, _between(start, moment(rest, line.param("TZID")), zone)


def _instances(
    part: Component,
    zone: ZoneInfo,
    window: Slot,
    moved: set[Moment],
    recurring: bool,
) -> Iterator[Occurrence]:
    series = _series(part, zone)
    absent = moved | {_key(value, zone) for line in part.lines("EXDATE") for value in moments(line)}
    # A day on each side: civil days and days in UTC are not the same days.
    since = (window.start - series.length.exact).date() - (series.length.days + 2) * _DAY
    last = window.end.date() + _DAY
    of_rule = ((value, series.length) for value in series.ruled(zone, since, last))
    for value, lasts in (*of_rule, *series.extra):
        if absent.isdisjoint((_key(value, zone), _day(value))):
            yield Occurrence(_slot(value, lasts, zone), _name(value, zone) if recurring else "")


def _override(part: Component, zone: ZoneInfo) -> Iterator[Occurrence]:
    line = part.first(OVERRIDE)
    if line is not None and _holds(part):
        series = _series(part, zone)
        yield Occurrence(_slot(series.start, series.length, zone), _name(one_moment(line), zone))


def _slot(value: Moment, lasts: Length, zone: ZoneInfo) -> Slot:
    start = instant(value, zone)
    return Slot(start.astimezone(UTC), lasts.after(start))


def _touches(slot: Slot, window: Slot) -> bool:
    return slot.overlaps(window) or (not slot.duration and window.start <= slot.start < window.end)


def _holds(part: Component) -> bool:
    cancelled = part.value("STATUS").strip().upper() == "CANCELLED"
    return not cancelled and part.value("TRANSP").strip().upper() != "TRANSPARENT"


def _key(value: Moment, zone: ZoneInfo) -> Moment:
    """What makes two spellings of a date the same: its instant, or the day."""
    return instant(value, zone).astimezone(UTC) if isinstance(value, datetime) else value


def _name(value: Moment, zone: ZoneInfo) -> str:
    key = _key(value, zone)
    return key.strftime("%Y%m%dT%H%M%SZ" if isinstance(key, datetime) else "%Y%m%d")


def _day(value: Moment) -> date:
    return value.date() if isinstance(value, datetime) else value


def _is_past(value: Moment, until: Moment, zone: ZoneInfo) -> bool:
    """Whether `value` comes after the last moment of a rule, each read as far as both say."""
    if isinstance(value, datetime) and isinstance(until, datetime):
        last = until if until.tzinfo else until.replace(tzinfo=value.tzinfo)
        return instant(value, zone) > instant(last, zone)
    if isinstance(until, datetime):
        return value > until.astimezone(zone).date()
    return _day(value) > until
