"""What animateurs changed of the rooms' policies; what they left is the file's."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from calendars.policy import Policy
from orchestrator.settings.model import Network
from orchestrator.store.instants import seconds
from orchestrator.store.tables import room_policies
from rooms.errors import Invalid, Stale
from rooms.ids import RoomId

_CHANGES = select(room_policies.c.version, room_policies.c.document).where(
    room_policies.c.room_id == bindparam("room_")
)


def changes(conn: Connection, room: RoomId) -> tuple[int, dict[str, Any]]:
    """(version, document) of what was changed of a room's policy; (0, {}) when nothing was."""
    row = conn.execute(_CHANGES, {"room_": room}).one_or_none()
    return (row.version, dict(row.document)) if row else (0, {})


def effective(conn: Connection, network: Network, room: RoomId) -> Policy:
    """How the room is booked now. What a newer program wrote and this one cannot read is left."""
    base = network.policy_of(room)
    for name, value in changes(conn, room)[1].items():
        try:
            base = base.changed({name: value})
        except Invalid:
            continue
    return base


def save(
    conn: Connection,
    now: datetime,
    network: Network,
    room: RoomId,
    document: Mapping[str, Any],
    who: str,
    version: int | None = None,
) -> tuple[int, Policy]:
    """Replace the changes; the new version and the policy. `version` is the one that was read."""
    known, _ = changes(conn, room)
    if version is not None and version != known:
        raise Stale("policy-changed", room=room)
    policy = network.policy_of(room).changed(document)
    conn.execute(delete(room_policies).where(room_policies.c.room_id == room))
    values = {"document": dict(document), "updated_by": who, "updated_at": seconds(now)}
    conn.execute(insert(room_policies).values(room_id=room, version=known + 1, **values))
    return known + 1, policy
