"""Rows of participants: who was let into a session, and whether he is there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from orchestrator.store.hashed import token_hash
from orchestrator.store.instants import seconds
from orchestrator.store.tables import participants
from rooms.ids import ParticipantId, PersonId, RoomId, SessionId, new_id, new_secret
from signalling.ports import DESK, UNSEEN

INVITED, JOINED, LOST, LEFT = "invited", "joined", "lost", "left"
WAITING = "waiting"  # in the lobby, without a name: he takes no place yet
# How long a place is held for who was let in and does not come, and how long his token is good.
HELD, GOOD = timedelta(minutes=10), timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """One endpoint let into a session.

    `kind` is room, person, guest, encoder or receiver; or, not counted, service (a part of the
    house) or desk (of who directs a ceremony).
    """

    id: ParticipantId
    session: SessionId
    name: str
    kind: str
    state: str
    room: RoomId | None = None
    person: PersonId | None = None
    part: str | None = None  # of who came by a link of his own

    @property
    def is_somebody(self) -> bool:
        """Whether it is told of and counted: whatever is no part of the house."""
        return self.kind not in UNSEEN


def add(
    conn: Connection,
    now: datetime,
    session: SessionId,
    *,
    name: str,
    kind: str,
    room: RoomId | None = None,
    person: PersonId | None = None,
    state: str = INVITED,
    part: str | None = None,
) -> tuple[ParticipantId, str]:
    """Let somebody in: his id, and the token that is shown once."""
    participant, token = ParticipantId(new_id("pa")), new_secret()
    conn.execute(
        insert(participants).values(
            id=participant,
            session_id=session,
            name=name,
            kind=kind,
            room_id=room,
            person_id=person,
            part=part,
            token_hash=token_hash(token),
            state=state,
            created_at=seconds(now),
        )
    )
    return participant, token


def introduce(conn: Connection, now: datetime, participant: ParticipantId, name: str) -> None:
    """Who waited has said his name: he takes his place."""
    conn.execute(
        update(participants)
        .where(participants.c.id == participant)
        .values(name=name, state=INVITED, created_at=seconds(now))
    )


def renew(conn: Connection, participant: ParticipantId) -> str:
    """A fresh token for the same place; the former one opens nothing any more."""
    token = new_secret()
    conn.execute(
        update(participants)
        .where(participants.c.id == participant)
        .values(token_hash=token_hash(token))
    )
    return token


def by_token(conn: Connection, token: str) -> Participant | None:
    """Whom a participant token stands for."""
    found = _where(conn, participants.c.token_hash == token_hash(token))
    return found[0] if found else None


def of_session(conn: Connection, session: SessionId) -> list[Participant]:
    """Everybody let into a session, in order."""
    return _where(conn, participants.c.session_id == session)


def of_room(conn: Connection, session: SessionId, room: RoomId) -> Participant | None:
    """A room's own place in a session."""
    found = _where(conn, (participants.c.session_id == session) & (participants.c.room_id == room))
    return found[0] if found else None


def here(conn: Connection) -> list[Participant]:
    """Everybody who is in a session, or was lost and may come back."""
    return _where(conn, participants.c.state.in_((JOINED, LOST)))


def desk_of(conn: Connection, session: SessionId, person: PersonId) -> Participant | None:
    """The place of his desk in a session."""
    mine = (participants.c.kind == DESK) & (participants.c.person_id == person)
    found = _where(conn, (participants.c.session_id == session) & mine)
    return found[0] if found else None


def count(conn: Connection, now: datetime, session: SessionId) -> int:
    """How many places of a session are taken: by who is there, or may come (back) any moment."""
    held = (participants.c.state == INVITED) & (participants.c.created_at > seconds(now - HELD))
    query = select(func.count()).where(
        participants.c.session_id == session,
        participants.c.kind.not_in(UNSEEN),
        participants.c.state.in_((JOINED, LOST)) | held,
    )
    return conn.execute(query).scalar_one()


def forget_absent(conn: Connection, now: datetime, session: SessionId) -> None:
    """Forget who came by link an hour ago and never joined, be it from the lobby only; what was
    given a place keeps it."""
    conn.execute(
        delete(participants).where(
            participants.c.session_id == session,
            participants.c.state.in_((INVITED, WAITING)),
            participants.c.kind.in_(("person", "guest")),
            participants.c.created_at <= seconds(now - GOOD),
        )
    )


def become(conn: Connection, now: datetime, participant: ParticipantId, state: str) -> bool:
    """Note where he is now; False when that was known, or he has only been in the lobby."""
    values: dict[str, Any] = {"state": state}
    if state == JOINED:
        values |= {"joined_at": func.coalesce(participants.c.joined_at, seconds(now))}
    values["left_at"] = seconds(now) if state == LEFT else None
    changed = conn.execute(
        update(participants)
        .where(participants.c.id == participant, participants.c.state.not_in((state, WAITING)))
        .values(**values)
    )
    return changed.rowcount == 1


def dismiss(conn: Connection, now: datetime, session: SessionId) -> None:
    """Everybody who is in, or may come back, has left."""
    conn.execute(
        update(participants)
        .where(participants.c.session_id == session, participants.c.state.in_((JOINED, LOST)))
        .values(state=LEFT, left_at=seconds(now))
    )


def _where(conn: Connection, condition: ColumnElement[bool]) -> list[Participant]:
    query = select(participants).where(condition)
    return [
        Participant(
            id=ParticipantId(row.id),
            session=SessionId(row.session_id),
            name=row.name,
            kind=row.kind,
            state=row.state,
            room=None if row.room_id is None else RoomId(row.room_id),
            person=None if row.person_id is None else PersonId(row.person_id),
            part=row.part,
        )
        for row in conn.execute(query.order_by(participants.c.created_at, participants.c.id))
    ]
