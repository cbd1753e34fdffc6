"""The last state document each room reported."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from orchestrator.store.instants import instant, seconds
from orchestrator.store.tables import room_states
from rooms.ids import RoomId

_STATE_OF = select(room_states).where(room_states.c.room_id == bindparam("room_"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a room said of itself, and when."""

    version: int
    document: dict[str, Any]
    at: datetime


def keep_state(
    conn: Connection, now: datetime, room: RoomId, version: int, document: dict[str, Any]
) -> bool:
    """Keep what a room reports; False when that was known."""
    known = state_of(conn, room)
    values = {"version": version, "document": document, "at": seconds(now)}
    if known is None:
        conn.execute(insert(room_states).values(room_id=room, **values))
        return True
    if (known.version, known.document) == (version, document):
        return False
    conn.execute(update(room_states).where(room_states.c.room_id == room).values(**values))
    return True


def state_of(conn: Connection, room: RoomId) -> Report | None:
    """What the room reported last; None when it never did."""
    row = conn.execute(_STATE_OF, {"room_": room}).one_or_none()
    if row is None:
        return None
    return Report(version=row.version, document=row.document, at=instant(row.at))


def unwell(conn: Connection) -> set[tuple[RoomId, str]]:
    """The rooms whose screens want something looked at, each with a word of its `health`."""
    query = select(room_states.c.room_id, room_states.c.document)
    return {
        (RoomId(row.room_id), entry["key"])
        for row in conn.execute(query)
        for entry in row.document["health"]
    }
