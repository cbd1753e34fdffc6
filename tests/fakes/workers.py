"""Media workers without media, as the service drives them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from signalling.engine import EngineBack
from signalling.engines.pool import Pool
from signalling.engines.silent import SilentEngine
from tests.fakes.wire import until


@asynccontextmanager
async def two_workers() -> AsyncIterator[Pool]:
    """Two that run."""
    workers = [SilentEngine(), SilentEngine()]
    pool = Pool(workers)
    pool.follow()
    for worker in workers:
        worker.emit(EngineBack(fresh=True))
    await until(lambda: all(view.state == "running" for view in pool.views()))
    yield pool
    await pool.unfollow()
