"""Rows of sessions and their sites, read as `orchestrator.session` speaks of them.

They are made, moved and cancelled with their booking (`booked_sessions`); here they live.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from orchestrator.ceremony import LONGEST_DOORS
from orchestrator.roles import SessionFacts
from orchestrator.session import OVER, RUNNING, Session, Site, SiteState, State
from orchestrator.store.instants import instant, seconds
from orchestrator.store.tables import sessions, sites
from rooms.errors import NotFound
from rooms.ids import BookingId, CentreId, PersonId, RoomId, SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A session with what only people need: its title, its link, whose it is."""

    session: Session
    kind: str
    title: str
    organiser: PersonId
    join_code: str
    booking: BookingId | None
    recurrence_id: str
    centres: Mapping[RoomId, CentreId]
    doors: timedelta | None = None
    """How long before its hour it opens, where that was planned."""

    @property
    def id(self) -> SessionId:
        """The session's id."""
        return self.session.id

    @property
    def facts(self) -> SessionFacts:
        """What rights need to know."""
        return SessionFacts(
            organiser=self.organiser,
            rooms=frozenset(self.centres),
            centres=frozenset(self.centres.values()),
            starts_at=self.session.starts_at,
            over=self.session.state in OVER,
        )


def get(conn: Connection, session: str) -> Stored:
    """One session; NotFound("no-session")."""
    for stored in _where(conn, sessions.c.id == session):
        return stored
    raise NotFound("no-session", session=session)


def of_code(conn: Connection, code: str) -> list[Stored]:
    """The sessions a link leads to: all dates of a series, in order."""
    return _where(conn, sessions.c.join_code == code)


def of_booking(conn: Connection, booking: str) -> list[Stored]:
    """The sessions of a booking, in order."""
    return _where(conn, sessions.c.booking_id == booking)


def between(conn: Connection, start: datetime, end: datetime) -> list[Stored]:
    """Those that touch the interval, in order."""
    return _where(
        conn, (sessions.c.starts_at < seconds(end)) & (sessions.c.ends_at > seconds(start))
    )


def due(conn: Connection, until: datetime) -> list[Stored]:
    """Those that are not over, and run already or start before `until`, or open by then if they
    open earlier than others."""
    early = sessions.c.doors_seconds.is_not(None) & (
        sessions.c.starts_at <= seconds(until + LONGEST_DOORS)
    )
    soon = (sessions.c.starts_at <= seconds(until)) | early
    waiting = (sessions.c.state == State.BOOKED) & soon
    return _where(conn, waiting | sessions.c.state.in_(RUNNING))


def of_room(conn: Connection, room: RoomId, until: datetime) -> list[Stored]:
    """Those of a room that are not over and start before `until`."""
    here = select(sites.c.session_id).where(sites.c.room_id == room)
    return _where(
        conn,
        sessions.c.id.in_(here)
        & sessions.c.state.not_in(OVER)
        & (sessions.c.starts_at <= seconds(until)),
    )


def keep(conn: Connection, before: Session, after: Session) -> None:
    """Write what has changed."""
    if replace(before, sites=()) != replace(after, sites=()):
        conn.execute(
            update(sessions)
            .where(sessions.c.id == after.id)
            .values(
                state=after.state,
                opened_at=seconds(after.opened_at),
                started_at=seconds(after.started_at),
                ended_at=seconds(after.ended_at),
            )
        )
    for site in set(after.sites) - set(before.sites):
        conn.execute(
            update(sites)
            .where(sites.c.session_id == after.id, sites.c.room_id == site.room)
            .values(state=site.state)
        )


def reschedule(
    conn: Connection, session: SessionId, start: datetime, end: datetime, title: str
) -> None:
    """Its booking says when, and what it is called."""
    conn.execute(
        update(sessions)
        .where(sessions.c.id == session)
        .values(starts_at=seconds(start), ends_at=seconds(end), title=title)
    )


def open_before(conn: Connection, session: SessionId, doors: timedelta) -> None:
    """It opens so long before its hour."""
    changed = update(sessions).where(sessions.c.id == session)
    conn.execute(changed.values(doors_seconds=doors // timedelta(seconds=1)))


def seat(conn: Connection, session: SessionId, room: RoomId, centre: CentreId) -> None:
    """One more site, expected."""
    conn.execute(
        insert(sites).values(
            session_id=session,
            room_id=room,
            centre_id=centre,
            role="remote",
            state=SiteState.EXPECTED,
        )
    )


def unseat(conn: Connection, session: SessionId, room: RoomId) -> None:
    """The room is no site of it any more."""
    conn.execute(delete(sites).where(sites.c.session_id == session, sites.c.room_id == room))


def _where(conn: Connection, condition: ColumnElement[bool]) -> list[Stored]:
    rows = conn.execute(
        select(sessions).where(condition).order_by(sessions.c.starts_at, sessions.c.id)
    ).all()
    places = _sites_of(conn, [row.id for row in rows])
    return [
        Stored(
            session=Session(
                id=SessionId(row.id),
                state=State(row.state),
                starts_at=instant(row.starts_at),
                ends_at=instant(row.ends_at),
                opened_at=instant(row.opened_at),
                started_at=instant(row.started_at),
                ended_at=instant(row.ended_at),
                sites=tuple(site for site, _ in places.get(row.id, ())),
            ),
            kind=row.kind,
            title=row.title,
            organiser=PersonId(row.organiser_id),
            join_code=row.join_code,
            booking=None if row.booking_id is None else BookingId(row.booking_id),
            recurrence_id=row.recurrence_id,
            centres={site.room: centre for site, centre in places.get(row.id, ())},
            doors=None if row.doors_seconds is None else timedelta(seconds=row.doors_seconds),
        )
        for row in rows
    ]


def _sites_of(conn: Connection, ids: Iterable[str]) -> dict[str, list[tuple[Site, CentreId]]]:
    found: dict[str, list[tuple[Site, CentreId]]] = {}
    query = select(sites).where(sites.c.session_id.in_(list(ids)))
    for row in conn.execute(query.order_by(sites.c.role != "host", sites.c.room_id)):
        site = Site(room=RoomId(row.room_id), role=row.role, state=SiteState(row.state))
        found.setdefault(row.session_id, []).append((site, CentreId(row.centre_id)))
    return found
