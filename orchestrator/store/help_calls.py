"""Rows of rooms that call for help: one a room, until it is closed or nobody thinks of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from orchestrator.store.instants import instant, seconds
from orchestrator.store.tables import people
from orchestrator.store.tables_rooms import help_calls
from rooms.ids import RoomId

LASTS = timedelta(minutes=30)
"""After it was asked, and again after somebody said that he comes; then it is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpCall:
    """A room that waits for somebody; `helper` is the name of who said that he comes."""

    room: RoomId
    asked_at: datetime
    answered: bool = False
    helper: str | None = None


_OPEN = select(help_calls, people.c.name).outerjoin(people, people.c.id == help_calls.c.answered_by)


def every(conn: Connection, now: datetime) -> dict[RoomId, HelpCall]:
    """Every room that calls."""
    found = (_read(row) for row in conn.execute(_OPEN.where(_lasts(now))))
    return {one.room: one for one in found}


def of_room(conn: Connection, room: RoomId, now: datetime) -> HelpCall | None:
    """Whether this one does."""
    query = _OPEN.where(help_calls.c.room_id == room, _lasts(now))
    row = conn.execute(query).one_or_none()
    return None if row is None else _read(row)


def ask(conn: Connection, room: RoomId, by: str, now: datetime) -> bool:
    """Keep that it calls, in place of a call that is over; False when it did already."""
    conn.execute(delete(help_calls).where(help_calls.c.room_id == room, ~_lasts(now)))
    row = {"room_id": room, "asked_at": seconds(now), "asked_by": by}
    done = conn.execute(upsert(help_calls).values(row).on_conflict_do_nothing())
    return done.rowcount == 1


def answer(conn: Connection, room: RoomId, by: str, now: datetime) -> bool:
    """Somebody comes; False when another said so first, or nobody calls."""
    done = conn.execute(
        update(help_calls)
        .where(help_calls.c.room_id == room, help_calls.c.answered_at.is_(None))
        .values(answered_at=seconds(now), answered_by=by)
    )
    return done.rowcount == 1


def close(conn: Connection, room: RoomId) -> bool:
    """It is over; False when it was."""
    return conn.execute(delete(help_calls).where(help_calls.c.room_id == room)).rowcount == 1


def _lasts(now: datetime) -> ColumnElement[bool]:
    last = func.coalesce(help_calls.c.answered_at, help_calls.c.asked_at)
    return last > seconds(now - LASTS)


def _read(row: Row[Any]) -> HelpCall:
    return HelpCall(
        room=RoomId(row.room_id),
        asked_at=instant(row.asked_at),
        answered=row.answered_at is not None,
        helper=row.name,
    )
