"""Contents brought for the cues of a session: kept once, forgotten when nothing shows them."""

import hashlib

from sqlalchemy import Connection

from orchestrator.auth.people import Person
from orchestrator.cases import cues, rights, rundown_screens
from orchestrator.cases.conductor import Conductor
from orchestrator.cases.rundown_screens import Kept
from orchestrator.contents import MOST, MOST_BYTES, check_bytes
from orchestrator.store import audit, sessions
from orchestrator.store import cues as rows
from orchestrator.store.cues import Content
from rooms.errors import Conflict, NotFound, TooMany
from rooms.ids import SessionId


async def may_bring(conductor: Conductor, person: Person, session: SessionId) -> None:
    """Asked before the bytes are read."""
    check = rights.runs(person)
    await conductor.means.database.read(lambda conn: cues.running(conn, session, check))


async def bring(
    conductor: Conductor, person: Person, session: SessionId, kind: str, name: str, body: bytes
) -> Content:
    """Keep contents for a session; the same bytes twice are kept once."""
    check_bytes(kind, body)
    now = conductor.means.clock()

    def keep(conn: Connection, made: Content) -> tuple[Content, Kept]:
        stored = cues.running(conn, session, rights.runs(person))
        known = rows.contents(conn, session).get(made.sha256)
        if known is not None:
            return known, Kept()
        before = rundown_screens.types_of(conn, session)
        count, size = rows.weight(conn, session)
        if count >= MOST or size + made.size > MOST_BYTES:
            raise TooMany("contents-full", most=MOST, bytes=MOST_BYTES, retry_after=60)
        rows.add(conn, now, session, made, body)
        audit.record(conn, now, person.id, "session.content", session, {"name": name})
        return made, rundown_screens.keep_brought(conn, stored, made.sha256, before)

    digest = hashlib.sha256(body).hexdigest()
    made = Content(sha256=digest, type=kind, name=name, size=len(body))
    made, kept = await conductor.means.database.write(lambda conn: keep(conn, made))
    await rundown_screens.tell(conductor, session, kept)
    return made


async def drop(conductor: Conductor, person: Person, session: SessionId, content: str) -> None:
    """Contents that no cue has are needed no more."""

    def forget(conn: Connection) -> None:
        rights.runs(person)(conn, sessions.get(conn, session))
        named = [one for one in rows.contents(conn, session) if cues.name_of(one) == content]
        if not named:
            raise NotFound("no-content", content=content)
        for cue in rows.of_session(conn, session):
            if named[0] in cue.contents:
                raise Conflict("content-in-use", cue=cue.title)
        planned = cues.named(conn, session)
        if named[0] in planned:
            raise Conflict("content-in-use", cue=planned[named[0]])
        rows.drop(conn, session, named)

    await conductor.means.database.write(forget)
