"""The life of a room command, from the wish to its outcome. Every step is stored before it is told.

A command is stored, sent to whoever carries it out (the room's agent when it says that it can, else
the page of its screen), and must be acknowledged within 5 s; then it has until its deadline. What
a newer one makes void is in `rooms.ordering`. Nothing is kept for a room that is not connected,
unless the wish says until when; a wish may also say not before when. Secrets (participant tokens)
go on the wire only. After a restart the open commands wait a little for the room to say what became
of them; those that were only held are held on, for nobody has sent them yet.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from orchestrator.means import Hand, Means
from orchestrator.room_wishes import (
    Check,
    Held,
    Taken,
    Wish,
    again,
    allowed,
    check_instants,
    check_room_for,
    is_past,
    may,
    new_order,
)
from orchestrator.store import audit, commands, idempotency, view_pictures
from orchestrator.store import rooms as room_store
from orchestrator.store.commands import Order
from orchestrator.store.instants import iso
from rooms.control import (
    CallJoin,
    CommandEvent,
    CommandState,
    advance,
    is_over,
)
from rooms.equipment import allowed_by, check_supported
from rooms.errors import Conflict, Invalid, MargerideError, NotFound
from rooms.ids import CommandId, RoomId
from rooms.ordering import voids
from rooms.state import SCREEN_ABLE

__all__ = ["Check", "RoomControl", "Wish", "allowed"]

log = logging.getLogger(__name__)
ACKNOWLEDGE = timedelta(seconds=5)
INTERRUPTED = timedelta(seconds=15)
DEADLINE = timedelta(seconds=10)
WARMING = timedelta(seconds=150)  # a projector takes its time
DEADLINES = {
    CallJoin.name: timedelta(seconds=30),
    "display.power.set": WARMING,
    "display.input.set": WARMING,
    "room.wake": WARMING,
    "room.standby": WARMING,
    "room.preset.apply": WARMING,
    "system.diagnostics.run": timedelta(seconds=60),
    "system.line.test": timedelta(seconds=150),  # three paths, one after the other
}
LONGEST_ERROR = 64
VIEW_CHANGED = ("camera.preset.store", "camera.preset.delete")
"""What its picture shows no more."""


@dataclass(frozen=True, slots=True)
class _Limit:
    at: datetime
    event: CommandEvent
    error: str
    deadline: datetime


Again = Callable[[Order], Wish]
"""The wish behind a command that was stored by an earlier run of the service."""


class RoomControl:
    """Takes wishes, follows commands, and ends those that nobody answers.

    `wake` is called when the clock should look at an instant sooner than it would.
    """

    def __init__(self, means: Means, wake: Callable[[], None] = lambda: None) -> None:
        self._means = means
        self._wake = wake
        self._limits: dict[CommandId, _Limit] = {}
        self._held: dict[CommandId, Held] = {}
        self._hands: dict[CommandId, Hand] = {}

    async def submit(self, wish: Wish) -> tuple[Order, bool]:
        """The stored command, and whether the same request was answered before."""
        equipment = self._means.network.room(wish.room).equipment
        check_supported(wish.command.name, equipment)
        now = self._means.clock()
        check_instants(wish, now)
        taken = await self._means.database.write(lambda conn: self._take(conn, wish, now), again)
        order = taken.order
        if taken.hand is None:
            return order, True
        if not is_over(order.state):
            self._hands[order.id] = taken.hand
        if order.held:
            self._held[order.id] = Held(order=order, wish=wish)
        for older in taken.superseded:
            hand = self._hand(older)
            self._over(older)
            await hand.cancel_command(older.room, older.id)
        self._told(order)
        if order.held:
            self._look_at(wish.not_before, now)
        elif order.state is CommandState.ACCEPTED:
            order = await self._send(order, wish, now, taken.allowed)
        return order, False

    def _look_at(self, instant: datetime | None, now: datetime) -> None:
        if instant is not None and instant > now:
            wait = (instant - now).total_seconds()
            asyncio.get_running_loop().call_later(wait, self._wake)

    def _take(self, conn: Connection, wish: Wish, now: datetime) -> Taken:
        wish.check(conn)
        if wish.once is not None:
            known = idempotency.find(conn, wish.once, now)
            if known is not None:
                return Taken(order=commands.get(conn, known["id"]), check=wish.check)
        hand = self._hand_for(conn, wish)
        pending = commands.unfinished(conn, wish.room)
        check_room_for(wish, pending)
        order = new_order(wish, now, hand.screen_connected(wish.room))
        commands.add(conn, order)
        detail = {"command": order.command, "id": order.id, "arguments": order.arguments}
        audit.record(conn, now, wish.by, "room.command", wish.room, detail)
        superseded = [
            commands.move(conn, older, advance(older.state, CommandEvent.SUPERSEDE), now)
            for older in pending
            if older.state is CommandState.ACCEPTED
            and voids(order.command, order.arguments, older.command, older.arguments)
        ]
        if wish.once is not None:
            idempotency.keep(conn, wish.once, now, {"id": order.id})
        return Taken(order=order, superseded=superseded, hand=hand, check=wish.check)

    def _hand_for(self, conn: Connection, wish: Wish) -> Hand:
        """Who carries it out; Invalid("unsupported") when nobody in the room says that he can."""
        name, able = wish.command.name, self._means.agents.able(wish.room)
        if able is not None and name in able:
            return self._means.agents
        if name in _able_screen(conn, wish.room):
            return self._means.wire
        raise Invalid("unsupported", command=name, missing=["agent" if able is None else name])

    def able(self, conn: Connection, room: RoomId) -> frozenset[str]:
        """The commands that the room's agent or the page of its screen said it carries out, of
        those its equipment allows."""
        known = self._means.agents.able(room) or frozenset()
        equipment = self._means.network.room(room).equipment
        return allowed_by(equipment, known | _able_screen(conn, room))

    def _hand(self, order: Order) -> Hand:
        known = self._hands.get(order.id)
        if known is not None:
            return known
        able = self._means.agents.able(order.room)
        by_agent = able is not None and order.command in able
        return self._means.agents if by_agent else self._means.wire

    async def _send(self, order: Order, wish: Wish, now: datetime, allowed: bool) -> Order:
        if not allowed:
            return await self._end(order.id, CommandEvent.FAIL, "forbidden")
        try:
            secrets = wish.secrets if wish.prepare is None else await wish.prepare()
        except MargerideError:  # what it was about is gone
            return await self._end(order.id, CommandEvent.FAIL, "unsupported")
        deadline = now + DEADLINES.get(order.command, DEADLINE)
        self._limits[order.id] = _Limit(
            now + ACKNOWLEDGE, CommandEvent.FAIL, "agent_unreachable", deadline
        )
        sent = await self._hand(order).command(
            order.room, order.id, order.command, {**order.arguments, **secrets}, iso(deadline)
        )
        if sent:
            return order
        return await self._end(order.id, CommandEvent.FAIL, "agent_unreachable")

    async def accepted(self, room: RoomId, command: CommandId) -> None:
        """The room has the command."""
        order = await self._advance(command, CommandEvent.START, room=room)
        limit = self._limits.get(command)
        if order is not None:
            usual = order.created_at + DEADLINES.get(order.command, DEADLINE)
            deadline = usual if limit is None else limit.deadline
            self._limits[command] = _Limit(deadline, CommandEvent.TIME_OUT, "timeout", deadline)

    async def done(
        self, room: RoomId, command: CommandId, result: dict[str, Any] | None = None
    ) -> None:
        """The room carried the command out."""
        await self._advance(command, CommandEvent.FINISH, room=room, result=result or None)

    async def failed(self, room: RoomId, command: CommandId, error: str) -> None:
        """The room could not; a device that did not answer in time has let it time out."""
        event = CommandEvent.TIME_OUT if error == "timeout" else CommandEvent.FAIL
        await self._advance(command, event, error[:LONGEST_ERROR], room=room)

    async def superseded(self, room: RoomId, command: CommandId) -> None:
        """A newer one came before the device had taken it."""
        await self._advance(command, CommandEvent.SUPERSEDE, room=room)

    async def cancel(self, command: CommandId, by: str) -> Order:
        """Give a command up; Conflict("illegal-transition") when it has ended."""
        now = self._means.clock()

        def give_up(conn: Connection) -> Order:
            order = commands.get(conn, command)
            audit.record(conn, now, by, "room.command.cancel", order.room, {"id": order.id})
            return commands.move(conn, order, advance(order.state, CommandEvent.CANCEL), now)

        order = await self._means.database.write(give_up)
        sent, hand = order.id not in self._held, self._hand(order)
        self._over(order)
        if sent:
            await hand.cancel_command(order.room, order.id)
        return order

    async def expire(self, now: datetime) -> None:
        """Send the commands whose time has come, and end those whose time is up."""
        for held in list(self._held.values()):
            await self._release(held, now)
        for command, limit in list(self._limits.items()):
            if now >= limit.at:
                hand = self._hands.get(command, self._means.wire)
                order = await self._end(command, limit.event, limit.error)
                await hand.cancel_command(order.room, order.id)

    async def _release(self, held: Held, now: datetime) -> None:
        """Send a command that was held, once its hour has come and the room is there."""
        order, wish = held.order, held.wish
        if order.id not in self._held:  # superseded or cancelled meanwhile
            return
        if wish.expires_at is not None and now >= wish.expires_at:
            await self._end(order.id, CommandEvent.TIME_OUT, "timeout")
        elif wish.not_before is not None and now < wish.not_before:
            return
        elif self._hand(order).screen_connected(order.room):
            del self._held[order.id]
            allowed = await self._means.database.write(lambda conn: _let_go(conn, held))
            await self._send(order, wish, now, allowed)
        elif not held.waits(now):
            await self._end(order.id, CommandEvent.FAIL, "agent_unreachable")

    async def restore(self, now: datetime, again: Again) -> None:
        """After a start: what was only held is held on; the rest fails soon, unless its room
        says better. What would come too late says so."""
        for order in await self._means.database.read(commands.unfinished):
            until = now + INTERRUPTED
            if not order.held:
                limit = _Limit(until, CommandEvent.FAIL, "interrupted", until)
                self._limits[order.id] = limit
            elif is_past(order, now):
                await self._end(order.id, CommandEvent.FAIL, "too_late")
            else:
                await self._hold_on(order, again, until)

    async def _hold_on(self, order: Order, again: Again, until: datetime) -> None:
        try:
            wish = again(order)
        except MargerideError:  # its room has left the network
            await self._end(order.id, CommandEvent.FAIL, "interrupted")
            return
        self._held[order.id] = Held(order=order, wish=wish, patience=until)
        self._look_at(order.not_before, self._means.clock())

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
        result: dict[str, Any] | None = None,
    ) -> Order | None:
        """The command after the event; None when it came too late or twice."""
        now = self._means.clock()

        def step(conn: Connection) -> Order | None:
            order = commands.get(conn, command)
            if room is not None and order.room != room:
                raise NotFound("no-command", command=command)
            state = order.state
            if event is CommandEvent.FINISH and state is CommandState.ACCEPTED:
                state = advance(state, CommandEvent.START)  # in one step, told as one
            try:
                moved = commands.move(conn, order, advance(state, event), now, error, result)
            except Conflict:
                return None
            if moved.state is CommandState.DONE and moved.command in VIEW_CHANGED:
                view_pictures.forget(conn, moved.room, moved.arguments["preset"])
            return moved

        order = await self._means.database.write(step)
        if order is not None:
            self._over(order) if is_over(order.state) else self._told(order)
        return order

    def _over(self, order: Order) -> None:
        for known in (self._limits, self._held, self._hands):
            known.pop(order.id, None)
        self._told(order)

    def _told(self, order: Order) -> None:
        """That it was accepted was answered to who asked; the others hear of it with the rest."""
        bus = self._means.bus
        tell = bus.mention if order.state is CommandState.ACCEPTED else bus.publish
        tell(
            f"room.command.{order.state}",
            room=order.room,
            command=order.id,
            name=order.command,
            state=order.state.value,
            error=order.error,
            session=order.session,
        )


def _able_screen(conn: Connection, room: RoomId) -> frozenset[str]:
    told = room_store.state_of(conn, room)
    return frozenset(SCREEN_ABLE if told is None else told.document.get("able", SCREEN_ABLE))


def _let_go(conn: Connection, held: Held) -> bool:
    """Note that it is sent, before it is: after a crash nobody sends it a second time."""
    commands.let_go(conn, held.order.id)
    return may(conn, held.wish.check)
