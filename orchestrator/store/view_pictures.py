"""Rows of small pictures, one for each stored view of a room's camera."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from orchestrator.store.instants import instant, seconds
from orchestrator.store.tables_rooms import view_pictures
from rooms.ids import RoomId


def keep(conn: Connection, room: RoomId, preset: int, jpeg: bytes, now: datetime) -> None:
    """The picture of a view, instead of the one there was."""
    shown = {"taken_at": seconds(now), "jpeg": jpeg}
    conn.execute(
        upsert(view_pictures)
        .values(room_id=room, preset=preset, **shown)
        .on_conflict_do_update(index_elements=["room_id", "preset"], set_=shown)
    )


def forget(conn: Connection, room: RoomId, preset: int) -> None:
    """The view is another one now, or none."""
    conn.execute(delete(view_pictures).where(*_of(room, preset)))


def of_room(conn: Connection, room: RoomId) -> list[tuple[int, datetime]]:
    """Which views have one, and since when."""
    found = conn.execute(
        select(view_pictures.c.preset, view_pictures.c.taken_at)
        .where(view_pictures.c.room_id == room)
        .order_by(view_pictures.c.preset)
    )
    return [(row.preset, instant(row.taken_at)) for row in found]


def find(conn: Connection, room: RoomId, preset: int) -> bytes | None:
    """One of them."""
    found: bytes | None = conn.execute(
        select(view_pictures.c.jpeg).where(*_of(room, preset))
    ).scalar_one_or_none()
    return found


def _of(room: RoomId, preset: int) -> tuple[ColumnElement[bool], ...]:
    return view_pictures.c.room_id == room, view_pictures.c.preset == preset
