"""A room calls for help: one call at a time, told to its animateurs, answered by one of them."""

from datetime import datetime

from sqlalchemy import Connection

from orchestrator.auth import limits
from orchestrator.store import audit, help_calls
from orchestrator.store.help_calls import HelpCall
from rooms.errors import Conflict, NotFound
from rooms.ids import RoomId


def ask(conn: Connection, room: RoomId, by: str, now: datetime) -> tuple[HelpCall, bool]:
    """The call of the room, and whether it is a new one: who presses twice calls once.

    A call that was asked, or answered, half an hour ago is over: it is not shown to the next people
    in the room, and they call anew.
    """
    calling = help_calls.of_room(conn, room, now)
    if calling is not None:
        return calling, False
    limits.count(conn, now, limits.help_limits(room))
    help_calls.ask(conn, room, by, now)
    audit.record(conn, now, by, "room.help.asked", room)
    return _must(conn, room, now), True


def answer(conn: Connection, room: RoomId, by: str, now: datetime) -> HelpCall:
    """Somebody comes.

    Raises:
        NotFound: "no-help-call" when the room calls no more.
        Conflict: "help-answered" when another comes already.
    """
    calling = _must(conn, room, now)
    if not help_calls.answer(conn, room, by, now):
        raise Conflict("help-answered", helper=calling.helper)
    audit.record(conn, now, by, "room.help.answered", room)
    return _must(conn, room, now)


def close(conn: Connection, room: RoomId, by: str, now: datetime) -> bool:
    """It is over, for the room or for who came; False when it was."""
    closed = help_calls.close(conn, room)
    if closed:
        audit.record(conn, now, by, "room.help.closed", room)
    return closed


def _must(conn: Connection, room: RoomId, now: datetime) -> HelpCall:
    calling = help_calls.of_room(conn, room, now)
    if calling is None:
        raise NotFound("no-help-call", room=room)
    return calling
