"""What is asked of a room: the wish, who may ask it, how long it may be held.

Whoever asks, asks by a `Wish`; `orchestrator.room_control` follows what becomes of it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator.means import Hand
from orchestrator.store.commands import Order
from orchestrator.store.idempotency import Once
from orchestrator.store.instants import iso
from rooms.control import Command, CommandState, arguments_of
from rooms.errors import Invalid, MargerideError, TooMany
from rooms.ids import CommandId, RoomId, SessionId, new_id
from rooms.ordering import MOST_PENDING, group, overtakes
from signalling.ports import Json

LONGEST_HELD = timedelta(hours=24)
LATEST = timedelta(seconds=60)
"""A command whose hour struck while the service was away is still sent so much later."""
Check = Callable[[Connection], None]
Prepare = Callable[[], Awaitable[Json]]


def allowed(conn: Connection) -> None:
    """The check of the house itself, which may command every room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of a room. `check` raises when it may not (any more) be asked.

    `secrets` go on the wire only; `prepare` makes them when the command is sent.
    """

    room: RoomId
    command: Command
    by: str
    session: SessionId | None = None
    secrets: Json = field(default_factory=dict)
    prepare: Prepare | None = None
    check: Check = allowed
    once: Once | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a wish in the store."""

    order: Order
    superseded: list[Order] = field(default_factory=list)
    hand: Hand | None = None  # None: the same request was answered before
    check: Check
    allowed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A command that waits for its hour or for its room; after a restart, for so long at least."""

    order: Order
    wish: Wish
    patience: datetime | None = None

    def waits(self, now: datetime) -> bool:
        """Whether a room that is not there is still waited for."""
        return self.wish.expires_at is not None or (
            self.patience is not None and now < self.patience
        )


def may(conn: Connection, check: Check) -> bool:
    """A right may have gone between the wish and its execution."""
    try:
        check(conn)
    except MargerideError:
        return False
    return True


def again(conn: Connection, taken: Taken) -> Taken:
    """What is stored is about to be sent: may it still?"""
    order = taken.order
    goes = order.state is CommandState.ACCEPTED and not order.held and taken.hand is not None
    return replace(taken, allowed=may(conn, taken.check)) if goes else taken


def is_past(order: Order, now: datetime) -> bool:
    """Whether the hour of a held command struck so long ago that nobody expects it any more."""
    struck = order.not_before is not None and order.not_before + LATEST < now
    return struck and order.expires_at is None


def check_instants(wish: Wish, now: datetime) -> None:
    """What is held is held for a day at most; Invalid("bad-instant")."""
    for instant in (wish.not_before, wish.expires_at):
        if instant is not None and instant > now + LONGEST_HELD:
            raise Invalid("bad-instant", latest=iso(now + LONGEST_HELD))
    if wish.expires_at is not None and wish.expires_at <= max(now, wish.not_before or now):
        raise Invalid("bad-instant", latest=iso(now + LONGEST_HELD))


def check_room_for(wish: Wish, pending: list[Order]) -> None:
    """TooMany when so many already wait for these devices; `camera.stop` always goes."""
    name = wish.command.name
    waiting = sum(group(one.command) == group(name) for one in pending)
    if waiting >= MOST_PENDING and not overtakes(name):
        raise TooMany("too-many-commands", room=wish.room, retry_after=5)


def new_order(wish: Wish, now: datetime, connected: bool) -> Order:
    """The command to store; it may have to wait for its hour or for its room."""
    later = wish.not_before is not None and wish.not_before > now
    held = later or (not connected and wish.expires_at is not None)
    taken = connected or held
    return Order(
        id=CommandId(new_id("cm")),
        room=wish.room,
        command=wish.command.name,
        arguments=arguments_of(wish.command),
        state=CommandState.ACCEPTED if taken else CommandState.FAILED,
        error=None if taken else "agent_unreachable",
        by=wish.by,
        session=wish.session,
        created_at=now,
        updated_at=now,
        held=held,
        not_before=wish.not_before,
        expires_at=wish.expires_at,
    )
