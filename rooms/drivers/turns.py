"""One command at a time for one device; a stop goes first, a newer one may replace an older.

Joystick moves come faster than a camera takes them: of those that wait only the newest is worth
sending. A stop cannot wait for what it is meant to stop.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Set
from typing import TypeVar

from rooms.drivers.port import DeviceUnreachable, DriverError, Superseded, TimedOut

T = TypeVar("T")
NOTHING: Set[str] = frozenset()


class _Turn:
    """One caller: waiting until `free` is set, then in. `end` sends it away with an error."""

    def __init__(self, kind: str, limit: asyncio.Timeout) -> None:
        self.kind = kind
        self.free = asyncio.Event()
        self.ended: DriverError | None = None
        self._limit = limit

    def end(self, error: DriverError) -> None:
        if self.ended is None and not self._limit.expired():
            self.ended = error
            self._limit.reschedule(asyncio.get_running_loop().time())


class Turns:
    """Who may speak with the device now, and who comes next."""

    def __init__(self) -> None:
        self._in: _Turn | None = None
        self._waiting: deque[_Turn] = deque()
        self._emptied = asyncio.Event()

    async def run(
        self,
        work: Callable[[], Awaitable[T]],
        deadline: float,
        *,
        kind: str = "",
        latest: bool = False,
        stops: Set[str] = NOTHING,
    ) -> T:
        """What `work` returns, or TimedOut at the deadline of the loop's clock.

        With `latest`, whoever of the same kind still waits is Superseded. Who `stops` other kinds
        goes before all who wait; those of the other kinds, in or waiting, are Superseded.
        """
        if deadline <= asyncio.get_running_loop().time():
            raise TimedOut("too late to begin")
        turn: _Turn | None = None
        try:
            async with asyncio.timeout_at(deadline) as limit:
                turn = _Turn(kind, limit)
                self._make_way(stops | {kind} if latest else stops, bool(stops))
                await self._enter(turn, first=bool(stops))
                try:
                    return await work()
                finally:
                    self._leave()
        except TimeoutError:
            raise (turn and turn.ended) or TimedOut() from None

    async def close(self) -> None:
        """Send everybody away and wait until they are gone."""
        for turn in [*self._waiting, *([self._in] if self._in else [])]:
            turn.end(DeviceUnreachable("the driver is closed"))
        while self._in is not None:
            self._emptied.clear()
            await self._emptied.wait()

    def _make_way(self, moot: Set[str], stops: bool) -> None:
        for other in self._waiting:
            if other.kind in moot:
                other.end(Superseded())
        if stops and self._in is not None and self._in.kind in moot:
            self._in.end(Superseded())

    async def _enter(self, turn: _Turn, first: bool) -> None:
        if self._in is None:
            self._in = turn
            return
        self._waiting.appendleft(turn) if first else self._waiting.append(turn)
        try:
            await turn.free.wait()
        except asyncio.CancelledError:
            self._give_up(turn)
            raise

    def _give_up(self, turn: _Turn) -> None:
        if self._in is turn:  # let in and sent away in the same breath
            self._leave()
        else:
            self._waiting.remove(turn)

    def _leave(self) -> None:
        self._in = self._waiting.popleft() if self._waiting else None
        if self._in is not None:
            self._in.free.set()
        else:
            self._emptied.set()
