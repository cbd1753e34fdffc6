"""Sessions the lines cannot carry are refused or lowered, with the figures."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from calendars.admission import (
    LOUDEST,
    MOST_PICTURES,
    PICTURE,
    SOUND,
    Admission,
    Behind,
    Load,
    Need,
    admit,
    loads,
    pictures,
    sound,
)
from calendars.booking import Slot
from rooms.ids import CentreId, RoomId

NINE = datetime(2013, 9, 19, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
SLOT = Slot(NINE, NINE + HOUR)
VILLEFORT = Behind(
    centre=CentreId("villefort"),
    name="Villefort",
    zone="Europe/Paris",
    up_kbps=1000,
    down_kbps=8000,
    rooms=[RoomId("villefort-visio")],
)
MEYRUEIS = replace(
    VILLEFORT, centre=CentreId("meyrueis"), name="Meyrueis", rooms=[RoomId("meyrueis-visio")]
)


def at(first: float, last: float) -> Slot:
    return Slot(NINE + first * HOUR, NINE + last * HOUR)


def keys(found: Admission) -> tuple[list[str], list[str]]:
    return [one.key for one in found.reasons], [one.key for one in found.lowered]


def test_lines_that_carry_everything_say_nothing() -> None:
    assert admit([VILLEFORT, MEYRUEIS], [SLOT]) == Admission()
    assert admit([VILLEFORT, MEYRUEIS], []) == Admission()


def test_sound_that_does_not_fit_refuses_with_the_figures() -> None:
    weak = replace(VILLEFORT, up_kbps=400, others=[Load(SLOT, 10, 11)])
    found = admit([weak, MEYRUEIS], [SLOT])
    assert keys(found) == (["line-up"], [])
    [reason] = found.reasons
    assert reason.facts == {
        "centre": "Villefort",
        "zone": "Europe/Paris",
        "carried": 400,
        "needed": 528,
    }
    assert (reason.room, reason.slot) == ("villefort-visio", SLOT)


def test_a_line_may_be_too_weak_both_ways() -> None:
    weak = replace(VILLEFORT, up_kbps=40, down_kbps=40)
    assert keys(admit([weak, MEYRUEIS], [SLOT])) == (["line-up", "line-down"], [])


def test_pictures_that_do_not_fit_are_lowered_once_for_a_centre() -> None:
    weak = replace(VILLEFORT, up_kbps=100, down_kbps=100)
    found = admit([weak, MEYRUEIS], [SLOT])
    assert keys(found) == ([], ["line-lowered-up"])
    assert found.lowered[0].facts["needed"] == SOUND + PICTURE
    weak = replace(VILLEFORT, down_kbps=100)
    assert keys(admit([weak, MEYRUEIS], [SLOT])) == ([], ["line-lowered-down"])


def test_a_refusal_does_not_speak_of_pictures_besides() -> None:
    dead, weak = replace(VILLEFORT, up_kbps=10), replace(MEYRUEIS, up_kbps=100)
    assert keys(admit([dead, weak], [SLOT])) == (["line-up"], [])


def test_a_single_room_is_never_refused() -> None:
    assert keys(admit([replace(VILLEFORT, up_kbps=10)], [SLOT])) == ([], ["line-lowered-up"])


def test_only_what_is_held_at_the_same_time_counts() -> None:
    before, after = Load(at(-1, 0), 1, 2), Load(at(1, 2), 1, 2)
    tight = replace(VILLEFORT, up_kbps=SOUND + PICTURE, others=[before, after])
    assert keys(admit([tight, MEYRUEIS], [SLOT])) == ([], [])
    touching = replace(tight, others=[Load(at(0.9, 2), 1, 2)])
    assert keys(admit([touching, MEYRUEIS], [SLOT])) == ([], ["line-lowered-up"])


def test_others_that_follow_each_other_are_not_added_up() -> None:
    one, next_one = Load(at(-1, 0.5), 1, 2), Load(at(0.5, 2), 1, 2)
    line = replace(VILLEFORT, up_kbps=2 * (SOUND + PICTURE), others=[one, next_one])
    assert keys(admit([line, MEYRUEIS], [SLOT])) == ([], [])
    crowded = replace(line, others=[one, next_one, Load(at(0.2, 0.7), 1, 2)])
    assert keys(admit([crowded, MEYRUEIS], [SLOT])) == ([], ["line-lowered-up"])


def test_of_a_series_the_busiest_date_is_told() -> None:
    tomorrow = at(24, 25)
    line = replace(VILLEFORT, up_kbps=80, others=[Load(tomorrow, 1, 2)])
    [reason] = admit([line, MEYRUEIS], [SLOT, tomorrow]).reasons
    assert reason.slot == tomorrow


def test_two_rooms_of_a_centre_hear_each_other_through_its_line() -> None:
    both = replace(VILLEFORT, rooms=[RoomId("a"), RoomId("b")], down_kbps=4 * SOUND - 1)
    assert keys(admit([both, MEYRUEIS], [SLOT])) == (["line-down"], [])
    assert sound(2, 3) == Need(up=2 * SOUND, down=4 * SOUND)


def test_the_loudest_and_the_last_pictures_bound_what_a_crowd_needs() -> None:
    assert sound(1, 1) == sound(1, 2) == Need(SOUND, SOUND)
    assert sound(1, 12).down == 11 * SOUND
    assert sound(1, 13).down == sound(1, 200).down == LOUDEST * SOUND
    assert pictures(1, 200) == Need(PICTURE, MOST_PICTURES * PICTURE)


def test_rooms_of_one_booking_are_one_session() -> None:
    rows = [("bk-1", SLOT), ("bk-1", SLOT), ("bk-2", SLOT)]
    assert loads(rows, {"bk-1": 3}) == (Load(SLOT, 2, 3), Load(SLOT, 1, 1))


slots = st.tuples(st.integers(0, 20), st.integers(1, 8)).map(lambda t: at(t[0], t[0] + t[1]))
others = st.lists(st.builds(Load, slots, st.integers(1, 3), st.integers(3, 15)), max_size=6)


@given(slots, others)
def test_the_busiest_moment_is_that_of_a_count_by_hand(slot: Slot, held: list[Load]) -> None:
    hours = [NINE + n * HOUR for n in range(40)]
    within = [hour for hour in hours if slot.start <= hour < slot.end]
    peak = max(
        sum(sound(o.here, 9).up for o in held if o.slot.start <= hour < o.slot.end)
        for hour in within
    )
    fits = replace(VILLEFORT, up_kbps=peak + SOUND, down_kbps=10**6, others=held)
    assert "line-up" not in keys(admit([fits, MEYRUEIS], [slot]))[0]
    short = replace(fits, up_kbps=peak + SOUND - 1)
    assert "line-up" in keys(admit([short, MEYRUEIS], [slot]))[0]


@given(slots, others, st.integers(1, 3000), st.integers(1, 3000))
def test_a_better_line_never_loses_a_session(
    slot: Slot, held: list[Load], kbps: int, more: int
) -> None:
    line = replace(VILLEFORT, up_kbps=kbps, down_kbps=kbps, others=held)
    better = replace(line, up_kbps=kbps + more, down_kbps=kbps + more)
    if not admit([line, MEYRUEIS], [slot]).reasons:
        assert not admit([better, MEYRUEIS], [slot]).reasons
