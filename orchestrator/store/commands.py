"""Rows of room commands: what was asked of a room, by whom, and what became of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, update

from orchestrator.store.instants import instant, iso, seconds
from orchestrator.store.tables import commands
from rooms.control import CommandState
from rooms.errors import NotFound
from rooms.ids import CommandId, RoomId, SessionId

OPEN = (CommandState.ACCEPTED, CommandState.RUNNING)
_MOVE = (
    update(commands)
    .where(commands.c.id == bindparam("id_"))
    .values({name: bindparam(name) for name in ("state", "error", "result", "updated_at")})
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
        }


def add(conn: Connection, order: Order) -> None:
    """A new command."""
    conn.execute(
        insert(commands).values(
            id=order.id,
            room_id=order.room,
            command=order.command,
            arguments=order.arguments,
            state=order.state,
            error=order.error,
            by=order.by,
            session_id=order.session,
            created_at=seconds(order.created_at),
            updated_at=seconds(order.updated_at),
        )
    )


def get(conn: Connection, command: str) -> Order:
    """One command; NotFound("no-command")."""
    for order in _where(conn, commands.c.id == command):
        return order
    raise NotFound("no-command", command=command)


def unfinished(conn: Connection, room: RoomId | None = None) -> list[Order]:
    """Those that have not ended, of one room or of all, oldest first."""
    condition = commands.c.state.in_(OPEN)
    return _where(conn, condition if room is None else condition & (commands.c.room_id == room))


def of_session(conn: Connection, session: SessionId, most: int) -> list[Order]:
    """Those asked of the rooms of a session, the last ones, oldest first."""
    found = commands.c.session_id == session
    query = select(commands.c.id).where(found).order_by(commands.c.created_at.desc()).limit(most)
    return _where(conn, commands.c.id.in_(query))


def move(
    conn: Connection,
    order: Order,
    state: CommandState,
    now: datetime,
    error: str | None = None,
    result: dict[str, Any] | None = None,
) -> Order:
    """Write the command's new state, and what it brought."""
    values = {"state": state, "error": error, "result": result, "updated_at": seconds(now)}
    conn.execute(_MOVE, {"id_": order.id, **values})
    return replace(order, state=state, error=error, result=result, updated_at=now)


def _where(conn: Connection, condition: ColumnElement[bool]) -> list[Order]:
    query = select(commands).where(condition).order_by(commands.c.created_at, commands.c.id)
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
        )
        for row in conn.execute(query)
    ]
