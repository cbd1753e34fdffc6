"""Places for parts of the house that only listen: the recorder, whoever composes the public page.

Each has a token of its own, good until it is taken away; nobody in the session is told of them.
"""

from sqlalchemy import Connection

from orchestrator.means import Means
from orchestrator.session import OVER
from orchestrator.store import participants, sessions
from orchestrator.store.instants import iso
from rooms.errors import Conflict
from rooms.ids import ParticipantId, SessionId
from signalling.ports import SERVICE


async def give_place(means: Means, session: SessionId, name: str) -> tuple[ParticipantId, str]:
    """A place in a session, and its token. `name` is for the record: `recorder`, `public-page`.

    Raises:
        NotFound: "no-session".
        Conflict: "session-over".
    """
    now = means.clock()

    def give(conn: Connection) -> tuple[ParticipantId, str]:
        stored = sessions.get(conn, session)
        if stored.session.state in OVER:
            ended = stored.session.ended_at or stored.session.ends_at
            raise Conflict("session-over", ended_at=iso(ended))
        return participants.add(conn, now, session, name=name, kind=SERVICE)

    return await means.database.write(give)


async def take_place(means: Means, session: SessionId, participant: ParticipantId) -> None:
    """Put it out, and it hears `left`; its token opens nothing any more. Said twice, no matter."""
    now = means.clock()

    def forget(conn: Connection) -> None:
        participants.renew(conn, participant)
        participants.become(conn, now, participant, participants.LEFT)

    await means.database.write(forget)
    await means.wire.remove(session, participant)
