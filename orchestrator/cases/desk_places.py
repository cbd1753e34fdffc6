"""The desk of who directs a ceremony has a place of its own in it: it sees the wings and hears the
air, and speaks to whom the director chooses. Nobody is told of it."""

from datetime import datetime

from sqlalchemy import Connection

from orchestrator.auth.people import Person
from orchestrator.cases import rights
from orchestrator.cases.conductor import Conductor
from orchestrator.session import OVER
from orchestrator.store import participants, sessions, stagings
from orchestrator.store.participants import Participant
from rooms.errors import Conflict
from rooms.ids import ParticipantId, SessionId
from signalling.ports import DESK


async def give(
    conductor: Conductor, session: SessionId, person: Person
) -> tuple[ParticipantId, str]:
    """The place of his desk, and a new token for it; the former token opens nothing any more.

    Raises:
        NotFound: "no-session", "no-stage".
        Conflict: "session-over".
    """
    now = conductor.means.clock()

    def take(conn: Connection) -> tuple[ParticipantId, str]:
        stored = sessions.get(conn, session)
        rights.runs(person)(conn, stored)
        stagings.get(conn, session)
        if stored.session.state in OVER:
            raise Conflict("session-over", session=session)
        known = participants.desk_of(conn, session, person.id)
        if known is not None:
            return known.id, participants.renew(conn, known.id)
        return participants.add(conn, now, session, name=person.name, kind=DESK, person=person.id)

    return await conductor.means.database.write(take)


def forget(conn: Connection, now: datetime, session: SessionId) -> list[Participant]:
    """There is no stage any more: the tokens of its desks open nothing. They are to be put out."""
    desks = [one for one in participants.of_session(conn, session) if one.kind == DESK]
    for one in desks:
        participants.renew(conn, one.id)
        participants.become(conn, now, one.id, participants.LEFT)
    return desks
