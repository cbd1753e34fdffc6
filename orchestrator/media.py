"""The service's hold on its media worker: attach to the one that lives, else start one; start again
one that died. The worker outlives the service, so that sound and picture go on without it."""

import asyncio
import contextlib
import hashlib
import logging
import os
import signal
import stat
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from rooms.errors import Forbidden, MargerideError
from rooms.ids import LegId, ParticipantId, SessionId, TrackId
from signalling.engine import (
    Air,
    Budget,
    EngineBack,
    EngineEvent,
    EngineLost,
    EngineState,
    Kind,
    Mode,
    PublishAnswer,
    SubscribeOffer,
    Wish,
)
from signalling.engines import wire
from signalling.engines.events import Events
from signalling.engines.remote import RemoteEngine, Silent, absent

log = logging.getLogger(__name__)

LONGEST_PATH = 100
START_WITHIN = 10.0
LOOK = 0.05
PAUSE = (0.0, 0.2, 1.0, 5.0)
# A worker that does not greet so often hangs: a storm of the machine is over sooner.
SILENCES = 3
PORT_IN_USE = 4  # how a worker ends that cannot have its port


def socket_of(data: Path, number: int = 0) -> Path:
    """Where a worker of this data directory listens; a long path would not fit in an address."""
    path = data.absolute() / f"media{_suffix(number)}.sock"
    if len(os.fsencode(path)) <= LONGEST_PATH:
        return path
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return _own_folder() / f"{name}.sock"


def _suffix(number: int) -> str:
    return f"-{number}" if number else ""


def _own_folder() -> Path:
    """A folder only we may enter. In the common one, whoever takes our name first is our worker."""
    folder = Path(tempfile.gettempdir()) / f"margeride-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise Forbidden("folder-of-others", folder=str(folder))
    return folder


class WorkerSupervisor:
    """The MediaEngine port, by delegation to whichever worker lives.

    `events` also says EngineLost when it died and EngineBack when one answers (again). Workers of
    the same data directory are told apart by their `number`, which is also added to the port.
    `relays` are the addresses TURN servers send from. With `starts` false a worker that is there is
    attached to, and none is ever started.
    """

    def __init__(
        self,
        data: Path,
        *,
        media_host: str = "::",
        media_port: int = 8189,
        announce: Sequence[str] = (),
        grace: float = 60.0,
        relays: Sequence[str] = (),
        number: int = 0,
        starts: bool = True,
    ) -> None:
        self._data = data.absolute()
        self._path = Path()
        self._host, self._port = media_host, media_port + number if media_port else 0
        self._announce, self._relays = announce, relays
        self._number, self._starts = number, starts
        self._grace = grace
        self._remote: RemoteEngine | None = None
        self._child: int | None = None
        self._exit: int | None = None
        self._events: Events[EngineEvent] = Events()
        self._task: asyncio.Task[None] | None = None
        self._first = asyncio.Event()
        self._silences = 0

    @property
    def worker(self) -> wire.Json | None:
        """The worker's own words (`pid`, `port`, `protocol`), while it is attached."""
        remote = self._remote
        return remote.hello if remote is not None and not remote.closed.is_set() else None

    async def start(self, patience: float = START_WITHIN) -> None:
        """Begin; returns when a worker answers, when the port is taken, or after `patience`.

        Whichever it is, it goes on trying.
        """
        self._path = await asyncio.to_thread(socket_of, self._data, self._number)
        self._task = asyncio.create_task(self._keep(), name="media worker")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._first.wait(), patience)

    @property
    def port(self) -> int:
        """The media port it should have; 0 for whichever is free."""
        return self._port

    @property
    def port_taken(self) -> bool:
        """Whether the last worker ended because somebody else has the media port."""
        return self.worker is None and self._exit == PORT_IN_USE

    async def stop(self, *, with_worker: bool = False) -> None:
        """Let go of the worker; it lives on for its grace time, unless it is told to end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        remote, self._remote = self._remote, None
        if remote is not None:
            if with_worker:
                with contextlib.suppress(MargerideError):
                    await remote.quit()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(remote.closed.wait(), 5.0)
            await remote.disconnect()
        await asyncio.to_thread(self._reap)

    # -- keeping one alive

    async def _keep(self) -> None:
        failures = 0
        while True:
            try:
                remote, state = await self._attach_and_look()
            except MargerideError:
                if not self._starts:
                    self._first.set()
                    return
                failures += 1
                if self.port_taken:
                    self._first.set()  # waiting longer helps nobody
                await asyncio.sleep(PAUSE[min(failures, len(PAUSE) - 1)])
                continue
            failures = 0
            self._remote = remote
            self._events.say(EngineBack(fresh=not state.sessions))
            self._first.set()
            async for event in remote.events():
                self._events.say(event)
            self._remote = None
            self._events.say(EngineLost())
            await remote.disconnect()
            if remote.replaced:
                # A newer service holds the worker: fighting over it would serve nobody.
                return

    async def _attach_and_look(self) -> tuple[RemoteEngine, EngineState]:
        remote = await self._attach()
        try:
            return remote, await remote.state()
        except MargerideError:
            await remote.disconnect()
            raise

    async def _attach(self) -> RemoteEngine:
        remote = await self._greeted()
        if remote is not None:
            return remote
        if not self._starts:
            raise absent()
        # One that is still on its way, on a machine that is busy, needs no second one beside it.
        if await asyncio.to_thread(self._reap):
            await asyncio.to_thread(self._spawn)
        deadline = asyncio.get_running_loop().time() + START_WITHIN
        while True:
            await asyncio.sleep(LOOK)
            try:
                return await RemoteEngine.connect(self._path)
            except MargerideError:
                gone = await asyncio.to_thread(self._reap)
                if gone or asyncio.get_running_loop().time() > deadline:
                    raise

    async def _greeted(self) -> RemoteEngine | None:
        """The worker that is there. One that hangs would keep its port from every other: it is
        ended when it has been silent several times on end."""
        try:
            remote = await RemoteEngine.connect(self._path)
        except Silent as silent:
            self._silences += 1
            if not self._starts or self._silences < SILENCES:
                raise
            log.error("the media worker %s hangs: it is ended, and another one started", silent.pid)
            # Of a process in another namespace the kernel tells 0; to kill 0 would be to kill us.
            if silent.pid > 0:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(silent.pid, signal.SIGKILL)
            return None
        except MargerideError:
            return None
        self._silences = 0
        if self._fits(remote.hello):
            return remote
        await _dismiss(remote)
        return None

    def _fits(self, hello: wire.Json) -> bool:
        """Whether a worker found alive speaks our language on the wanted port."""
        return hello.get("protocol") == wire.PROTOCOL and self._port in (0, hello.get("port"))

    def _command(self) -> list[str]:
        words = [sys.executable, "-m", "signalling.worker", "--socket", str(self._path)]
        words += ["--media-host", self._host, "--media-port", str(self._port)]
        words += ["--grace", str(self._grace), "--data", str(self._data)]
        for address in self._announce:
            words += ["--announce", address]
        for address in self._relays:
            words += ["--relay", address]
        return words

    def _spawn(self) -> None:
        self._reap()
        path = self._data / f"worker{_suffix(self._number)}.log"
        with contextlib.suppress(FileNotFoundError):
            # What the one before said last is worth keeping.
            path.replace(path.with_suffix(".log.1"))
        log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            # Not by asyncio or subprocess: both want to end the child with its parent.
            self._child = os.posix_spawn(
                sys.executable,
                self._command(),
                {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, log, 1),
                    (os.POSIX_SPAWN_DUP2, log, 2),
                ],
                setsid=True,
            )
        finally:
            os.close(log)

    def _reap(self) -> bool:
        """Whether our child has ended; its entry in the process table is freed."""
        if self._child is None:
            return True
        with contextlib.suppress(ChildProcessError):
            child, status = os.waitpid(self._child, os.WNOHANG)
            if child == 0:
                return False
            self._exit = os.waitstatus_to_exitcode(status)
        self._child = None
        return True

    # -- the port

    def _engine(self) -> RemoteEngine:
        if self._remote is None:
            raise absent()
        return self._remote

    async def open(self, session: SessionId) -> None:
        """As the port says."""
        await self._engine().open(session)

    async def close(self, session: SessionId) -> None:
        """As the port says."""
        await self._engine().close(session)

    async def publish(
        self, session: SessionId, participant: ParticipantId, leg: LegId, offer: str
    ) -> PublishAnswer:
        """As the port says."""
        return await self._engine().publish(session, participant, leg, offer)

    async def subscribe(
        self,
        session: SessionId,
        participant: ParticipantId,
        leg: LegId,
        tracks: Sequence[TrackId],
    ) -> SubscribeOffer | None:
        """As the port says."""
        return await self._engine().subscribe(session, participant, leg, tracks)

    async def answer(
        self, session: SessionId, participant: ParticipantId, leg: LegId, serial: int, sdp: str
    ) -> None:
        """As the port says."""
        await self._engine().answer(session, participant, leg, serial, sdp)

    async def mute(
        self, session: SessionId, participant: ParticipantId, kind: Kind, muted: bool
    ) -> None:
        """As the port says."""
        await self._engine().mute(session, participant, kind, muted)

    async def air(self, session: SessionId, air: Air | None) -> None:
        """As the port says."""
        await self._engine().air(session, air)

    async def view(
        self,
        session: SessionId,
        participant: ParticipantId,
        wishes: Sequence[Wish],
        mode: Mode,
    ) -> None:
        """As the port says."""
        await self._engine().view(session, participant, wishes, mode)

    async def line(
        self, session: SessionId, participant: ParticipantId, budget: Budget | None
    ) -> None:
        """As the port says."""
        await self._engine().line(session, participant, budget)

    async def receive(
        self,
        session: SessionId,
        participant: ParticipantId,
        leg: LegId,
        offer: str,
        tracks: Sequence[TrackId],
    ) -> SubscribeOffer:
        """As the port says."""
        return await self._engine().receive(session, participant, leg, offer, tracks)

    async def remove(self, session: SessionId, participant: ParticipantId) -> None:
        """As the port says."""
        await self._engine().remove(session, participant)

    async def state(self) -> EngineState:
        """As the port says."""
        return await self._engine().state()

    async def events(self) -> AsyncIterator[EngineEvent]:
        """Every event from now on."""
        while True:
            yield await self._events.get()


async def _dismiss(remote: RemoteEngine) -> None:
    """End a worker of another port or version, and wait until it is gone."""
    with contextlib.suppress(MargerideError):
        await remote.quit()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(remote.closed.wait(), START_WITHIN)
    await remote.disconnect()
