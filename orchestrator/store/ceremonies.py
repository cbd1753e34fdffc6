"""What is planned of ceremonies, and the links of their people.

A plan is found by the UID of the event of the ceremony, or of its rehearsal, and by whose event it
is: so it holds whatever the calendar does, also before the rooms are given and after they moved.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from orchestrator.ceremony import Invited, Part, SiteRole
from orchestrator.store.instants import seconds
from orchestrator.store.tables import bookings, sessions
from orchestrator.store.tables_ceremonies import ceremonies, ceremony_people
from rooms.ids import PersonId, RoomId, SessionId, new_id, new_secret

Slot = Literal["none", "kept", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceremony:
    """The plan as it is kept. `doors` in minutes; `rehearsal`: whether its slot is still held, and
    `why` it is not, as a key."""

    roles: dict[RoomId, SiteRole]
    doors: int
    locale: str
    rehearsal: Slot = "none"
    why: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan with what finds it. `session` None: the rooms are not given (any more)."""

    id: str
    organiser: PersonId
    uid: str
    rehearsal_uid: str
    version: int
    ceremony: Ceremony
    session: SessionId | None
    booking: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody who is named beforehand, with the code of his own link."""

    id: str
    code: str
    who: Invited


_shape = cache(lambda: TypeAdapter(Ceremony))


def add(
    conn: Connection,
    now: datetime,
    organiser: PersonId,
    uid: str,
    rehearsal_uid: str,
    ceremony: Ceremony,
) -> str:
    """Keep a new plan, before what it plans is booked; its id."""
    made = new_id("ce")
    conn.execute(
        insert(ceremonies).values(
            id=made,
            organiser_id=organiser,
            uid=uid,
            rehearsal_uid=rehearsal_uid,
            document=_shape().dump_python(ceremony, mode="json"),
            version=1,
            created_at=seconds(now),
        )
    )
    return made


def keep(conn: Connection, planned: Planned, ceremony: Ceremony) -> None:
    """The next version of a plan."""
    values = {
        "document": _shape().dump_python(ceremony, mode="json"),
        "version": planned.version + 1,
    }
    conn.execute(update(ceremonies).where(ceremonies.c.id == planned.id).values(**values))


def roles(conn: Connection, organiser: PersonId, uid: str) -> dict[RoomId, SiteRole]:
    """What each room of an event does in its ceremony; nothing for one that was not planned."""
    found = _where(conn, _mine(organiser) & (ceremonies.c.uid == uid))
    return found.ceremony.roles if found else {}


def rehearsed_by(conn: Connection, organiser: PersonId, uid: str) -> Planned | None:
    """The plan whose rehearsal this event is."""
    return _where(conn, _mine(organiser) & (ceremonies.c.rehearsal_uid == uid))


def of_event(conn: Connection, organiser: PersonId, uid: str) -> Planned | None:
    """The plan whose ceremony this event is."""
    return _where(conn, _mine(organiser) & (ceremonies.c.uid == uid))


def of_session(conn: Connection, session: SessionId) -> Planned | None:
    """The plan of a session."""
    query = (
        select(bookings.c.organiser_id, bookings.c.uid)
        .join(sessions, sessions.c.booking_id == bookings.c.id)
        .where(sessions.c.id == session)
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else of_event(conn, row.organiser_id, row.uid)


def join_code(conn: Connection, planned: Planned) -> str | None:
    """The code of its session."""
    query = select(sessions.c.join_code).where(sessions.c.id == planned.session)
    return conn.execute(query).scalar()


def invite(conn: Connection, ceremony: str, people: Iterable[Invited]) -> None:
    """These people and no others; who was there already keeps his link."""
    known = {_known_by(one.who): one.code for one in guests(conn, ceremony)}
    conn.execute(delete(ceremony_people).where(ceremony_people.c.ceremony_id == ceremony))
    rows = [
        {
            "id": new_id("cp"),
            "ceremony_id": ceremony,
            "place": place,
            "name": one.name,
            "part": one.part.value,
            "room_id": one.room,
            "email": one.email,
            "code": known.pop(_known_by(one), None) or new_secret(),
        }
        for place, one in enumerate(people)
    ]
    if rows:
        conn.execute(insert(ceremony_people), rows)


def guests(conn: Connection, ceremony: str) -> list[Guest]:
    """Everybody who is named, in order."""
    query = select(ceremony_people).where(ceremony_people.c.ceremony_id == ceremony)
    return [
        Guest(
            id=row.id,
            code=row.code,
            who=Invited(
                name=row.name,
                part=Part(row.part),
                room=None if row.room_id is None else RoomId(row.room_id),
                email=row.email,
            ),
        )
        for row in conn.execute(query.order_by(ceremony_people.c.place))
    ]


def of_code(conn: Connection, code: str) -> tuple[Invited, str] | None:
    """Whom a personal link stands for, and the code of the session it leads to."""
    row = conn.execute(
        select(ceremony_people, ceremonies.c.organiser_id, ceremonies.c.uid)
        .join(ceremonies, ceremonies.c.id == ceremony_people.c.ceremony_id)
        .where(ceremony_people.c.code == code)
    ).one_or_none()
    planned = None if row is None else of_event(conn, row.organiser_id, row.uid)
    session = None if planned is None else join_code(conn, planned)
    if row is None or session is None:
        return None
    room = None if row.room_id is None else RoomId(row.room_id)
    return Invited(name=row.name, part=Part(row.part), room=room, email=row.email), session


def _known_by(one: Invited) -> tuple[str, str]:
    return one.name.casefold(), one.email.casefold()


def _mine(organiser: PersonId) -> ColumnElement[bool]:
    return ceremonies.c.organiser_id == organiser


def _where(conn: Connection, condition: ColumnElement[bool]) -> Planned | None:
    row = conn.execute(select(ceremonies).where(condition)).first()
    if row is None:
        return None
    booked = conn.execute(
        select(bookings.c.id, sessions.c.id.label("session"))
        .join(sessions, sessions.c.booking_id == bookings.c.id, isouter=True)
        .where(bookings.c.uid == row.uid, bookings.c.organiser_id == row.organiser_id)
        .order_by(bookings.c.created_at.desc())
    ).first()
    return Planned(
        id=row.id,
        organiser=PersonId(row.organiser_id),
        uid=row.uid,
        rehearsal_uid=row.rehearsal_uid,
        version=row.version,
        ceremony=_shape().validate_python(row.document),
        session=None if booked is None or booked.session is None else SessionId(booked.session),
        booking=None if booked is None else booked.id,
    )
