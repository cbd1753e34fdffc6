"""Slots found for several rooms at once."""

from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from calendars.booking import Slot
from calendars.finder import Ask, Place, Proposal, propose, spread
from rooms.centre import OpeningHours
from rooms.ids import RoomId
from tests.fakes.bookings import paris, slot
from tests.fakes.places import a_centre

PARIS = ZoneInfo("Europe/Paris")
VILLEFORT, MEYRUEIS = a_centre("villefort"), a_centre("meyrueis")
DAY = Slot(paris("2026-11-23T00:00"), paris("2026-11-24T00:00"))  # a Monday
HOUR = timedelta(hours=1)


def place(centre: str = "villefort", *held: Slot, seats: int = 10, name: str = "") -> Place:
    found = a_centre(centre)
    room = found.rooms[0].id
    return Place(room=type(room)(name or room), centre=found, seats=seats, held=held)


def ask(**more: object) -> Ask:
    return replace(Ask(rooms=1, length=HOUR, window=DAY), **more)  # type: ignore[arg-type]


def starts(asked: Ask, *places: Place) -> list[str]:
    found = sorted(one.slot.start for one in propose(asked, places, PARIS))
    return [f"{start.astimezone(PARIS):%H:%M}" for start in found]


def willing(_: Proposal) -> tuple[RoomId, ...]:
    return ()


def test_slots_lie_within_the_opening_hours_and_beside_what_is_held() -> None:
    (opens, _), *_ = VILLEFORT.opening_on(DAY.start.astimezone(PARIS).date())
    free = starts(ask(), place())
    assert free[0] == f"{opens.astimezone(PARIS):%H:%M}"
    held = slot("2026-11-23T10:00", "11:00")
    left = starts(ask(), place("villefort", held))
    assert {"09:15", "09:30", "10:00", "10:45"}.isdisjoint(left)
    assert {"09:00", "11:00"} <= set(left)
    apart = starts(ask(), replace(place("villefort", held), gap=timedelta(minutes=15)))
    assert {"09:00", "11:00"}.isdisjoint(apart)


def test_what_lies_one_over_the_other_or_outside_leaves_the_rest() -> None:
    over = (slot("2026-11-23T00:00", "01:00"), slot("2026-11-23T09:00", "12:00"),
            slot("2026-11-23T10:00", "11:00"), slot("2026-11-23T22:00", "23:00"))  # fmt: skip
    assert {"09:00", "10:00", "11:45"}.isdisjoint(starts(ask(), place("villefort", *over)))
    whole = slot("2026-11-23T00:00", "23:59")
    assert starts(ask(), place("villefort", whole)) == []


def test_a_part_of_the_day_is_kept_to() -> None:
    for part, first, last in (("morning", "00:00", "11:30"), ("afternoon", "12:00", "17:00")):
        found = starts(ask(part=part), place())
        assert found
        assert first <= found[0] <= found[-1] <= last
    assert all(start >= "17:00" for start in starts(ask(part="evening"), place()))


def test_the_window_begins_at_the_next_quarter() -> None:
    window = Slot(paris("2026-11-23T09:07"), paris("2026-11-23T10:30"))
    assert starts(ask(window=window), place()) == ["09:15", "09:30"]


def test_the_usual_hours_are_proposed_before_the_night_and_the_evening() -> None:
    always = replace(
        place().centre, opening_hours=(OpeningHours(days=(0,), opens=time(0), closes=time(0)),)
    )
    found = list(propose(ask(), [replace(place(), centre=always)], PARIS))
    clocks = [f"{one.slot.start.astimezone(PARIS):%H:%M}" for one in found]
    assert clocks[0] == "08:00"
    assert clocks.index("18:00") < clocks.index("00:00")
    assert {"18:15", "23:00"} <= set(clocks[clocks.index("00:00") :])


def test_rooms_of_other_centres_come_before_two_of_one() -> None:
    two = place(name="villefort-atelier")
    [first, *_] = propose(ask(rooms=2), [place(), two, place("meyrueis")], PARIS)
    assert first.rooms == (place().room, place("meyrueis").room)
    assert len(first.free) == 3
    assert starts(ask(rooms=4), place(), two) == []


def test_the_largest_rooms_are_taken_when_there_are_many_people() -> None:
    small, large = place(seats=5), place("meyrueis", seats=30)
    [first, *_] = propose(ask(seats=20), [small, large], PARIS)
    assert first.rooms == (large.room,)
    assert starts(ask(seats=50), small, large) == []


def test_a_few_slots_a_day_none_over_another() -> None:
    window = Slot(DAY.start, DAY.end + timedelta(days=2))
    found = spread(propose(ask(window=window), [place()], PARIS), PARIS, 5, 2, willing)
    days = [one.slot.start.astimezone(PARIS).day for one in found]
    assert len(days) in (4, 5)
    assert max(days.count(day) for day in days) == 2
    assert not found[0].slot.overlaps(found[1].slot)
    one = Proposal(DAY, (), ())
    assert spread([one, one], PARIS, 1, 2, willing) == [one]
    assert spread([one, one], PARIS, 3, 2, willing) == [one]


def test_the_judge_has_the_last_word_and_is_asked_of_few() -> None:
    asked: list[Proposal] = []
    three = paris("2026-11-23T15:00")

    def judge(one: Proposal) -> tuple[RoomId, ...] | None:
        asked.append(one)
        return one.rooms if one.slot.start >= three else None

    [first, *more] = spread(propose(ask(), [place()], PARIS), PARIS, 2, 2, judge)
    assert first.slot.start == three
    assert first.asks == first.rooms
    assert len(more) == 1
    assert all(one.slot.start <= more[0].slot.start for one in asked)


def test_a_room_is_not_proposed_beyond_its_own_horizon() -> None:
    near = replace(place(), until=paris("2026-11-23T10:00"))
    assert starts(ask(), near)[-1] == "10:00"
