"""Several silent workers as one engine."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from rooms.errors import NotFound, Unavailable
from rooms.ids import LegId, ParticipantId, SessionId, TrackId
from signalling.engine import (
    EngineBack,
    EngineEvent,
    EngineLost,
    Kind,
    LegChanged,
    Mode,
    Role,
    Spoke,
)
from signalling.engines.pool import Pool, WorkerState
from signalling.engines.silent import SilentEngine
from tests.fakes.wire import settle, until

ONE, TWO, THREE = SessionId("se-1"), SessionId("se-2"), SessionId("se-3")
ANNE, BRUNO = ParticipantId("pa-anne"), ParticipantId("pa-bruno")


class Ground:
    """A pool over two silent engines, and what it did with its workers."""

    def __init__(self) -> None:
        self.workers = [SilentEngine(), SilentEngine()]
        self.retired: list[int] = []
        self.revived: list[int] = []
        self.events: list[EngineEvent] = []
        self.pool = Pool(self.workers, self._retire, self._revive)

    async def _retire(self, number: int) -> None:
        self.retired.append(number)

    async def _revive(self, number: int) -> None:
        self.revived.append(number)
        self.back(number)

    async def listen(self) -> None:
        async for event in self.pool.events():
            self.events.append(event)

    def back(self, number: int) -> None:
        self.workers[number].absent = False
        self.workers[number].emit(EngineBack(fresh=True))

    async def lose(self, number: int) -> None:
        self.workers[number].forget()
        self.workers[number].absent = True
        self.workers[number].emit(EngineLost())
        await settle()

    async def fill(self, session: SessionId, *people: ParticipantId) -> None:
        for one in people:
            await self.pool.publish(session, one, LegId(f"lg-{one}"), "x")

    def states(self) -> list[WorkerState]:
        return [view.state for view in self.pool.views()]


@pytest.fixture
async def ground() -> AsyncIterator[Ground]:
    made = Ground()
    made.pool.follow()
    listening = asyncio.create_task(made.listen(), name="listen")
    for number in (0, 1):
        made.back(number)
    await settle()
    made.events.clear()
    yield made
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await made.pool.unfollow()


async def test_every_call_reaches_the_worker_of_its_session(ground: Ground) -> None:
    pool, (first, second) = ground.pool, ground.workers
    await pool.open(ONE)
    await pool.open(TWO)
    answer = await pool.publish(TWO, ANNE, LegId("lg-1"), "x")
    offer = await pool.subscribe(TWO, BRUNO, LegId("lg-2"), [answer.tracks[0].id])
    assert offer is not None
    await pool.answer(TWO, BRUNO, LegId("lg-2"), offer.serial, "x")
    await pool.mute(TWO, ANNE, Kind.AUDIO, True)
    await pool.view(TWO, BRUNO, [], Mode.SOUND)
    await pool.line(TWO, BRUNO, None)
    await pool.receive(TWO, BRUNO, LegId("lg-3"), "x", [TrackId("tr-none")])
    assert [view.people for view in pool.views()] == [0, 2]
    await pool.remove(TWO, ANNE)
    assert [view.people for view in pool.views()] == [0, 1]
    await pool.close(TWO)
    asked = ["open", "publish", "subscribe", "answer", "mute", "view", "line", "receive", "remove"]
    assert [name for name, _ in second.calls if name != "state"] == [*asked, "close"]
    assert [name for name, _ in first.calls if name != "state"] == ["open"]


async def test_states_are_one_and_events_come_from_all(ground: Ground) -> None:
    pool = ground.pool
    await pool.open(ONE)
    await pool.open(TWO)
    await ground.fill(ONE, ANNE)
    await ground.fill(TWO, BRUNO)
    state = await pool.state()
    assert {s: [m.participant for m in members] for s, members in state.sessions.items()} == {
        ONE: [ANNE],
        TWO: [BRUNO],
    }
    for worker, session, who in ((0, ONE, ANNE), (1, TWO, BRUNO)):
        ground.workers[worker].connect(session, who, Role.PUBLISH)
    await until(lambda: len(ground.events) == 2)
    assert {event.session for event in ground.events if isinstance(event, LegChanged)} == {ONE, TWO}


async def test_a_lost_worker_takes_its_sessions_with_it_and_no_others(ground: Ground) -> None:
    pool = ground.pool
    await pool.open(ONE)
    await pool.open(TWO)
    await ground.fill(ONE, ANNE)
    await ground.fill(TWO, BRUNO)
    await ground.lose(0)
    assert ground.events == [EngineLost(sessions=(ONE,)), EngineBack(fresh=False)]
    assert set((await pool.state()).sessions) == {TWO}
    assert ground.states() == [WorkerState.ABSENT, WorkerState.RUNNING]
    # Who asks for it finds it on the other, without a word.
    await ground.fill(ONE, ANNE)
    assert set((await pool.state()).sessions) == {ONE, TWO}
    ground.back(0)
    await settle()
    assert ground.states() == [WorkerState.RUNNING] * 2
    await pool.open(THREE)
    assert ground.workers[0].called("open")[-1] == (THREE,)


async def test_without_any_worker_that_is_said_and_the_sessions_are_remembered(
    ground: Ground,
) -> None:
    pool = ground.pool
    await pool.open(ONE)
    await ground.lose(0)
    await ground.lose(1)
    assert ground.events[-1] == EngineLost(sessions=())
    for call in (
        pool.state(),
        pool.open(TWO),
        pool.publish(ONE, ANNE, LegId("lg-1"), "x"),
        pool.mute(THREE, ANNE, Kind.AUDIO, True),
    ):
        with pytest.raises(Unavailable, match="no-media-worker"):
            await call
    ground.back(1)
    await settle()
    await ground.fill(ONE, ANNE)
    assert ground.workers[1].called("open")[-1] == (ONE,)


async def test_a_session_nobody_opened_is_unknown(ground: Ground) -> None:
    with pytest.raises(NotFound, match="no-session"):
        await ground.fill(ONE, ANNE)
    await ground.pool.close(ONE)
    await ground.pool.remove(ONE, ANNE)


async def test_a_session_that_has_moved_is_closed_where_it_was(ground: Ground) -> None:
    """The service took a worker for dead, and opened its session on another meanwhile."""
    await ground.workers[0].open(ONE)
    await ground.workers[0].publish(ONE, ANNE, LegId("lg-1"), "x")
    await ground.workers[1].open(ONE)
    ground.workers[0].emit(EngineBack(fresh=False))
    ground.workers[1].emit(EngineBack(fresh=False))
    await settle()
    assert ground.workers[1].called("close") == [(ONE,)]
    assert ground.events[-1] == EngineBack(fresh=False)
    assert [view.sessions for view in ground.pool.views()] == [1, 0]


async def test_a_worker_that_is_drained_ends_with_its_last_session(ground: Ground) -> None:
    pool = ground.pool
    await pool.open(ONE)
    pool.drain(0)
    assert ground.states() == [WorkerState.DRAINING, WorkerState.RUNNING]
    await pool.open(TWO)
    await pool.open(THREE)
    assert len(ground.workers[1].called("open")) == 2
    await ground.fill(ONE, ANNE)
    await settle()
    assert ground.retired == []
    await pool.close(ONE)
    await until(lambda: ground.retired == [0])
    assert ground.states() == [WorkerState.RETIRED, WorkerState.RUNNING]
    await pool.resume(0)
    await settle()
    assert ground.revived == [0]
    assert ground.states() == [WorkerState.RUNNING] * 2


async def test_a_drain_may_be_taken_back_before_the_worker_ends(ground: Ground) -> None:
    await ground.pool.open(ONE)
    ground.pool.drain(0)
    await ground.pool.resume(0)
    await ground.pool.close(ONE)
    await settle()
    assert (ground.retired, ground.revived) == ([], [])


async def test_a_whole_service_that_is_drained_takes_no_session_and_says_when_it_is_empty(
    ground: Ground,
) -> None:
    pool = ground.pool
    await pool.open(ONE)
    pool.drain_all()
    assert not pool.drained
    with pytest.raises(Unavailable, match="no-media-worker"):
        await pool.open(TWO)
    await ground.fill(ONE, ANNE)
    await pool.close(ONE)
    assert pool.drained


async def test_events_that_nobody_hears_do_not_pile_up(ground: Ground) -> None:
    deaf = Pool(ground.workers)
    for _ in range(5000):
        deaf._events.say(Spoke(session=ONE, participants=()))
    assert deaf._events.qsize() < 5000
    deaf._places.present.add(0)
    deaf.drain(0)
    assert deaf.views()[0].state is WorkerState.DRAINING
