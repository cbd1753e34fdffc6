"""Recurrence rules (RFC 5545 §3.3.10), held to what can never run away.

A rule gives at most one date a day, so whatever it says, a window of 400 days holds at most 400
of them, and looking for them costs one test a day. An impossible date (30 February) is no
exception: the search ends with the window, not with the calendar.
"""

import re
from dataclasses import dataclass, replace
from datetime import date

from calendars.values import LAST_YEAR, Moment, moment
from calendars.zones import WEEKDAYS
from rooms.errors import Invalid

MAX_INSTANCES = 730
MAX_INTERVAL = 1_000
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")

# Which list may stand in a rule, the range of its numbers, and with which frequencies.
_LISTS = {
    "BYMONTH": (1, 12, FREQUENCIES),
    "BYMONTHDAY": (-31, 31, ("DAILY", "MONTHLY", "YEARLY")),
    "BYYEARDAY": (-366, 366, ("YEARLY",)),
    "BYWEEKNO": (-53, 53, ("YEARLY",)),
    "BYSETPOS": (-366, 366, FREQUENCIES),
}
_MAX_LIST = 100
_NUMBER = re.compile(r"[+-]?\d{1,4}", re.ASCII)
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that has passed the door. `days` are (ordinal or 0, weekday)."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: Moment | None = None
    week_start: int = 0
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    year_days: frozenset[int] = frozenset()
    weeks: frozenset[int] = frozenset()
    positions: frozenset[int] = frozenset()
    days: frozenset[tuple[int, int]] = frozenset()


def refused(detail: str) -> Invalid:
    """The refusal of a rule, with what is wrong in it."""
    return Invalid("bad-recurrence", detail=detail)


def parse_rule(raw: str) -> Rule:
    """The rule in the value of an RRULE; `Invalid` (`bad-recurrence`, `too-many-instances`)."""
    parts = _parts(raw)
    frequency = parts.pop("FREQ", "")
    if frequency not in FREQUENCIES:
        raise refused(f"FREQ={frequency or 'missing'}")
    if "COUNT" in parts and "UNTIL" in parts:
        raise refused("COUNT and UNTIL")
    until = parts.pop("UNTIL", None)
    count = _number("COUNT", parts.pop("COUNT"), 1, 10**9) if "COUNT" in parts else None
    if count is not None and count > MAX_INSTANCES:
        raise Invalid("too-many-instances", limit=MAX_INSTANCES)
    interval = _number("INTERVAL", parts.pop("INTERVAL", "1"), 1, MAX_INTERVAL)
    week_start = parts.pop("WKST", "MO")
    if week_start not in WEEKDAYS:
        raise refused("WKST")
    days = _days(parts.pop("BYDAY", ""), frequency)
    lists = {name: _list(name, frequency, parts.pop(name, "")) for name in _LISTS}
    if parts:
        raise refused(f"{sorted(parts)[0]} is not supported")
    return Rule(
        frequency=frequency,
        interval=interval,
        count=count,
        until=None if until is None else _until(until),
        week_start=WEEKDAYS.index(week_start),
        months=lists["BYMONTH"],
        month_days=lists["BYMONTHDAY"],
        year_days=lists["BYYEARDAY"],
        weeks=lists["BYWEEKNO"],
        positions=lists["BYSETPOS"],
        days=days,
    )


def _parts(raw: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for text in raw.strip().rstrip(";").split(";"):
        name, equals, value = text.partition("=")
        name = name.strip().upper()
        if not equals or name in parts:
            raise refused("not NAME=value, each once")
        parts[name] = value.strip().upper()
    return parts


def _until(raw: str) -> Moment:
    # "Until 9999" is how some clients say for ever.
    return moment(f"{LAST_YEAR}1231" if raw[:4] > str(LAST_YEAR) else raw)


def _number(name: str, raw: str, low: int, high: int) -> int:
    if not raw.isascii() or not raw.isdigit() or len(raw) > 10 or not low <= int(raw) <= high:
        raise refused(name)
    return int(raw)


def _list(name: str, frequency: str, raw: str) -> frozenset[int]:
    if not raw:
        return frozenset()
    low, high, frequencies = _LISTS[name]
    texts = raw.split(",")
    if frequency not in frequencies or len(texts) > _MAX_LIST:
        raise refused(name)
    if not all(_NUMBER.fullmatch(text) for text in texts):
        raise refused(name)
    numbers = frozenset(int(text) for text in texts)
    if 0 in numbers or min(numbers) < low or max(numbers) > high:
        raise refused(name)
    return numbers


def _days(raw: str, frequency: str) -> frozenset[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    texts = raw.split(",") if raw else []
    for text in texts:
        match = _DAY.fullmatch(text)
        if match is None or len(texts) > _MAX_LIST:
            raise refused("BYDAY")
        ordinal = int(match[1] or 0)
        if (match[1] and not 1 <= abs(ordinal) <= 53) or (
            ordinal and frequency not in ("MONTHLY", "YEARLY")
        ):
            raise refused("BYDAY")
        found.add((ordinal, WEEKDAYS.index(match[2])))
    return frozenset(found)


def with_defaults(rule: Rule, first: date) -> Rule:
    """The rule with what it leaves to its first date: the day of the week, month or year."""
    if rule.days or rule.month_days or rule.year_days or rule.weeks:
        if rule.weeks and not rule.days:
            return replace(rule, days=frozenset({(0, first.weekday())}))
        return rule
    if rule.frequency == "WEEKLY":
        return replace(rule, days=frozenset({(0, first.weekday())}))
    if rule.frequency == "MONTHLY":
        return replace(rule, month_days=frozenset({first.day}))
    if rule.frequency == "YEARLY":
        months = rule.months or frozenset({first.month})
        return replace(rule, months=months, month_days=frozenset({first.day}))
    return rule
