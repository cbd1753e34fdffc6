"""Bookings, the rooms they hold, and what is told of them in the outbox."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Executable,
    bindparam,
    delete,
    insert,
    literal,
    null,
    select,
    union_all,
    update,
)

from calendars.booking import FIRM, Held, Slot
from orchestrator.store import feeds
from orchestrator.store.among import among
from orchestrator.store.calendar_items import seconds
from orchestrator.store.tables import booking_rooms, bookings, occurrences, outbox
from orchestrator.store.tables_outside import feed_busy
from rooms.ids import BookingId, PersonId, RoomId

CONFIRMED, DECLINED, CANCELLED = "confirmed", "declined", "cancelled"
REQUESTED = "requested"  # waits for an animateur; its rooms are kept for it
HOLDING = (CONFIRMED, REQUESTED)
ASKED = "asked"  # the key of a reason of a requested booking: its room's animateur has to answer
LONGEST = timedelta(days=31)  # no room is held longer at a stretch: an index look-up says who is in
AROUND = timedelta(days=14)  # as far as the judge looks for a free alternative
NEAR = timedelta(days=2)  # as far as the buffers of two bookings reach
INVITATION, ROOM_CALENDAR, REST = "invitation", "room-calendar", "rest"
MAIL = "mail"  # the door of what came by mail
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


_ANY = select(
    *(bookings.c[name] for name in BookingRow.__dataclass_fields__ if name != "rooms")
).order_by(bookings.c.starts_at)
_BY_ID = _ANY.where(bookings.c.id == bindparam("id_"))
_OF_ITEM = _ANY.where(
    bookings.c.uid == bindparam("uid_"),
    bookings.c.calendar_id == bindparam("calendar_"),
    bookings.c.state != CANCELLED,
)
_HOLDING_OF = _ANY.where(
    bookings.c.uid == bindparam("uid_"),
    bookings.c.organiser_id == bindparam("organiser_"),
    bookings.c.state.in_(HOLDING),
)
_BETWEEN = _ANY.where(
    bookings.c.id.in_(
        select(occurrences.c.booking_id).where(
            occurrences.c.room_id.is_not(None),
            occurrences.c.starts_at < bindparam("end_"),
            occurrences.c.ends_at > bindparam("start_"),
        )
    )
)
_ROOMS = select(booking_rooms).where(among(booking_rooms.c.booking_id, "ids_"))


def _find(conn: Connection, query: Executable, **wanted: Any) -> list[BookingRow]:
    rows = conn.execute(query, wanted).all()
    if not rows:
        return []
    held: dict[str, list[RoomId]] = {}
    for pair in conn.execute(_ROOMS, {"ids_": [row.id for row in rows]}):
        held.setdefault(pair.booking_id, []).append(RoomId(pair.room_id))
    return [BookingRow(**row._mapping, rooms=tuple(sorted(held.get(row.id, ())))) for row in rows]


def by_id(conn: Connection, booking: str) -> BookingRow | None:
    """The booking of this id."""
    return next(iter(_find(conn, _BY_ID, id_=booking)), None)


def of_item(conn: Connection, calendar: int, uid: str) -> BookingRow | None:
    """The booking whose event of record is this object; cancelled ones are history."""
    return next(iter(_find(conn, _OF_ITEM, uid_=uid, calendar_=calendar)), None)


def door_of(conn: Connection, calendar: int, uid: str) -> str:
    """By which door the event of a booking came last; nothing for an event without one."""
    query = (
        select(bookings.c.door)
        .where(bookings.c.uid == uid, bookings.c.calendar_id == calendar)
        .order_by(bookings.c.updated_at.desc())
        .limit(1)
    )
    return conn.execute(query).scalar_one_or_none() or ""


def ids_of(conn: Connection, organiser: str, uid: str) -> list[str]:
    """Every booking that the event of this UID has had, the last one first."""
    query = (
        select(bookings.c.id)
        .where(bookings.c.uid == uid, bookings.c.organiser_id == organiser)
        .order_by(bookings.c.created_at.desc())
    )
    return list(conn.execute(query).scalars())


def holding_of(conn: Connection, organiser: str, uid: str) -> BookingRow | None:
    """What this organiser holds by the event of this UID, given or asked for."""
    return next(iter(_find(conn, _HOLDING_OF, uid_=uid, organiser_=organiser)), None)


def between(conn: Connection, start: datetime, end: datetime) -> list[BookingRow]:
    """Bookings that hold a room in the interval."""
    return _find(conn, _BETWEEN, start_=seconds(start), end_=seconds(end))


_ORGANISERS = (
    select(bookings.c.id, bookings.c.calendar_id, bookings.c.item_name, bookings.c.organiser_id)
    .where((bookings.c.calendar_id == bindparam("calendar_")) | among(bookings.c.id, "ids_"))
    .where(bookings.c.state != CANCELLED)
)


def organisers(conn: Connection, calendar: int, names: Iterable[str]) -> dict[str, str]:
    """Who booked each object of a room's calendar, by name."""
    copies = {name.removesuffix(".ics"): name for name in names}
    rows = conn.execute(_ORGANISERS, {"calendar_": calendar, "ids_": list(copies)})
    return {
        row.item_name if row.calendar_id == calendar else copies[row.id]: row.organiser_id
        for row in rows
    }


_BOOKED = (
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
        among(occurrences.c.room_id, "rooms_"),
        occurrences.c.starts_at < bindparam("end_"),
        occurrences.c.starts_at > bindparam("first_"),
        occurrences.c.ends_at > bindparam("start_"),
    )
)
_FEED = literal(feeds.PREFIX) + feed_busy.c.feed_id
_FED = select(
    feed_busy.c.room_id,
    feed_busy.c.starts_at,
    feed_busy.c.ends_at,
    _FEED,
    feed_busy.c.title,
    _FEED.label("owner"),
    literal(FIRM),
    literal(CONFIRMED),
    null(),
).where(
    among(feed_busy.c.room_id, "rooms_"),
    feed_busy.c.starts_at < bindparam("end_"),
    feed_busy.c.ends_at > bindparam("start_"),
)
_HELD = union_all(_BOOKED, _FED)


def held(
    conn: Connection,
    rooms: Sequence[RoomId],
    slots: Sequence[Slot],
    around: timedelta = AROUND,
) -> list[tuple[Held, PersonId]]:
    """What is held of these rooms around these slots, and by whom: `uid` is the booking's id.

    What a feed says is held too, "owned" by the feed.
    """
    if not slots:
        return []
    start, end = min(slot.start for slot in slots), max(slot.end for slot in slots)
    query = {
        "rooms_": list(rooms),
        "first_": seconds(start - around - LONGEST),
        "start_": seconds(start - around),
        "end_": seconds(end + around),
    }
    return [(_held(row), PersonId(row.organiser_id)) for row in conn.execute(_HELD, query)]


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


_INSTANCES = (
    select(occurrences.c.starts_at, occurrences.c.ends_at)
    .where(occurrences.c.booking_id == bindparam("booking_"), occurrences.c.room_id.is_not(None))
    .distinct()
    .order_by(occurrences.c.starts_at)
)


def instances(conn: Connection, booking: str) -> list[Slot]:
    """When the booking holds its rooms, in order."""
    rows = conn.execute(_INSTANCES, {"booking_": booking})
    return [slot_of(starts_at, ends_at) for starts_at, ends_at in rows]


_CHANGE = update(bookings).where(bookings.c.id == bindparam("id_"))
_NEW = insert(bookings)
_LEAVE_ROOMS = delete(booking_rooms).where(booking_rooms.c.booking_id == bindparam("id_"))
_TAKE_ROOMS = insert(booking_rooms)
_TELL = insert(outbox)


def save(conn: Connection, now: datetime, row: BookingRow, *, new: bool = False) -> None:
    """Replace a booking, or insert a `new` one, and the list of its rooms."""
    values = {name: getattr(row, name) for name in BookingRow.__dataclass_fields__}
    del values["rooms"]
    values["updated_at"] = seconds(now)
    if new:
        conn.execute(_NEW, values | {"created_at": seconds(now)})
    else:
        conn.execute(_CHANGE, values | {"id_": row.id})
        conn.execute(_LEAVE_ROOMS, {"id_": row.id})
    if row.rooms:
        conn.execute(_TAKE_ROOMS, [{"booking_id": row.id, "room_id": room} for room in row.rooms])


def tell(conn: Connection, now: datetime, topic: str, payload: dict[str, Any]) -> None:
    """Put in the outbox, in the transaction of what it tells."""
    conn.execute(_TELL, {"at": seconds(now), "topic": topic, "payload": payload})
