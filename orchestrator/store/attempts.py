"""Rows of what was tried lately, by scope: the memory of the rate limits, across restarts."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from orchestrator.store.tables import attempts

KEPT = 24 * 3600


def add(conn: Connection, scope: str, now: datetime) -> int:
    """Remember an attempt; its id. Those older than a day are forgotten."""
    at = int(now.timestamp())
    oldest = conn.execute(select(attempts.c.at).order_by(attempts.c.id).limit(1)).scalar()
    if oldest is not None and oldest < at - KEPT:  # only then is it worth reading all of them
        conn.execute(delete(attempts).where(attempts.c.at < at - KEPT))
    done = conn.execute(insert(attempts).values(scope=scope, at=at))
    assert done.inserted_primary_key is not None
    return int(done.inserted_primary_key[0])


def times(conn: Connection, scope: str, since: datetime) -> tuple[int, int | None]:
    """How many attempts of the scope after `since`, and when the first of them was."""
    row = conn.execute(
        select(func.count(), func.min(attempts.c.at)).where(
            attempts.c.scope == scope, attempts.c.at > int(since.timestamp())
        )
    ).one()
    return row[0], row[1]


def any_of(conn: Connection, scope: str) -> bool:
    """Whether anything of the scope is remembered."""
    return conn.execute(select(attempts.c.id).where(attempts.c.scope == scope)).first() is not None


def forget(conn: Connection, ids: Sequence[int]) -> None:
    """Take back attempts that turned out right."""
    conn.execute(delete(attempts).where(attempts.c.id.in_(list(ids))))


def clear(conn: Connection, scope: str) -> None:
    """Forget everything of a scope."""
    conn.execute(delete(attempts).where(attempts.c.scope == scope))
