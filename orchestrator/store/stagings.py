"""The stage, the floor and the desk of a ceremony: one document for each session, numbered."""

from datetime import datetime
from functools import cache

from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, insert, select, update

from orchestrator.staging import Staging
from orchestrator.store.instants import seconds
from orchestrator.store.tables_stagings import stagings
from rooms.errors import NotFound
from rooms.ids import SessionId

_shape = cache(lambda: TypeAdapter(Staging))


def find(conn: Connection, session: SessionId) -> tuple[int, Staging] | None:
    """(version, staging); None while none is set up."""
    row = conn.execute(select(stagings).where(stagings.c.session_id == session)).one_or_none()
    if row is None:
        return None
    return row.version, _shape().validate_json(row.document)


def get(conn: Connection, session: SessionId) -> tuple[int, Staging]:
    """The same; NotFound("no-stage")."""
    found = find(conn, session)
    if found is None:
        raise NotFound("no-stage", session=session)
    return found


def set_up(conn: Connection, now: datetime, session: SessionId, staging: Staging) -> None:
    """The first version."""
    document = _written(staging)
    values = {"version": 1, "document": document, "updated_at": seconds(now)}
    conn.execute(insert(stagings).values(session_id=session, **values))


def keep(
    conn: Connection, now: datetime, session: SessionId, version: int, staging: Staging
) -> int:
    """The next version, which it returns."""
    values = {"version": version + 1, "document": _written(staging), "updated_at": seconds(now)}
    conn.execute(update(stagings).where(stagings.c.session_id == session).values(**values))
    return version + 1


def document(conn: Connection, session: SessionId) -> str | None:
    """As it is written; None while none is set up."""
    query = select(stagings.c.document).where(stagings.c.session_id == session)
    return conn.execute(query).scalar()


def put_back(conn: Connection, now: datetime, session: SessionId, written: str | None) -> None:
    """As it was written then, under the next version; none where there was none."""
    if written is None:
        strike(conn, session)
        return
    values = {"document": written, "updated_at": seconds(now), "version": stagings.c.version + 1}
    conn.execute(update(stagings).where(stagings.c.session_id == session).values(**values))


def strike(conn: Connection, session: SessionId) -> None:
    """There is none any more."""
    conn.execute(delete(stagings).where(stagings.c.session_id == session))


def _written(staging: Staging) -> str:
    return _shape().dump_json(staging).decode()
