"""The dates of a rule between two days: one test a day, period after period, and no further."""

from calendar import isleap, monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from calendars.rules import Rule, with_defaults

_DAY = timedelta(days=1)


def dates(rule: Rule, first: date, since: date, last: date) -> Iterator[date]:
    """The dates from `first`, which always is one, to `last`; with a COUNT all are passed through,
    else those long before `since` are left out."""
    rule = with_defaults(rule, first)
    left = rule.count
    if first <= last:
        yield first
    for day in _after(rule, first, first if left is not None else max(first, since), last):
        if left is not None:
            left -= 1
            if left == 0:
                return
        yield day


def _after(rule: Rule, first: date, since: date, last: date) -> Iterator[date]:
    number = _period_of(rule, first, since)
    while True:
        days = _period(rule, first, number)
        if days[0] > last:
            return
        for day in _positions(rule, [day for day in days if _matches(rule, day)]):
            if day > last:
                return
            if day > first:
                yield day
        number += rule.interval


def _period_of(rule: Rule, first: date, since: date) -> int:
    """The last period (a multiple of the interval) that begins no later than `since`."""
    passed = {
        "DAILY": (since - first).days,
        "WEEKLY": (since - first).days // 7,
        "MONTHLY": (since.year - first.year) * 12 + since.month - first.month,
        "YEARLY": since.year - first.year,
    }[rule.frequency]
    return passed // rule.interval * rule.interval


def _period(rule: Rule, first: date, number: int) -> list[date]:
    """Every day of the day, week, month or year that comes `number` after that of `first`."""
    if rule.frequency == "DAILY":
        return [first + number * _DAY]
    if rule.frequency == "WEEKLY":
        monday = first - (first.weekday() - rule.week_start) % 7 * _DAY
        return [monday + (7 * number + ahead) * _DAY for ahead in range(7)]
    if rule.frequency == "MONTHLY":
        months, month = divmod(first.month - 1 + number, 12)
        return _month(first.year + months, month + 1)
    year = first.year + number
    return [day for month in sorted(rule.months) or range(1, 13) for day in _month(year, month)]


def _month(year: int, month: int) -> list[date]:
    return [date(year, month, day + 1) for day in range(monthrange(year, month)[1])]


def _positions(rule: Rule, days: list[date]) -> list[date]:
    if not rule.positions:
        return days
    count = len(days)
    wanted = {place - 1 if place > 0 else count + place for place in rule.positions}
    return [day for place, day in enumerate(days) if place in wanted]


def _matches(rule: Rule, day: date) -> bool:
    return (
        (not rule.months or day.month in rule.months)
        and (not rule.month_days or _counted(rule.month_days, *_in_month(day)))
        and (not rule.year_days or _counted(rule.year_days, *_in_year(day)))
        and (not rule.days or _is_weekday(rule, day))
        and (not rule.weeks or _is_week(rule, day))
    )


def _in_month(day: date) -> tuple[int, int]:
    return day.day, monthrange(day.year, day.month)[1]


def _in_year(day: date) -> tuple[int, int]:
    return day.timetuple().tm_yday, 365 + isleap(day.year)


def _counted(wanted: frozenset[int], place: int, of: int) -> bool:
    """Whether a place is wanted, counted from the start or (negative) from the end."""
    return place in wanted or place - of - 1 in wanted


def _is_weekday(rule: Rule, day: date) -> bool:
    weekday = day.weekday()
    if (0, weekday) in rule.days:
        return True
    within_month = rule.frequency == "MONTHLY" or bool(rule.months)
    place, of = _in_month(day) if within_month else _in_year(day)
    from_start, from_end = (place - 1) // 7 + 1, -((of - place) // 7 + 1)
    return (from_start, weekday) in rule.days or (from_end, weekday) in rule.days


def _is_week(rule: Rule, day: date) -> bool:
    """Whether the week of `day` is wanted: week 1 is the first with four days in its year."""
    middle = day + (3 - (day.weekday() - rule.week_start) % 7) * _DAY
    place = (middle.timetuple().tm_yday - 1) // 7 + 1
    last = date(middle.year, 12, 31)
    last_middle = last + (3 - (last.weekday() - rule.week_start) % 7) * _DAY
    if last_middle.year != middle.year:
        last_middle -= 7 * _DAY
    return _counted(rule.weeks, place, (last_middle.timetuple().tm_yday - 1) // 7 + 1)
