"""The migrations make the tables the program speaks of, once, and refuse the future."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from orchestrator.store import commands, facts, participants, versions
from orchestrator.store.database import Database
from orchestrator.store.tables_broadcasts import broadcasts
from orchestrator.store.tables_evidence import session_evidence
from orchestrator.store.tables_lines import line_tests
from orchestrator.store.tables_outside import metadata
from orchestrator.store.tables_posts import posts
from orchestrator.store.tables_recordings import recordings
from orchestrator.store.tables_rooms import room_scenes
from orchestrator.store.tables_rundowns import rundowns
from orchestrator.store.tables_stagings import stagings
from rooms.ids import RoomId, SessionId


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "margeride.sqlite3")
    yield database
    database.close()


def differences(conn: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(conn), metadata))


def test_the_migrations_make_exactly_the_tables_of_the_program(database: Database) -> None:
    database.write_now(versions.bring_up)
    assert line_tests.metadata is room_scenes.metadata is posts.metadata is metadata
    assert rundowns.metadata is recordings.metadata is metadata
    assert stagings.metadata is metadata
    assert broadcasts.metadata is metadata
    assert session_evidence.metadata is metadata
    assert database.read_now(differences) == []


def test_head_is_the_last_revision_on_disk() -> None:
    names = sorted(path.name for path in (versions.MIGRATIONS / "versions").glob("*.py"))
    assert names[-1].startswith(versions.HEAD)
    assert int(versions.HEAD) == versions.SCHEMA >= versions.COMPAT


def test_a_second_start_changes_nothing(database: Database) -> None:
    database.write_now(versions.bring_up)
    database.write_now(lambda conn: facts.put(conn, "store_uuid", "u-1"))
    database.write_now(versions.bring_up)
    assert database.read_now(lambda conn: facts.get(conn, "store_uuid")) == "u-1"


def test_a_command_of_an_older_program_is_not_held(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(versions, "HEAD", "0010")
        database.write_now(versions.bring_up)
    add = text(
        "INSERT INTO commands (id, room_id, command, arguments, state, by, created_at, updated_at)"
        " VALUES ('cm-1', 'r', 'camera.home', '{}', 'accepted', 'pe-1', 1, 1)"
    )
    database.write_now(lambda conn: conn.execute(add).rowcount)
    database.write_now(versions.bring_up)
    assert database.read_now(differences) == []
    [order] = database.read_now(commands.unfinished)
    assert (order.id, order.held, order.not_before, order.expires_at) == ("cm-1", False, None, None)


@pytest.mark.parametrize(
    ("look", "index"),
    [
        (participants.here, "participants_state"),
        (commands.unfinished, "commands_open"),
        (lambda conn: commands.unfinished(conn, RoomId("r")), "commands_open"),
        (lambda conn: commands.of_session(conn, SessionId("s"), 9), "commands_session"),
    ],
)
def test_the_few_that_are_open_are_found_without_reading_the_rest(
    database: Database, look: Callable[[Connection], Any], index: str
) -> None:
    database.write_now(versions.bring_up)
    asked: list[str] = []

    def plan(conn: Connection) -> str:
        driver: Any = conn.connection.driver_connection
        driver.set_trace_callback(asked.append)  # with its values
        look(conn)
        driver.set_trace_callback(None)
        [statement] = asked
        rows = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")
        return "; ".join(row.detail for row in rows)

    told = database.read_now(plan)
    assert f"USING INDEX {index}" in told
    assert not re.search(r"SCAN \w+(?! USING INDEX commands_open)(;|$)", told)


def test_a_database_from_a_newer_program_is_refused(database: Database) -> None:
    database.write_now(versions.bring_up)
    database.write_now(lambda conn: facts.put(conn, "schema_compat", str(versions.SCHEMA + 1)))
    with pytest.raises(versions.StoreTooNew) as refused:
        database.write_now(versions.bring_up)
    assert refused.value.fields == {"needs": versions.SCHEMA + 1, "knows": versions.SCHEMA}


def test_a_newer_database_that_allows_us_is_left_alone(database: Database) -> None:
    database.write_now(versions.bring_up)
    newer = text("UPDATE alembic_version SET version_num = '9999'")
    database.write_now(lambda conn: conn.execute(newer).rowcount)
    database.write_now(versions.bring_up)
    reached = text("SELECT version_num FROM alembic_version")
    assert database.read_now(lambda conn: conn.execute(reached).scalar()) == "9999"


def test_a_migration_that_fails_leaves_nothing_behind(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(facts, "put", fail)
    with pytest.raises(RuntimeError):
        database.write_now(versions.bring_up)
    tables = text("SELECT count(*) FROM sqlite_master")
    assert database.read_now(lambda conn: conn.execute(tables).scalar()) == 0


def test_a_fact_is_made_once(database: Database) -> None:
    database.write_now(versions.bring_up)
    assert database.write_now(lambda conn: facts.ensure(conn, "f", lambda: "one")) == "one"
    assert database.write_now(lambda conn: facts.ensure(conn, "f", lambda: "two")) == "one"


def test_nobody_else_may_read_the_store_whatever_folder_it_is_in(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    path = tmp_path / "margeride.sqlite3"
    path.touch(mode=0o644)
    path.chmod(0o644)
    database = Database(path)
    database.write_now(versions.bring_up)
    modes = {found.name: found.stat().st_mode & 0o777 for found in tmp_path.iterdir()}
    database.close()
    assert f"{path.name}-wal" in modes
    assert set(modes.values()) == {0o600}
