"""Rows of paired screens and door panels, and of the codes that pair them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, or_, select, update

from orchestrator.store.hashed import token_hash
from orchestrator.store.tables import devices, pairings
from rooms.ids import DeviceId, RoomId, new_id, new_secret

SCREEN, AGENT, PANEL = "kiosk", "agent", "panel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A screen paired with one room."""

    id: DeviceId
    room: RoomId
    kind: str = SCREEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """A device as who looks after it sees it; `place` is its room, or `desk:…`."""

    id: DeviceId
    place: str
    kind: str
    paired_at: datetime
    seen_at: datetime | None


def add(
    conn: Connection,
    room: RoomId,
    now: datetime,
    kind: str = SCREEN,
    until: datetime | None = None,
) -> tuple[Device, str]:
    """A new device of a room and its token, to be given once; `until` for one that expires."""
    device, token = Device(id=DeviceId(new_id("dv")), room=room, kind=kind), new_secret()
    conn.execute(
        insert(devices).values(
            id=device.id,
            room_id=room,
            kind=kind,
            token_hash=token_hash(token),
            created_at=int(now.timestamp()),
            expires_at=None if until is None else int(until.timestamp()),
        )
    )
    return device, token


def by_token(conn: Connection, token: str) -> Device | None:
    """The screen of a token, unless it was revoked. Agents and panels open nothing here."""
    return _of_kind(conn, token, SCREEN)


def panel_of(conn: Connection, token: str) -> Device | None:
    """The door panel of a token, unless it was revoked."""
    return _of_kind(conn, token, PANEL)


def _of_kind(conn: Connection, token: str, kind: str) -> Device | None:
    row = conn.execute(
        select(devices.c.id, devices.c.room_id).where(
            devices.c.token_hash == token_hash(token),
            devices.c.revoked_at.is_(None),
            devices.c.kind == kind,
        )
    ).one_or_none()
    return None if row is None else Device(id=DeviceId(row.id), room=RoomId(row.room_id), kind=kind)


def room_of(conn: Connection, token: str) -> RoomId | None:
    """The room of a device token."""
    device = by_token(conn, token)
    return None if device is None else device.room


def by_id(conn: Connection, device: str) -> Device | None:
    """A device that is still paired."""
    row = conn.execute(
        select(devices.c.id, devices.c.room_id, devices.c.kind).where(
            devices.c.id == device, devices.c.revoked_at.is_(None)
        )
    ).one_or_none()
    if row is None:
        return None
    return Device(id=DeviceId(row.id), room=RoomId(row.room_id), kind=row.kind)


def of_room(conn: Connection, room: RoomId) -> list[Device]:
    """The screens paired with a room."""
    rows = conn.execute(
        select(devices.c.id)
        .where(devices.c.room_id == room, devices.c.revoked_at.is_(None), devices.c.kind == SCREEN)
        .order_by(devices.c.created_at)
    ).scalars()
    return [Device(id=DeviceId(row), room=room) for row in rows]


def paired(conn: Connection) -> set[tuple[RoomId, str]]:
    """The rooms and the kinds of device that are paired with them."""
    rows = conn.execute(
        select(devices.c.room_id, devices.c.kind).where(devices.c.revoked_at.is_(None))
    )
    return {(RoomId(row.room_id), row.kind) for row in rows}


def at_places(conn: Connection, places: Collection[str], kinds: Collection[str]) -> list[Paired]:
    """Those of these kinds that are paired with these rooms and desks, oldest first."""
    rows = conn.execute(
        select(devices)
        .where(
            devices.c.room_id.in_(places),
            devices.c.kind.in_(kinds),
            devices.c.revoked_at.is_(None),
        )
        .order_by(devices.c.created_at, devices.c.kind.desc(), devices.c.id)
    )
    return [
        Paired(
            id=DeviceId(row.id),
            place=row.room_id,
            kind=row.kind,
            paired_at=datetime.fromtimestamp(row.created_at, UTC),
            seen_at=row.last_seen_at and datetime.fromtimestamp(row.last_seen_at, UTC),
        )
        for row in rows
    ]


def seen(conn: Connection, device: DeviceId, now: datetime) -> None:
    """It said hello."""
    conn.execute(
        update(devices).where(devices.c.id == device).values(last_seen_at=int(now.timestamp()))
    )


def revoke(conn: Connection, device: DeviceId, now: datetime) -> None:
    """Its token opens nothing from now on."""
    conn.execute(
        update(devices).where(devices.c.id == device).values(revoked_at=int(now.timestamp()))
    )


def add_pairing(
    conn: Connection, room: RoomId, code_hash: str, by: str, now: datetime, lasts: timedelta
) -> bool:
    """Keep an open code, forget those of the past; False when the same code is open already."""
    at = int(now.timestamp())
    conn.execute(
        delete(pairings).where(or_(pairings.c.expires_at <= at, pairings.c.used_at.is_not(None)))
    )
    if conn.execute(select(pairings.c.id).where(pairings.c.code_hash == code_hash)).first():
        return False
    conn.execute(
        insert(pairings).values(
            id=new_id("pr"),
            code_hash=code_hash,
            room_id=room,
            created_by=by,
            created_at=at,
            expires_at=int((now + lasts).timestamp()),
        )
    )
    return True


def open_pairings(conn: Connection, room: RoomId, now: datetime) -> list[str]:
    """The open codes of this room, by their ids."""
    return [row.id for row in conn.execute(_open(room, now))]


def open_pairing(conn: Connection, room: RoomId, code_hash: str, now: datetime) -> str | None:
    """The id of an open code of this room; None when there is none such."""
    asked = _open(room, now).where(pairings.c.code_hash == code_hash)
    row = conn.execute(asked).one_or_none()
    return None if row is None else str(row.id)


def use_pairing(conn: Connection, code: str, now: datetime) -> None:
    """Use up an open code."""
    used = update(pairings).where(pairings.c.id == code).values(used_at=int(now.timestamp()))
    conn.execute(used)


def _open(room: RoomId, now: datetime) -> Select[Any]:
    return select(pairings.c.id).where(
        pairings.c.room_id == room,
        pairings.c.used_at.is_(None),
        pairings.c.expires_at > int(now.timestamp()),
    )


def burn_pairings(conn: Connection, room: RoomId, now: datetime) -> None:
    """No open code of this room pairs anything any more."""
    conn.execute(
        update(pairings)
        .where(pairings.c.room_id == room, pairings.c.used_at.is_(None))
        .values(used_at=int(now.timestamp()))
    )
