from datetime import UTC, datetime, timedelta

from calendars.booking import Candidate, Occurrence, Slot
from rooms.ids import PersonId, RoomId

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


def test_a_buffer_widens_a_slot_on_both_sides() -> None:
    assert Slot(NINE, NINE + HOUR).widened(HOUR) == Slot(NINE - HOUR, NINE + 2 * HOUR)


def asked(*occurrences: Occurrence) -> Candidate:
    return Candidate(
        uid="bk-1",
        rooms=(RoomId("villefort-visio"),),
        occurrences=occurrences,
        organiser=PersonId("pe-1"),
        role="trainer",
        title="Atelier",
    )


def test_one_date_of_a_series_is_known_for_what_it_is() -> None:
    nine, ten = Slot(NINE, NINE + HOUR), Slot(NINE + HOUR, NINE + 2 * HOUR)
    assert not asked(Occurrence(nine)).recurring
    assert asked(Occurrence(nine, "20261123T090000Z")).recurring
    assert asked(Occurrence(nine), Occurrence(ten)).recurring
