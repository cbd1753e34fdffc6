"""Rows of the agents of rooms: their tokens, which rotate, and what they reported last.

A token is good until the next one is on the agent's disk. Then it is *retired*: remembered for a
while, so that who comes with it is known for a thief and not for a stranger.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from orchestrator.store.devices import AGENT
from orchestrator.store.hashed import token_hash
from orchestrator.store.instants import instant, seconds
from orchestrator.store.tables import devices
from orchestrator.store.tables_rooms import agent_tokens, retired_tokens, room_reports
from rooms.ids import DeviceId, RoomId, new_id

REMEMBERED = timedelta(days=400)
BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """The agent of a room, and since when its token is the one it is."""

    id: DeviceId
    room: RoomId
    rotated_at: datetime
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stolen:
    """A token that was retired: whose it had been."""

    id: DeviceId
    room: RoomId


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an agent reported last."""

    version: int
    document: dict[str, Any]
    at: datetime


def new_token() -> str:
    """256 bits."""
    return secrets.token_urlsafe(BYTES)


def add(conn: Connection, room: RoomId, now: datetime) -> tuple[Agent, str, list[DeviceId]]:
    """A new agent of a room, its token, to be given once, and those it puts out."""
    former = [one.id for one in every(conn) if one.room == room]
    for one in former:
        revoke(conn, one, now)
    agent = Agent(id=DeviceId(new_id("ag")), room=room, rotated_at=now)
    token = new_token()
    conn.execute(
        insert(devices).values(
            id=agent.id,
            room_id=room,
            kind=AGENT,
            token_hash=token_hash(token),
            created_at=seconds(now),
        )
    )
    conn.execute(insert(agent_tokens).values(device_id=agent.id, rotated_at=seconds(now)))
    return agent, token, former


def every(conn: Connection) -> list[Agent]:
    """All that are paired, by room."""
    return [_agent(row) for row in conn.execute(_PAIRED.order_by(devices.c.room_id))]


def by_id(conn: Connection, device: str) -> Agent | None:
    """An agent that is still paired."""
    row = conn.execute(_PAIRED.where(devices.c.id == device)).one_or_none()
    return None if row is None else _agent(row)


def by_token(conn: Connection, token: str) -> Agent | Stolen | None:
    """Whose token it is: the one in use or the next; a retired one says whose it had been."""
    hashed = token_hash(token)
    good = or_(devices.c.token_hash == hashed, agent_tokens.c.next_hash == hashed)
    row = conn.execute(_PAIRED.where(good)).one_or_none()
    if row is not None:
        return _agent(row)
    old = conn.execute(
        select(retired_tokens).where(retired_tokens.c.token_hash == hashed)
    ).one_or_none()
    return None if old is None else Stolen(id=DeviceId(old.device_id), room=RoomId(old.room_id))


def offer(conn: Connection, agent: DeviceId) -> str:
    """The next token: good from now on beside the one in use, which nothing has replaced yet."""
    token = new_token()
    conn.execute(
        update(agent_tokens)
        .where(agent_tokens.c.device_id == agent)
        .values(next_hash=token_hash(token))
    )
    return token


def rotate(conn: Connection, agent: DeviceId, now: datetime) -> bool:
    """The next token is on the agent's disk: the former is retired. False when none was offered."""
    row = conn.execute(
        select(agent_tokens.c.next_hash, devices.c.token_hash, devices.c.room_id)
        .join(devices, devices.c.id == agent_tokens.c.device_id)
        .where(agent_tokens.c.device_id == agent, agent_tokens.c.next_hash.is_not(None))
    ).one_or_none()
    if row is None:
        return False
    _retire(conn, row.token_hash, agent, RoomId(row.room_id), now)
    conn.execute(update(devices).where(devices.c.id == agent).values(token_hash=row.next_hash))
    conn.execute(
        update(agent_tokens)
        .where(agent_tokens.c.device_id == agent)
        .values(next_hash=None, rotated_at=seconds(now))
    )
    return True


def revoke(conn: Connection, agent: DeviceId, now: datetime) -> None:
    """Neither token opens anything from now on, and both are known for what they were."""
    row = conn.execute(
        select(devices.c.token_hash, devices.c.room_id, agent_tokens.c.next_hash)
        .join(agent_tokens, agent_tokens.c.device_id == devices.c.id)
        .where(devices.c.id == agent)
    ).one_or_none()
    if row is None:
        return
    for hashed in filter(None, (row.token_hash, row.next_hash)):
        _retire(conn, hashed, agent, RoomId(row.room_id), now)
    conn.execute(update(devices).where(devices.c.id == agent).values(revoked_at=seconds(now)))


def _retire(conn: Connection, hashed: str, agent: DeviceId, room: RoomId, now: datetime) -> None:
    conn.execute(
        delete(retired_tokens).where(retired_tokens.c.retired_at < seconds(now - REMEMBERED))
    )
    values = {"device_id": agent, "room_id": room, "retired_at": seconds(now)}
    known = upsert(retired_tokens).values(token_hash=hashed, **values)
    conn.execute(known.on_conflict_do_nothing())


def keep_report(
    conn: Connection, now: datetime, room: RoomId, version: int, document: dict[str, Any]
) -> None:
    """What a room's agent says of it now."""
    values = {"version": version, "document": document, "at": seconds(now)}
    known = upsert(room_reports).values(room_id=room, **values)
    conn.execute(known.on_conflict_do_update(index_elements=["room_id"], set_=values))


def report_of(conn: Connection, room: RoomId) -> Told | None:
    """What the room's agent reported last; None when it never did."""
    row = conn.execute(select(room_reports).where(room_reports.c.room_id == room)).one_or_none()
    return None if row is None else _told(row)


def reports(conn: Connection) -> dict[RoomId, Told]:
    """The last report of every room."""
    return {RoomId(row.room_id): _told(row) for row in conn.execute(select(room_reports))}


def _told(row: Any) -> Told:
    return Told(version=row.version, document=row.document, at=instant(row.at))


def _agent(row: Any) -> Agent:
    return Agent(
        id=DeviceId(row.id),
        room=RoomId(row.room_id),
        rotated_at=instant(row.rotated_at),
        seen_at=instant(row.last_seen_at),
    )


_PAIRED = (
    select(devices.c.id, devices.c.room_id, devices.c.last_seen_at, agent_tokens.c.rotated_at)
    .join(agent_tokens, agent_tokens.c.device_id == devices.c.id)
    .where(devices.c.revoked_at.is_(None), devices.c.kind == AGENT)
)
