"""Several workers as one engine: each session is on one of them, and stays there."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rooms.errors import MargerideError, NotFound, Unavailable
from rooms.ids import LegId, ParticipantId, SessionId, TrackId
from signalling.engine import (
    Air,
    Budget,
    EngineBack,
    EngineEvent,
    EngineLost,
    EngineState,
    Kind,
    MediaEngine,
    Mode,
    PublishAnswer,
    SubscribeOffer,
    Wish,
)
from signalling.engines.events import Events
from signalling.engines.placing import Places

Change = Callable[[int], Awaitable[None]]


class WorkerState(StrEnum):
    """Life of a worker as the pool sees it; `retired` ends with `resume`."""

    RUNNING = "running"
    ABSENT = "absent"
    DRAINING = "draining"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerView:
    """A worker with what it carries."""

    number: int
    state: WorkerState
    sessions: int
    people: int


def absent() -> MargerideError:
    """The one refusal when no worker may take a session."""
    return Unavailable("no-media-worker")


class Pool:
    """The MediaEngine port over several engines, which say EngineBack when they answer.

    A worker that is lost takes its own sessions with it and no others: EngineLost names them, and
    they are placed anew when they are next asked for. `retire` ends a worker that was drained and
    has become empty, `revive` starts it again.
    """

    def __init__(
        self,
        workers: Sequence[MediaEngine],
        retire: Change | None = None,
        revive: Change | None = None,
    ) -> None:
        self._workers = workers
        self._retire = retire
        self._revive = revive
        self._retired: set[int] = set()
        self._places = Places()
        self._events: Events[EngineEvent] = Events()
        self._tasks: set[asyncio.Task[None]] = set()

    def follow(self) -> None:
        """Begin to hear what happens to the workers; before they are started."""
        for number, worker in enumerate(self._workers):
            self._begin(self._follow(number, worker), f"media worker {number}")

    async def unfollow(self) -> None:
        """Leave them alone."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- what happens to workers

    async def _follow(self, number: int, worker: MediaEngine) -> None:
        async for event in worker.events():
            if isinstance(event, EngineLost):
                self._lost(number)
            elif isinstance(event, EngineBack):
                await self.learn(number)
            else:
                self._events.say(event)

    async def learn(self, number: int) -> None:
        """Take a worker as it is: what it carries is placed there."""
        worker = self._workers[number]
        try:
            state = await worker.state()
        except MargerideError:
            return  # it says so itself
        carried = {
            session: [member.participant for member in members]
            for session, members in state.sessions.items()
        }
        for session in self._places.found(number, carried):
            with contextlib.suppress(MargerideError):
                await worker.close(session)
        self._events.say(EngineBack(fresh=not self._places.wanted))
        self._look(number)

    def _lost(self, number: int) -> None:
        gone = self._places.lost(number)
        self._events.say(EngineLost(sessions=tuple(gone)))
        if self._places.present:
            # The others answer: whoever compares finds out at once what is missing.
            self._events.say(EngineBack(fresh=False))

    # -- draining

    def drain(self, number: int) -> None:
        """No new session for this worker; it is retired when its last one has ended."""
        self._places.draining.add(number)
        self._look(number)

    async def resume(self, number: int) -> None:
        """Let it take sessions again."""
        self._places.draining.discard(number)
        if number in self._retired:
            self._retired.discard(number)
            if self._revive is not None:
                await self._revive(number)

    def drain_all(self) -> None:
        """No new session anywhere."""
        for number in range(len(self._workers)):
            self.drain(number)

    @property
    def drained(self) -> bool:
        """Whether every worker was drained and is empty."""
        numbers = set(range(len(self._workers)))
        empty = not any(self._places.sessions(number) for number in numbers)
        return numbers <= self._places.draining and empty

    def views(self) -> list[WorkerView]:
        """Every worker."""
        return [
            WorkerView(
                number=number,
                state=self._state_of(number),
                sessions=len(self._places.sessions(number)),
                people=self._places.people(number),
            )
            for number in range(len(self._workers))
        ]

    def _state_of(self, number: int) -> WorkerState:
        if number in self._retired:
            return WorkerState.RETIRED
        if number not in self._places.present:
            return WorkerState.ABSENT
        draining = number in self._places.draining
        return WorkerState.DRAINING if draining else WorkerState.RUNNING

    def _look(self, number: int) -> None:
        """Retire a worker that is drained and empty."""
        places = self._places
        if number not in places.draining & places.present or places.sessions(number):
            return
        if self._retire is not None:
            self._retired.add(number)
            places.lost(number)
            self._begin(_quietly(self._retire(number)), f"retire media worker {number}")

    # -- the port

    async def _engine(self, session: SessionId) -> MediaEngine:
        """The engine of a session; one whose worker was lost is opened on another."""
        places = self._places
        number = places.of(session)
        if number is None:
            if session not in places.wanted:
                raise absent() if not places.present else NotFound("no-session", session=session)
            number = await self._open(session)
        return self._workers[number]

    async def _open(self, session: SessionId) -> int:
        number = self._places.place(session)
        if number is None:
            raise absent()
        await self._workers[number].open(session)
        return number

    async def open(self, session: SessionId) -> None:
        """As the port says; on the least loaded worker the first time."""
        await self._open(session)

    async def close(self, session: SessionId) -> None:
        """As the port says."""
        number = self._places.of(session)
        self._places.closed(session)
        if number is not None:
            try:
                await self._workers[number].close(session)
            finally:
                self._look(number)

    async def publish(
        self, session: SessionId, participant: ParticipantId, leg: LegId, offer: str
    ) -> PublishAnswer:
        """As the port says."""
        answer = await (await self._engine(session)).publish(session, participant, leg, offer)
        self._places.came(session, participant)
        return answer

    async def subscribe(
        self,
        session: SessionId,
        participant: ParticipantId,
        leg: LegId,
        tracks: Sequence[TrackId],
    ) -> SubscribeOffer | None:
        """As the port says."""
        offer = await (await self._engine(session)).subscribe(session, participant, leg, tracks)
        self._places.came(session, participant)
        return offer

    async def answer(
        self, session: SessionId, participant: ParticipantId, leg: LegId, serial: int, sdp: str
    ) -> None:
        """As the port says."""
        await (await self._engine(session)).answer(session, participant, leg, serial, sdp)

    async def mute(
        self, session: SessionId, participant: ParticipantId, kind: Kind, muted: bool
    ) -> None:
        """As the port says."""
        await (await self._engine(session)).mute(session, participant, kind, muted)

    async def air(self, session: SessionId, air: Air | None) -> None:
        """As the port says."""
        await (await self._engine(session)).air(session, air)

    async def view(
        self,
        session: SessionId,
        participant: ParticipantId,
        wishes: Sequence[Wish],
        mode: Mode,
    ) -> None:
        """As the port says."""
        await (await self._engine(session)).view(session, participant, wishes, mode)

    async def line(
        self, session: SessionId, participant: ParticipantId, budget: Budget | None
    ) -> None:
        """As the port says."""
        await (await self._engine(session)).line(session, participant, budget)

    async def receive(
        self,
        session: SessionId,
        participant: ParticipantId,
        leg: LegId,
        offer: str,
        tracks: Sequence[TrackId],
    ) -> SubscribeOffer:
        """As the port says."""
        engine = await self._engine(session)
        made = await engine.receive(session, participant, leg, offer, tracks)
        self._places.came(session, participant)
        return made

    async def remove(self, session: SessionId, participant: ParticipantId) -> None:
        """As the port says."""
        number = self._places.of(session)
        self._places.left(session, participant)
        if number is not None:
            await self._workers[number].remove(session, participant)

    async def state(self) -> EngineState:
        """As the port says: every worker's together; refused when none answers."""
        told = await asyncio.gather(*(_state(worker) for worker in self._workers))
        answered = [(number, state) for number, state in enumerate(told) if state is not None]
        if not answered:
            raise absent()
        return EngineState(
            sessions={
                session: members
                for number, state in answered
                for session, members in state.sessions.items()
                if self._places.of(session) in (None, number)
            }
        )

    async def events(self) -> AsyncIterator[EngineEvent]:
        """Every event of every worker from now on."""
        while True:
            yield await self._events.get()


async def _state(worker: MediaEngine) -> EngineState | None:
    try:
        return await worker.state()
    except Unavailable:
        return None


async def _quietly(work: Awaitable[None]) -> None:
    with contextlib.suppress(MargerideError):
        await work
