"""Setting up the stage of a ceremony, directing it, and what is seen of its sources.

Every change is one transaction with its line in the record; what follows from it is told after.
"""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator import direction
from orchestrator import staging as ceremony
from orchestrator.auth.people import Person
from orchestrator.cases import desk_places, rights
from orchestrator.cases.conductor import CLOCK, Conductor
from orchestrator.session import CEREMONY, OVER
from orchestrator.staging import OF_THE_FLOOR, Act, Fact, Staging
from orchestrator.store import audit, participants, sessions, stagings
from orchestrator.store.participants import Participant
from orchestrator.store.sessions import Stored
from rooms.errors import Conflict, NotFound
from rooms.ids import SessionId
from signalling.ports import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A staging, how often it has changed, and who its sources are."""

    stored: Stored
    version: int
    staging: Staging
    people: Mapping[str, Participant]


Change = Callable[[Staging, Stored], Staging]


async def see(conductor: Conductor, session: SessionId, person: Person) -> Shown:
    """As it is now, for who runs the session."""

    def look(conn: Connection) -> Shown:
        stored = sessions.get(conn, session)
        rights.runs(person)(conn, stored)
        return _shown(conn, stored)

    return await conductor.means.database.read(look)


async def set_up(conductor: Conductor, session: SessionId, person: Person) -> Shown:
    """Everybody to the wings: from now on only what is on air is heard and seen by all.

    Who sets it up is the director. Done again, it changes nothing.
    """
    now = conductor.means.clock()

    def make(conn: Connection) -> tuple[bool, Shown]:
        stored = sessions.get(conn, session)
        rights.runs(person)(conn, stored)
        if stored.kind != CEREMONY:
            raise Conflict("not-a-ceremony", session=session)
        if stored.session.state in OVER:
            raise Conflict("session-over", session=session)
        new = stagings.find(conn, session) is None
        if new:
            begun = ceremony.begin(person.id, [site.room for site in stored.session.sites])
            stagings.set_up(conn, now, session, begun)
            audit.record(conn, now, person.id, "stage.set_up", session)
        return new, _shown(conn, stored)

    new, shown = await conductor.means.database.write(make)
    conductor.desks[session, person.id] = now
    if new:
        await tell(conductor, session, shown.version)
    return shown


async def strike(conductor: Conductor, session: SessionId, person: Person) -> None:
    """No stage any more: everybody hears and sees everybody, as in any other session."""
    now = conductor.means.clock()

    def remove(conn: Connection) -> list[Participant]:
        stored = sessions.get(conn, session)
        rights.runs(person)(conn, stored)
        _, staging = stagings.get(conn, session)
        direction.holds(direction.here(staging.direction, person.id), person.id)
        stagings.strike(conn, session)
        audit.record(conn, now, person.id, "stage.strike", session)
        return desk_places.forget(conn, now, session)

    for desk in await conductor.means.database.write(remove):
        await conductor.means.wire.remove(session, desk.id)
    await tell(conductor, session, 0)


async def act(conductor: Conductor, session: SessionId, person: Person, wanted: Act) -> Shown:
    """One act of the director's, or a hand at a site."""
    now = conductor.means.clock()

    def change(staging: Staging, _: Stored) -> Staging:
        return ceremony.done(staging, wanted, person.id, now)

    topic = "floor" if wanted.word in OF_THE_FLOOR else "stage"
    detail = _told(wanted)
    shown = await _changed(
        conductor,
        session,
        rights.run_with(person, wanted.deputies),
        change,
        (person.id, f"{topic}.{wanted.word}", detail),
    )
    if wanted.word not in ceremony.OF_THE_SITES:
        conductor.desks[session, person.id] = now
    return shown


async def hand(conductor: Conductor, place: Place, up: bool) -> None:
    """A hand in a page or in a room, raised or lowered; nothing where no stage is set up."""
    now, source = conductor.means.clock(), place.room or place.participant

    def change(staging: Staging, _: Stored) -> Staging:
        return ceremony.hand(staging, source, up, now)

    about: dict[str, object] = {"source": source}
    line = (str(place.participant), f"floor.{'raise' if up else 'lower'}", about)
    with contextlib.suppress(NotFound):
        await _changed(conductor, place.session, rights.anyone, change, line)


async def learn(
    conductor: Conductor,
    session: SessionId,
    facts: Mapping[str, Fact],
    lost: frozenset[str],
    ahead: timedelta = timedelta(),
) -> None:
    """What is seen of its sources now, and whose desks are not heard any more; what follows by the
    passing of time follows so much ahead."""
    now = conductor.means.clock() + ahead

    def change(staging: Staging, stored: Stored) -> Staging:
        sites = (site.room for site in stored.session.sites)
        staging = ceremony.enrolled(staging, [*sites, *facts])
        for person in sorted(lost & frozenset(staging.direction.here)):
            staging = ceremony.desk_lost(staging, person)
        return ceremony.learnt(staging, facts, now)

    def is_news(conn: Connection) -> bool:
        found = stagings.find(conn, session)
        return found is not None and change(found[1], sessions.get(conn, session)) != found[1]

    if await conductor.means.database.read(is_news):
        await _changed(conductor, session, rights.anyone, change, (CLOCK, "", {}))


async def tell(conductor: Conductor, session: SessionId, version: int) -> None:
    """Say that it has changed."""
    conductor.means.bus.publish("session.stage.changed", session=session, version=version)
    await conductor.means.wire.session_changed(session)


async def _changed(
    conductor: Conductor,
    session: SessionId,
    check: rights.SessionCheck,
    change: Change,
    line: tuple[str, str, dict[str, object]],
) -> Shown:
    now = conductor.means.clock()

    def step(conn: Connection) -> tuple[bool, Shown]:
        stored = sessions.get(conn, session)
        check(conn, stored)
        version, before = stagings.get(conn, session)
        after = change(before, stored)
        if after == before:
            return False, _shown(conn, stored)
        stagings.keep(conn, now, session, version, after)
        _record(conn, now, session, (before, after), line)
        return True, _shown(conn, stored)

    changed, shown = await conductor.means.database.write(step)
    if changed:
        await tell(conductor, session, shown.version)
    return shown


def _record(
    conn: Connection,
    now: datetime,
    session: SessionId,
    states: tuple[Staging, Staging],
    line: tuple[str, str, dict[str, object]],
) -> None:
    who, action, detail = line
    before, after = states
    if before.direction.holder != after.direction.holder:
        audit.record(conn, now, who, "stage.desk", session, _of_desk(before, after))
    if action:
        taken = _of_program(after) if action == "stage.take" else {}
        audit.record(conn, now, who, action, session, detail | taken)
        return
    shows = {spot.owner: spot.source for spot in after.stage.spots}
    for what, source in ceremony.happened(*states):
        about = {"source": source, "shows": shows[source]}
        audit.record(conn, now, who, f"stage.{what}", session, about)
    for source, signal in ceremony.signals(*states):
        facts = {"source": source, "signal": signal}
        audit.record(conn, now, who, "stage.signal", session, facts)


def _of_program(after: Staging) -> dict[str, object]:
    """What everybody sees from now on."""
    program = after.stage
    return {"layout": program.layout.value, "sources": [spot.source for spot in program.spots]}


def _of_desk(before: Staging, after: Staging) -> dict[str, object]:
    """Who has the desk from now on, and whether the one before was lost."""
    former, now = before.direction.holder, after.direction.held
    lost = former is not None and former not in after.direction.here
    because = "lost" if lost else "came" if former is None else "given"
    return {"person": after.direction.holder, "now": now.value, "because": because}


def _shown(conn: Connection, stored: Stored) -> Shown:
    version, staging = stagings.get(conn, stored.id)
    people = people_of(conn, stored.id)
    return Shown(stored=stored, version=version, staging=staging, people=people)


def people_of(conn: Connection, session: SessionId) -> dict[str, Participant]:
    """Who was let in, by the name of his source: that of his room, else his own."""
    let_in = participants.of_session(conn, session)
    return {one.room or one.id: one for one in let_in if one.is_somebody}


def _told(wanted: Act) -> dict[str, object]:
    facts: dict[str, object] = {
        "source": wanted.source,
        "substitute": wanted.substitute,
        "layout": wanted.layout,
        "sources": list(wanted.sources),
        "wings": wanted.wings,
        "person": wanted.person,
        "mode": wanted.mode,
        "to": wanted.to.source if wanted.to else None,
    }
    return {name: value for name, value in facts.items() if value}
