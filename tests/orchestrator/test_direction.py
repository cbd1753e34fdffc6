"""Who has the desk, and who has it when he is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator import direction as d
from orchestrator.direction import DESK, Direction, Held, Shift
from rooms.errors import Forbidden, Invalid

CHIEF, FIRST, SECOND = "pe-chief", "pe-first", "pe-second"
PEOPLE = (CHIEF, FIRST, SECOND)


def desk(*here: str) -> Direction:
    made = Direction(director=CHIEF, deputies=(FIRST, SECOND))
    for person in here:
        made = d.here(made, person)
    return made


def test_the_director_comes_and_has_the_desk() -> None:
    assert (desk().held, desk(CHIEF).held) == (Held.BY_NOBODY, Held.BY_DIRECTOR)


def test_the_first_deputy_who_is_there_takes_over_at_once() -> None:
    assert d.lost(desk(CHIEF, SECOND, FIRST), CHIEF).holder == FIRST
    assert d.lost(desk(CHIEF, SECOND), CHIEF).holder == SECOND
    assert d.lost(desk(CHIEF), CHIEF).holder is None
    assert d.lost(desk(CHIEF, FIRST), FIRST).holder == CHIEF


def test_who_comes_back_is_given_the_desk_or_takes_it_back_as_the_director() -> None:
    back = d.here(d.lost(desk(CHIEF, FIRST), CHIEF), CHIEF)
    assert back.holder == FIRST
    assert d.hand_over(back, CHIEF, CHIEF).holder == CHIEF
    assert d.hand_over(back, FIRST, CHIEF).holder == CHIEF
    with pytest.raises(Forbidden):
        d.hand_over(desk(*PEOPLE), FIRST, FIRST)
    with pytest.raises(Forbidden):
        d.hand_over(back, CHIEF, SECOND)


def test_the_desk_is_handed_to_who_is_there() -> None:
    with pytest.raises(Invalid):
        d.hand_over(desk(CHIEF), CHIEF, FIRST)
    with pytest.raises(Invalid):
        d.hand_over(desk(CHIEF), CHIEF, "pe-other")
    assert d.hand_over(desk(CHIEF, SECOND), CHIEF, SECOND).held is Held.BY_DEPUTY


def test_a_stranger_has_no_desk() -> None:
    with pytest.raises(Forbidden):
        d.here(desk(), "pe-other")


def test_deputies_are_named_by_who_has_the_desk() -> None:
    named = d.name(desk(*PEOPLE), CHIEF, (SECOND,))
    assert (named.people, named.here) == ((CHIEF, SECOND), (CHIEF, SECOND))
    with pytest.raises(Forbidden):
        d.name(desk(*PEOPLE), FIRST, ())


@pytest.mark.parametrize(
    "deputies", [(FIRST, FIRST), (CHIEF,), tuple(f"pe-{n}" for n in range(d.MOST_DEPUTIES + 1))]
)
def test_deputies_are_others_each_once_and_few(deputies: tuple[str, ...]) -> None:
    with pytest.raises(Invalid):
        d.name(desk(CHIEF), CHIEF, deputies)


def test_who_has_the_desk_does_not_dismiss_himself() -> None:
    with pytest.raises(Invalid):
        d.name(d.hand_over(desk(*PEOPLE), CHIEF, FIRST), FIRST, (SECOND,))


def test_the_table_names_every_state_and_uses_every_word() -> None:
    assert set(DESK) == set(Held)
    assert {shift for shifts in DESK.values() for shift in shifts} == set(Shift)


def _shift(before: Direction, after: Direction, word: str) -> Shift:
    if word == "here":
        return Shift.DIRECTOR_COMES if after.holder == CHIEF else Shift.DEPUTY_COMES
    if after.holder == CHIEF:
        return Shift.TAKE_BACK
    if word == "lost":
        return Shift.LOST if after.holder is not None else Shift.LAST_LOST
    return Shift.HAND_OVER


STEPS = st.tuples(
    st.sampled_from(["here", "lost", "hand"]), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)
)


@given(st.lists(STEPS, max_size=30))
def test_the_desk_changes_hands_as_drawn_and_is_never_without_one_while_one_is_there(
    steps: list[tuple[str, str, str]],
) -> None:
    now = desk()
    for word, person, other in steps:
        before = now
        if word == "here":
            now = d.here(now, person)
        elif word == "lost":
            now = d.lost(now, person)
        else:
            try:
                now = d.hand_over(now, person, other)
            except (Forbidden, Invalid):
                continue
        assert (now.holder is None) is (not now.here)
        assert now.holder is None or now.holder in now.here
        if now.holder != before.holder:
            assert DESK[before.held].get(_shift(before, now, word)) is now.held
