"""A phone as the remote of a room: the code on the room's screen, its time, what it is told.

The code goes to the paired screen of the room and to nobody else: who reads it stands before it.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator import roles
from orchestrator.auth import pairing
from orchestrator.auth.keyring import Keyring
from orchestrator.auth.pairing import Wrong
from orchestrator.session import RUNNING
from orchestrator.store import phones, sessions
from orchestrator.store.busy import Busy, busy_between
from orchestrator.store.phones import Phone
from rooms.errors import Conflict, Forbidden, Unauthenticated
from rooms.ids import RoomId

CODE_LASTS = timedelta(minutes=2)
IDLE = timedelta(minutes=30)
"""How long a phone commands a room for which nothing is booked."""
LONGEST = timedelta(hours=12)
MOST = 8
"""Phones that command one room at once."""


def new_code(conn: Connection, keyring: Keyring, room: RoomId, screen: str, now: datetime) -> str:
    """A code for the screen of the room to show."""
    return pairing.new_code(conn, keyring, phones.place_of(room), screen, now, CODE_LASTS)


def claim(
    conn: Connection, keyring: Keyring, room: RoomId, code: str, now: datetime, source: str
) -> tuple[Phone, str] | Wrong:
    """The phone and its token, or Wrong for a code that is not (or no more) the room's, or not for
    the address `source`.

    Raises:
        Conflict: "too-many-phones"; the code stays good then.
    """
    if wrong := pairing.use(conn, keyring, phones.place_of(room), code, now, source):
        return wrong
    if len(phones.here(conn, room, now)) >= MOST:
        raise Conflict("too-many-phones", most=MOST)
    return phones.add(conn, room, now, until(conn, room, now))


def until(conn: Connection, room: RoomId, now: datetime) -> datetime:
    """To the end of what goes on in the room or is about to, the earliest where there are several;
    else for a short time, which ends when the next people come."""
    if held := _near(conn, room, now, roles.COMMANDS_FROM):
        return min([now + LONGEST, *(one.end for one in held)])
    return min([now + IDLE, *(one.start for one in _near(conn, room, now, IDLE))])


def held_now(conn: Connection, room: RoomId, now: datetime) -> Busy | None:
    """What goes on in the room, or begins there within a quarter of an hour."""
    return next(iter(_near(conn, room, now, roles.COMMANDS_FROM)), None)


def _near(conn: Connection, room: RoomId, now: datetime, within: timedelta) -> list[Busy]:
    return [one for one in busy_between(conn, now, now + within) if one.room == room]


def is_open(conn: Connection, held: Busy) -> bool:
    """Whether rooms may join its session now."""
    if held.session is None:
        return False
    return sessions.get(conn, held.session).session.state in RUNNING


def proved(conn: Connection, token: str, room: str, now: datetime) -> Phone:
    """The phone of this token, for this room.

    Raises:
        Unauthenticated: it never was one, its time is over, or it was put out.
        Forbidden: "not-your-room" at another one.
    """
    known = phones.by_token(conn, token) if token else None
    if known is None:
        raise Unauthenticated("login-required")
    if known.room != room:
        raise Forbidden("not-your-room", room=room)
    if known.put_out:
        raise Unauthenticated("phone-put-out")
    if now >= known.until:
        raise Unauthenticated("phone-time-over")
    return known
