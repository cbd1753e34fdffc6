from datetime import UTC, date, datetime, time, timedelta

import pytest

from rooms.centre import Centre, Closure, Opening
from tests.fakes.places import ALWAYS, EVERY_DAY, PARIS, a_centre, hours

MONDAY = date(2026, 11, 23)
SATURDAY = date(2026, 11, 28)
CLOCKS_BACK = date(2026, 10, 25)  # 03:00 summer time becomes 02:00 at 01:00 UTC
CLOCKS_ON = date(2027, 3, 28)  # 02:00 becomes 03:00 summer time at 01:00 UTC
CHRISTMAS = Closure(first=date(2026, 12, 24), last=date(2027, 1, 3), reason="Noël")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


def open_between(centre: Centre, start: str, end: str) -> bool:
    return centre.is_open(paris(start), paris(end))


def test_the_hours_of_a_day_are_given_in_order_as_instants() -> None:
    centre = a_centre(opening_hours=(hours("13:30", "18:00"), hours("08:30", "12:00")))
    assert centre.opening_on(MONDAY) == [
        (utc("2026-11-23T07:30"), utc("2026-11-23T11:00")),
        (utc("2026-11-23T12:30"), utc("2026-11-23T17:00")),
    ]


def test_a_day_without_hours_is_closed() -> None:
    assert a_centre().opening_on(SATURDAY) == []


def test_open_from_the_first_minute_to_the_last() -> None:
    assert open_between(a_centre(), "2026-11-23T08:30", "2026-11-23T12:00")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-23T08:29", "2026-11-23T12:00"),
        ("2026-11-23T08:30", "2026-11-23T12:01"),
        ("2026-11-23T11:00", "2026-11-23T14:00"),  # over lunch
        ("2026-11-23T17:00", "2026-11-24T09:00"),  # over night
        ("2026-11-28T10:00", "2026-11-28T11:00"),  # Saturday
        ("2026-11-23T12:00", "2026-11-23T12:30"),  # begins as it closes
    ],
)
def test_one_minute_outside_is_closed(start: str, end: str) -> None:
    assert not open_between(a_centre(), start, end)


def test_an_instant_is_open_within_the_hours_only() -> None:
    assert open_between(a_centre(), "2026-11-23T08:30", "2026-11-23T08:30")
    assert not open_between(a_centre(), "2026-11-23T12:00", "2026-11-23T12:00")


def test_stretches_that_touch_are_one() -> None:
    centre = a_centre(opening_hours=(hours("08:00", "12:00"), hours("12:00", "18:00")))
    assert open_between(centre, "2026-11-23T11:00", "2026-11-23T13:00")


def test_around_the_clock_goes_past_midnight() -> None:
    centre = a_centre(opening_hours=ALWAYS)
    assert open_between(centre, "2026-11-23T23:00", "2026-11-24T01:00")
    assert open_between(centre, "2026-11-23T00:00", "2026-11-30T00:00")


def test_around_the_clock_holds_on_the_days_the_clocks_change() -> None:
    centre = a_centre(opening_hours=ALWAYS)
    assert centre.is_open(utc("2026-10-24T12:00"), utc("2026-10-26T12:00"))
    assert centre.is_open(utc("2027-03-27T12:00"), utc("2027-03-29T12:00"))


def test_half_past_eight_is_on_the_wall_whatever_the_season() -> None:
    centre = a_centre(opening_hours=(hours("08:30", "12:00", EVERY_DAY),))
    opening = [
        centre.opening_on(day)[0][0]
        for day in (CLOCKS_BACK - timedelta(days=1), CLOCKS_BACK, CLOCKS_ON)
    ]
    assert opening == [utc("2026-10-24T06:30"), utc("2026-10-25T07:30"), utc("2027-03-28T06:30")]


def test_the_day_the_clocks_go_back_has_twenty_five_hours() -> None:
    ((opens, closes),) = a_centre(opening_hours=ALWAYS).opening_on(CLOCKS_BACK)
    assert closes - opens == timedelta(hours=25)


def test_the_day_the_clocks_go_on_has_twenty_three_hours() -> None:
    ((opens, closes),) = a_centre(opening_hours=ALWAYS).opening_on(CLOCKS_ON)
    assert closes - opens == timedelta(hours=23)


def test_a_repeated_hour_is_open_both_times() -> None:
    centre = a_centre(opening_hours=(hours("02:15", "02:45", EVERY_DAY),))
    assert centre.opening_on(CLOCKS_BACK) == [
        (utc("2026-10-25T00:15"), utc("2026-10-25T01:45")),
    ]


def test_a_skipped_hour_is_found_again_after_the_gap() -> None:
    centre = a_centre(opening_hours=(hours("02:15", "02:45", EVERY_DAY),))
    assert centre.opening_on(CLOCKS_ON) == [
        (utc("2027-03-28T01:15"), utc("2027-03-28T01:45")),
    ]


def test_a_closure_shuts_whole_days_the_last_one_included() -> None:
    centre = a_centre(closures=(CHRISTMAS,), opening_hours=ALWAYS)
    assert centre.closure_on(date(2026, 12, 23)) is None
    assert centre.closure_on(date(2026, 12, 24)) == CHRISTMAS
    assert centre.closure_on(date(2027, 1, 3)) == CHRISTMAS
    assert centre.closure_on(date(2027, 1, 4)) is None
    assert centre.opening_on(date(2026, 12, 31)) == []


def test_a_closure_begins_at_the_midnight_of_the_centre() -> None:
    centre = a_centre(closures=(CHRISTMAS,), opening_hours=ALWAYS)
    assert centre.is_open(utc("2026-12-23T20:00"), utc("2026-12-23T23:00"))
    assert not centre.is_open(utc("2026-12-23T20:00"), utc("2026-12-23T23:01"))


def test_the_day_of_an_instant_is_that_of_the_centre() -> None:
    assert a_centre().day_of(utc("2026-11-23T23:30")) == date(2026, 11, 24)


def test_the_end_of_the_day_is_written_as_people_do() -> None:
    assert hours("00:00", "24:00").closing == "24:00"
    assert hours("08:30", "12:00").closing == "12:00"


def test_an_exceptional_opening_opens_a_closed_day_and_lengthens_others() -> None:
    fair = date(2026, 12, 26)  # a Saturday, and closed
    opening = Opening(first=fair, last=fair, opens=time(10), closes=time(16))
    monday = date(2026, 11, 23)
    late = Opening(first=monday, last=monday, opens=time(17), closes=time(21))
    centre = a_centre(closures=(CHRISTMAS,), openings=(opening, late))
    assert centre.is_open(utc("2026-12-26T09:00"), utc("2026-12-26T15:00"))
    assert not centre.is_open(utc("2026-12-26T08:00"), utc("2026-12-26T09:30"))
    assert centre.is_open(utc("2026-11-23T12:30"), utc("2026-11-23T20:00"))
    assert centre.opening_on(monday) == [
        (utc("2026-11-23T07:30"), utc("2026-11-23T11:00")),
        (utc("2026-11-23T12:30"), utc("2026-11-23T20:00")),
    ]
