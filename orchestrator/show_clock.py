"""Runs the show: what is due at its instant, and the acknowledgements that make cues ready."""

import asyncio
import contextlib
import logging
from datetime import datetime

from orchestrator.cases import readied, takes
from orchestrator.cases.conductor import Conductor

log = logging.getLogger(__name__)
TOGETHER = 0.1
"""Seconds for which acknowledgements are gathered; never past an instant."""
LONGEST = 5.0
"""Seconds after which it looks by itself: a clock that was set is no reason to miss an instant."""


class ShowClock:
    """One for the whole service."""

    def __init__(self, conductor: Conductor) -> None:
        self._conductor = conductor

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._instants(), name="instants of cues")
            both.create_task(self._acknowledgements(), name="acknowledgements of cues")

    async def look(self) -> datetime | None:
        """Do what is due and what was heard; when the next instant is."""
        await readied.keep(self._conductor)
        return await takes.carry_out(self._conductor)

    async def _instants(self) -> None:
        gone = self._conductor.gone
        while True:
            gone.clear()
            coming = None
            try:
                coming = await takes.carry_out(self._conductor)
            except Exception:
                log.exception("a GO could not be carried out; it is tried again")
                coming = self._conductor.means.clock()
                await asyncio.sleep(1)
            wait = LONGEST if coming is None else self._until(coming)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(gone.wait(), wait if coming else None)

    def _until(self, coming: datetime) -> float:
        left = (coming - self._conductor.means.clock()).total_seconds()
        return min(max(left, 0.0), LONGEST)

    async def _acknowledgements(self) -> None:
        show = self._conductor.show
        while True:
            await show.wait()
            await asyncio.sleep(TOGETHER)
            show.clear()
            try:
                await readied.keep(self._conductor)
            except Exception:
                log.exception("acknowledgements of cues could not be kept")
