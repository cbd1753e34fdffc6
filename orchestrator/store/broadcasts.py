"""Rows of public pages: one for each session that has any."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from orchestrator.store.instants import instant, seconds
from orchestrator.store.tables_broadcasts import broadcasts
from rooms.errors import NotFound
from rooms.ids import ParticipantId, SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """The public page of a session. `on_air` is what is wanted; instants in UTC."""

    session: SessionId
    code: str
    opens_at: datetime | None = None
    on_air: bool = False
    began_at: datetime | None = None
    ended_at: datetime | None = None
    life: int = 0
    participant: ParticipantId | None = None
    caption: str = ""
    replay: bool = False

    def is_open(self, now: datetime) -> bool:
        """Whether anything may be told of it."""
        return self.opens_at is None or now >= self.opens_at


def find(conn: Connection, session: SessionId) -> Broadcast | None:
    """That of a session."""
    return _one(conn, broadcasts.c.session_id == session)


def get(conn: Connection, session: SessionId) -> Broadcast:
    """The same; NotFound("no-public-page")."""
    found = find(conn, session)
    if found is None:
        raise NotFound("no-public-page", session=session)
    return found


def by_code(conn: Connection, code: str) -> Broadcast | None:
    """The one that people find under this code."""
    return _one(conn, broadcasts.c.code == code)


def wanted(conn: Connection) -> list[Broadcast]:
    """All that are to be on air."""
    rows = conn.execute(select(broadcasts).where(broadcasts.c.on_air)).mappings()
    return [_broadcast(row) for row in rows]


def keep(conn: Connection, one: Broadcast) -> None:
    """As it is now."""
    values = {
        "code": one.code,
        "opens_at": seconds(one.opens_at),
        "on_air": one.on_air,
        "began_at": seconds(one.began_at),
        "ended_at": seconds(one.ended_at),
        "life": one.life,
        "participant_id": one.participant,
        "caption": one.caption,
        "replay": one.replay,
    }
    here = broadcasts.c.session_id == one.session
    if conn.execute(update(broadcasts).where(here).values(**values)).rowcount == 0:
        conn.execute(insert(broadcasts).values(session_id=one.session, **values))


def forget(conn: Connection, session: SessionId) -> None:
    """No public page any more."""
    conn.execute(delete(broadcasts).where(broadcasts.c.session_id == session))


def _one(conn: Connection, where: ColumnElement[bool]) -> Broadcast | None:
    row = conn.execute(select(broadcasts).where(where)).mappings().one_or_none()
    return None if row is None else _broadcast(row)


def _broadcast(row: Any) -> Broadcast:
    return Broadcast(
        session=SessionId(row["session_id"]),
        code=row["code"],
        opens_at=instant(row["opens_at"]),
        on_air=bool(row["on_air"]),
        began_at=instant(row["began_at"]),
        ended_at=instant(row["ended_at"]),
        life=row["life"],
        participant=row["participant_id"],
        caption=row["caption"],
        replay=bool(row["replay"]),
    )
