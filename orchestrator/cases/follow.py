"""A session follows its booking: waiting ones are moved with it, the others here.

What a booking wants of sessions that wait is written with the booking itself; one that runs, or
has ended, is the conductor's: it is moved, emptied, called back to waiting or cancelled by an act.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from orchestrator.cases import calls, moves
from orchestrator.cases.conductor import Conductor
from orchestrator.cases.moves import Move
from orchestrator.session import OVER, RUNNING, Act, Done, State
from orchestrator.store import bookings, sessions
from orchestrator.store.instants import instant
from orchestrator.store.sessions import Stored
from orchestrator.store.tables import occurrences
from rooms.errors import NotFound
from rooms.ids import RoomId, SessionId

BY = "booking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """When the booking wants a session, and in which rooms."""

    start: datetime
    end: datetime
    title: str
    rooms: frozenset[RoomId]


async def follow_booking(conductor: Conductor, booking: str) -> bool:
    """Make the sessions of a booking that do not wait what it says now.

    Returns whether one of them is so near that the clock should look at once.
    """
    found = await conductor.means.database.read(lambda conn: sessions.of_booking(conn, booking))
    for stored in found:
        if stored.session.state in RUNNING or stored.session.state is State.ENDED:
            await _follow(conductor, stored.id)
    now, opens = conductor.means.clock(), conductor.means.opens_before
    return any(one.session.starts_at <= now + opens(one.doors) for one in found)


async def _follow(conductor: Conductor, session: SessionId) -> None:
    now = conductor.means.clock()

    def step(conn: Connection) -> tuple[Move, bool]:
        stored = sessions.get(conn, session)
        gone, wanted = _wanted(conn, stored)
        if gone and stored.session.running:
            return moves.move_in(conn, now, session, Done(act=Act.CANCEL), BY), True
        if wanted is None or not _differs(stored, wanted):
            return _unmoved(stored), False
        return _agree(conductor, conn, now, stored, wanted), True

    try:
        move, told = await conductor.means.database.write(step)
    except NotFound:  # forgotten meanwhile
        return
    await moves.carry_out(conductor, move, BY)
    if told:
        await calls.release_removed(conductor, move.before, move.after)
        await conductor.means.wire.session_changed(session)


def _unmoved(stored: Stored) -> Move:
    return Move(before=stored, after=stored, effects=())


def _wanted(conn: Connection, stored: Stored) -> tuple[bool, Wanted | None]:
    """Whether the booking has given the session up; what it wants of it, unless it was refused."""
    row = None if stored.booking is None else bookings.by_id(conn, stored.booking)
    if row is None or row.state == bookings.CANCELLED:
        return True, None
    if row.state != bookings.CONFIRMED:
        return False, None
    held = conn.execute(
        select(occurrences.c.room_id, occurrences.c.starts_at, occurrences.c.ends_at).where(
            occurrences.c.booking_id == row.id,
            occurrences.c.recurrence_id == stored.recurrence_id,
            occurrences.c.room_id.is_not(None),
        )
    ).all()
    if not held:
        return True, None
    return False, Wanted(
        start=instant(min(one.starts_at for one in held)),
        end=instant(max(one.ends_at for one in held)),
        title=row.title,
        rooms=frozenset(RoomId(one.room_id) for one in held),
    )


def _differs(stored: Stored, wanted: Wanted) -> bool:
    session = stored.session
    if session.state in OVER and wanted.start <= session.starts_at:
        return False  # history stays as it was
    now = (session.starts_at, session.ends_at, stored.title, frozenset(stored.centres))
    return now != (wanted.start, wanted.end, wanted.title, wanted.rooms)


def _agree(
    conductor: Conductor, conn: Connection, now: datetime, stored: Stored, wanted: Wanted
) -> Move:
    later = wanted.start - conductor.means.opens_before(stored.doors) > now
    if stored.session.state in OVER and wanted.end <= now:
        return _unmoved(stored)
    move = _unmoved(stored)
    if later or stored.session.state in OVER:
        move = moves.move_in(conn, now, stored.id, Done(act=Act.BOOK), BY)
    sessions.reschedule(conn, stored.id, wanted.start, wanted.end, wanted.title)
    for room in frozenset(stored.centres) - wanted.rooms:
        sessions.unseat(conn, stored.id, room)
    for room in wanted.rooms - frozenset(stored.centres):
        sessions.seat(conn, stored.id, room, conductor.means.network.centre_of(room).id)
    after = sessions.get(conn, stored.id)
    return Move(before=stored, after=after, effects=move.effects)
