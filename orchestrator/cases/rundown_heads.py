"""What stands above a printed run of show: when, where, who directs, whom to call."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from orchestrator.auth.people import Person
from orchestrator.cases import rights
from orchestrator.cases.conductor import Conductor
from orchestrator.means import Means
from orchestrator.session import CEREMONY
from orchestrator.store import people, sessions, stagings
from orchestrator.store.sessions import Stored
from rooms.centre import Centre
from rooms.errors import NotFound
from rooms.ids import PersonId, RoomId, SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A site as it is printed; `phone` is that of its centre, empty when none is known."""

    room: RoomId
    name: str
    role: str
    address: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """`director` is who set up the stage, else who organises; hours are read in `zone`."""

    session: SessionId
    title: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    director: str
    deputies: tuple[str, ...]
    sites: tuple[Place, ...]


async def head(conductor: Conductor, person: Person, session: SessionId) -> Head:
    """Of a ceremony one runs; NotFound("no-rundown") of any other session."""
    means = conductor.means
    return await means.database.read(lambda conn: _head(conn, means, person, session))


def _head(conn: Connection, means: Means, person: Person, session: SessionId) -> Head:
    stored = sessions.get(conn, session)
    rights.runs(person)(conn, stored)
    if stored.kind != CEREMONY:
        raise NotFound("no-rundown", session=session)
    staged = stagings.find(conn, session)
    directors = (stored.organiser,) if staged is None else staged[1].direction.people
    names = [_name(conn, one) for one in directors]
    return Head(
        session=session,
        title=stored.title,
        zone=zone_of(means, stored),
        starts_at=stored.session.starts_at,
        ends_at=stored.session.ends_at,
        director=names[0],
        deputies=tuple(name for name in names[1:] if name),
        sites=tuple(_places(means, stored)),
    )


def zone_of(means: Means, stored: Stored) -> str:
    """The zone of its first site that is still in the network."""
    centres = (_centre(means, site.room) for site in stored.session.sites)
    return next((one.zone.key for one in centres if one), means.network.zone.key)


def _places(means: Means, stored: Stored) -> list[Place]:
    among = frozenset(stored.centres)
    found = []
    for site in stored.session.sites:
        centre = _centre(means, site.room)
        place = Place(
            room=site.room,
            name=means.label(site.room, among),
            role=site.role,
            address="" if centre is None else centre.address,
            phone="" if centre is None else centre.phone,
        )
        found.append(place)
    return found


def _centre(means: Means, room: RoomId) -> Centre | None:
    with suppress(NotFound):
        return means.network.centre_of(room)
    return None


def _name(conn: Connection, person: str) -> str:
    row = people.by_id(conn, PersonId(person))
    return "" if row is None else row.name
