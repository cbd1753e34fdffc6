"""The floor: hands, grants, and who is heard."""

from datetime import UTC, datetime

import pytest

from orchestrator import floor as f
from orchestrator.floor import SEAT, Floor, Mode, Seat, SeatState, Turn
from rooms.errors import Conflict, TooMany

NOW = datetime(2013, 9, 19, 9, 0, tzinfo=UTC)
MAYOR, TEACHER = Seat(source="meyrueis", name="Le maire"), Seat(source="florac", name="Anne")
MEYRUEIS = Seat(source="meyrueis")
EVERYBODY = frozenset({"meyrueis", "florac"})


def moved(floor: Floor, *turns: tuple[Turn, Seat]) -> Floor:
    for turn, seat in turns:
        floor = f.move(floor, turn, seat, NOW)
    return floor


def in_state(state: SeatState) -> Floor:
    turns: dict[SeatState, tuple[tuple[Turn, Seat], ...]] = {
        SeatState.QUIET: (),
        SeatState.ASKING: ((Turn.RAISE, MAYOR),),
        SeatState.SPEAKING: ((Turn.GRANT, MAYOR),),
    }
    return moved(Floor(), *turns[state])


@pytest.mark.parametrize("state", SeatState)
@pytest.mark.parametrize("turn", Turn)
def test_every_turn_in_every_state_goes_by_the_table_or_is_refused(
    state: SeatState, turn: Turn
) -> None:
    after = SEAT[state].get(turn)
    if after is not None:
        assert f.move(in_state(state), turn, MAYOR, NOW).state(MAYOR) is after
        return
    with pytest.raises(Conflict) as refusal:
        f.move(in_state(state), turn, MAYOR, NOW)
    assert refusal.value.fields == {"source": "meyrueis", "state": state.value, "act": turn.value}


def test_the_table_names_every_state_and_uses_every_turn() -> None:
    assert set(SEAT) == set(SeatState)
    assert {turn for turns in SEAT.values() for turn in turns} == set(Turn)


def test_hands_queue_in_their_order_and_seats_of_one_site_are_told_apart() -> None:
    floor = moved(Floor(), (Turn.RAISE, TEACHER), (Turn.RAISE, MAYOR), (Turn.RAISE, MEYRUEIS))
    assert floor.queue == (TEACHER, MAYOR, MEYRUEIS)
    assert moved(floor, (Turn.LOWER, MAYOR)).queue == (TEACHER, MEYRUEIS)


def test_the_floor_is_passed_on() -> None:
    floor = f.hand_on(in_state(SeatState.SPEAKING), MAYOR, TEACHER, NOW)
    assert floor.holders == (TEACHER,)
    with pytest.raises(Conflict):
        f.hand_on(floor, MAYOR, TEACHER, NOW)


@pytest.mark.parametrize("mode", Mode)
def test_nobody_off_the_air_is_heard_however_the_floor_is_given(mode: Mode) -> None:
    floor = moved(Floor(mode=mode), (Turn.GRANT, MAYOR))
    assert f.heard(floor, frozenset()) == frozenset()
    assert f.heard(floor, frozenset({"florac"})) <= {"florac"}


def test_only_who_holds_the_floor_is_heard_unless_it_is_free() -> None:
    held = moved(f.become(Floor(), Mode.DIRECTOR), (Turn.GRANT, MAYOR))
    assert f.heard(held, EVERYBODY) == {"meyrueis"}
    assert f.heard(f.become(held, Mode.FREE), EVERYBODY) == EVERYBODY


def test_the_queue_goes_on_by_itself_to_the_next_hand_on_air() -> None:
    floor = moved(Floor(mode=Mode.QUEUE), (Turn.RAISE, TEACHER), (Turn.RAISE, MAYOR))
    assert f.advance(floor, frozenset({"meyrueis"}), NOW).holders == (MAYOR,)
    first = f.advance(floor, EVERYBODY, NOW)
    assert first.holders == (TEACHER,)
    assert f.advance(first, EVERYBODY, NOW) == first
    second = f.advance(moved(first, (Turn.WITHDRAW, TEACHER)), EVERYBODY, NOW)
    assert second.holders == (MAYOR,)
    assert f.advance(floor, frozenset(), NOW) == floor


def test_the_director_s_floor_waits_for_the_director() -> None:
    floor = moved(Floor(mode=Mode.DIRECTOR), (Turn.RAISE, MAYOR))
    assert f.advance(floor, EVERYBODY, NOW) == floor


def test_who_is_lost_neither_asks_nor_speaks() -> None:
    floor = moved(Floor(), (Turn.RAISE, MAYOR), (Turn.GRANT, MEYRUEIS), (Turn.RAISE, TEACHER))
    assert f.lost(floor, "meyrueis").claims == floor.claims[2:]
    assert f.lost(floor, "mende") is floor


def test_hands_are_bounded_for_each_source_and_for_all() -> None:
    floor = Floor()
    for number in range(f.MOST_HANDS_OF_A_SOURCE):
        floor = f.move(floor, Turn.RAISE, Seat(source="meyrueis", name=f"n{number}"), NOW)
    with pytest.raises(TooMany):
        f.move(floor, Turn.RAISE, MEYRUEIS, NOW)
    for number in range(f.MOST_HANDS - f.MOST_HANDS_OF_A_SOURCE):
        floor = f.move(floor, Turn.RAISE, Seat(source=f"other-{number}"), NOW)
    with pytest.raises(TooMany):
        f.move(floor, Turn.RAISE, TEACHER, NOW)
