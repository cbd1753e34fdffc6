"""What is shown at one instant everywhere: contents brought, cues loaded, fired and recalled.

`fire` is the door for whoever conducts, be it a person or the rundown. What the endpoints say of
themselves is kept in memory: after a restart each of them joins again, is told, and says it anew.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from orchestrator import cues as rules
from orchestrator.auth.people import Person
from orchestrator.cases import rights
from orchestrator.cases.conductor import Conductor
from orchestrator.cases.rights import SessionCheck
from orchestrator.cue import MOST_CUES
from orchestrator.cues import Cue, Kept, Reports
from orchestrator.session import OVER
from orchestrator.store import cues as rows
from orchestrator.store import evidence, participants, rundowns, sessions
from orchestrator.store.cues import Content
from orchestrator.store.devices import Device
from orchestrator.store.instants import iso
from orchestrator.store.participants import Participant
from orchestrator.store.sessions import Stored
from rooms.errors import Conflict, Invalid, NotFound, TooMany, Unauthenticated
from rooms.ids import ParticipantId, RoomId, SessionId
from signalling.messages_cues import Content as Told
from signalling.messages_cues import Cued, CueFire, CueFired, CueLoad, CueRecall, HeardOfCue
from signalling.ports import Place

MOST_REPORTED = 100  # sessions of which the reports are kept; the oldest go
INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A cue, and how everybody who is there stands to it."""

    cue: Cue
    of: dict[ParticipantId, Kept]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetcher:
    """Who asks for contents: a person, or a page by its token."""

    person: Person | None = None
    device: Device | None = None
    bearer: str = ""


async def find(conductor: Conductor, fetcher: Fetcher, session: SessionId, content: str) -> Content:
    """Contents by their name, for who runs the session and who takes part in it."""

    def look(conn: Connection) -> Content:
        _may_fetch(conn, fetcher, sessions.get(conn, session))
        for one in rows.contents(conn, session).values():
            if name_of(one.sha256) == content:
                return one
        raise NotFound("no-content", content=content)

    return await conductor.means.database.read(look)


async def load(conductor: Conductor, session: SessionId, cue: Cue, check: SessionCheck) -> Cue:
    """Have every endpoint keep it; changed, it is fetched and acknowledged again."""

    def keep(conn: Connection) -> tuple[Cue, bool]:
        running(conn, session, check)
        known = {one.id: one for one in rows.of_session(conn, session)}
        if cue.id not in known and len(known) >= MOST_CUES:
            raise TooMany("cues-full", most=MOST_CUES, retry_after=60)
        contents = rows.contents(conn, session)
        rules.check(cue, {one.sha256: one.type for one in contents.values()})
        made = rules.loaded(cue, known.get(cue.id))
        rows.keep(conn, session, made)
        return made, made != known.get(cue.id)

    made, changed = await conductor.means.database.write(keep)
    if changed:
        await tell_loaded(conductor, session, made)
    return made


async def fire(
    conductor: Conductor,
    session: SessionId,
    cue: str,
    at: datetime | None = None,
    check: SessionCheck = rights.anyone,
) -> Cue:
    """Show it everywhere at that instant, or at the first one that reaches everybody.

    Said again it moves the instant. What is answered has the instant in `execute_at`.
    """
    now = conductor.means.clock()

    def keep(conn: Connection) -> Cue:
        running(conn, session, check)
        return keep_fired(conn, conductor, rows.get(conn, session, cue), session, at, now)

    made = await conductor.means.database.write(keep)
    await tell_fired(conductor, session, made)
    return made


def keep_fired(
    conn: Connection,
    conductor: Conductor,
    cue: Cue,
    session: SessionId,
    at: datetime | None,
    now: datetime,
) -> Cue:
    """The half of `fire` that is kept, for who keeps more in one transaction; then `tell_fired`."""
    made = rules.fired(cue, at, now, reports_of(conductor, session))
    rows.keep(conn, session, made)
    return made


async def tell_fired(conductor: Conductor, session: SessionId, made: Cue) -> None:
    """Everybody who is there; who joins later is told by `told_to_who_joins`."""
    reports_of(conductor, session).again(made)
    await _tell(conductor, session, made, *_fire(conductor, made))
    conductor.means.bus.publish("session.cue.fired", session=session, cue=made.id)


async def recall(
    conductor: Conductor, session: SessionId, cue: str, check: SessionCheck = rights.anyone
) -> None:
    """Not to be shown, or no longer; its contents go with it where no other cue has them."""

    def forget(conn: Connection) -> Cue:
        check(conn, sessions.get(conn, session))
        return keep_recalled(conn, session, rows.get(conn, session, cue))

    await tell_recalled(conductor, session, await conductor.means.database.write(forget))


def keep_recalled(conn: Connection, session: SessionId, cue: Cue) -> Cue:
    """The half of `recall` that is kept; then `tell_recalled`."""
    rows.forget(conn, session, cue.id)
    unused = rules.unused(cue, rows.of_session(conn, session))
    wanted = named(conn, session) if unused else {}
    rows.drop(conn, session, [one for one in unused if one not in wanted])
    return cue


def named(conn: Connection, session: SessionId) -> dict[str, str]:
    """The contents that the run of show names, with the title of a cue: they stay, whatever is
    recalled."""
    _, rundown = rundowns.get(conn, sessions.get(conn, session).session)
    return {cue.plan.contents: cue.plan.title for cue in rundown.cues}


async def tell_loaded(conductor: Conductor, session: SessionId, made: Cue) -> None:
    """Everybody whom it is for and who is there."""
    contents = await conductor.means.database.read(lambda conn: rows.contents(conn, session))
    if all(one in contents for one in made.contents):
        await _tell(conductor, session, made, _load(session, made, contents))
    conductor.means.bus.publish("session.cue.loaded", session=session, cue=made.id)


async def tell_recalled(conductor: Conductor, session: SessionId, gone: Cue) -> None:
    """Everybody who is there."""
    reports_of(conductor, session).forget(gone.id)
    await _tell(conductor, session, gone, CueRecall(cue=gone.id, version=gone.version))
    conductor.means.bus.publish("session.cue.recalled", session=session, cue=gone.id)


async def standing(conductor: Conductor, person: Person, session: SessionId) -> list[Standing]:
    """Every cue of a session, and who keeps it by now."""

    def look(conn: Connection) -> tuple[list[Cue], list[Participant]]:
        rights.runs(person)(conn, sessions.get(conn, session))
        return rows.of_session(conn, session), present(conn, session)

    found, there = await conductor.means.database.read(look)
    reports = reports_of(conductor, session)
    return [
        Standing(
            cue=cue,
            of={one.id: reports.kept(cue, one.id) for one in there if cue.is_for(one.room)},
        )
        for cue in found
    ]


def present(conn: Connection, session: SessionId) -> list[Participant]:
    """Who is to keep a cue: everybody who is in and has a page."""
    known = participants.of_session(conn, session)
    pages = ("room", "person", "guest")
    return [one for one in known if one.state == participants.JOINED and one.kind in pages]


async def told_to_who_joins(
    conductor: Conductor, session: SessionId, room: RoomId | None
) -> tuple[Cued, ...]:
    """Every cue that is loaded for him, and fired if it is."""

    def look(conn: Connection) -> tuple[list[Cue], dict[str, Content]]:
        return rows.of_session(conn, session), rows.contents(conn, session)

    found, contents = await conductor.means.database.read(look)
    told: list[Cued] = []
    for cue in (one for one in found if one.is_for(room)):
        told += [_load(session, cue, contents), *_fire(conductor, cue)]
    return tuple(told)


async def heard(conductor: Conductor, place: Place, message: HeardOfCue) -> None:
    """What somebody says of a cue; of one that was recalled or changed meanwhile it is nothing."""
    session = place.session
    try:
        cue = await conductor.means.database.read(lambda conn: rows.get(conn, session, message.cue))
    except NotFound:
        return
    if isinstance(message, CueFired):
        message = replace(message, at=iso(_ours(conductor, message.at)))
    reports = reports_of(conductor, session)
    before = reports.kept(cue, place.participant).standing
    if reports.hear(cue, place.participant, message):
        kept = reports.kept(cue, place.participant)
        if kept.fired_at is not None and isinstance(message, CueFired):
            await _keep_firing(conductor, place, cue, kept)
        now = kept.standing
        if now is not before:
            ready = now in (rules.Standing.READY, rules.Standing.FIRED)
            conductor.stir(session, place.room, cue.id, ready=ready)
            conductor.means.bus.publish(
                f"session.cue.{now.value}.by",
                session=session,
                cue=cue.id,
                participant=place.participant,
                room=place.room,
            )


async def _keep_firing(conductor: Conductor, place: Place, cue: Cue, kept: Kept) -> None:
    """Evidence: what is in memory only would go with the process."""
    at, error = kept.fired_at, round(kept.error.total_seconds() * 1000)
    assert at is not None
    await conductor.means.database.write(
        lambda conn: evidence.keep_firing(conn, place.session, cue, place.participant, at, error)
    )


def left(conductor: Conductor, place: Place) -> None:
    """Nobody waits for him any more."""
    if place.session in conductor.reports:
        conductor.reports[place.session].gone(place.participant)


def reports_of(conductor: Conductor, session: SessionId) -> Reports:
    """What the endpoints of a session said."""
    known = conductor.reports
    if session not in known and len(known) >= MOST_REPORTED:
        known.pop(next(iter(known)))
    return known.setdefault(session, Reports())


def name_of(sha256: str) -> str:
    """Contents as an address names them."""
    return f"ct-{sha256[:40]}"


def url_of(session: SessionId, sha256: str) -> str:
    """Where an endpoint fetches them."""
    return f"/api/v1/sessions/{session}/contents/{name_of(sha256)}"


def running(conn: Connection, session: SessionId, check: SessionCheck) -> Stored:
    """The session, if he may and it is not over; Conflict("session-over")."""
    stored = sessions.get(conn, session)
    check(conn, stored)
    if stored.session.state in OVER:
        raise Conflict("session-over", session=session)
    return stored


def _may_fetch(conn: Connection, fetcher: Fetcher, stored: Stored) -> None:
    """A person who runs it; a page with the token of a place in it; the screen of a site."""
    if fetcher.device is not None:
        if fetcher.device.room in stored.centres:
            return
        raise NotFound("no-session", session=stored.id)
    if fetcher.bearer:
        one = participants.by_token(conn, fetcher.bearer)
        if one is None:
            raise Unauthenticated("bad-token")
        if one.session != stored.id:
            raise NotFound("no-session", session=stored.id)
        return
    if fetcher.person is None:
        raise Unauthenticated("login-required")
    rights.runs(fetcher.person)(conn, stored)


async def _tell(conductor: Conductor, session: SessionId, cue: Cue, *messages: Cued) -> None:
    for message in messages:
        await conductor.means.wire.cue(session, message, cue.rooms)


def _load(session: SessionId, cue: Cue, contents: dict[str, Content]) -> CueLoad:
    return CueLoad(
        cue=cue.id,
        version=cue.version,
        kind=cue.kind,
        title=cue.title,
        text=cue.text or None,
        seconds=cue.seconds,
        lead=cue.lead,
        contents=tuple(
            Told(sha256=one, type=found.type, size=found.size, url=url_of(session, one))
            for one, found in ((one, contents[one]) for one in cue.contents)
        ),
    )


def _fire(conductor: Conductor, cue: Cue) -> tuple[CueFire, ...]:
    """The instant on the clock that endpoints are told: it never jumps, the world's may."""
    if cue.execute_at is None:
        return ()
    means = conductor.means
    at = cue.execute_at + (means.wire.now() - means.clock())
    return (CueFire(cue=cue.id, version=cue.version, at=at.strftime(INSTANT)),)


def _ours(conductor: Conductor, told: str) -> datetime:
    means = conductor.means
    try:
        return datetime.fromisoformat(told) + (means.clock() - means.wire.now())
    except (ValueError, OverflowError):  # the 31st of February
        raise Invalid("bad-message") from None
