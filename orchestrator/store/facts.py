"""Facts of the store itself, by name: its identity, the oldest program that may use it."""

from collections.abc import Callable

from sqlalchemy import Connection, bindparam, insert, select, update

from orchestrator.store.tables import facts
from rooms.ids import new_secret

STORE_UUID = "store_uuid"


_VALUE = select(facts.c.value).where(facts.c.name == bindparam("name_"))


def get(conn: Connection, name: str) -> str | None:
    """The value of a fact."""
    return conn.execute(_VALUE, {"name_": name}).scalar_one_or_none()


def put(conn: Connection, name: str, value: str) -> None:
    """Set a fact."""
    done = conn.execute(update(facts).where(facts.c.name == name).values(value=value))
    if done.rowcount == 0:
        conn.execute(insert(facts).values(name=name, value=value))


def ensure(conn: Connection, name: str, make: Callable[[], str]) -> str:
    """The value of a fact, made at the first time of asking."""
    value = get(conn, name)
    if value is None:
        value = make()
        put(conn, name, value)
    return value


def renew_uuid(conn: Connection) -> str:
    """A new identity for the store: to be called once on a restored backup.

    Every sync token and ctag names the identity, so every client starts afresh instead of
    missing what was lost between the backup and the restore.
    """
    value = new_secret()
    put(conn, STORE_UUID, value)
    return value
