"""The log of the store is copied back beside its writers."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from orchestrator.store.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "store.sqlite3")
    yield made
    made.close()


def fill(conn: Connection) -> None:
    conn.execute(text("create table if not exists kept (text)"))
    conn.execute(text("insert into kept values (:text)"), {"text": "x" * 500_000})


async def test_what_was_written_is_in_the_file_itself_after_a_checkpoint(
    database: Database, tmp_path: Path
) -> None:
    await database.write(fill)
    file = tmp_path / "store.sqlite3"
    assert (await asyncio.to_thread(file.stat)).st_size < 500_000  # in the log alone
    await database.checkpoint()
    assert (await asyncio.to_thread(file.stat)).st_size > 500_000


async def test_a_checkpoint_neither_waits_for_a_writer_nor_stops_him(database: Database) -> None:
    await database.write(fill)

    def write(conn: Connection) -> int:
        fill(conn)
        database._checkpoint()  # in the midst of the transaction
        return int(conn.execute(text("select count(*) from kept")).scalar_one())

    assert await database.write(write) == 2
    await database.checkpoint()
    assert await database.read(lambda conn: conn.execute(text("select 1")).scalar_one()) == 1
