"""Work beside the requests: begun again when it fails, and truly ended when the service ends."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

log = logging.getLogger(__name__)
AGAIN = 1.0  # seconds


@asynccontextmanager
async def kept_running(
    name: str, work: Callable[[], Awaitable[None]], again: float = AGAIN
) -> AsyncIterator[None]:
    """Run `work` for as long as the block lasts. A failure is logged once, until it is another."""
    task = asyncio.create_task(_keep(name, work, again), name=name)
    try:
        yield
    finally:
        await ended(task)


async def ended(task: asyncio.Task[None]) -> None:
    """Cancel a task until it is over: in Python 3.11 `wait_for` swallows a cancel that comes in
    the same turn of the loop as its answer."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN)


async def _keep(name: str, work: Callable[[], Awaitable[None]], again: float) -> None:
    failed = ""
    while True:
        try:
            await work()
        except Exception as error:
            if failed != repr(error):
                log.exception("%s failed; it is begun again", name)
            failed = repr(error)
        await asyncio.sleep(again)
