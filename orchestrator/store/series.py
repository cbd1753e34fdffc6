"""Series whose instances are not stored far enough ahead any more."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, select

from orchestrator.store.bookings import HOLDING
from orchestrator.store.tables import bookings, calendars, items, occurrences


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRow:
    """One series; `room` is whose calendar it is in, if it is a room's."""

    calendar: int
    name: str
    uid: str
    etag: str
    body: bytes
    placed_until: int
    room: str | None


def short_of(conn: Connection, until: int) -> list[tuple[int, str]]:
    """(calendar, name) of the series stored less far than `until`; who booked first comes first."""
    booked = and_(
        bookings.c.calendar_id == items.c.calendar_id,
        bookings.c.uid == items.c.uid,
        bookings.c.state.in_(HOLDING),
    )
    rows = conn.execute(
        select(items.c.calendar_id, items.c.name)
        .outerjoin(bookings, booked)
        .where(items.c.placed_until < until)
        .order_by(bookings.c.created_at.is_(None), bookings.c.created_at, items.c.calendar_id,
                  items.c.name)
    )  # fmt: skip
    return [(row.calendar_id, row.name) for row in rows]


def get(conn: Connection, calendar: int, name: str) -> SeriesRow | None:
    """One of them, unless it is gone or no series any more."""
    row = conn.execute(
        select(items.c.uid, items.c.etag, items.c.body, items.c.placed_until,
               calendars.c.owner_kind, calendars.c.owner_id)
        .join(calendars, calendars.c.id == items.c.calendar_id)
        .where(items.c.calendar_id == calendar, items.c.name == name)
    ).one_or_none()  # fmt: skip
    if row is None or row.placed_until is None:
        return None
    return SeriesRow(
        calendar=calendar,
        name=name,
        uid=row.uid,
        etag=row.etag,
        body=row.body,
        placed_until=row.placed_until,
        room=row.owner_id if row.owner_kind == "room" else None,
    )


def dates(conn: Connection, calendar: int, name: str) -> set[str]:
    """The names of the instances stored of an object."""
    query = select(occurrences.c.recurrence_id).where(
        occurrences.c.calendar_id == calendar, occurrences.c.name == name
    )
    return set(conn.execute(query).scalars())
