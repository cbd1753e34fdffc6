"""Calling rooms into a session, and letting them go."""

from sqlalchemy import Connection

from orchestrator.cases.conductor import Conductor
from orchestrator.room_control import Check, Wish, allowed
from orchestrator.session import PRESENT, RUNNING, Session, SiteState, State
from orchestrator.store import commands, idempotency, participants, sessions
from orchestrator.store.commands import Order
from orchestrator.store.idempotency import Once
from orchestrator.store.sessions import Stored
from rooms.control import CallJoin, CallLeave
from rooms.errors import Conflict
from rooms.ids import RoomId, SessionId
from signalling.ports import Json

MISSING = (SiteState.EXPECTED, SiteState.DROPPED)


async def call_room(
    conductor: Conductor,
    session: SessionId,
    room: RoomId,
    by: str,
    *,
    check: Check = allowed,
    once: Once | None = None,
) -> tuple[Order, bool]:
    """Command a room to join: its screen gets a fresh participant token and the title."""
    means = conductor.means
    now = means.clock()

    def admit(conn: Connection) -> Json:
        check(conn)
        stored = sessions.get(conn, session)
        _must_run(stored.session)
        stored.session.site(room)
        if once is not None and idempotency.find(conn, once, now) is not None:
            return {}
        if not means.wire.screen_connected(room):
            return {}  # nobody takes the command: a token he may hold stays good
        known = participants.of_room(conn, session, room)
        if known is not None:
            return {"token": participants.renew(conn, known.id), "title": stored.title}
        name = means.label(room, frozenset(stored.centres))
        _, token = participants.add(conn, now, session, name=name, kind="room", room=room)
        return {"token": token, "title": stored.title}

    secrets = await means.database.write(admit)
    return await conductor.control.submit(
        Wish(
            room=room,
            command=CallJoin(session=session),
            by=by,
            session=session,
            secrets=secrets,
            check=check,
            once=once,
        )
    )


def _must_run(session: Session) -> None:
    if session.state in (State.DRAFT, State.BOOKED):
        raise Conflict("session-not-open", session=session.id)
    if session.state not in RUNNING:
        raise Conflict("session-over", session=session.id)


async def call_missing(conductor: Conductor, stored: Stored, by: str) -> None:
    """Call every connected room of the session that is neither there nor being called."""
    for site in stored.session.sites:
        if conductor.means.wire.screen_connected(site.room):
            await call_if_missing(conductor, stored.id, site.room, by)


async def call_if_missing(conductor: Conductor, session: SessionId, room: RoomId, by: str) -> None:
    """Call a room that is neither there nor being called, by a person or by the clock."""

    def wanted(conn: Connection) -> bool:
        site = sessions.get(conn, session).session.site(room)
        return site.state in MISSING and room not in being_called(conn, session)

    if (session, room) in conductor.dialling:
        return
    conductor.dialling.add((session, room))
    try:
        if await conductor.means.database.read(wanted):
            await call_room(conductor, session, room, by)
    finally:
        conductor.dialling.discard((session, room))


def being_called(conn: Connection, session: SessionId) -> set[RoomId]:
    """The rooms whose screens are about to join the session."""
    return all_being_called(conn).get(session, set())


def all_being_called(conn: Connection) -> dict[SessionId, set[RoomId]]:
    """The rooms whose screens are about to join, by session."""
    called: dict[SessionId, set[RoomId]] = {}
    for order in commands.unfinished(conn):
        if order.session is not None and order.command == CallJoin.name:
            called.setdefault(order.session, set()).add(order.room)
    return called


async def release(conductor: Conductor, stored: Stored, by: str) -> None:
    """Tell the rooms that are in the session to leave it."""
    for site in stored.session.sites:
        if site.state in PRESENT and conductor.means.wire.screen_connected(site.room):
            await conductor.control.submit(
                Wish(room=site.room, command=CallLeave(), by=by, session=stored.id)
            )


async def release_removed(conductor: Conductor, before: Stored, after: Stored) -> None:
    """Tell the rooms that are no sites of the session any more to leave it."""
    for site in before.session.sites:
        removed = site.room not in after.centres and site.state in PRESENT
        if removed and conductor.means.wire.screen_connected(site.room):
            await conductor.control.submit(
                Wish(room=site.room, command=CallLeave(), by="booking", session=before.id)
            )
