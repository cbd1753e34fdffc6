"""When a visitor may have an appointment."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from calendars.booking import Slot
from orchestrator.desk_slots import LATE, LENGTH, MOST, free, grid, offered, slot_at
from rooms.centre import Centre, Closure, OpeningHours
from rooms.ids import PersonId
from tests.fakes.service import demo_settings

ANNE, MARC = PersonId("p-anne"), PersonId("p-marc")
HOUR = timedelta(hours=1)
TUESDAY = datetime(2026, 11, 24, 8, tzinfo=UTC)  # nine in the morning in Paris


def centre(*closures: Closure) -> Centre:
    """Open in the morning and the afternoon of every working day."""
    days = tuple(range(5))
    hours = tuple(
        OpeningHours(days=days, opens=time(opens), closes=time(closes))
        for opens, closes in ((9, 12), (14, 17))
    )
    found = demo_settings().network.centre("villefort")
    zone = ZoneInfo("Europe/Paris")
    return replace(found, zone=zone, opening_hours=hours, closures=closures, openings=())


def local(slots: list[Slot]) -> list[str]:
    zone = ZoneInfo("Europe/Paris")
    return [f"{slot.start.astimezone(zone):%d %H:%M}" for slot in slots]


def test_the_nearest_are_offered_some_of_each_day_and_apart() -> None:
    found = offered(centre(), {ANNE: []}, TUESDAY)
    assert local(found) == [
        "24 10:00", "24 14:00", "25 09:00", "25 11:00", "26 09:00", "26 11:00",
    ]  # fmt: skip
    assert len(found) == MOST
    assert all(slot.duration == LENGTH for slot in found)


def test_a_closed_day_and_a_lunch_break_have_none() -> None:
    shut = Closure(first=date(2026, 11, 24), last=date(2026, 11, 25), reason="Congés")
    assert local(offered(centre(shut), {ANNE: []}, TUESDAY))[0] == "26 09:00"
    hours = {start[3:] for start in local(list(grid(centre(), TUESDAY)))}
    assert {"11:30", "14:00", "16:30"} <= hours
    assert not {"12:00", "13:30", "17:00"} & hours


def test_somebody_must_be_free_and_the_least_busy_comes_first() -> None:
    ten = Slot(TUESDAY + HOUR, TUESDAY + HOUR + LENGTH)
    busy = {ANNE: [ten], MARC: []}
    assert free(ten, busy) == [MARC]
    later = Slot(ten.end, ten.end + LENGTH)
    assert free(later, busy) == [MARC, ANNE]
    assert local(offered(centre(), busy, TUESDAY))[0] == "24 10:00"
    both = {ANNE: [ten], MARC: [ten]}
    assert local(offered(centre(), both, TUESDAY))[0] == "24 10:30"
    assert offered(centre(), {}, TUESDAY) == []


def test_only_what_is_on_the_grid_can_be_taken() -> None:
    start = TUESDAY + HOUR
    assert slot_at(centre(), start, TUESDAY) == Slot(start, start + LENGTH)
    assert slot_at(centre(), start, TUESDAY + LATE) is not None  # he wrote his name slowly
    for other in (start + timedelta(minutes=7), TUESDAY, start + timedelta(days=60)):
        assert slot_at(centre(), other, TUESDAY) is None
    assert slot_at(centre(), start, TUESDAY + HOUR) is None
