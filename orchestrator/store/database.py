"""One database, one writer: `BEGIN IMMEDIATE` on a thread of its own, readers on a pool.

A transaction is a plain function of a connection. From the event loop, `await write(fn)` and
`await read(fn)`; from a worker thread, `write_now(fn)` and `read_now(fn)`. Nothing here ever runs
on the loop. Why so: docs/decisions/0001-one-writer-thread.md.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event

from orchestrator.store import seen

Result = TypeVar("Result")
Work = Callable[[Connection], Result]
READERS = 4
WAL_PAGES = 16_000  # of 4 KiB: what a writer would copy back itself, had `checkpoint` not done it


def _engine(url: str, begin: str) -> Engine:
    engine = create_engine(
        url, connect_args={"timeout": 10, "check_same_thread": False, "isolation_level": None}
    )

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: object) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # an acknowledged booking survives a power cut
            "foreign_keys=ON",
            "busy_timeout=10000",
            f"wal_autocheckpoint={WAL_PAGES}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    def _begin(dbapi_connection: Any) -> None:
        dbapi_connection.cursor().execute(begin)

    # Not by an event of the engine: with one that is listened to, every statement costs more.
    engine.dialect.do_begin = _begin  # type: ignore[method-assign]
    return engine


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """What is done within is undone when it raises; the transaction goes on."""
    try:
        with connection.begin_nested():
            yield
    except BaseException:
        seen.forget(connection)
        raise


class Database:
    """The store of one data directory. Open with `Database(path)`, end with `close()`."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        path.chmod(0o600)  # one's own eyes only; what SQLite puts beside it has the same mode
        url = f"sqlite:///{path}"
        self._writing = _engine(url, "BEGIN IMMEDIATE")
        self._reading = _engine(url, "BEGIN")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")

    async def write(self, work: Work[Result]) -> Result:
        """Run `work` in the only write transaction; committed when this returns."""
        return await asyncio.wrap_future(self._writer.submit(self._write, work))

    async def read(self, work: Work[Result]) -> Result:
        """Run `work` on a snapshot."""
        return await asyncio.wrap_future(self._readers.submit(self.read_now, work))

    def write_now(self, work: Work[Result]) -> Result:
        """As `write`, for a caller that is on a worker thread and may wait."""
        return self._writer.submit(self._write, work).result()

    def read_now(self, work: Work[Result]) -> Result:
        """As `read`, on the calling worker thread."""
        with self._reading.begin() as connection:
            return work(connection)

    async def checkpoint(self) -> None:
        """Copy back what the log holds, beside the writers: else one of them would do it."""
        await asyncio.wrap_future(self._readers.submit(self._checkpoint))

    def _checkpoint(self) -> None:
        raw = self._reading.raw_connection()
        try:
            raw.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        finally:
            raw.close()

    def _write(self, work: Work[Result]) -> Result:
        with self._writing.begin() as connection:
            return work(connection)

    def close(self) -> None:
        """Let running transactions end, then let go of the file."""
        self._writer.shutdown()
        self._readers.shutdown()
        self._writing.dispose()
        self._reading.dispose()
