"""What is not ready of a ceremony: the conditions, held against what is seen and what is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator.auth.people import Person
from orchestrator.cases import rights
from orchestrator.cases.conductor import Conductor
from orchestrator.ceremony import SiteRole
from orchestrator.ceremony_lines import Bears, bearing
from orchestrator.conditions import CONDITIONS
from orchestrator.conditions.rules import Fact, Finding, Site, found
from orchestrator.cue import WAITING, Cue, Kind, missing
from orchestrator.means import Means
from orchestrator.session import State
from orchestrator.site_test import Outcome, Part, results
from orchestrator.store import (
    broadcasts,
    devices,
    line_tests,
    recordings,
    rehearsals,
    rundowns,
    sessions,
    stagings,
)
from orchestrator.store.devices import AGENT, SCREEN
from orchestrator.store.rehearsals import SiteTest
from orchestrator.store.sessions import Stored
from rooms.ids import RoomId, SessionId
from rooms.line import Profile

TESTED = timedelta(hours=24)
"""A test of a site says something of the ceremony for so long."""
FROM = timedelta(minutes=60)
BEFORE = (State.BOOKED, State.REHEARSAL, State.DOORS, State.COUNTDOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the store knows of a ceremony; the rest is seen on the line."""

    stored: Stored
    paired: set[tuple[RoomId, str]]
    tests: Mapping[RoomId, SiteTest]
    lines: Mapping[RoomId, Profile]
    cues: tuple[Cue, ...]
    session: Mapping[str, Fact]


async def of_session(
    conductor: Conductor, person: Person, session: SessionId
) -> tuple[Stored, tuple[Finding, ...]]:
    """Every condition of a session one runs, at any hour."""
    means, now = conductor.means, conductor.means.clock()

    def look(conn: Connection) -> Kept:
        stored = sessions.get(conn, session)
        rights.runs(person)(conn, stored)
        return kept(conn, means, stored, now)

    seen = await means.database.read(look)
    return seen.stored, judged(means, seen)


def coming(conn: Connection, means: Means, now: datetime) -> list[Kept]:
    """The ceremonies of the next hour that have not begun."""
    near = sessions.between(conn, now, now + FROM)
    return [
        kept(conn, means, one, now)
        for one in near
        if one.kind == "ceremony" and one.session.state in BEFORE and one.session.starts_at > now
    ]


def unready(means: Means, seen: Kept, now: datetime) -> dict[RoomId, tuple[str, ...]]:
    """What whoever is on duty is told of, by room; of the whole session at its host."""
    session = seen.stored.session
    left = (session.starts_at - now) / timedelta(minutes=1)
    host = next((site.room for site in session.sites if site.role == "host"), None)
    told: dict[RoomId, tuple[str, ...]] = {}
    for one in judged(means, seen, left):
        room = one.room or host
        if not one.passed and one.condition.needed and room is not None:
            told[room] = (*told.get(room, ()), one.condition.key)
    return told


def judged(means: Means, seen: Kept, minutes_left: float | None = None) -> tuple[Finding, ...]:
    """Each condition with whether it holds."""
    sites = [
        Site(room=site.room, role=site.role, facts=_of_site(means, seen, site.room, site.role))
        for site in seen.stored.session.sites
    ]
    return found(CONDITIONS, sites, seen.session, minutes_left)


def kept(conn: Connection, means: Means, stored: Stored, now: datetime) -> Kept:
    """What is read of it. Blocking."""
    known = {room.id for room in means.network.rooms}
    centres = {room: means.network.centre_of(room) for room in stored.centres if room in known}
    profiles = line_tests.profiles(conn, {one.id: one for one in centres.values()}.values(), now)
    _, rundown = rundowns.get(conn, stored.session)
    return Kept(
        stored=stored,
        paired=devices.paired(conn),
        tests=rehearsals.latest_tests(conn, stored.centres, now - TESTED, now),
        lines={room: profiles[one.id] for room, one in centres.items()},
        cues=rundown.cues,
        session=_of_session(conn, stored, rundown.cues),
    )


def _of_session(conn: Connection, stored: Stored, cues: tuple[Cue, ...]) -> dict[str, Fact]:
    kinds = {cue.plan.kind for cue in cues}
    staging = stagings.find(conn, stored.id)
    purpose = recordings.terms(conn, stored.id) is not None
    page = broadcasts.find(conn, stored.id) is not None
    return {
        "deputies": 0 if staging is None else len(staging[1].direction.deputies),
        "purpose": purpose if Kind.RECORD_ON in kinds else None,
        "public_page": page if Kind.BROADCAST_ON in kinds else None,
    }


def _of_site(means: Means, seen: Kept, room: RoomId, role: str) -> dict[str, Fact]:
    test = seen.tests.get(room)
    outcomes = {} if test is None else {one.part: one.outcome for one in results(test.measured)}
    line = seen.lines.get(room)
    known = role in tuple(SiteRole) and line is not None
    waiting = [cue for cue in seen.cues if cue.state in WAITING]
    agent = means.agents.screen_connected(room) if (room, AGENT) in seen.paired else None
    return {
        "agent": agent,
        "screen": (room, SCREEN) in seen.paired and means.wire.screen_connected(room),
        "camera": outcomes.get(Part.CAMERA) is Outcome.PASSED,
        "microphone": outcomes.get(Part.MICROPHONE) in (Outcome.PASSED, Outcome.WEAK),
        "clock": outcomes.get(Part.CLOCK) is Outcome.PASSED,
        "line": bearing(room, SiteRole(role), line).bears is not Bears.REFUSED
        if known and line is not None
        else None,
        "contents": not any(room in missing(cue, [room]) for cue in waiting if cue.plan.contents),
    }
