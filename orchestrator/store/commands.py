"""Rows of room commands: what was asked of a room, by whom, and what became of it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, text, update

from orchestrator.store.instants import instant, iso, seconds
from orchestrator.store.prepared import Prepared
from orchestrator.store.tables import IS_OPEN, commands
from rooms.control import CommandState
from rooms.errors import NotFound
from rooms.ids import CommandId, RoomId, SessionId

_NEVER_SOONER = timedelta(microseconds=999_999)  # instants are stored in whole seconds

_ALL = select(commands).order_by(commands.c.created_at, commands.c.id)
_OPEN = _ALL.where(text(IS_OPEN))
_BY_ID = Prepared(_ALL.where(commands.c.id == bindparam("id_")))
_UNFINISHED = Prepared(_OPEN)
_UNFINISHED_OF_ROOM = Prepared(_OPEN.where(commands.c.room_id == bindparam("room_")))
_OF_SESSION = Prepared(
    _ALL.where(
        commands.c.id.in_(
            select(commands.c.id)
            .where(commands.c.session_id == bindparam("session_"))
            .order_by(commands.c.created_at.desc())
            .limit(bindparam("most_"))
        )
    )
)
_ADD = Prepared(insert(commands), *commands.c.keys())
_MOVED = ("state", "error", "result", "updated_at")
_MOVE = Prepared(update(commands).where(commands.c.id == bindparam("id_")), *_MOVED)
_LET_GO = Prepared(
    update(commands).where(commands.c.id == bindparam("id_")).values(held=False), "held"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A command as stored; tokens are never among its arguments."""

    id: CommandId
    room: RoomId
    command: str
    arguments: dict[str, Any]
    state: CommandState
    by: str
    created_at: datetime
    updated_at: datetime
    error: str | None = None
    session: SessionId | None = None
    result: dict[str, Any] | None = None
    held: bool = False  # not yet sent: it waits for its hour or for its room
    not_before: datetime | None = None
    expires_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "id": self.id,
            "room": self.room,
            "command": self.command,
            "arguments": self.arguments,
            "state": self.state.value,
            "error": self.error,
            "result": self.result,
            "created_at": iso(self.created_at),
            "updated_at": iso(self.updated_at),
            "not_before": self.not_before and iso(self.not_before),
            "expires_at": self.expires_at and iso(self.expires_at),
        }


def add(conn: Connection, order: Order) -> None:
    """A new command."""
    _ADD.run(
        conn,
        id=order.id,
        room_id=order.room,
        command=order.command,
        arguments=order.arguments,
        state=order.state.value,
        error=order.error,
        by=order.by,
        session_id=order.session,
        created_at=seconds(order.created_at),
        updated_at=seconds(order.updated_at),
        result=order.result,
        held=order.held,
        not_before=order.not_before and seconds(order.not_before + _NEVER_SOONER),
        expires_at=order.expires_at and seconds(order.expires_at),
    )


def let_go(conn: Connection, command: CommandId) -> None:
    """It is held no longer: it is about to be sent."""
    _LET_GO.run(conn, id_=command)


def get(conn: Connection, command: str) -> Order:
    """One command; NotFound("no-command")."""
    for order in _find(conn, _BY_ID, id_=command):
        return order
    raise NotFound("no-command", command=command)


def unfinished(conn: Connection, room: RoomId | None = None) -> list[Order]:
    """Those that have not ended, of one room or of all, oldest first."""
    if room is None:
        return _find(conn, _UNFINISHED)
    return _find(conn, _UNFINISHED_OF_ROOM, room_=room)


def of_session(conn: Connection, session: SessionId, most: int) -> list[Order]:
    """Those asked of the rooms of a session, the last ones, oldest first."""
    return _find(conn, _OF_SESSION, session_=session, most_=most)


def move(
    conn: Connection,
    order: Order,
    state: CommandState,
    now: datetime,
    error: str | None = None,
    result: dict[str, Any] | None = None,
) -> Order:
    """Write the command's new state, and what it brought."""
    _MOVE.run(
        conn, id_=order.id, state=state.value, error=error, result=result, updated_at=seconds(now)
    )
    return replace(order, state=state, error=error, result=result, updated_at=now)


def _find(conn: Connection, query: Prepared, **wanted: object) -> list[Order]:
    return [
        Order(
            id=CommandId(row.id),
            room=RoomId(row.room_id),
            command=row.command,
            arguments=row.arguments,
            state=CommandState(row.state),
            error=row.error,
            by=row.by,
            session=None if row.session_id is None else SessionId(row.session_id),
            result=row.result,
            created_at=instant(row.created_at),
            updated_at=instant(row.updated_at),
            held=row.held,
            not_before=instant(row.not_before),
            expires_at=instant(row.expires_at),
        )
        for row in query.run(conn, **wanted)
    ]
