"""What happened, told to whoever listens: one bus, numbered events, listeners with names.

Publishing never waits: each listener has a bounded queue, and one that overflows is told `gap`
instead of holding up the others. What must not be lost is in the outbox table, not here.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

KEPT = 1024
QUEUE = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`kind` is dotted (`room.state.changed`); `facts` are JSON values, ids above all."""

    seq: int
    at: datetime
    kind: str
    facts: dict[str, Any] = field(default_factory=dict)


Wants = Callable[[Event], bool]


class Listener:
    """One reader of the bus; `wants` says what it is offered at all."""

    def __init__(self, name: str, wants: Wants | None = None) -> None:
        self.name = name
        self.wants = wants
        self.gap = False
        self._queue: asyncio.Queue[Event] = asyncio.Queue(QUEUE)

    def offer(self, event: Event) -> None:
        """Queue the event, or remember that some were missed."""
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            self.gap = True

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            yield await self._queue.get()


class Bus:
    """Numbers events and hands them to every listener. Belongs to one event loop."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self.seq = 0

    def publish(self, kind: str, **facts: Any) -> Event:
        """Tell everybody; from the loop's own thread."""
        self.seq += 1
        event = Event(seq=self.seq, at=datetime.now(UTC), kind=kind, facts=facts)
        self._kept.append(event)
        for listener in self._listeners:
            if listener.wants is None or listener.wants(event):
                listener.offer(event)
        return event

    def since(self, seq: int) -> tuple[list[Event], bool]:
        """The kept events after `seq`, and whether some are no longer kept."""
        kept = [event for event in self._kept if event.seq > seq]
        oldest = self._kept[0].seq if self._kept else self.seq + 1
        return kept, seq > self.seq or seq + 1 < oldest

    @contextmanager
    def listen(self, name: str, wants: Wants | None = None) -> Iterator[Listener]:
        """A listener for as long as the block lasts."""
        listener = Listener(name, wants)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
