"""Hands what was written to the outbox to its listeners, in order, at least once.

A row is done when every listener has taken it; whoever listens may hear the same twice, after a
kill. A listener that fails is tried again later, and does not hold up the rows behind.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from orchestrator.means import utc_now
from orchestrator.store.database import Database, savepoint
from orchestrator.store.instants import seconds
from orchestrator.store.tables import outbox

log = logging.getLogger(__name__)
Listener = Callable[[str, dict[str, Any]], Awaitable[None]]
Scribe = Callable[[Connection, datetime, int, str, dict[str, Any]], None]
AT_ONCE = 100
AGAIN = timedelta(seconds=10)
LOOK = 0.5
LULL = 0.05  # seconds without a new row that let us begin
LONGEST = 0.5  # seconds that a row waits for a lull


@dataclass(frozen=True, slots=True)
class _Letter:
    id: int
    topic: str
    payload: dict[str, Any]


class Outbox:
    """Named listeners, and the task that serves them."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock
        self._listeners: dict[str, Listener] = {}
        self._scribes: dict[str, Scribe] = {}
        self._stumbled: set[int] = set()
        self._not_before: dict[int, datetime] = {}
        self._kicked = asyncio.Event()

    def listen(self, name: str, listener: Listener) -> None:
        """Every row from now on, and those that are still open."""
        self._listeners[name] = listener

    def write_with(self, name: str, scribe: Scribe) -> None:
        """What it writes of a row is committed with the row's being done: both or neither."""
        self._scribes[name] = scribe

    def kick(self) -> None:
        """Something was just written: look now."""
        self._kicked.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            self._kicked.clear()
            await self.deliver()
            if await self._kicked_within(LOOK):
                await self._lull()

    async def _lull(self) -> None:
        """Who writes comes again at once: what follows his writes waits until he is served."""
        loop = asyncio.get_running_loop()
        until = loop.time() + LONGEST
        while self._kicked.is_set() and loop.time() < until:
            self._kicked.clear()
            await self._kicked_within(LULL)

    async def _kicked_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._kicked.wait(), seconds)
        return self._kicked.is_set()

    async def deliver(self) -> int:
        """Hand over what is open and due; how many rows were taken by everybody."""
        now = self._clock()
        taken: list[_Letter] = []
        for letter in await self._database.read(_open):
            if self._not_before.get(letter.id, now) <= now and await self._hand(letter, now):
                taken.append(letter)
        if not taken:
            return 0
        done, failed = await self._database.write(lambda conn: self._write(conn, taken, now))
        for letter in failed:
            self._not_before[letter.id] = now + AGAIN
        return len(done)

    def _write(
        self, conn: Connection, taken: list[_Letter], now: datetime
    ) -> tuple[list[_Letter], list[_Letter]]:
        failed = [letter for letter in taken if not self._written(conn, letter, now)]
        done = [letter for letter in taken if letter not in failed]
        _mark(conn, [letter.id for letter in done], now)
        return done, failed

    def _written(self, conn: Connection, letter: _Letter, now: datetime) -> bool:
        for name, scribe in self._scribes.items():
            try:
                with savepoint(conn):
                    scribe(conn, now, letter.id, letter.topic, letter.payload)
            except Exception:
                first = letter.id not in self._stumbled
                self._stumbled.add(letter.id)
                log.log(
                    logging.ERROR if first else logging.DEBUG,
                    "%s could not write of %s (row %d); it will be tried again",
                    name,
                    letter.topic,
                    letter.id,
                    exc_info=first,
                )
                return False
        return True

    async def _hand(self, letter: _Letter, now: datetime) -> bool:
        for name, listener in list(self._listeners.items()):  # more may come while one is told
            try:
                await listener(letter.topic, letter.payload)
            except Exception:
                first = letter.id not in self._not_before
                log.log(
                    logging.ERROR if first else logging.DEBUG,
                    "%s could not take %s (row %d); it will be tried again",
                    name,
                    letter.topic,
                    letter.id,
                    exc_info=first,
                )
                self._not_before[letter.id] = now + AGAIN
                return False
        self._not_before.pop(letter.id, None)
        return True


def _open(conn: Connection) -> list[_Letter]:
    query = select(outbox).where(outbox.c.done_at.is_(None)).order_by(outbox.c.id).limit(AT_ONCE)
    return [_Letter(row.id, row.topic, row.payload) for row in conn.execute(query)]


def _mark(conn: Connection, ids: list[int], now: datetime) -> None:
    conn.execute(update(outbox).where(outbox.c.id.in_(ids)).values(done_at=seconds(now)))
