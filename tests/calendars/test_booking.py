from datetime import UTC, datetime, timedelta

from calendars.booking import Slot

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_touching_slots_do_not_overlap() -> None:
    assert not Slot(NINE, NINE + HOUR).overlaps(Slot(NINE + HOUR, NINE + 2 * HOUR))
    assert not Slot(NINE + HOUR, NINE + 2 * HOUR).overlaps(Slot(NINE, NINE + HOUR))


def test_one_shared_second_is_an_overlap() -> None:
    late = NINE + HOUR - timedelta(seconds=1)
    assert Slot(NINE, NINE + HOUR).overlaps(Slot(late, late + HOUR))


def test_a_slot_within_another_overlaps_it() -> None:
    assert Slot(NINE, NINE + 4 * HOUR).overlaps(Slot(NINE + HOUR, NINE + 2 * HOUR))


def test_how_long_a_slot_lasts() -> None:
    assert Slot(NINE, NINE + HOUR).duration == HOUR
