"""One database, one writer: `BEGIN IMMEDIATE` on a thread of its own, readers on a pool.

A transaction is a plain function of a connection. From the event loop, `await write(fn)` and
`await read(fn)`; from a worker thread, `write_now(fn)` and `read_now(fn)`. Nothing here ever runs
on the loop. Why so: docs/decisions/0001-one-writer-thread.md.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event

from orchestrator.store import seen

Result = TypeVar("Result")
Work = Callable[[Connection], Result]
Then = Callable[[Connection, Result], Result]
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
        self._mine = threading.local()
        self._kept: list[Connection] = []

    async def write(self, work: Work[Result], then: Then[Result] | None = None) -> Result:
        """Run `work` in the only write transaction; committed when this returns.

        `then` looks at the store once that is kept, in a transaction of its own, and may change
        what is returned: a second look without a second way to the thread and back.
        """
        return await asyncio.wrap_future(self._writer.submit(self._write_then, work, then))

    async def read(self, work: Work[Result]) -> Result:
        """Run `work` on a snapshot."""
        return await asyncio.wrap_future(self._readers.submit(self._read, work))

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

    def _write_then(self, work: Work[Result], then: Then[Result] | None) -> Result:
        result = self._write(work)
        return result if then is None else self._write(lambda conn: then(conn, result))

    def _write(self, work: Work[Result]) -> Result:
        return self._within(self._writing, work)

    def _read(self, work: Work[Result]) -> Result:
        return self._within(self._reading, work)

    def _within(self, engine: Engine, work: Work[Result]) -> Result:
        """One transaction, on the connection that a thread of ours keeps."""
        connection: Connection | None = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._mine.connection = engine.connect()
            self._kept.append(connection)
        try:
            with connection.begin():
                return work(connection)
        finally:
            seen.forget(connection)

    def close(self) -> None:
        """Let running transactions end, then let go of the file."""
        self._writer.shutdown()
        self._readers.shutdown()
        while self._kept:
            self._kept.pop().close()
        self._writing.dispose()
        self._reading.dispose()
