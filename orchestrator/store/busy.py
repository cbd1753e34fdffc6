"""When rooms are held, read from the occurrences: one look-up, whatever the number of series."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from orchestrator.store import feeds
from orchestrator.store.instants import instant, seconds
from orchestrator.store.tables import bookings, occurrences, sessions
from rooms.ids import BookingId, PersonId, RoomId, SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """One instance of a booking in one room, or of a feed (`feed:<id>` for booking then)."""

    room: RoomId
    start: datetime
    end: datetime
    title: str
    organiser: PersonId
    booking: BookingId
    session: SessionId | None
    state: str


_BUSY = (
    select(
        occurrences.c.room_id,
        occurrences.c.starts_at,
        occurrences.c.ends_at,
        bookings.c.title,
        bookings.c.organiser_id,
        bookings.c.id,
        bookings.c.state,
        sessions.c.id.label("session_id"),
    )
    .join(bookings, bookings.c.id == occurrences.c.booking_id)
    .outerjoin(
        sessions,
        (sessions.c.booking_id == bookings.c.id)
        & (sessions.c.recurrence_id == occurrences.c.recurrence_id),
    )
    .where(
        occurrences.c.room_id.is_not(None),
        occurrences.c.starts_at < bindparam("end_"),
        occurrences.c.ends_at > bindparam("start_"),
    )
    .distinct()
    .order_by(occurrences.c.starts_at, occurrences.c.room_id)
)


def busy_between(conn: Connection, start: datetime, end: datetime) -> list[Busy]:
    """What touches the interval, in order."""
    booked = [
        Busy(
            room=RoomId(row.room_id),
            start=instant(row.starts_at),
            end=instant(row.ends_at),
            title=row.title,
            organiser=PersonId(row.organiser_id),
            booking=BookingId(row.id),
            session=None if row.session_id is None else SessionId(row.session_id),
            state=row.state,
        )
        for row in conn.execute(_BUSY, {"start_": seconds(start), "end_": seconds(end)})
    ]
    fed = [
        Busy(
            room=held.room,
            start=held.slot.start,
            end=held.slot.end,
            title=held.title,
            organiser=owner,
            booking=BookingId(held.uid),
            session=None,
            state="confirmed",
        )
        for held, owner in feeds.between(conn, start, end)
    ]
    return sorted([*booked, *fed], key=lambda one: (one.start, one.room))
