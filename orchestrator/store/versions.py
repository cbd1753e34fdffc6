"""Brings a database to the tables of this program, or says why it will not touch it.

`schema_compat` in the table `facts` is the oldest schema version a program must know to use the
database. A program that is older than that refuses; one that merely does not know the newest
revisions, but is allowed to, leaves the tables as they are.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from orchestrator.store import facts
from rooms.errors import MargerideError

HEAD = "0021"
SCHEMA = 21
"""The schema version this program knows; equals the number of its last revision."""
COMPAT = 1
"""The oldest program version that may use a database at `HEAD`."""
MIGRATIONS = Path(__file__).parent / "migrations"


class StoreTooNew(MargerideError):
    """The database was written by a newer Margeride that this one cannot follow."""


def bring_up(connection: Connection) -> None:
    """Make or upgrade the tables, within the caller's write transaction."""
    known = inspect(connection).get_table_names()
    if "facts" in known:
        compat = int(facts.get(connection, "schema_compat") or 0)
        if compat > SCHEMA:
            raise StoreTooNew("store-too-new", needs=compat, knows=SCHEMA)
    reached = _revision(connection) if "alembic_version" in known else ""
    if reached < HEAD:  # revisions are four digits, so text compares as numbers do
        _run(connection)
        facts.put(connection, "schema_compat", str(COMPAT))


def _revision(connection: Connection) -> str:
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def _run(connection: Connection) -> None:
    from alembic import command  # a third of a second, only when there is something to do
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
