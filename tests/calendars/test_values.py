from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.content import Line
from calendars.values import (
    Length,
    Moment,
    escape,
    instant,
    length,
    moment,
    moments,
    one_moment,
    unescape,
)
from rooms.errors import Invalid
from tests.fakes.places import PARIS


@pytest.mark.parametrize(
    ("raw", "tzid", "value"),
    [
        ("20261123", None, date(2026, 11, 23)),
        ("20261123T080000Z", None, datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("20261123T080000", None, datetime(2026, 11, 23, 8)),  # noqa: DTZ001
        ("20261123T080000", "Europe/Paris", datetime(2026, 11, 23, 8, tzinfo=PARIS)),
        ("20261231T235960Z", None, datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_date_is_read_as_far_as_it_says(raw: str, tzid: str | None, value: Moment) -> None:
    assert moment(raw, tzid) == value


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "2026",
        "20261332",
        "20260230T080000",
        "20261123T250000",
        "20261123T0800",
        "٢٠٢٦1123",
        "2026-11-23",
        "20261123T080061",
    ],
)
def test_what_is_no_date_is_refused(raw: str) -> None:
    with pytest.raises(Invalid, match="bad-calendar-data"):
        moment(raw)


@pytest.mark.parametrize("raw", ["00010101", "99991231T000000Z"])
def test_a_date_of_another_age_is_refused(raw: str) -> None:
    with pytest.raises(Invalid, match="date-out-of-range"):
        moment(raw)


def test_a_list_of_dates_shares_its_zone() -> None:
    line = Line("EXDATE", "20261123T080000,20261124T080000", (("TZID", "Europe/Paris"),))
    assert [value.day for value in moments(line)] == [23, 24]
    assert one_moment(Line("DTSTART", " 20261123 ")) == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("PT1H", Length(0, timedelta(hours=1))),
        ("P1D", Length(1)),
        ("P2W", Length(14)),
        ("P1DT2H3M4S", Length(1, timedelta(hours=2, minutes=3, seconds=4))),
        ("-PT15M", Length(0, timedelta(minutes=-15))),
        ("+P1D", Length(1)),
    ],
)
def test_days_are_civil_and_hours_are_exact(raw: str, value: Length) -> None:
    assert length(raw) == value


@pytest.mark.parametrize("raw", ["", "P", "PT", "1H", "P1H", "PT99999999999S", "PT1.5H"])
def test_what_is_no_duration_is_refused(raw: str) -> None:
    with pytest.raises(Invalid, match="bad-calendar-data"):
        length(raw)


def test_an_hour_over_the_change_of_clocks_is_an_hour() -> None:
    twice = datetime(2026, 10, 25, 2, 30, tzinfo=PARIS)
    never = datetime(2027, 3, 28, 2, 30, tzinfo=PARIS)
    assert length("PT1H").after(twice) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert length("PT1H").after(never) == datetime(2027, 3, 28, 2, 30, tzinfo=UTC)


def test_a_day_over_the_change_of_clocks_ends_at_the_same_hour_on_the_wall() -> None:
    start = datetime(2026, 10, 24, 9, tzinfo=PARIS)
    assert length("P1D").after(start) == datetime(2026, 10, 25, 8, tzinfo=UTC)
    assert length("PT24H").after(start) == datetime(2026, 10, 25, 7, tzinfo=UTC)


def test_floating_values_and_days_are_those_of_the_centre() -> None:
    assert instant(datetime(2026, 7, 1, 9), PARIS).utcoffset() == timedelta(hours=2)  # noqa: DTZ001
    assert instant(date(2026, 7, 1), PARIS).isoformat() == "2026-07-01T00:00:00+02:00"
    assert instant(datetime(2026, 7, 1, 9, tzinfo=UTC), PARIS).utcoffset() == timedelta(0)


def test_a_text_cannot_become_a_line_of_its_own() -> None:
    assert escape("a\r\nATTENDEE:x;y,z\\\x00\x1b") == "a\\nATTENDEE:x\\;y\\,z\\\\"


@given(st.text())
def test_a_text_comes_back_as_it_was_but_for_controls(text: str) -> None:
    clean = unescape(escape(text))
    assert escape(clean) == escape(text)
    assert "\r" not in escape(text)
    assert "\n" not in escape(text)
