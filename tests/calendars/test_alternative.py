from datetime import date, timedelta

from calendars.alternative import nearest_free
from calendars.booking import Slot
from rooms.centre import Closure
from tests.fakes.bookings import NOW, paris, slot
from tests.fakes.places import a_centre, hours

VILLEFORT = a_centre("villefort")
MORNING = slot("2026-11-23T09:00", "10:00")


def nearest(asked: Slot, *busy: Slot) -> Slot | None:
    return nearest_free(asked, [VILLEFORT], busy, NOW)


def test_just_after_the_booking_in_the_way() -> None:
    assert nearest(MORNING, slot("2026-11-23T08:30", "09:40")) == slot("2026-11-23T09:45", "10:45")


def test_just_before_it_when_that_is_nearer() -> None:
    assert nearest(MORNING, slot("2026-11-23T09:30", "12:00")) == slot("2026-11-23T08:30", "09:30")


def test_the_next_morning_when_the_day_is_full() -> None:
    day = slot("2026-11-23T08:00", "18:00")
    assert nearest(MORNING, day) == slot("2026-11-24T08:30", "09:30")


def test_monday_morning_for_a_saturday() -> None:
    assert nearest(slot("2026-11-28T09:00", "10:00")) == slot("2026-11-30T08:30", "09:30")


def test_never_before_now() -> None:
    assert nearest(slot("2026-11-20T09:00", "10:00")) == slot("2026-11-20T11:00", "12:00")


def test_from_the_next_quarter_of_an_hour() -> None:
    late = NOW + timedelta(minutes=1)
    wanted = slot("2026-11-20T10:30", "11:00")
    assert nearest_free(wanted, [VILLEFORT], [], late) == slot("2026-11-20T11:15", "11:45")


def test_nothing_within_a_fortnight() -> None:
    works = Closure(first=date(2026, 11, 1), last=date(2026, 12, 31), reason="travaux")
    assert nearest_free(MORNING, [a_centre(closures=(works,))], [], NOW) is None


def test_nothing_as_long_as_that() -> None:
    assert nearest(slot("2026-11-23T09:00", "18:00")) is None


def test_nothing_for_what_has_no_length() -> None:
    assert nearest(slot("2026-11-23T09:00", "09:00")) is None


def test_only_when_every_centre_is_open() -> None:
    early = a_centre("meyrueis", opening_hours=(hours("07:00", "09:30"), hours("11:00", "12:00")))
    assert nearest_free(MORNING, [VILLEFORT, early], [], NOW) == slot("2026-11-23T08:30", "09:30")


def test_busy_hours_that_overlap_each_other_leave_no_gap_between() -> None:
    busy = [slot("2026-11-23T08:30", "11:00"), slot("2026-11-23T09:00", "10:00")]
    assert nearest(MORNING, *busy) == slot("2026-11-23T11:00", "12:00")


def test_on_the_day_the_clocks_go_back_the_wall_still_says_half_past_eight() -> None:
    sunday = a_centre(opening_hours=(hours("08:30", "12:00", (6,)),))
    wanted = slot("2026-10-25T05:00", "06:00")
    found = nearest_free(wanted, [sunday], [], paris("2026-10-24T12:00"))
    assert found == slot("2026-10-25T08:30", "09:30")


def test_what_is_busy_later_in_the_day_does_not_matter() -> None:
    busy = [slot("2026-11-23T09:00", "10:00"), slot("2026-11-23T14:00", "15:00")]
    assert nearest(MORNING, *busy) == slot("2026-11-23T10:00", "11:00")
