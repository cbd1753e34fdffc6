"""Places for what has no page: a camera encoder that sends (WHIP), a receiver that shows (WHEP)."""

from enum import StrEnum

from sqlalchemy import Connection

from orchestrator.auth.people import Person
from orchestrator.cases import rights
from orchestrator.cases.conductor import Conductor
from orchestrator.cases.guests import Gone, clean_name
from orchestrator.session import OVER
from orchestrator.store import audit, participants, sessions
from orchestrator.store.instants import iso
from rooms.errors import NotFound, TooMany
from rooms.ids import ParticipantId, SessionId

MOST = 20


class Way(StrEnum):
    """Which way the media of a place without a page flow; the kind of its participant."""

    PUBLISH = "encoder"
    RECEIVE = "receiver"


async def give_place(
    conductor: Conductor, person: Person, session: SessionId, name: str, way: Way
) -> tuple[ParticipantId, str]:
    """A place in a session that one runs, with the token that opens it until the session ends."""
    clean, now = clean_name(name), conductor.means.clock()

    def give(conn: Connection) -> tuple[ParticipantId, str]:
        stored = sessions.get(conn, session)
        rights.runs(person)(conn, stored)
        if stored.session.state in OVER:
            ended = stored.session.ended_at or stored.session.ends_at
            raise Gone("session-over", ended_at=iso(ended))
        given = participants.of_session(conn, session)
        if sum(one.kind in list(Way) and one.state != participants.LEFT for one in given) >= MOST:
            raise TooMany("too-many-encoders", most=MOST, retry_after=60)
        made = participants.add(conn, now, session, name=clean, kind=way.value)
        audit.record(conn, now, person.id, "session.encoder", session, {"participant": made[0]})
        return made

    return await conductor.means.database.write(give)


async def take_place(
    conductor: Conductor, person: Person, session: SessionId, participant: ParticipantId
) -> None:
    """Put it out of the session; its token opens nothing any more."""
    now = conductor.means.clock()

    def forget(conn: Connection) -> None:
        rights.runs(person)(conn, sessions.get(conn, session))
        given = {one.id: one for one in participants.of_session(conn, session)}
        one = given.get(participant)
        if one is None or one.kind not in list(Way):
            raise NotFound("no-participant", participant=participant)
        participants.renew(conn, participant)
        if one.state == participants.INVITED:  # nobody will report that he has left
            participants.become(conn, now, participant, participants.LEFT)
        audit.record(
            conn, now, person.id, "session.encoder.removed", session, {"participant": participant}
        )

    await conductor.means.database.write(forget)
    await conductor.means.wire.remove(session, participant)
