"""The life of a room command, from the wish to its outcome. Every step is stored before it is told.

A command is stored, sent to the room's screen, and must be acknowledged within 5 s; then it has
until its deadline. A newer command of the same kind supersedes one the screen has not taken yet.
Nothing is kept for a room that is not connected. Secrets (participant tokens) go on the wire only.
After a restart the open commands wait a little for the screen to say what became of them.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator.means import Means
from orchestrator.store import audit, commands, idempotency
from orchestrator.store.commands import Order
from orchestrator.store.idempotency import Once
from orchestrator.store.instants import iso
from rooms.control import (
    CallJoin,
    Command,
    CommandEvent,
    CommandState,
    advance,
    arguments_of,
    is_over,
)
from rooms.equipment import check_supported
from rooms.errors import Conflict, MargerideError, NotFound, TooMany
from rooms.ids import CommandId, RoomId, SessionId, new_id
from signalling.ports import Json

log = logging.getLogger(__name__)
ACKNOWLEDGE = timedelta(seconds=5)
INTERRUPTED = timedelta(seconds=15)
DEADLINE = timedelta(seconds=10)
DEADLINES = {CallJoin.name: timedelta(seconds=30)}
MOST_PENDING = 16
LONGEST_ERROR = 64
Check = Callable[[Connection], None]


def allowed(conn: Connection) -> None:
    """The check of the house itself, which may command every room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of a room. `check` raises when it may not (any more) be asked."""

    room: RoomId
    command: Command
    by: str
    session: SessionId | None = None
    secrets: Json = field(default_factory=dict)
    check: Check = allowed
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class _Limit:
    at: datetime
    event: CommandEvent
    error: str


class RoomControl:
    """Takes wishes, follows commands, and ends those that nobody answers."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._limits: dict[CommandId, _Limit] = {}

    async def submit(self, wish: Wish) -> tuple[Order, bool]:
        """The stored command, and whether the same request was answered before."""
        equipment = self._means.network.room(wish.room).equipment
        check_supported(wish.command.name, equipment)
        now = self._means.clock()
        order, superseded, replayed = await self._means.database.write(
            lambda conn: self._take(conn, wish, now)
        )
        if replayed:
            return order, True
        for older in superseded:
            self._over(older)
            await self._means.wire.cancel_command(older.room, older.id)
        self._told(order)
        if order.state is CommandState.ACCEPTED:
            order = await self._send(order, wish, now)
        return order, False

    def _take(self, conn: Connection, wish: Wish, now: datetime) -> tuple[Order, list[Order], bool]:
        wish.check(conn)
        if wish.once is not None:
            known = idempotency.find(conn, wish.once, now)
            if known is not None:
                return commands.get(conn, known["id"]), [], True
        pending = commands.unfinished(conn, wish.room)
        if len(pending) >= MOST_PENDING:
            raise TooMany("too-many-commands", room=wish.room, retry_after=5)
        order = self._new(wish, now)
        commands.add(conn, order)
        detail = {"command": order.command, "id": order.id, "arguments": order.arguments}
        audit.record(conn, now, wish.by, "room.command", wish.room, detail)
        superseded = [
            commands.move(conn, older, advance(older.state, CommandEvent.SUPERSEDE), now)
            for older in pending
            if older.state is CommandState.ACCEPTED and kind(older.command) == kind(order.command)
        ]
        if wish.once is not None:
            idempotency.keep(conn, wish.once, now, {"id": order.id})
        return order, superseded, False

    def _new(self, wish: Wish, now: datetime) -> Order:
        connected = self._means.wire.screen_connected(wish.room)
        return Order(
            id=CommandId(new_id("cm")),
            room=wish.room,
            command=wish.command.name,
            arguments=arguments_of(wish.command),
            state=CommandState.ACCEPTED if connected else CommandState.FAILED,
            error=None if connected else "agent_unreachable",
            by=wish.by,
            session=wish.session,
            created_at=now,
            updated_at=now,
        )

    async def _send(self, order: Order, wish: Wish, now: datetime) -> Order:
        try:  # a right may have gone between the wish and its execution
            await self._means.database.read(wish.check)
        except MargerideError:
            return await self._end(order.id, CommandEvent.FAIL, "forbidden")
        self._limits[order.id] = _Limit(now + ACKNOWLEDGE, CommandEvent.FAIL, "agent_unreachable")
        deadline = now + DEADLINES.get(order.command, DEADLINE)
        sent = await self._means.wire.command(
            order.room, order.id, order.command, {**order.arguments, **wish.secrets}, iso(deadline)
        )
        if sent:
            return order
        return await self._end(order.id, CommandEvent.FAIL, "agent_unreachable")

    async def accepted(self, room: RoomId, command: CommandId) -> None:
        """The screen has the command."""
        order = await self._advance(command, CommandEvent.START, room=room)
        if order is not None:
            deadline = order.created_at + DEADLINES.get(order.command, DEADLINE)
            self._limits[command] = _Limit(deadline, CommandEvent.TIME_OUT, "timeout")

    async def done(self, room: RoomId, command: CommandId) -> None:
        """The screen carried the command out."""
        await self._advance(command, CommandEvent.FINISH, room=room)

    async def failed(self, room: RoomId, command: CommandId, error: str) -> None:
        """The screen could not."""
        await self._advance(command, CommandEvent.FAIL, error[:LONGEST_ERROR], room=room)

    async def cancel(self, command: CommandId, by: str) -> Order:
        """Give a command up; Conflict("illegal-transition") when it has ended."""
        now = self._means.clock()

        def give_up(conn: Connection) -> Order:
            order = commands.get(conn, command)
            audit.record(conn, now, by, "room.command.cancel", order.room, {"id": order.id})
            return commands.move(conn, order, advance(order.state, CommandEvent.CANCEL), now)

        order = await self._means.database.write(give_up)
        self._over(order)
        await self._means.wire.cancel_command(order.room, order.id)
        return order

    async def expire(self, now: datetime) -> None:
        """End the commands whose time is up."""
        for command, limit in list(self._limits.items()):
            if now >= limit.at:
                order = await self._end(command, limit.event, limit.error)
                await self._means.wire.cancel_command(order.room, order.id)

    async def restore(self, now: datetime) -> None:
        """After a start: the open commands fail soon, unless their screen says better."""
        for order in await self._means.database.read(commands.unfinished):
            limit = _Limit(now + INTERRUPTED, CommandEvent.FAIL, "interrupted")
            self._limits[order.id] = limit

    async def _end(self, command: CommandId, event: CommandEvent, error: str) -> Order:
        order = await self._advance(command, event, error)
        if order is None:  # the screen was quicker
            self._limits.pop(command, None)
            order = await self._means.database.read(lambda conn: commands.get(conn, command))
        return order

    async def _advance(
        self,
        command: CommandId,
        event: CommandEvent,
        error: str | None = None,
        *,
        room: RoomId | None = None,
    ) -> Order | None:
        """The command after the event; None when it came too late or twice."""
        now = self._means.clock()

        def step(conn: Connection) -> Order | None:
            order = commands.get(conn, command)
            if room is not None and order.room != room:
                raise NotFound("no-command", command=command)
            if event is CommandEvent.FINISH and order.state is CommandState.ACCEPTED:
                order = commands.move(conn, order, advance(order.state, CommandEvent.START), now)
            try:
                return commands.move(conn, order, advance(order.state, event), now, error)
            except Conflict:
                return None

        order = await self._means.database.write(step)
        if order is not None:
            self._over(order) if is_over(order.state) else self._told(order)
        return order

    def _over(self, order: Order) -> None:
        self._limits.pop(order.id, None)
        self._told(order)

    def _told(self, order: Order) -> None:
        self._means.bus.publish(
            f"room.command.{order.state}",
            room=order.room,
            command=order.id,
            name=order.command,
            state=order.state.value,
            error=order.error,
            session=order.session,
        )


def kind(command: str) -> str:
    """What a newer command of the same kind makes void: joining and leaving are one kind."""
    return "call" if command.startswith("call.") else command
