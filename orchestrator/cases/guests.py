"""Coming in by link: who looks at it learns what it is; who gives a name gets his token.

Who waits in the lobby gets it before he has said his name, and says it when he comes in.
"""

import unicodedata
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from orchestrator import roles
from orchestrator.auth.people import Person
from orchestrator.cases import moves
from orchestrator.cases.conductor import CLOCK, Conductor
from orchestrator.ceremony import REHEARSING, Invited
from orchestrator.session import OVER, RUNNING, Act, State
from orchestrator.store import audit, ceremonies, participants, sessions
from orchestrator.store.instants import iso
from orchestrator.store.participants import Participant
from orchestrator.store.sessions import Stored
from rooms.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from rooms.ids import ParticipantId, PersonId, SessionId

LONGEST_NAME = 60
LONGEST_CODE = 64
MOST_PARTICIPANTS = 500


class Gone(Conflict):
    """The session was, and is over."""

    status = 410


async def look(conductor: Conductor, code: str) -> Stored:
    """The session behind a link: of a series the one now, else the next one, else the last."""
    return (await look_named(conductor, code))[0]


async def look_named(conductor: Conductor, code: str) -> tuple[Stored, Invited | None]:
    """The same, and whose link it is, where it is one person's own."""
    code = code[:LONGEST_CODE]

    def find(conn: Connection) -> tuple[list[Stored], Invited | None]:
        known = ceremonies.of_code(conn, code)
        guest, joined = (None, code) if known is None else known
        return sessions.of_code(conn, joined), guest

    found, guest = await conductor.means.database.read(find)
    if not found:
        raise NotFound("no-link")
    return choose(found, conductor.means.clock()), guest


def choose(found: list[Stored], now: datetime) -> Stored:
    """Which date of a series a link means now; `found` is in order."""
    running = [stored for stored in found if stored.session.state in RUNNING]
    coming = [
        stored
        for stored in found
        if stored.session.state not in OVER and stored.session.ends_at > now
    ]
    return (running or coming or found[-1:])[0]


async def enter_by_link(
    conductor: Conductor, code: str, name: str, person: Person | None = None
) -> tuple[ParticipantId, str, Stored]:
    """Let somebody in: his id and his token."""
    clean = clean_name(name)
    found, guest = await look_named(conductor, code)
    stored, now = await doors(conductor, found), conductor.means.clock()
    part = None if guest is None else guest.part
    check_rehearsing(stored, person, part)

    def give(conn: Connection) -> tuple[ParticipantId, str]:
        _take_place(conn, now, stored.id)
        participant, token = _add(conn, now, stored.id, person, name=clean, part=part)
        _record(conn, now, stored.id, participant, None if person is None else person.id)
        return participant, token

    participant, token = await conductor.means.database.write(give)
    return participant, token, stored


async def wait_by_link(
    conductor: Conductor, code: str, person: Person | None = None
) -> tuple[ParticipantId, str, Stored]:
    """Let somebody into the lobby: his id and his token, which is worth nothing without a name."""
    found, guest = await look_named(conductor, code)
    stored, now = await doors(conductor, found), conductor.means.clock()
    part = None if guest is None else guest.part
    check_rehearsing(stored, person, part)

    def give(conn: Connection) -> tuple[ParticipantId, str]:
        participants.forget_absent(conn, now, stored.id)
        state = participants.WAITING
        return _add(conn, now, stored.id, person, name="", state=state, part=part)

    participant, token = await conductor.means.database.write(give)
    return participant, token, stored


async def introduce(conductor: Conductor, one: Participant, name: str) -> Participant:
    """Who waited in the lobby comes in under this name."""
    clean, now = clean_name(name), conductor.means.clock()

    def admit(conn: Connection) -> None:
        _take_place(conn, now, one.session)
        participants.introduce(conn, now, one.id, clean)
        _record(conn, now, one.session, one.id, one.person)

    await conductor.means.database.write(admit)
    return replace(one, name=clean, state=participants.INVITED)


def _take_place(conn: Connection, now: datetime, session: SessionId) -> None:
    participants.forget_absent(conn, now, session)
    if participants.count(conn, now, session) >= MOST_PARTICIPANTS:
        raise TooMany("session-full", retry_after=60)


def _add(
    conn: Connection,
    now: datetime,
    session: SessionId,
    person: Person | None,
    *,
    name: str,
    state: str = participants.INVITED,
    part: str | None = None,
) -> tuple[ParticipantId, str]:
    kind, known = ("guest", None) if person is None else ("person", person.id)
    return participants.add(
        conn, now, session, name=name, kind=kind, person=known, state=state, part=part
    )


def check_rehearsing(stored: Stored, person: Person | None, part: str | None) -> None:
    """To a rehearsal come who runs it and whose link says that he has something to rehearse; the
    screens of its sites are called. Forbidden("rehearsing") for the public."""
    if stored.session.state is not State.REHEARSAL or part in REHEARSING:
        return
    if person is None or not roles.may_run(person, stored.facts):
        raise Forbidden("rehearsing", starts_at=iso(stored.session.starts_at))


def _record(
    conn: Connection,
    now: datetime,
    session: SessionId,
    participant: ParticipantId,
    person: PersonId | None,
) -> None:
    about = {"participant": participant}
    audit.record(conn, now, person or participant, "session.enter", session, about)


async def doors(conductor: Conductor, stored: Stored) -> Stored:
    """The session with its doors open; Forbidden("not-open-yet"), Gone("session-over")."""
    now, session = conductor.means.clock(), stored.session
    if session.state in RUNNING:
        return stored
    if session.state in OVER or now >= session.ends_at:
        raise Gone("session-over", ended_at=iso(session.ended_at or session.ends_at))
    open_from = session.starts_at - conductor.means.opens_before(stored.doors)
    if session.state is not State.BOOKED or now < open_from:
        raise Forbidden("not-open-yet", open_from=iso(open_from))
    try:
        return await moves.act(conductor, session.id, Act.OPEN, CLOCK)
    except Conflict:  # the clock was quicker
        return await conductor.means.database.read(lambda conn: sessions.get(conn, session.id))


def clean_name(name: str) -> str:
    """A name to show: no control or invisible sign, one space at a time, at most 60 characters."""
    kept = "".join(
        " " if sign.isspace() else sign
        for sign in unicodedata.normalize("NFC", name[: LONGEST_NAME * 4])
        if sign.isspace() or unicodedata.category(sign)[0] != "C"
    )
    clean = " ".join(kept.split())
    if not clean or len(clean) > LONGEST_NAME:
        raise Invalid("bad-name", longest=LONGEST_NAME)
    return clean
