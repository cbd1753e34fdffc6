import asyncio
import contextlib
import os
import random
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from blockbuster import BlockBuster

from orchestrator.media import WorkerSupervisor, socket_of
from rooms.errors import Forbidden, Invalid, Unavailable
from rooms.ids import LegId, ParticipantId, SessionId
from signalling.engine import (
    EngineBack,
    EngineEvent,
    EngineLost,
    Kind,
    LegChanged,
    LegState,
    TrackStarted,
)
from signalling.engines import remote
from tests.fakes.media import Publisher, Subscriber, closing, let_aiortc_join, until

SESSION = SessionId("se-1")
ANNE, BRUNO = ParticipantId("pa-anne"), ParticipantId("pa-bruno")


@pytest.fixture(autouse=True)
def aiortc_may_join(no_blocking_call: BlockBuster) -> None:
    let_aiortc_join(no_blocking_call)


class Heard:
    """Follows the events of a supervisor."""

    def __init__(self, supervisor: WorkerSupervisor) -> None:
        self.events: list[EngineEvent] = []
        self._task = asyncio.create_task(self._listen(supervisor), name="listen")

    async def _listen(self, supervisor: WorkerSupervisor) -> None:
        async for event in supervisor.events():
            self.events.append(event)

    async def wait_for(self, event: EngineEvent) -> None:
        await until(lambda: event in self.events, f"{event}")

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


Make = Callable[..., WorkerSupervisor]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    made: list[WorkerSupervisor] = []

    def one(**wanted: Any) -> WorkerSupervisor:
        wanted = {"media_host": "127.0.0.1", "media_port": 0, "grace": 5.0, **wanted}
        made.append(WorkerSupervisor(tmp_path, **wanted))
        return made[-1]

    yield one
    for supervisor in made:
        await supervisor.stop(with_worker=True)


def pid_of(supervisor: WorkerSupervisor) -> int:
    assert supervisor.worker is not None
    return int(supervisor.worker["pid"])


async def test_two_peers_through_a_real_worker_see_and_hear_each_other(make: Make) -> None:
    engine = make()
    await engine.start()
    await engine.open(SESSION)
    a, b = Publisher(engine, SESSION, ANNE), Publisher(engine, SESSION, BRUNO)
    to_a, to_b = Subscriber(engine, SESSION, ANNE), Subscriber(engine, SESSION, BRUNO)
    heard = Heard(engine)
    async with closing(a, b, to_a, to_b):
        await asyncio.gather(a.start(), b.start())
        await to_b.want(a.track(Kind.AUDIO), a.track(Kind.VIDEO))
        await to_a.want(b.track(Kind.AUDIO), b.track(Kind.VIDEO))
        await to_b.sees(a.track(Kind.AUDIO), a.track(Kind.VIDEO))
        await to_a.sees(b.track(Kind.AUDIO), b.track(Kind.VIDEO))
        assert {TrackStarted, LegChanged} <= {type(event) for event in heard.events}
        with pytest.raises(Invalid, match="bad-sdp"):
            await engine.publish(SESSION, ANNE, LegId("lg-x"), "rubbish")
        await engine.mute(SESSION, ANNE, Kind.AUDIO, True)
        await engine.remove(SESSION, ANNE)
        await engine.close(SESSION)
        assert (await engine.state()).sessions == {}
    await heard.stop()


async def test_sound_and_picture_outlive_the_service(make: Make) -> None:
    first = make()
    await first.start()
    await first.open(SESSION)
    a, to_b = Publisher(first, SESSION, ANNE), Subscriber(first, SESSION, BRUNO)
    async with closing(a, to_b):
        await a.start()
        tracks = (a.track(Kind.AUDIO), a.track(Kind.VIDEO))
        await to_b.want(*tracks)
        await to_b.sees(*tracks)
        pid = pid_of(first)
        await first.stop()
        await to_b.sees(*tracks)
        second = make()
        heard = Heard(second)
        await second.start()
        await heard.wait_for(EngineBack(fresh=False))
        assert pid_of(second) == pid
        members = (await second.state()).sessions[SESSION]
        legs = {leg.id: leg for member in members for leg in member.legs}
        assert {leg.state for leg in legs.values()} == {LegState.CONNECTED}
        assert {placed.track for placed in legs[to_b.leg].tracks} == set(tracks)
        to_b.engine = second
        assert await to_b.want(*tracks) is None
        await to_b.sees(*tracks)
        await heard.stop()


async def test_a_worker_that_hangs_is_ended_and_another_takes_its_place(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "PATIENCE", 2.0)
    engine = make()
    heard = Heard(engine)
    await engine.start()
    await heard.wait_for(EngineBack(fresh=True))
    before = pid_of(engine)
    heard.events.clear()
    os.kill(before, signal.SIGSTOP)
    with pytest.raises(Unavailable):
        await engine.open(SESSION)  # what it would make of it later is nobody's affair
    await heard.wait_for(EngineLost())
    await until(lambda: EngineBack(fresh=True) in heard.events, "another worker", 60)
    assert pid_of(engine) != before
    await engine.open(SESSION)
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)
    await heard.stop()


async def test_a_worker_that_hangs_where_we_cannot_see_it_is_no_reason_to_kill_ourselves(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(path: Path) -> remote.RemoteEngine:
        raise remote.Silent(0)

    killed = list[int]()
    monkeypatch.setattr(remote.RemoteEngine, "connect", hangs)
    monkeypatch.setattr(os, "kill", lambda process, _: killed.append(process))
    engine = make()
    for _ in range(2):
        with pytest.raises(Unavailable):
            await engine._greeted()
    assert await engine._greeted() is None
    assert killed == []


async def test_a_killed_worker_is_told_and_started_again(make: Make) -> None:
    engine = make()
    heard = Heard(engine)
    await engine.start()
    await engine.open(SESSION)
    before = pid_of(engine)
    os.kill(before, signal.SIGKILL)
    await heard.wait_for(EngineLost())
    await until(lambda: heard.events[-1] == EngineBack(fresh=True), "a fresh worker")
    assert pid_of(engine) != before
    assert (await engine.state()).sessions == {}
    await heard.stop()


async def test_a_newer_service_takes_the_worker_over(make: Make) -> None:
    older, newer = make(), make()
    await older.start()
    heard = Heard(older)
    pid = pid_of(older)
    await newer.start()
    await heard.wait_for(EngineLost())
    assert pid_of(newer) == pid
    assert older.worker is None
    await newer.open(SESSION)
    await heard.stop()


async def test_a_worker_on_another_port_is_replaced(make: Make) -> None:
    engine = make()
    await engine.start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    pid = pid_of(engine)
    other = make(media_port=free)
    await other.start()
    assert pid_of(other) != pid
    assert other.worker is not None
    assert other.worker["port"] == free


async def test_a_worker_without_a_service_ends_by_itself(make: Make, tmp_path: Path) -> None:
    engine = make(grace=0.2)
    await engine.start()
    await engine.stop()
    for _ in range(200):
        if not await asyncio.to_thread(socket_of(tmp_path).exists):
            return
        await asyncio.sleep(0.05)
    pytest.fail("the worker still listens")


async def said(data: Path) -> str:
    """The first words in the worker's log; each start begins a new one."""
    for _ in range(300):
        with contextlib.suppress(FileNotFoundError):
            if text := await asyncio.to_thread((data / "worker.log").read_text):
                return text
        await asyncio.sleep(0.03)
    return ""


async def test_a_stale_socket_and_a_taken_port_are_no_riddle(make: Make, tmp_path: Path) -> None:
    await asyncio.to_thread(socket_of(tmp_path).touch)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        engine = make(media_port=taken.getsockname()[1])
        async with asyncio.timeout(8):  # as soon as it is known, long before its patience ends
            await engine.start(patience=60)
        assert engine.port_taken
        with pytest.raises(Unavailable, match="no-media-worker"):
            await engine.state()
        log = await said(tmp_path)
        assert log.startswith("cannot use 127.0.0.1:")
        assert "Traceback" not in log
    await until(lambda: engine.worker is not None, "it comes up when the port is free")
    assert not engine.port_taken


async def test_random_bytes_on_the_port_and_the_socket_leave_no_trace(
    make: Make, tmp_path: Path
) -> None:
    engine = make()
    await engine.start()
    assert engine.worker is not None
    port, noise = engine.worker["port"], random.Random(7)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.setblocking(False)
        for _ in range(2000):
            stranger.sendto(noise.randbytes(noise.randrange(1, 1200)), ("127.0.0.1", port))
        await engine.state()
        with pytest.raises(BlockingIOError):
            stranger.recv(2048)
    _, writer = await asyncio.open_unix_connection(socket_of(tmp_path))
    writer.write(noise.randbytes(5000) + b"\n")
    await writer.drain()
    writer.close()
    again = make()
    await again.start()
    await again.open(SESSION)
    assert await asyncio.to_thread((tmp_path / "worker.log").read_text) == ""


def test_a_long_path_still_fits_in_an_address(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    assert len(os.fsencode(socket_of(deep))) <= 100
    assert socket_of(deep) != socket_of(tmp_path)


def test_its_socket_is_then_where_nobody_else_can_have_put_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    deep = tmp_path / ("x" * 120)
    folder = socket_of(deep).parent
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    with pytest.raises(Forbidden, match="folder-of-others"):
        socket_of(deep)
    folder.rmdir()
    folder.symlink_to(tmp_path)
    with pytest.raises(Forbidden, match="folder-of-others"):
        socket_of(deep)
