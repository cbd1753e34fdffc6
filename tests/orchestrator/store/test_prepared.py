"""What goes past SQLAlchemy comes out as if it had gone through it."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    insert,
    select,
    update,
)

from orchestrator.store.database import Database
from orchestrator.store.prepared import Prepared

things = Table(
    "things",
    MetaData(),
    Column("id", String, primary_key=True),
    Column("size", Integer),
    Column("here", Boolean, nullable=False),
    Column("facts", JSON),
)
ADD = Prepared(insert(things), "id", "size", "here", "facts")
ALL = Prepared(select(things).order_by(things.c.id))
ONE = Prepared(select(things.c.id, things.c.size).where(things.c.id == bindparam("id_")))
GROW = Prepared(update(things).where(things.c.id == bindparam("id_")), "size")
GO = Prepared(update(things).where(things.c.id == bindparam("id_")).values(here=False), "here")


def test_it_writes_and_reads_what_sqlalchemy_would(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.sqlite3")
    wide: dict[str, Any] = {"names": ["é"], "none": None}

    def work(conn: Connection) -> tuple[list[Any], list[Any]]:
        things.create(conn)
        ADD.run(conn, id="a", size=1, here=True, facts=wide)
        ADD.run(conn, id="b", size=None, here=False, facts=None)
        conn.execute(insert(things), {"id": "c", "size": None, "here": True, "facts": None})
        GROW.run(conn, id_="a", size=2)
        GO.run(conn, id_="a")
        raw = "SELECT facts FROM things WHERE id IN ('b', 'c')"
        stored = [row[0] for row in conn.exec_driver_sql(raw)]
        assert stored[0] == stored[1]
        return ALL.run(conn), [tuple(row) for row in conn.execute(select(things))]

    ours, theirs = database.write_now(work)
    assert [tuple(row) for row in ours] == theirs
    assert ours[0]._asdict() == {"id": "a", "size": 2, "here": False, "facts": wide}
    database.close()


def test_one_row_or_none(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.sqlite3")

    def work(conn: Connection) -> None:
        things.create(conn)
        ADD.run(conn, id="a", size=1, here=True, facts=None)
        assert ONE.one(conn, id_="a").size == 1
        assert ONE.one(conn, id_="b") is None

    database.write_now(work)
    database.close()


def test_it_belongs_to_the_transaction_that_is_under_way(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.sqlite3")
    database.write_now(things.create)

    def undone(conn: Connection) -> None:
        ADD.run(conn, id="a", size=1, here=True, facts=None)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.write_now(undone)
    assert database.write_now(ALL.run) == []
    database.close()
