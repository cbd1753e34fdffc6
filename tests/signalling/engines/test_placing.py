from hypothesis import given, settings
from hypothesis import strategies as st

from rooms.ids import ParticipantId, SessionId
from signalling.engines.placing import EXPECTED, Places

ONE, TWO, THREE = SessionId("se-1"), SessionId("se-2"), SessionId("se-3")


def people(count: int, first: int = 0) -> list[ParticipantId]:
    return [ParticipantId(f"pa-{number}") for number in range(first, first + count)]


def present(*workers: int) -> Places:
    made = Places()
    made.present |= set(workers)
    return made


def fill(places: Places, session: SessionId, count: int) -> None:
    for one in people(count):
        places.came(session, one)


def test_the_least_loaded_takes_the_next_and_keeps_it() -> None:
    places = present(0, 1)
    assert [places.place(ONE), places.place(TWO)] == [0, 1]
    fill(places, ONE, 8)
    assert places.place(THREE) == 1
    fill(places, THREE, 20)
    assert [places.place(session) for session in (ONE, TWO, THREE)] == [0, 1, 1]
    assert (places.load(0), places.load(1)) == (64, 400 + EXPECTED**2)
    assert (places.people(0), places.people(1)) == (8, 20)
    places.left(THREE, ParticipantId("pa-1"))
    assert places.people(1) == 19


def test_many_opened_at_once_are_shared_out_before_anybody_comes() -> None:
    places = present(0, 1, 2)
    for number in range(9):
        places.place(SessionId(f"se-{number}"))
    assert [len(places.sessions(worker)) for worker in range(3)] == [3, 3, 3]


def test_who_is_draining_or_absent_takes_nothing_new() -> None:
    places = present(0, 1)
    places.place(ONE)
    places.draining.add(0)
    assert places.place(ONE) == 0
    assert places.place(TWO) == 1
    places.lost(1)
    assert places.place(THREE) is None
    assert THREE in places.wanted


def test_a_lost_worker_loses_its_sessions_and_no_others() -> None:
    places = present(0, 1)
    places.place(ONE)
    places.place(TWO)
    assert places.lost(0) == [ONE]
    assert (places.of(ONE), places.of(TWO)) == (None, 1)
    assert places.wanted == {ONE, TWO}
    assert places.place(ONE) == 1


def test_a_session_that_is_over_leaves_nothing() -> None:
    places = present(0)
    places.place(ONE)
    places.closed(ONE)
    places.closed(TWO)
    places.came(ONE, ParticipantId("pa-1"))
    places.left(ONE, ParticipantId("pa-1"))
    assert places.load(0) == 0
    assert places.wanted == set()


def test_what_a_worker_carries_is_placed_there() -> None:
    places = Places()
    assert places.found(1, {ONE: people(2)}) == []
    assert (places.of(ONE), places.people(1)) == (1, 2)
    assert places.present == {1}
    assert places.found(1, {ONE: people(3)}) == []
    assert places.people(1) == 3


def test_of_two_workers_with_the_same_session_the_fuller_has_it() -> None:
    places = Places()
    places.found(0, {ONE: [], TWO: people(2)})
    assert places.found(1, {ONE: people(1), TWO: people(1)}) == [TWO]
    assert (places.of(ONE), places.of(TWO)) == (1, 0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("opclf"), st.integers(0, 5), st.integers(0, 2))))
def test_whatever_happens_a_session_is_on_one_present_worker_or_none(
    story: list[tuple[str, int, int]],
) -> None:
    places = present(0, 1, 2)
    for what, number, worker in story:
        session = SessionId(f"se-{number}")
        match what:
            case "o":
                places.place(session)
            case "p":
                places.came(session, ParticipantId(f"pa-{worker}"))
            case "c":
                places.closed(session)
            case "l":
                places.lost(worker)
            case _:
                places.found(worker, {session: people(worker)})
        for one in (0, 1, 2):
            assert not places.sessions(one) or one in places.present
            assert all(places.of(held) == one for held in places.sessions(one))
            assert set(places.sessions(one)) <= places.wanted
