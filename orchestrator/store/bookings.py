"""Bookings, the rooms they hold, and what is told of them in the outbox."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from calendars.booking import Held, Slot
from orchestrator.store import feeds
from orchestrator.store.calendar_items import seconds
from orchestrator.store.tables import booking_rooms, bookings, occurrences, outbox
from rooms.ids import BookingId, PersonId, RoomId

CONFIRMED, DECLINED, CANCELLED = "confirmed", "declined", "cancelled"
REQUESTED = "requested"  # waits for an animateur; its rooms are kept for it
HOLDING = (CONFIRMED, REQUESTED)
ASKED = "asked"  # the key of a reason of a requested booking: its room's animateur has to answer
LONGEST = timedelta(days=31)  # no room is held longer at a stretch: an index look-up says who is in
AROUND = timedelta(days=14)  # as far as the judge looks for a free alternative
NEAR = timedelta(days=2)  # as far as the buffers of two bookings reach
INVITATION, ROOM_CALENDAR, REST = "invitation", "room-calendar", "rest"
REMOTE = "remote"  # it appeared in the room's calendar on another server


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRow:
    """One booking, held or refused."""

    id: BookingId
    uid: str
    organiser_id: PersonId
    door: str
    calendar_id: int
    item_name: str
    kind: str
    title: str
    state: str
    reason: list[dict[str, Any]] | None
    starts_at: int
    ends_at: int
    recurring: bool
    rooms: tuple[RoomId, ...] = ()
    seats: int = 0
    decided_by: str | None = None

    @property
    def pending(self) -> tuple[RoomId, ...]:
        """The rooms whose animateur has not answered yet."""
        return asked_rooms(self.reason) if self.state == REQUESTED else ()


def asked_rooms(reason: list[dict[str, Any]] | None) -> tuple[RoomId, ...]:
    """The rooms among the reasons of a requested booking."""
    return tuple(RoomId(one["room"]) for one in reason or () if one["key"] == ASKED)


_COLUMNS = tuple(bookings.c[name] for name in BookingRow.__dataclass_fields__ if name != "rooms")


def _find(conn: Connection, *where: ColumnElement[bool]) -> list[BookingRow]:
    rows = conn.execute(select(*_COLUMNS).where(*where).order_by(bookings.c.starts_at)).all()
    held: dict[str, list[RoomId]] = {}
    ids = [row.id for row in rows]
    for pair in conn.execute(select(booking_rooms).where(booking_rooms.c.booking_id.in_(ids))):
        held.setdefault(pair.booking_id, []).append(RoomId(pair.room_id))
    return [BookingRow(**row._mapping, rooms=tuple(sorted(held.get(row.id, ())))) for row in rows]


def by_id(conn: Connection, booking: str) -> BookingRow | None:
    """The booking of this id."""
    found = _find(conn, bookings.c.id == booking)
    return found[0] if found else None


def of_item(conn: Connection, calendar: int, uid: str) -> BookingRow | None:
    """The booking whose event of record is this object; cancelled ones are history."""
    found = _find(
        conn,
        bookings.c.uid == uid,
        bookings.c.calendar_id == calendar,
        bookings.c.state != CANCELLED,
    )
    return found[0] if found else None


def holding_of(conn: Connection, organiser: str, uid: str) -> BookingRow | None:
    """What this organiser holds by the event of this UID, given or asked for."""
    found = _find(
        conn,
        bookings.c.uid == uid,
        bookings.c.organiser_id == organiser,
        bookings.c.state.in_(HOLDING),
    )
    return found[0] if found else None


def between(conn: Connection, start: datetime, end: datetime) -> list[BookingRow]:
    """Bookings that hold a room in the interval."""
    inside = select(occurrences.c.booking_id).where(
        occurrences.c.room_id.is_not(None),
        occurrences.c.starts_at < seconds(end),
        occurrences.c.ends_at > seconds(start),
    )
    return _find(conn, bookings.c.id.in_(inside))


def organisers(conn: Connection, calendar: int, names: Iterable[str]) -> dict[str, str]:
    """Who booked each object of a room's calendar, by name."""
    copies = {name.removesuffix(".ics"): name for name in names}
    rows = conn.execute(
        select(bookings.c.id, bookings.c.calendar_id, bookings.c.item_name,
               bookings.c.organiser_id)
        .where((bookings.c.calendar_id == calendar) | bookings.c.id.in_(copies))
        .where(bookings.c.state != CANCELLED)
    )  # fmt: skip
    return {
        row.item_name if row.calendar_id == calendar else copies[row.id]: row.organiser_id
        for row in rows
    }


def held(
    conn: Connection,
    rooms: Sequence[RoomId],
    slots: Sequence[Slot],
    around: timedelta = AROUND,
) -> list[tuple[Held, PersonId]]:
    """What is held of these rooms around these slots, and by whom; `uid` names the booking."""
    if not slots:
        return []
    start, end = min(slot.start for slot in slots), max(slot.end for slot in slots)
    query = (
        select(
            occurrences.c.room_id,
            occurrences.c.starts_at,
            occurrences.c.ends_at,
            occurrences.c.booking_id,
            bookings.c.title,
            bookings.c.organiser_id,
            bookings.c.kind,
            bookings.c.state,
            bookings.c.reason,
        )
        .join(bookings, bookings.c.id == occurrences.c.booking_id)
        .where(
            occurrences.c.room_id.in_(rooms),
            occurrences.c.starts_at < seconds(end + around),
            occurrences.c.starts_at > seconds(start - around - LONGEST),
            occurrences.c.ends_at > seconds(start - around),
        )
    )
    booked = [(_held(row), PersonId(row.organiser_id)) for row in conn.execute(query)]
    return booked + feeds.between(conn, start - around, end + around, rooms)


def _held(row: Any) -> Held:
    room = RoomId(row.room_id)
    return Held(
        room=room,
        slot=slot_of(row.starts_at, row.ends_at),
        uid=row.booking_id,
        title=row.title,
        kind=row.kind,
        tentative=row.state == REQUESTED and room in asked_rooms(row.reason),
    )


def slot_of(start: int, end: int) -> Slot:
    """A slot from what the tables keep."""
    return Slot(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))


def instances(conn: Connection, booking: str) -> list[Slot]:
    """When the booking holds its rooms, in order."""
    rows = conn.execute(
        select(occurrences.c.starts_at, occurrences.c.ends_at)
        .where(occurrences.c.booking_id == booking, occurrences.c.room_id.is_not(None))
        .distinct()
        .order_by(occurrences.c.starts_at)
    )
    return [slot_of(row.starts_at, row.ends_at) for row in rows]


def save(conn: Connection, now: datetime, row: BookingRow) -> None:
    """Insert or replace a booking and the list of its rooms."""
    values = {name: getattr(row, name) for name in BookingRow.__dataclass_fields__}
    del values["rooms"]
    values["updated_at"] = seconds(now)
    done = conn.execute(update(bookings).where(bookings.c.id == row.id).values(**values))
    if done.rowcount == 0:
        conn.execute(insert(bookings).values(**values, created_at=seconds(now)))
    conn.execute(delete(booking_rooms).where(booking_rooms.c.booking_id == row.id))
    if row.rooms:
        conn.execute(
            insert(booking_rooms),
            [{"booking_id": row.id, "room_id": room} for room in row.rooms],
        )


def tell(conn: Connection, now: datetime, topic: str, payload: dict[str, Any]) -> None:
    """Put in the outbox, in the transaction of what it tells."""
    conn.execute(insert(outbox).values(at=seconds(now), topic=topic, payload=payload))
