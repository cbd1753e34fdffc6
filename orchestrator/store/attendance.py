"""Whether people came: check-ins, releases, what was announced, and rooms nobody turned up in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, select, update

from orchestrator.store.bookings import CONFIRMED
from orchestrator.store.instants import instant, seconds
from orchestrator.store.tables import bookings, occurrences, participants, people, sessions
from rooms.ids import BookingId
from signalling.ports import UNSEEN

RELEASED = "released"


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """What a booking has besides its slot and its rooms."""

    organiser: str = ""  # his name
    seats: int = 0
    recurring: bool = False
    checked_in_at: datetime | None = None
    released_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Date:
    """One date of a booking; `name` is what its calendar event calls it, empty without a series."""

    booking: BookingId
    name: str
    start: datetime
    end: datetime


def more(conn: Connection, ids: Iterable[str]) -> dict[str, More]:
    """By booking."""
    query = (
        select(
            bookings.c.id,
            people.c.name,
            bookings.c.seats,
            bookings.c.recurring,
            bookings.c.checked_in_at,
            bookings.c.released_at,
        )
        .join(people, people.c.id == bookings.c.organiser_id, isouter=True)
        .where(bookings.c.id.in_(list(ids)))
    )
    return {
        row.id: More(
            organiser=row.name or "",
            seats=row.seats,
            recurring=row.recurring,
            checked_in_at=instant(row.checked_in_at),
            released_at=instant(row.released_at),
        )
        for row in conn.execute(query)
    }


def check_in(conn: Connection, booking: str, now: datetime) -> None:
    """Somebody came."""
    values = {"checked_in_at": seconds(now), "updated_at": seconds(now)}
    conn.execute(update(bookings).where(bookings.c.id == booking).values(**values))


def release(conn: Connection, booking: str, now: datetime, *, wholly: bool) -> None:
    """Nobody needs it any more: all of it, or what was left of a date."""
    values: dict[str, object] = {"released_at": seconds(now), "updated_at": seconds(now)}
    if wholly:
        values["state"] = RELEASED
    conn.execute(update(bookings).where(bookings.c.id == booking).values(**values))


def dates(conn: Connection, booking: str) -> list[Date]:
    """When the booking holds its rooms, in order."""
    query = (
        select(occurrences.c.recurrence_id, occurrences.c.starts_at, occurrences.c.ends_at)
        .where(occurrences.c.booking_id == booking, occurrences.c.room_id.is_not(None))
        .distinct()
        .order_by(occurrences.c.starts_at)
    )
    return [
        Date(
            booking=BookingId(booking),
            name=row.recurrence_id,
            start=instant(row.starts_at),
            end=instant(row.ends_at),
        )
        for row in conn.execute(query)
    ]


def running(conn: Connection, now: datetime) -> list[Date]:
    """The dates going on of confirmed bookings that no enrolment protects."""
    query = (
        select(
            occurrences.c.booking_id,
            occurrences.c.recurrence_id,
            occurrences.c.starts_at,
            occurrences.c.ends_at,
        )
        .join(bookings, bookings.c.id == occurrences.c.booking_id)
        .where(
            occurrences.c.room_id.is_not(None),
            occurrences.c.starts_at < seconds(now),
            occurrences.c.ends_at > seconds(now),
            bookings.c.state == CONFIRMED,
            bookings.c.kind != "training",  # trainees may be enrolled: never released
        )
        .distinct()
        .order_by(occurrences.c.starts_at)
    )
    return [
        Date(
            booking=BookingId(row.booking_id),
            name=row.recurrence_id,
            start=instant(row.starts_at),
            end=instant(row.ends_at),
        )
        for row in conn.execute(query)
    ]


def somebody_joined(conn: Connection, date: Date) -> bool:
    """Whether a room or a person has been in the session of this date."""
    inside = (
        exists()
        .where(sessions.c.booking_id == date.booking, sessions.c.recurrence_id == date.name)
        .where(participants.c.session_id == sessions.c.id, participants.c.joined_at.is_not(None))
        .where(participants.c.kind.not_in(UNSEEN))
    )
    return bool(conn.execute(select(inside)).scalar_one())
