"""Lets the screen of the room test the line: at the start, each night, and when it is asked to.

The page does it, because it is the media path of the room that is measured, by the browser that
uses it; the service keeps the result for the centre. The agent only says when.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from rooms.agent import disk
from rooms.agent.line_tests import (
    LineHeld,
    LineSilent,
    Measured,
    Refused,
    Schedule,
    Why,
    held,
    parse_outcome,
)
from rooms.agent.plan import Plan
from rooms.drivers.port import DeviceFailure, DriverError
from rooms.errors import MargerideError
from rooms.line import PATHS, PathName

log = logging.getLogger(__name__)
LOOK = 20.0
WITHIN = 45.0
"""Seconds of one path: twenty of test, and what connecting takes on a line of a satellite."""
ASK = 'globalThis.margeride?.testLine?.("{path}") ?? {{refused: "failed", detail: "no page"}}'
Page = Callable[[str, float], Awaitable[object]]
"""(expression, within): what the page of the screen answers, or a DriverError."""


class LineTester:
    """One for the agent's life. `by_itself`: also when nobody asks."""

    def __init__(
        self,
        page: Page,
        plan: Callable[[], Plan | None],
        clock: Callable[[], datetime],
        *,
        room: str,
        state: Path,
        by_itself: bool,
    ) -> None:
        self._page, self._plan, self._clock, self._state = page, plan, clock, state
        self._by_itself = by_itself
        self._schedule = Schedule(room=room, began=self._now())
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Look whether a test is due, until cancelled."""
        self._schedule.began = self._now()
        self._schedule.tested = await asyncio.to_thread(disk.read_tested, self._state)
        while self._by_itself:
            await self.look()
            await asyncio.sleep(LOOK)

    async def look(self) -> None:
        """Test the line if that is due. At night the way that calls take is enough: it decides."""
        why = self._schedule.due(self._plan(), self._now())
        if why is None or self._turn.locked():
            return
        try:
            found = await self._measure(first=why is Why.NIGHT)
        except DriverError as error:
            log.info("the line was not tested: %s", error)
        else:
            log.info("the line was tested: %s", found)

    async def test(self) -> dict[str, Any]:
        """Every path, because somebody asked; a DriverError says why not."""
        if self._turn.locked() or held(self._plan(), self._now()):
            raise LineHeld
        return await self._measure(first=False)

    async def _measure(self, *, first: bool) -> dict[str, Any]:
        async with self._turn:
            self._schedule.tried = self._now()
            found = await self._paths(first=first)
            self._schedule.tested = self._now()
            await self._keep()
            return found

    async def _paths(self, *, first: bool) -> dict[str, Any]:
        """By path what was measured, or why not."""
        told: dict[str, Any] = {}
        measured = 0
        for path in PATHS:
            outcome = await self._ask(path)
            if isinstance(outcome, Measured):
                measured += 1
                told[path] = asdict(outcome)
            elif outcome.word == "held":
                raise LineHeld(outcome.detail)
            else:
                told[path] = outcome.word
                log.info("the line, %s: %s %s", path, outcome.word, outcome.detail)
            if measured and first:
                break
        if not measured:
            raise LineSilent(", ".join(f"{path}: {word}" for path, word in told.items()))
        return told

    async def _ask(self, path: PathName) -> Measured | Refused:
        try:
            return parse_outcome(await self._page(ASK.format(path=path), WITHIN))
        except MargerideError as error:
            raise DeviceFailure(str(error)) from None

    async def _keep(self) -> None:
        try:
            await asyncio.to_thread(disk.write_tested, self._state, self._now())
        except OSError as error:
            log.error("when the line was tested could not be kept: %s", error.strerror)

    def _now(self) -> datetime:
        return self._clock().astimezone()
