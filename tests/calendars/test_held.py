from datetime import UTC, datetime, timedelta

from calendars.booking import Held, Slot
from calendars.held import HeldRoom
from rooms.ids import RoomId

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def row(start: int, end: int) -> Held:
    slot = Slot(NINE + start * HOUR, NINE + end * HOUR)
    return Held(room=RoomId("villefort-visio"), slot=slot, uid=f"{start}-{end}")


def in_the_way(held: HeldRoom, start: int, end: int) -> list[str]:
    return [found.uid for found in held.in_the_way(Slot(NINE + start * HOUR, NINE + end * HOUR))]


def test_what_overlaps_is_found_the_latest_first() -> None:
    held = HeldRoom([row(3, 4), row(0, 1), row(1, 2)])
    assert in_the_way(held, 0, 4) == ["3-4", "1-2", "0-1"]
    assert in_the_way(held, 2, 3) == []


def test_a_long_row_is_found_behind_shorter_ones_that_began_later() -> None:
    held = HeldRoom([row(0, 10), row(1, 2), row(2, 3)])
    assert in_the_way(held, 5, 6) == ["0-10"]


def test_an_empty_room_has_nothing_in_the_way() -> None:
    assert in_the_way(HeldRoom([]), 0, 1) == []
