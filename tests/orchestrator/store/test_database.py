"""The log is copied back beside its writers; savepoints undo; threads keep connections."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from orchestrator.store import calendar_items as items
from orchestrator.store import seen
from orchestrator.store.database import Database, savepoint
from orchestrator.store.tables import metadata

NOW = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)


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


async def test_what_a_savepoint_undid_is_read_anew_in_the_same_transaction(
    database: Database,
) -> None:
    def work(conn: Connection) -> None:
        metadata.create_all(conn)
        items.ensure_calendar(conn, items.PERSON, "pe-1", "Claire")
        home = items.find_calendar(conn, items.PERSON, "pe-1")
        assert home is not None
        items.save(conn, NOW, home.id, "a.ics", "a", b"kept", "claire")
        with suppress(ValueError), savepoint(conn):
            items.save(conn, NOW, home.id, "a.ics", "a", b"undone", "claire")
            raise ValueError
        found = items.item(conn, home.id, "a.ics")
        assert found is not None
        assert found.body == b"kept"

    await database.write(work)


def count(conn: Connection) -> int:
    return int(conn.execute(text("select count(*) from kept")).scalar_one())


async def test_a_second_look_sees_what_is_kept_and_may_change_the_answer(
    database: Database,
) -> None:
    def write(conn: Connection) -> int:
        fill(conn)
        return 0

    assert await database.write(write, lambda conn, before: count(conn) + 10 + before) == 11


async def test_what_a_failed_second_look_followed_is_kept_all_the_same(database: Database) -> None:
    def fail(conn: Connection, _: None) -> None:
        conn.execute(text("insert into kept values ('lost')"))
        raise KeyError("second look")

    with pytest.raises(KeyError):
        await database.write(fill, fail)
    assert await database.read(count) == 1


async def test_a_transaction_that_failed_leaves_nothing_on_the_connection_it_used(
    database: Database,
) -> None:
    def fail(conn: Connection) -> None:
        fill(conn)
        raise KeyError("written")

    await database.write(fill)
    with pytest.raises(KeyError):
        await database.write(fail)
    assert await database.write(count) == await database.read(count) == 1


@pytest.mark.parametrize("way", ["write", "read"])
async def test_what_one_transaction_has_seen_is_not_taken_for_granted_by_the_next(
    database: Database, way: str
) -> None:
    def look(conn: Connection) -> int:
        known = len(seen.seen_by(conn).rows)
        seen.seen_by(conn).rows[1, "a.ics"] = None
        return known

    run = getattr(database, way)
    assert [await run(look) for _ in range(8)] == [0] * 8


async def test_a_reader_sees_each_time_what_was_written_last(database: Database) -> None:
    for number in range(1, 6):
        await database.write(fill)
        found = await asyncio.gather(*(database.read(count) for _ in range(6)))
        assert found == [number] * 6
