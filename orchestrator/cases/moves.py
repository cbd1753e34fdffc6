"""Moving a session, and noting what is learnt of its sites: kept first, done and told after."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from orchestrator import readiness
from orchestrator.cases import calls, rehearsal_end
from orchestrator.cases.conductor import Conductor
from orchestrator.cases.rights import SessionCheck, anyone
from orchestrator.cues import Reports
from orchestrator.session import Act, Done, Effect, Event, Learnt, State, Step, apply
from orchestrator.store import audit, participants, rehearsals, sessions
from orchestrator.store.sessions import Stored
from rooms.errors import Unavailable
from rooms.ids import RoomId, SessionId

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A session before and after something happened to it."""

    before: Stored
    after: Stored
    effects: tuple[Effect, ...]

    @property
    def changed(self) -> bool:
        """Whether there is anything to tell."""
        return self.before.session != self.after.session


def move_in(conn: Connection, now: datetime, session: SessionId, event: Event, by: str) -> Move:
    """Apply the event within a transaction, and record it."""
    return _moved(conn, now, sessions.get(conn, session), event, by)


def _moved(
    conn: Connection,
    now: datetime,
    stored: Stored,
    event: Event,
    by: str,
    reports: Reports | None = None,
) -> Move:
    after, effects = apply(stored.session, event, now)
    rehearsed = stored.session.state is State.REHEARSAL and after.state is not State.REHEARSAL
    if rehearsed:
        rehearsal_end.close(conn, now, stored, by, reports)
    sessions.keep(conn, stored.session, after)
    if Effect.CLOSE_MEDIA in effects:
        participants.dismiss(conn, now, stored.id)
        if rehearsed:
            rehearsals.forget_people(conn, stored.id)
    if after != stored.session:
        _record(conn, now, replace(stored, session=after), event, by)
    return Move(before=stored, after=replace(stored, session=after), effects=effects)


def _record(conn: Connection, now: datetime, after: Stored, event: Event, by: str) -> None:
    if isinstance(event, Done):
        detail: dict[str, str] = {"state": after.session.state.value}
        audit.record(conn, now, by, f"session.{event.act}", after.id, detail)
    else:
        state = after.session.site(event.room).state
        detail = {"room": event.room, "because": event.step.value}
        audit.record(conn, now, by, f"site.{state}", after.id, detail)


async def act(
    conductor: Conductor, session: SessionId, act: Act, by: str, check: SessionCheck = anyone
) -> Stored:
    """Do something to a session; Conflict("illegal-transition") when it is not the time for it."""
    now = conductor.means.clock()

    def step(conn: Connection) -> Move:
        stored = sessions.get(conn, session)
        check(conn, stored)
        return _moved(conn, now, stored, Done(act=act), by, conductor.reports.get(session))

    move = await conductor.means.database.write(step)
    await carry_out(conductor, move, by)
    return await conductor.means.database.read(lambda conn: sessions.get(conn, session))


async def learn(conductor: Conductor, session: SessionId, room: RoomId, step: Step) -> None:
    """Note what is learnt of a site, and tell everybody when that changes it."""
    now = conductor.means.clock()
    event = Learnt(room=room, step=step)
    move = await conductor.means.database.write(
        lambda conn: move_in(conn, now, session, event, room)
    )
    await carry_out(conductor, move, room)


async def carry_out(conductor: Conductor, move: Move, by: str) -> None:
    """Do and tell what a kept move asks for."""
    if not move.changed:
        return
    session = move.after.session
    conductor.means.bus.publish(
        "session.changed",
        session=session.id,
        state=session.state.value,
        sites={site.room: site.state.value for site in session.sites},
    )
    await _perform(conductor, move, move.effects, by)


async def _perform(conductor: Conductor, move: Move, effects: Iterable[Effect], by: str) -> None:
    wire, session = conductor.means.wire, move.after.id
    for effect in effects:
        match effect:
            case Effect.OPEN_MEDIA:
                await open_media(conductor, session)
            case Effect.CALL_ROOMS:
                await calls.call_missing(conductor, move.after, by)
            case Effect.RELEASE_ROOMS:
                await calls.release(conductor, move.before, by)
            case Effect.TELL:
                await wire.session_changed(session)
            case Effect.CLOSE_MEDIA:
                await wire.end(session)
            case Effect.CHECK_READINESS:
                await _check_readiness(conductor, move.after)


async def _check_readiness(conductor: Conductor, stored: Stored) -> None:
    issues = await readiness.run(conductor.means, stored)
    conductor.means.bus.publish(
        "session.readiness", session=stored.id, issues=[issue.key for issue in issues]
    )


async def open_media(conductor: Conductor, session: SessionId) -> None:
    """Make the session known to the media worker; the wire tries again at each join."""
    try:
        await conductor.means.engine.open(session)
    except Unavailable:
        log.warning("session %s opens without a media worker", session)
