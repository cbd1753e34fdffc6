"""The reception desk under a clock of its own: whole afternoons, not one sleep."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator import desk
from orchestrator.desk import (
    CALL,
    OPEN,
    WAITING,
    Act,
    Agent,
    Call,
    CallId,
    Hall,
    Standing,
    State,
)
from orchestrator.states import draw
from rooms.errors import Conflict, MargerideError, NotFound
from rooms.ids import CentreId, PersonId
from rooms.room import DeskId

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
HOME, AFAR = CentreId("villefort"), CentreId("mende")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def who(name: str, centre: CentreId = HOME, idle: float = 0, **facts: Any) -> Agent:
    """Idle since so many seconds before the start."""
    return Agent(person=PersonId(name), centres=frozenset({centre}), free_at=at(-idle), **facts)


def pressed(hall: Hall, name: str = "c1", when: float = 0, *, is_open: bool = True) -> Hall:
    call = Call(id=CallId(name), desk=DeskId(f"desk-{name}"), centre=HOME, asked_at=at(when))
    return desk.press(hall, call, at(when), is_open=is_open)


def passed(hall: Hall, first: int, last: int) -> Hall:
    """The hall after every second from `first` to `last`."""
    for second in range(first, last + 1):
        hall = desk.tick(hall, at(second))
    return hall


def ringing(hall: Hall, name: str = "c1") -> list[str]:
    return [ring.person for ring in hall.call(CallId(name)).rings]


def state(hall: Hall, name: str = "c1") -> State:
    return hall.call(CallId(name)).state


def hall_of(*agents: Agent) -> Hall:
    return Hall(agents=agents)


def answer(hall: Hall, person: str, when: float, name: str = "c1") -> Hall:
    return desk.answer(hall, CallId(name), PersonId(person), at(when))


def test_the_local_animateur_rings_answers_and_is_free_again_after_his_wrap_up() -> None:
    hall = pressed(hall_of(who("anne"), who("marc", AFAR)))
    assert (state(hall), hall.call(CallId("c1")).tier, ringing(hall)) == (
        State.RINGING,
        1,
        ["anne"],
    )
    hall = answer(hall, "anne", 3)
    assert (state(hall), ringing(hall), hall.position(CallId("c1"))) == (State.ANSWERED, [], 0)
    assert hall.standing(hall.agent(PersonId("anne")), at(4)) is Standing.BUSY
    hall = desk.hang_up(hall, CallId("c1"), at(100))
    assert (state(hall), hall.call(CallId("c1")).ended_at) == (State.ENDED, at(100))
    anne = hall.agent(PersonId("anne"))
    assert hall.standing(anne, at(109)) is Standing.BUSY
    assert hall.standing(anne, at(110)) is Standing.AVAILABLE
    assert hall.standing(hall.agent(PersonId("marc")), at(0)) is Standing.AVAILABLE


def test_who_is_idle_longest_rings_first_and_one_more_every_five_seconds() -> None:
    hall = pressed(hall_of(who("anne", idle=10), who("bea", idle=90), who("carl", idle=50)))
    assert ringing(hall) == ["bea"]
    hall = passed(hall, 1, 4)
    assert ringing(hall) == ["bea"]
    assert ringing(passed(hall, 5, 5)) == ["bea", "carl"]
    assert ringing(passed(hall, 5, 11)) == ["bea", "carl", "anne"]


def test_all_centres_ring_after_twenty_seconds() -> None:
    hall = passed(pressed(hall_of(who("anne"), who("marc", AFAR))), 1, 19)
    assert ringing(hall) == ["anne"]
    hall = passed(hall, 20, 20)
    assert (ringing(hall), hall.call(CallId("c1")).tier) == (["anne", "marc"], 2)


def test_all_centres_ring_at_once_when_nobody_is_at_home() -> None:
    hall = pressed(hall_of(who("anne", here=False), who("marc", AFAR)))
    assert (ringing(hall), hall.call(CallId("c1")).tier) == (["marc"], 2)


def test_three_answers_at_the_same_instant_are_one_answer() -> None:
    hall = passed(pressed(hall_of(who("anne"), who("bea"), who("carl"))), 1, 12)
    assert sorted(ringing(hall)) == ["anne", "bea", "carl"]
    said = []
    for person in ("carl", "anne", "bea"):
        try:
            hall = answer(hall, person, 12)
            said.append("ok")
        except Conflict as refusal:
            said.append(refusal.key)
    assert said == ["ok", "already-answered", "already-answered"]
    assert hall.call(CallId("c1")).by == "carl"
    assert answer(hall, "carl", 13) == hall


def test_who_does_not_ring_does_not_answer() -> None:
    hall = pressed(hall_of(who("anne", idle=9), who("bea")))
    with pytest.raises(Conflict, match="not-ringing"):
        answer(hall, "bea", 1)
    with pytest.raises(Conflict, match="not-ringing"):
        desk.decline(hall, CallId("c1"), PersonId("bea"), at(1))
    with pytest.raises(NotFound, match="no-desk-call"):
        answer(hall, "anne", 1, "other")
    with pytest.raises(NotFound, match="no-desk-agent"):
        hall.agent(PersonId("nobody"))


def test_a_refusal_passes_the_call_on_and_is_no_miss() -> None:
    hall = pressed(hall_of(who("anne", idle=9), who("bea")))
    hall = desk.decline(hall, CallId("c1"), PersonId("anne"), at(2))
    assert ringing(hall) == ["bea"]
    hall = desk.decline(hall, CallId("c1"), PersonId("bea"), at(3))
    assert (state(hall), hall.agent(PersonId("anne")).misses) == (State.QUEUED, 0)
    assert state(passed(hall, 4, 60)) is State.OVERFLOW  # and nobody is asked a second time


def test_nobody_answers_and_the_call_overflows_after_a_minute() -> None:
    hall = pressed(hall_of(who("anne"), who("marc", AFAR)))
    assert state(passed(hall, 1, 59)) is State.RINGING
    hall = passed(hall, 1, 60)
    assert (state(hall), ringing(hall)) == (State.OVERFLOW, [])
    assert hall.call(CallId("c1")).ended_at == at(60)
    assert [agent.misses for agent in hall.agents] == [1, 1]  # once for a call, however long


def test_nobody_is_on_duty_at_all() -> None:
    hall = pressed(hall_of())
    assert (state(hall), hall.position(CallId("c1"))) == (State.QUEUED, 1)
    assert state(passed(hall, 1, 60)) is State.OVERFLOW


def test_three_missed_calls_put_away_and_his_own_word_brings_back() -> None:
    hall = hall_of(who("anne"))
    for number in range(3):
        hall = pressed(hall, f"c{number}", number * 100)
        hall = passed(hall, number * 100 + 1, number * 100 + 60)
        assert hall.agents[0].misses == number + 1
    assert hall.standing(hall.agents[0], at(400)) is Standing.AWAY
    assert ringing(pressed(hall, "c9", 400), "c9") == []
    hall = desk.set_away(hall, PersonId("anne"), at(401), away=False)
    assert (hall.agents[0].misses, hall.standing(hall.agents[0], at(401))) == (
        0,
        Standing.AVAILABLE,
    )
    assert ringing(pressed(hall, "c9", 402), "c9") == ["anne"]


def test_an_answer_wipes_the_misses_out() -> None:
    hall = pressed(hall_of(who("anne", misses=2)))
    assert answer(hall, "anne", 1).agents[0].misses == 0


def test_who_goes_away_or_closes_his_page_stops_ringing() -> None:
    hall = pressed(hall_of(who("anne", idle=9), who("bea")))
    hall = desk.set_away(hall, PersonId("anne"), at(1), away=True)
    assert ringing(hall) == ["bea"]
    gone = replace(hall, agents=tuple(replace(one, here=False) for one in hall.agents))
    assert state(desk.tick(gone, at(2))) is State.QUEUED


def test_a_closed_desk_rings_nobody() -> None:
    hall = pressed(hall_of(who("anne")), is_open=False)
    assert (state(hall), ringing(hall)) == (State.CLOSED, [])
    assert hall.call(CallId("c1")).ended_at == START
    assert hall.of_desk(DeskId("desk-c1")) is None


def test_a_visitor_who_leaves_abandons_the_call_and_frees_who_rang() -> None:
    hall = pressed(pressed(hall_of(who("anne"))), "c2", 1)
    assert (state(hall, "c2"), hall.position(CallId("c2"))) == (State.QUEUED, 2)
    hall = desk.hang_up(hall, CallId("c1"), at(2))
    assert (state(hall), state(hall, "c2"), ringing(hall, "c2")) == (
        State.ABANDONED,
        State.RINGING,
        ["anne"],
    )
    assert desk.hang_up(hall, CallId("c1"), at(3)) == hall


def test_two_calls_share_two_animateurs_and_a_third_waits_its_turn() -> None:
    hall = hall_of(who("anne", idle=9), who("bea", idle=5))
    for number in (1, 2, 3):
        hall = pressed(hall, f"c{number}", number)
    assert [ringing(hall, f"c{n}") for n in (1, 2, 3)] == [["anne"], ["bea"], []]
    assert [hall.position(CallId(f"c{n}")) for n in (1, 2, 3)] == [1, 2, 3]
    hall = desk.hang_up(answer(hall, "anne", 4), CallId("c1"), at(50))
    assert ringing(passed(hall, 51, 59), "c3") == []  # she writes down what was said
    assert ringing(passed(hall, 51, 60), "c3") == ["anne"]


def test_a_desk_that_is_in_a_call_makes_no_second_one() -> None:
    hall = pressed(hall_of(who("anne")))
    again = Call(id=CallId("c2"), desk=DeskId("desk-c1"), centre=HOME, asked_at=at(1))
    with pytest.raises(Conflict, match="desk-calling"):
        desk.press(hall, again, at(1), is_open=True)


def test_the_call_of_somebody_who_is_no_agent_any_more_ends_all_the_same() -> None:
    hall = answer(pressed(hall_of(who("anne"))), "anne", 1)
    hall = desk.hang_up(replace(hall, agents=()), CallId("c1"), at(9))
    assert state(hall) is State.ENDED


@pytest.mark.parametrize("start", list(State))
def test_what_is_over_stays_over(start: State) -> None:
    assert (not CALL[start]) == (start not in OPEN)
    assert WAITING < OPEN


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["press", "answer", "decline", "hang_up", "away", "back", "closed"]),
        st.integers(0, 4),
        st.integers(0, 3),
        st.integers(0, 30),
    ),
    max_size=40,
)


def done(hall: Hall, deed: tuple[str, int, int, int], now: datetime, number: int) -> Hall:
    what, which, person, _ = deed
    name = PersonId(f"p{person}")
    call = hall.calls[which % len(hall.calls)].id if hall.calls else CallId("none")
    match what:
        case "answer":
            return desk.answer(hall, call, name, now)
        case "decline":
            return desk.decline(hall, call, name, now)
        case "hang_up":
            return desk.hang_up(hall, call, now)
        case "away" | "back":
            return desk.set_away(hall, name, now, away=what == "away")
        case _:
            new = Call(id=CallId(f"n{number}"), desk=DeskId(f"d{which}"), centre=HOME, asked_at=now)
            return desk.press(hall, new, now, is_open=what == "press")


def assert_nobody_is_in_two_places(before: Hall, after: Hall, now: datetime) -> None:
    rung = [ring.person for one in after.calls for ring in one.rings]
    talking = [one.by for one in after.calls if one.state is State.ANSWERED]
    assert len(rung) == len(set(rung))  # nobody rings for two calls
    assert not set(rung) & set(talking)  # nor while he talks
    assert len(talking) == len(set(talking))
    for one in after.calls:
        assert bool(one.rings) == (one.state is State.RINGING)
        assert (one.ended_at is not None) == (one.state not in OPEN)
        assert one.state not in WAITING or now - one.asked_at < desk.RULES.longest
        old = next((each for each in before.calls if each.id == one.id), None)
        if old is not None and old.state is not one.state:
            reached = {old.state}
            for _ in range(3):
                reached |= {to for place in reached for to in CALL[place].values()}
            assert one.state in reached


@settings(max_examples=150, deadline=None)
@given(deeds=DEEDS)
def test_whatever_happens_nobody_is_in_two_places(
    deeds: Sequence[tuple[str, int, int, int]],
) -> None:
    hall = hall_of(*(who(f"p{n}", HOME if n % 2 else AFAR, idle=n) for n in range(4)))
    clock = 0
    for number, deed in enumerate(deeds):
        clock += deed[3]
        before = hall
        hall = desk.tick(hall, at(clock))
        try:
            hall = done(hall, deed, at(clock), number)
        except MargerideError:
            continue
        finally:
            assert_nobody_is_in_two_places(before, hall, at(clock))


def test_every_act_is_in_the_table() -> None:
    assert {act for moves in CALL.values() for act in moves} == set(Act)


def test_the_page_draws_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "reception.md"
    assert f"```mermaid\n{draw(CALL)}\n```" in page.read_text("utf-8")
