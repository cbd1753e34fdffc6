import datetime
from datetime import date
from types import SimpleNamespace

import pytest
from dateutil import rrule  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from calendars.rule_dates import dates
from calendars.rules import parse_rule
from tests.fakes.pace import calls

FIRST = date(2026, 1, 1)
LAST = date(2035, 12, 31)


def found(
    raw: str, first: date = FIRST, last: date = LAST, since: date | None = None
) -> list[date]:
    return list(dates(parse_rule(raw), first, since or first, last))


def texts(raw: str, first: date = FIRST, last: date = LAST) -> list[str]:
    return [day.isoformat() for day in found(raw, first, last)]


def test_every_other_week_counts_weeks_from_the_day_they_begin() -> None:
    """The example of RFC 5545 §3.3.10 on WKST."""
    first = date(1997, 8, 5)
    rule = "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST="
    assert texts(rule + "MO", first) == ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"]
    assert texts(rule + "SU", first) == ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"]


def test_a_week_that_reaches_beyond_the_window_gives_the_days_within_it() -> None:
    monday, wednesday = date(2026, 11, 23), date(2026, 12, 2)
    assert texts("FREQ=WEEKLY;BYDAY=MO,FR", monday, wednesday) == [
        "2026-11-23",
        "2026-11-27",
        "2026-11-30",
    ]


def test_the_last_friday_of_each_month() -> None:
    assert texts("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", date(2026, 1, 30)) == [
        "2026-01-30",
        "2026-02-27",
        "2026-03-27",
    ]


def test_the_last_working_day_of_each_month() -> None:
    rule = "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3"
    assert texts(rule, date(2026, 1, 30)) == ["2026-01-30", "2026-02-27", "2026-03-31"]


def test_the_31st_only_where_there_is_one() -> None:
    assert texts("FREQ=MONTHLY;COUNT=3", date(2026, 1, 31)) == [
        "2026-01-31",
        "2026-03-31",
        "2026-05-31",
    ]


def test_the_29th_of_february_only_in_leap_years() -> None:
    assert texts("FREQ=YEARLY", date(2024, 2, 29)) == ["2024-02-29", "2028-02-29", "2032-02-29"]


def test_the_first_date_is_one_even_if_the_rule_does_not_say_so() -> None:
    assert texts("FREQ=WEEKLY;BYDAY=MO;COUNT=2", date(2026, 11, 24)) == ["2026-11-24", "2026-11-30"]


def test_a_week_of_the_year_takes_the_weekday_of_the_first_date() -> None:
    assert texts("FREQ=YEARLY;BYWEEKNO=20;COUNT=2", date(2026, 5, 12)) == [
        "2026-05-12",
        "2027-05-18",
    ]


def test_the_last_week_of_a_year_may_be_its_52nd_or_its_53rd() -> None:
    assert texts("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=MO;COUNT=3", date(2025, 12, 22)) == [
        "2025-12-22",
        "2026-12-28",
        "2027-12-27",
    ]


def test_a_first_date_after_the_window_is_none() -> None:
    assert found("FREQ=DAILY", LAST, FIRST) == []


def test_an_endless_rule_is_looked_at_only_where_it_matters() -> None:
    days = found("FREQ=DAILY;INTERVAL=3", date(1900, 1, 1), date(2026, 12, 31), date(2026, 12, 1))
    assert days[0] == date(1900, 1, 1)
    assert len(days) < 15
    assert all((day - days[0]).days % 3 == 0 for day in days)


@pytest.mark.parametrize(
    "raw",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=700",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30;COUNT=700",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31;COUNT=700",
        "FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1;COUNT=700",
        "FREQ=YEARLY;BYDAY=-53MO;BYSETPOS=366;COUNT=700",
        "FREQ=WEEKLY;BYSETPOS=200;COUNT=700",
        "FREQ=YEARLY;INTERVAL=1000",
        "FREQ=DAILY;INTERVAL=1000;BYMONTH=13".replace("13", "12"),
    ],
)
def test_an_impossible_date_is_looked_for_no_longer_than_the_window(raw: str) -> None:
    first = date(1900, 6, 15)
    rule = parse_rule(raw)
    window = date(2026, 1, 1), date(2027, 2, 1)
    # The days of the window, or of the 126 years before it where they must be counted.
    assert calls(lambda: list(dates(rule, first, *window))) < 8 * (date(2027, 2, 1) - first).days


def some(*numbers: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.sampled_from(numbers), min_size=0, max_size=3, unique=True)


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = {"FREQ": frequency, "INTERVAL": str(draw(st.integers(1, 5)))}
    lists = {"BYMONTH": draw(some(1, 2, 6, 11, 12))}
    days = draw(st.lists(st.sampled_from(["MO", "WE", "SA", "SU"]), max_size=2, unique=True))
    if frequency in ("MONTHLY", "YEARLY"):
        ordinal = draw(st.sampled_from(["", "", "1", "-1", "2", "5", "-5"]))
        days = [ordinal + day for day in days]
    if frequency != "WEEKLY":
        lists["BYMONTHDAY"] = draw(some(1, 13, 29, 31, -1, -30))
    if frequency == "YEARLY":
        lists["BYYEARDAY"] = draw(some(1, 60, 366, -1, -366))
        if days and not any(day[0] in "-125" for day in days):
            lists["BYWEEKNO"] = draw(some(1, 2, 20, 52, 53, -1))
    parts |= {name: ",".join(map(str, numbers)) for name, numbers in lists.items() if numbers}
    if days:
        parts["BYDAY"] = ",".join(days)
    if draw(st.booleans()):
        parts["WKST"] = draw(st.sampled_from(["MO", "SU", "TH"]))
    # In the week of the first date, dateutil counts positions from that date, not from the week.
    if frequency != "WEEKLY" and len(parts) > 3 and draw(st.booleans()):
        parts["BYSETPOS"] = str(draw(st.sampled_from([1, 2, -1])))
    return ";".join(f"{name}={value}" for name, value in parts.items())


def of_dateutil(raw: str, first: date) -> list[date]:
    """What dateutil finds; on its own it looks for an impossible date until the year 9999."""
    soon = SimpleNamespace(**vars(datetime) | {"MAXYEAR": 2028})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rrule, "datetime", soon)
        start = datetime.datetime.combine(first, datetime.time(0))
        return [day.date() for day in rrule.rrulestr(raw, dtstart=start)]


@settings(max_examples=100, deadline=None)
@given(rules(), st.dates(date(2023, 1, 1), date(2026, 12, 31)))
def test_we_find_the_dates_that_dateutil_finds(raw: str, first: date) -> None:
    last = date(2028, 12, 31)
    theirs = of_dateutil(f"{raw};UNTIL=20281231", first)
    ours = found(raw, first, last)
    assert sorted({first, *theirs}) == ours
    assert [
        day for day in found(raw, first, last, date(2027, 6, 1)) if day >= date(2027, 6, 1)
    ] == [day for day in ours if day >= date(2027, 6, 1)]
