import contextlib
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.rules import MAX_INSTANCES, Rule, parse_rule, with_defaults
from rooms.errors import Invalid

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ("FREQ=DAILY", Rule("DAILY")),
        ("freq=weekly;interval=2;wkst=su;", Rule("WEEKLY", interval=2, week_start=6)),
        ("FREQ=WEEKLY;BYDAY=MO,WE", Rule("WEEKLY", days=frozenset({(0, 0), (0, 2)}))),
        ("FREQ=MONTHLY;BYDAY=-1FR", Rule("MONTHLY", days=frozenset({(-1, 4)}))),
        ("FREQ=DAILY;COUNT=730", Rule("DAILY", count=730)),
        ("FREQ=DAILY;UNTIL=20261231", Rule("DAILY", until=date(2026, 12, 31))),
        (
            "FREQ=DAILY;UNTIL=20261231T080000Z",
            Rule("DAILY", until=datetime(2026, 12, 31, 8, tzinfo=UTC)),
        ),
        ("FREQ=DAILY;UNTIL=99991231T235959Z", Rule("DAILY", until=date(2199, 12, 31))),
        (
            "FREQ=YEARLY;BYMONTH=1,+2;BYMONTHDAY=-1;BYSETPOS=1",
            Rule(
                "YEARLY",
                months=frozenset({1, 2}),
                month_days=frozenset({-1}),
                positions=frozenset({1}),
            ),
        ),
        (
            "FREQ=YEARLY;BYYEARDAY=366;BYWEEKNO=-53",
            Rule("YEARLY", year_days=frozenset({366}), weeks=frozenset({-53})),
        ),
    ],
)
def test_an_ordinary_rule_is_read(raw: str, rule: Rule) -> None:
    assert parse_rule(raw) == rule


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "COUNT=3",
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;COUNT=1000000000",
        "FREQ=HOURLY",
        "FREQ=FORTNIGHTLY",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=DAILY;COUNT",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;INTERVAL=1001",
        "FREQ=DAILY;INTERVAL=٣",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=99999999999",
        "FREQ=DAILY;COUNT=3;UNTIL=20261231",
        "FREQ=DAILY;WKST=XX",
        "FREQ=DAILY;BYSECOND=0",
        "FREQ=DAILY;BYMINUTE=0,30",
        "FREQ=DAILY;BYHOUR=9",
        "FREQ=DAILY;BYEASTER=0",
        "FREQ=DAILY;X-NEW=1",
        "FREQ=DAILY;BYDAY=1MO",
        "FREQ=MONTHLY;BYDAY=0MO",
        "FREQ=MONTHLY;BYDAY=54MO",
        "FREQ=MONTHLY;BYDAY=XX",
        "FREQ=WEEKLY;BYMONTHDAY=1",
        "FREQ=DAILY;BYYEARDAY=1",
        "FREQ=MONTHLY;BYWEEKNO=1",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=-32",
        "FREQ=MONTHLY;BYMONTHDAY=one",
        "FREQ=YEARLY;BYMONTH=13",
        "FREQ=YEARLY;BYSETPOS=367",
        "FREQ=YEARLY;BYMONTHDAY=" + ",".join(["1"] * 101),
        "FREQ=YEARLY;BYDAY=" + ",".join(["MO"] * 101),
    ],
)
def test_a_rule_that_could_run_away_or_says_nonsense_is_refused(raw: str) -> None:
    with pytest.raises(Invalid, match="bad-recurrence"):
        parse_rule(raw)


def test_a_rule_with_too_many_dates_is_refused_with_the_limit() -> None:
    with pytest.raises(Invalid, match="too-many-instances") as caught:
        parse_rule(f"FREQ=DAILY;COUNT={MAX_INSTANCES + 1}")
    assert caught.value.fields == {"limit": MAX_INSTANCES}


@pytest.mark.parametrize(
    ("raw", "complete"),
    [
        ("FREQ=DAILY", Rule("DAILY")),
        ("FREQ=WEEKLY", Rule("WEEKLY", days=frozenset({(0, 0)}))),
        ("FREQ=MONTHLY", Rule("MONTHLY", month_days=frozenset({23}))),
        ("FREQ=YEARLY", Rule("YEARLY", months=frozenset({11}), month_days=frozenset({23}))),
        (
            "FREQ=YEARLY;BYMONTH=2",
            Rule("YEARLY", months=frozenset({2}), month_days=frozenset({23})),
        ),
        (
            "FREQ=YEARLY;BYWEEKNO=7",
            Rule("YEARLY", weeks=frozenset({7}), days=frozenset({(0, 0)})),
        ),
        ("FREQ=YEARLY;BYYEARDAY=7", Rule("YEARLY", year_days=frozenset({7}))),
    ],
)
def test_what_a_rule_leaves_open_its_first_date_says(raw: str, complete: Rule) -> None:
    assert with_defaults(parse_rule(raw), MONDAY) == complete


@given(st.text(st.sampled_from("FREQ=DAILY;WKBYMONTHUSC,0123456789-+"), max_size=60))
def test_any_text_is_a_rule_or_refused(raw: str) -> None:
    with contextlib.suppress(Invalid):
        parse_rule(f"FREQ=YEARLY;{raw}")
