"""The scenes of rooms, as their animateurs left them."""

from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from orchestrator.store.instants import seconds
from orchestrator.store.tables_rooms import room_scenes
from rooms.errors import MargerideError, Stale
from rooms.ids import RoomId
from rooms.scenes import DEFAULT_SCENES, Scenes, parse_scenes


def of_room(conn: Connection, room: RoomId) -> tuple[int, Scenes]:
    """(version, scenes) of a room; (0, those of the house) when nobody changed them, or when a
    newer program wrote what this one cannot read."""
    row = conn.execute(select(room_scenes).where(room_scenes.c.room_id == room)).one_or_none()
    if row is None:
        return 0, DEFAULT_SCENES
    try:
        return row.version, parse_scenes(row.document)
    except MargerideError:
        return row.version, DEFAULT_SCENES


def save(
    conn: Connection, now: datetime, room: RoomId, scenes: Scenes, who: str, version: int | None
) -> int:
    """Replace them; the new version. `version` is the one that was read, None whatever it was."""
    known, _ = of_room(conn, room)
    if version is not None and version != known:
        raise Stale("scenes-changed", room=room)
    values = {
        "version": known + 1,
        "document": scenes.to_json(),
        "updated_by": who,
        "updated_at": seconds(now),
    }
    stored = insert(room_scenes).values(room_id=room, **values)
    conn.execute(stored.on_conflict_do_update(index_elements=["room_id"], set_=values))
    return known + 1
