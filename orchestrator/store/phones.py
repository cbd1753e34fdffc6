"""Rows of phones that are the remote of a room for a while."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from orchestrator.store import devices as device_rows
from orchestrator.store.hashed import token_hash
from orchestrator.store.instants import instant, seconds
from orchestrator.store.tables import devices
from rooms.ids import DeviceId, RoomId

PHONE = "phone"
KEPT = timedelta(days=1)
"""After its time, so that whoever comes with it reads why it opens nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A phone, the room it commands, and until when."""

    id: DeviceId
    room: RoomId
    since: datetime
    until: datetime
    put_out: bool = False


_PHONES = select(devices).where(devices.c.kind == PHONE)


def place_of(room: RoomId) -> RoomId:
    """What its codes are for, as no room can be called: they pair no screen and no agent."""
    return RoomId(f"{PHONE}:{room}")


def add(conn: Connection, room: RoomId, now: datetime, until: datetime) -> tuple[Phone, str]:
    """A phone and its token, to be given once; those long over are forgotten."""
    conn.execute(
        delete(devices).where(devices.c.kind == PHONE, devices.c.expires_at < seconds(now - KEPT))
    )
    device, token = device_rows.add(conn, room, now, PHONE, until)
    return Phone(id=device.id, room=room, since=now, until=until), token


def by_token(conn: Connection, token: str) -> Phone | None:
    """The phone of a token, be its time over or not."""
    return _one(conn.execute(_PHONES.where(devices.c.token_hash == token_hash(token))))


def by_id(conn: Connection, phone: str) -> Phone | None:
    """A phone, be its time over or not."""
    return _one(conn.execute(_PHONES.where(devices.c.id == phone)))


def here(conn: Connection, room: RoomId, now: datetime) -> list[Phone]:
    """Those that command the room now, the oldest first."""
    rows = conn.execute(
        _PHONES.where(
            devices.c.room_id == room,
            devices.c.revoked_at.is_(None),
            devices.c.expires_at > seconds(now),
        ).order_by(devices.c.created_at, devices.c.id)
    )
    return [_read(row) for row in rows]


def put_out(conn: Connection, room: RoomId, now: datetime) -> int:
    """None of the room's phones opens anything from now on; how many there were."""
    done = conn.execute(
        update(devices)
        .where(
            devices.c.kind == PHONE,
            devices.c.room_id == room,
            devices.c.revoked_at.is_(None),
            devices.c.expires_at > seconds(now),
        )
        .values(revoked_at=seconds(now))
    )
    return done.rowcount


def _one(rows: Iterable[Row[Any]]) -> Phone | None:
    return next((_read(row) for row in rows), None)


def _read(row: Row[Any]) -> Phone:
    return Phone(
        id=DeviceId(row.id),
        room=RoomId(row.room_id),
        since=instant(row.created_at),
        until=instant(row.expires_at),
        put_out=row.revoked_at is not None,
    )
