"""The media workers of a service: as many as it was told to keep, and those it finds.

One that an earlier service started and this one no longer wants is not cut off: it takes no new
session, and ends when its last one has.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from orchestrator.media import START_WITHIN, WorkerSupervisor, socket_of
from signalling.engines import wire
from signalling.engines.placing import MOST_WORKERS
from signalling.engines.pool import Pool


class MediaWorkers(Pool):
    """A pool of supervised workers; worker n has the media port + n."""

    def __init__(self, supervisors: Sequence[WorkerSupervisor], kept: int) -> None:
        super().__init__(supervisors, self._end, self._start_again)
        self._supervisors = supervisors
        self._kept = kept

    async def start(self, patience: float = START_WITHIN) -> None:
        """Begin; returns when each answers, cannot have its port, or `patience` is over."""
        self.follow()
        for number in range(self._kept, len(self._supervisors)):
            self.drain(number)
        await asyncio.gather(*(each.start(patience) for each in self._supervisors))
        # Before anything is asked: what they carry is where it is.
        await asyncio.gather(*map(self.learn, range(len(self._supervisors))))

    async def stop(self, *, with_workers: bool = False) -> None:
        """Let go of the workers; they live on for their grace time, unless they are told to end."""
        await self.unfollow()
        await asyncio.gather(*(each.stop(with_worker=with_workers) for each in self._supervisors))

    @property
    def workers(self) -> list[wire.Json | None]:
        """Each worker's own words (`pid`, `port`, `protocol`), where it is attached."""
        return [each.worker for each in self._supervisors]

    @property
    def ports_taken(self) -> list[int]:
        """The ports that somebody else has."""
        return [each.port for each in self._supervisors if each.port_taken]

    async def _end(self, number: int) -> None:
        await self._supervisors[number].stop(with_worker=True)

    async def _start_again(self, number: int) -> None:
        await self._supervisors[number].start()


@asynccontextmanager
async def media_workers(
    data: Path,
    *,
    workers: int = 1,
    media_host: str = "::",
    media_port: int = 8189,
    announce: Sequence[str] = (),
    relays: Sequence[str] = (),
    grace: float = 60.0,
) -> AsyncIterator[MediaWorkers]:
    """So many workers for as long as the service lasts; they stay."""
    left = await asyncio.to_thread(_left_behind, data, workers)
    supervisors = [
        WorkerSupervisor(
            data,
            media_host=media_host,
            media_port=media_port,
            announce=announce,
            relays=relays,
            grace=grace,
            number=number,
            starts=number < workers,
        )
        for number in (*range(workers), *left)
    ]
    pool = MediaWorkers(supervisors, workers)
    await pool.start()
    try:
        yield pool
    finally:
        await pool.stop()


def _left_behind(data: Path, workers: int) -> list[int]:
    """Those of an earlier service that wanted more of them."""
    numbers = range(workers, MOST_WORKERS)
    return [number for number in numbers if socket_of(data, number).exists()]
