"""What happened, told to whoever listens: one bus, numbered events, listeners with names.

Publishing never waits: each listener has a bounded queue, and one that overflows is told `gap`
instead of holding up the others. What must not be lost is in the outbox table, not here.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

KEPT = 1024
QUEUE = 512
MENTIONED_WITHIN = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Event:
    """`kind` is dotted (`room.state.changed`); `facts` are JSON values, ids above all.

    Each is itself and no other, so that what is made of one can be remembered by it.
    """

    seq: int
    at: datetime
    kind: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def rooms(self) -> frozenset[str]:
        """The rooms it names."""
        one = self.facts.get("room")
        return frozenset(self.facts.get("rooms", ())) | (frozenset() if one is None else {one})


AtOnce = Callable[[Collection[Event]], bool]
"""Takes all of them, now, or none."""


class Listener:
    """One reader of the bus: `async for event in listener`.

    With `at_once`, what it takes needs no turn of the reader's own; what it does not, the reader
    gets.
    """

    def __init__(self, name: str, at_once: AtOnce | None = None) -> None:
        self.name = name
        self.gap = False
        self._at_once = at_once
        self._queue: deque[Event] = deque()
        self._awaited: asyncio.Future[None] | None = None

    def offer(self, event: Event) -> bool:
        """Queue the event, or remember that some were missed; whether it is to be woken."""
        if len(self._queue) >= QUEUE:
            self.gap = True
            return False
        self._queue.append(event)
        return self._awaited is not None

    def wake(self) -> None:
        """There is something in the queue."""
        if self._awaited is None or self._awaited.done() or not self._queue:
            return
        if self._at_once is not None and self._at_once(self._queue):
            self._queue.clear()
        else:
            self._awaited.set_result(None)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while not self._queue:
            self._awaited = asyncio.get_running_loop().create_future()
            try:
                await self._awaited
            finally:
                self._awaited = None
        return self._queue.popleft()


class Bus:
    """Numbers events and hands them to whom they concern. Belongs to one event loop.

    Who listens to one room is found by that room: a thousand panels cost a command nothing. Who
    waits is woken once the present step of the loop is over: the deed comes before its news.
    What is only mentioned waits for the next event, so that both go in one write.
    """

    def __init__(self) -> None:
        self._listeners: defaultdict[str | None, set[Listener]] = defaultdict(set)
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self._to_wake: dict[Listener, None] = {}
        self._waking: asyncio.Handle | None = None
        self.seq = 0

    def publish(self, kind: str, **facts: Any) -> Event:
        """Tell everybody; from the loop's own thread."""
        event = self._queued(kind, facts)
        if self._to_wake and (
            self._waking is None or isinstance(self._waking, asyncio.TimerHandle)
        ):
            self._wake_by(asyncio.get_running_loop().call_soon(self._wake))
        return event

    def mention(self, kind: str, **facts: Any) -> Event:
        """As `publish`, for what will mostly be followed by more at once: it is told with that, or
        after a hundredth of a second."""
        event = self._queued(kind, facts)
        if self._to_wake and self._waking is None:
            loop = asyncio.get_running_loop()
            self._wake_by(loop.call_later(MENTIONED_WITHIN, self._wake))
        return event

    def _queued(self, kind: str, facts: dict[str, Any]) -> Event:
        self.seq += 1
        event = Event(seq=self.seq, at=datetime.now(UTC), kind=kind, facts=facts)
        self._kept.append(event)
        listeners = (self._listeners.get(room, ()) for room in (None, *event.rooms))
        self._to_wake |= {one: None for some in listeners for one in some if one.offer(event)}
        return event

    def _wake_by(self, handle: asyncio.Handle) -> None:
        if self._waking is not None:
            self._waking.cancel()
        self._waking = handle

    def _wake(self) -> None:
        awake, self._to_wake, self._waking = self._to_wake, {}, None
        for listener in awake:
            listener.wake()

    def since(self, seq: int) -> tuple[list[Event], bool]:
        """The kept events after `seq`, and whether some are no longer kept."""
        kept = [event for event in self._kept if event.seq > seq]
        oldest = self._kept[0].seq if self._kept else self.seq + 1
        return kept, seq > self.seq or seq + 1 < oldest

    @contextmanager
    def listen(
        self, name: str, room: str | None = None, at_once: AtOnce | None = None
    ) -> Iterator[Listener]:
        """A listener for as long as the block lasts; with `room`, to what names this room alone."""
        listener = Listener(name, at_once)
        self._listeners[room].add(listener)
        try:
            yield listener
        finally:
            self._listeners[room].discard(listener)
            if not self._listeners[room]:
                del self._listeners[room]
