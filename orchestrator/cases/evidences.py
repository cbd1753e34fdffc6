"""The report of a ceremony, for whoever runs it: built from the store, kept once it is over."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from orchestrator import evidence
from orchestrator.auth.people import Person
from orchestrator.cases import rights
from orchestrator.cases.conductor import CLOCK, Conductor
from orchestrator.cases.rundown_heads import zone_of
from orchestrator.evidence import Facts
from orchestrator.evidence_document import document
from orchestrator.evidence_facts import Announced, Entry, Line
from orchestrator.means import Means
from orchestrator.session import OVER
from orchestrator.store import bookings, line_tests, rundowns, sessions, stagings
from orchestrator.store import evidence as rows
from orchestrator.store.sessions import Stored
from rooms.centre import Centre
from rooms.errors import NotFound
from rooms.ids import RoomId, SessionId
from rooms.line import Profile

CEREMONY = "ceremony"
Json = dict[str, Any]


async def read(conductor: Conductor, person: Person, session: SessionId) -> Json:
    """As it is now; once the ceremony is over, as it was kept. NotFound("no-evidence") of any
    other kind of session."""
    means, now = conductor.means, conductor.means.clock()

    def look(conn: Connection) -> Json:
        stored = sessions.get(conn, session)
        rights.runs(person)(conn, stored)
        if stored.kind != CEREMONY:
            raise NotFound("no-evidence", session=session)
        over = stored.session.state in OVER and stored.session.ended_at is not None
        found = rows.kept(conn, stored.session) if over else None
        return found or made(conn, means, stored, now)

    return await means.database.read(look)


async def keep(means: Means, session: SessionId) -> None:
    """Keep that of a ceremony that is over: the figures it is made of are dropped in time."""
    now = means.clock()
    built = await means.database.read(
        lambda conn: made(conn, means, sessions.get(conn, session), now)
    )

    def write(conn: Connection) -> None:
        stored = sessions.get(conn, session)
        if stored.session.state in OVER and stored.session.ended_at is not None:
            rows.keep(conn, now, stored.session, built)

    await means.database.write(write)


def made(conn: Connection, means: Means, stored: Stored, now: datetime) -> Json:
    """The report, from the store alone."""
    return document(evidence.build(_facts(conn, means, stored, now)), now)


def _facts(conn: Connection, means: Means, stored: Stored, now: datetime) -> Facts:
    session, among = stored.session, frozenset(stored.centres)
    until = session.ended_at or now
    opened = session.opened_at or session.starts_at
    row = None if stored.booking is None else bookings.by_id(conn, stored.booking)
    return Facts(
        session=session,
        title=stored.title,
        zone=zone_of(means, stored),
        names={room: means.label(room, among) for room in stored.centres},
        lines=_lines(conn, means, stored, opened),
        cues=rundowns.get(conn, session)[1].cues,
        entries=_entries(conn, stored, now),
        readings=rows.readings(conn, stored.id),
        firings=rows.firings(conn, stored.id),
        outages=rows.outages(conn, opened, until),
        places=rows.places(conn, stored.id),
        announced=Announced(seats=0 if row is None else row.seats),
    )


def _entries(conn: Connection, stored: Stored, now: datetime) -> list[Entry]:
    lines = rows.lines(conn, stored.session, now)
    staged = stagings.find(conn, stored.id)
    directors = () if staged is None else staged[1].direction.people
    return [rows.entry(line, _by(line, stored, directors)) for line in lines]


def _by(line: Any, stored: Stored, directors: tuple[str, ...]) -> str:
    """What he was, who did it."""
    if line.who == CLOCK:
        return "clock"
    if line.who in directors:
        return "director" if line.who == directors[0] else "deputy"
    if line.who in stored.centres or line.action.startswith("site."):
        return "site"
    return "organiser" if line.who == stored.organiser else "desk"


def _lines(conn: Connection, means: Means, stored: Stored, at: datetime) -> Mapping[RoomId, Line]:
    """What each site's line carried by what was known when the doors opened."""
    by_id = {centre.id: centre for centre in means.network.centres}
    centres = {room: by_id[one] for room, one in stored.centres.items() if one in by_id}
    found = line_tests.profiles(conn, centres.values(), at)
    return {room: _line(centre, found[centre.id]) for room, centre in centres.items()}


def _line(centre: Centre, known: Profile) -> Line:
    return Line(
        technology=centre.line.technology,
        down_kbps=known.down_kbps,
        up_kbps=known.up_kbps,
        rtt_ms=known.rtt_ms,
        measured=known.tested_at is not None,
    )
