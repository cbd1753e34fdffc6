"""Several real workers: where sessions go, what a dead one takes with it, how one is emptied."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from blockbuster import BlockBuster

from orchestrator.media import socket_of
from orchestrator.media_workers import MediaWorkers, media_workers
from rooms.errors import Unavailable
from rooms.ids import ParticipantId, SessionId
from signalling.engine import EngineBack, EngineEvent, EngineLost, Kind
from signalling.engines.pool import WorkerState
from tests.fakes.media import Publisher, Subscriber, closing, let_aiortc_join, until

ONE, TWO, THREE = SessionId("se-1"), SessionId("se-2"), SessionId("se-3")
ANNE, BRUNO = ParticipantId("pa-anne"), ParticipantId("pa-bruno")

Make = Callable[..., AbstractAsyncContextManager[MediaWorkers]]


pytestmark = pytest.mark.timeout(180)


@pytest.fixture(autouse=True)
def aiortc_may_join(no_blocking_call: BlockBuster) -> None:
    let_aiortc_join(no_blocking_call)


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Workers on one data directory; whatever is left at the end is ended."""

    def some(workers: int, **wanted: Any) -> AbstractAsyncContextManager[MediaWorkers]:
        wanted = {"media_host": "127.0.0.1", "media_port": 0, "grace": 5.0, **wanted}
        return media_workers(tmp_path, workers=workers, **wanted)

    yield some
    async with some(1) as last:
        await last.stop(with_workers=True)


def pids(pool: MediaWorkers) -> list[int]:
    return [worker["pid"] for worker in pool.workers if worker is not None]


async def all_there(pool: MediaWorkers) -> None:
    await until(lambda: None not in pool.workers, "every worker", deadline=50)
    await until(lambda: WorkerState.ABSENT not in states(pool), "and the pool knows")


async def gone(path: Path) -> None:
    async with asyncio.timeout(20):
        while await asyncio.to_thread(path.exists):  # noqa: ASYNC110 the worker has no event for us
            await asyncio.sleep(0.02)


def states(pool: MediaWorkers) -> list[WorkerState]:
    return [view.state for view in pool.views()]


class Heard:
    def __init__(self, pool: MediaWorkers) -> None:
        self.events: list[EngineEvent] = []
        self._task = asyncio.create_task(self._listen(pool), name="listen")

    async def _listen(self, pool: MediaWorkers) -> None:
        async for event in pool.events():
            self.events.append(event)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def test_a_worker_that_dies_takes_only_its_own_sessions_with_it(make: Make) -> None:
    async with make(2) as pool:
        heard = Heard(pool)
        await all_there(pool)
        assert len(set(pids(pool))) == 2
        await pool.open(ONE)
        await pool.open(TWO)
        a, to_b = Publisher(pool, TWO, ANNE), Subscriber(pool, TWO, BRUNO)
        async with closing(a, to_b):
            await a.start()
            tracks = (a.track(Kind.AUDIO), a.track(Kind.VIDEO))
            await to_b.want(*tracks)
            await to_b.sees(*tracks)
            heard.events.clear()
            os.kill(pids(pool)[0], signal.SIGKILL)
            await until(lambda: EngineLost(sessions=(ONE,)) in heard.events, "it is told")
            await until(lambda: heard.events[-1] == EngineBack(fresh=False), "and who is there")
            await to_b.sees(*tracks)
            again = Publisher(pool, ONE, ANNE)
            async with closing(again):
                await again.start()
                assert set((await pool.state()).sessions) == {ONE, TWO}
            await all_there(pool)
        await heard.stop()


async def test_the_next_service_finds_every_session_where_it_is(make: Make) -> None:
    async with make(2, grace=60.0) as first:
        await all_there(first)
        before = pids(first)
        for session in (ONE, TWO):
            await first.open(session)
        a = Publisher(first, TWO, ANNE)
        async with closing(a):
            await a.start()
            await first.stop()
            async with make(2) as second:
                await all_there(second)
                assert pids(second) == before
                assert [view.sessions for view in second.views()] == [1, 1]
                assert [view.people for view in second.views()] == [0, 1]
                a.engine = second
                await a.offer()


async def test_a_service_that_wants_fewer_cuts_nobody_off(make: Make, tmp_path: Path) -> None:
    async with AsyncExitStack() as services:
        first = await services.enter_async_context(make(2, grace=60.0))
        await all_there(first)
        await first.open(ONE)
        await first.open(TWO)
        await first.stop()
        second = await services.enter_async_context(make(1))
        await all_there(second)
        assert states(second) == [WorkerState.RUNNING, WorkerState.DRAINING]
        assert set((await second.state()).sessions) == {ONE, TWO}
        await second.open(THREE)
        assert [view.sessions for view in second.views()] == [2, 1]
        await second.close(TWO)
        await until(lambda: states(second)[1] is WorkerState.RETIRED, "nothing keeps it")
        await gone(socket_of(tmp_path, 1))
        third = await services.enter_async_context(make(1))
        assert len(third.views()) == 1


async def test_a_drained_worker_ends_and_comes_back_when_it_is_wanted(make: Make) -> None:
    async with make(2) as pool:
        await all_there(pool)
        before = pids(pool)
        pool.drain(0)
        await until(lambda: pool.workers[0] is None, "it was empty")
        await pool.open(ONE)
        assert [view.sessions for view in pool.views()] == [0, 1]
        await pool.resume(0)
        await all_there(pool)
        assert pids(pool)[0] != before[0]
        await pool.open(TWO)
        assert [view.sessions for view in pool.views()] == [1, 1]


async def test_a_port_that_is_taken_is_told_and_the_others_work(make: Make) -> None:
    async with make(1) as probe:
        await all_there(probe)
        assert probe.workers[0] is not None
        taken = probe.workers[0]["port"]
        await probe.stop(with_workers=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", taken))
        async with make(2, media_port=taken - 1) as pool:
            await until(lambda: pool.workers[0] is not None, "the first", deadline=50)
            await until(lambda: pool.ports_taken == [taken], "the second cannot", deadline=50)
            await until(
                lambda: states(pool) == [WorkerState.RUNNING, WorkerState.ABSENT],
                "as the pool knows",
            )
            await pool.open(ONE)
            await pool.open(TWO)
            assert [view.sessions for view in pool.views()] == [2, 0]
            await pool.stop(with_workers=True)
        with pytest.raises(Unavailable):
            await pool.state()
