"""A ceremony is rehearsed: the same run of show on a stage that nobody outside sees.

The public is not let in, nothing is recorded or shown outside (who does that asks for the state
of the session), and at the end all is as it was before (`rehearsal_end`). Sites are tested at any
hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, update

from orchestrator import rehearsal as rules
from orchestrator import rundown as runs
from orchestrator.auth.people import Person
from orchestrator.cases import moves, rights
from orchestrator.cases.conductor import Conductor
from orchestrator.cases.moves import Move
from orchestrator.cues import Standing
from orchestrator.rehearsal import Worse
from orchestrator.session import RUNNING, Act, Done
from orchestrator.site_test import Contents, Measured
from orchestrator.store import (
    audit,
    bookings,
    ceremonies,
    cues,
    participants,
    rundowns,
    sessions,
    stagings,
)
from orchestrator.store import rehearsals as rows
from orchestrator.store.instants import instant, seconds
from orchestrator.store.rehearsals import Rehearsal, SiteTest
from orchestrator.store.sessions import Stored
from orchestrator.store.tables import bookings as booking_rows
from rooms.errors import Conflict
from rooms.ids import RoomId, SessionId, new_id

CEREMONY = "ceremony"
LASTS = timedelta(hours=2)
"""A rehearsal outside of its slot, at most."""
EARLY = timedelta(minutes=30)
TODAY = timedelta(hours=12)
"""Tests of sites that are held against the rehearsal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """The rehearsals of a session, with what got worse since the last one that has a report."""

    stored: Stored
    rehearsals: Sequence[Rehearsal]
    today: dict[RoomId, SiteTest]
    worse: Sequence[Worse]


async def begin(conductor: Conductor, session: SessionId, person: Person) -> Stored:
    """Rehearse it now; its rooms are called. Conflict("rehearsal-room-held") while one of them is
    in another session."""
    now = conductor.means.clock()

    def step(conn: Connection) -> Move:
        stored = sessions.get(conn, session)
        rights.runs(person)(conn, stored)
        if stored.kind != CEREMONY:
            raise Conflict("not-a-ceremony", session=session)
        _check_free(conn, conductor, stored, now)
        move = moves.move_in(conn, now, session, Done(act=Act.REHEARSE), person.id)
        until = _until(conn, conductor, stored, now)
        written = stagings.document(conn, session)
        made = rows.begin(conn, now, session, person.id, until, written)
        _reset(conn, stored, now, person)
        audit.record(conn, now, person.id, "rehearsal.began", session, {"rehearsal": made})
        return move

    move = await conductor.means.database.write(step)
    await moves.carry_out(conductor, move, person.id)
    return await conductor.means.database.read(lambda conn: sessions.get(conn, session))


def _reset(conn: Connection, stored: Stored, now: datetime, person: Person) -> None:
    """It begins as it is written, whatever was tried before."""
    version, rundown = rundowns.get(conn, stored.session)
    if version and runs.reset(rundown) != rundown:
        rundowns.keep(conn, now, stored.session, runs.reset(rundown), version + 1, person.id)


async def finish(conductor: Conductor, session: SessionId, person: Person) -> Stored:
    """It is over; the session waits for its day, as it was written."""
    return await moves.act(conductor, session, Act.BOOK, person.id, rights.runs(person))


def _check_free(conn: Connection, conductor: Conductor, stored: Stored, now: datetime) -> None:
    held = {
        room
        for other in sessions.due(conn, now)
        if other.id != stored.id and other.session.state in RUNNING
        for room in other.centres
    }
    busy = [conductor.means.label(room) for room in stored.centres if room in held]
    if busy:
        raise Conflict("rehearsal-room-held", rooms=busy)


def _until(conn: Connection, conductor: Conductor, stored: Stored, now: datetime) -> datetime:
    """The end of its slot, when it is now; it never reaches into the doors."""
    doors = stored.session.starts_at - conductor.means.opens_before(stored.doors)
    planned = ceremonies.of_session(conn, stored.id)
    slot = planned and bookings.holding_of(conn, planned.organiser, planned.rehearsal_uid)
    if slot and instant(slot.starts_at) - EARLY <= now < instant(slot.ends_at):
        # It is being used: nobody gives its rooms back because they would be empty.
        changed = update(booking_rows).where(booking_rows.c.id == slot.id)
        conn.execute(changed.values(checked_in_at=max(seconds(now), slot.starts_at)))
        return min(instant(slot.ends_at), doors)
    return min(now + LASTS, doors)


async def see(conductor: Conductor, person: Person, session: SessionId) -> Reported:
    """What the rehearsals of a session showed."""
    now = conductor.means.clock()

    def look(conn: Connection) -> Reported:
        stored = sessions.get(conn, session)
        rights.runs(person)(conn, stored)
        found = rows.of_session(conn, session)
        report = next((one.report for one in reversed(found) if one.report is not None), None)
        since = now - TODAY if report is None else max(now - TODAY, report.ended_at)
        today = rows.latest_tests(conn, stored.centres, since, now)
        measured = {room: test.measured for room, test in today.items()}
        worse = () if report is None else rules.compared(report.sites, measured)
        return Reported(stored=stored, rehearsals=found, today=today, worse=worse)

    return await conductor.means.database.read(look)


async def keep_test(conductor: Conductor, by: str, room: RoomId, measured: Measured) -> SiteTest:
    """What was measured at a site; what it keeps of the cues is added here."""
    now = conductor.means.clock()

    def write(conn: Connection) -> SiteTest:
        contents = _contents(conn, conductor, room) or measured.contents
        whole = Measured(
            camera=measured.camera,
            microphone=measured.microphone,
            speaker=measured.speaker,
            line=measured.line,
            clock=measured.clock,
            contents=contents,
        )
        test = SiteTest(id=new_id("st"), room=room, at=now, by=by, measured=whole)
        rows.keep_test(conn, test)
        return test

    test = await conductor.means.database.write(write)
    conductor.means.bus.publish("room.site-test", room=room)
    return test


async def last_test(conductor: Conductor, room: RoomId) -> SiteTest | None:
    """The last one of the last day."""
    now = conductor.means.clock()
    read = conductor.means.database.read
    found = await read(lambda conn: rows.latest_tests(conn, [room], now - timedelta(days=1), now))
    return found.get(room)


def _contents(conn: Connection, conductor: Conductor, room: RoomId) -> Contents | None:
    """What the screen of a room that is in a session keeps of its cues; None: it is in none."""
    here = next((one for one in participants.here(conn) if one.room == room), None)
    if here is None:
        return None
    reports = conductor.reports.get(here.session)
    loaded = cues.of_session(conn, here.session)
    kept = [
        cue
        for cue in loaded
        if reports is not None
        and reports.kept(cue, here.id).standing in (Standing.READY, Standing.FIRED)
    ]
    return Contents(loaded=len(kept), wanted=len(loaded))
