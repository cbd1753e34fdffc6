"""Bookings changed elsewhere than in a calendar client: moved, renamed, cut short, dates dropped.

The event of the booking is read, changed and given to the ledger again, as a client would: the
same judge, the same answers. It is read before the transaction; when somebody changed it
meanwhile, it is read again.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from calendars import edit, ical
from calendars.content import Line
from calendars.ical import CalendarItem
from orchestrator import roles
from orchestrator.auth import accounts
from orchestrator.auth.people import Person
from orchestrator.booking import Booking, Bookings
from orchestrator.booking.desk import MAX_ROOMS
from orchestrator.booking.event import Prepared, prepare
from orchestrator.booking.ledger import Entry
from orchestrator.settings.model import Network
from orchestrator.store import attendance, audit
from orchestrator.store import bookings as rows
from orchestrator.store import calendar_items as items
from orchestrator.store.attendance import Date
from orchestrator.store.bookings import BookingRow
from orchestrator.store.calendar_items import CalendarRow, ItemRow
from rooms.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from rooms.ids import RoomId

HELD = (rows.CONFIRMED, "requested")
TRIES = 3
Edit = Callable[["Read"], None]
After = Callable[[Entry, BookingRow], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be different; None stays. `occurrence` is the start of one date of a series."""

    title: str | None = None
    kind: str | None = None
    rooms: Sequence[str] | None = None
    start: datetime | None = None
    end: datetime | None = None
    seats: int | None = None
    occurrence: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A booking as it was before the change, with its event to be changed."""

    network: Network
    booking: BookingRow
    home: CalendarRow
    stored: ItemRow
    item: CalendarItem
    dates: Sequence[Date]

    def date(self, start: datetime | None) -> Date | None:
        """The date of the series that begins then; None for the whole of it."""
        if start is None:
            return None
        for found in self.dates:
            if found.start == start:
                return found if found.name else None
        raise NotFound("no-such-date", booking=self.booking.id)


class Deputy(Entry):
    """An entry made for the organiser by somebody who may: told in the name of who did it."""

    topic: str = ""
    by: str = ""

    def tell(
        self, topic: str, row: BookingRow, before: Sequence[RoomId] = (), **more: object
    ) -> None:
        """Tell of a booking as what it was: in the name of who did it, not of its organiser."""
        Entry.tell(self, self.topic or topic, row, before, **more)
        self.told[-1][1]["by"] = self.by


def deputy(entry: Entry, booking: BookingRow, topic: str = "") -> Deputy:
    """The organiser, with the rights of whoever acts."""
    actor = entry.person
    owner = accounts.by_id(entry.conn, booking.organiser_id)
    person = replace(
        owner or actor, id=booking.organiser_id, role=actor.role, centres=actor.centres
    )
    if actor.id == booking.organiser_id:
        person = actor
    made = Deputy(
        rules=entry.rules,
        conn=entry.conn,
        now=entry.now,
        person=person,
        door=entry.door or booking.door,
        told=entry.told,
        events=entry.events,
    )
    made.topic, made.by = topic, actor.id
    return made


async def change(
    bookings: Bookings, person: Person, booking: str, wanted: Change, now: datetime
) -> Booking:
    """Move, rename or enlarge a booking; Conflict("rooms-refused") leaves everything as it was."""
    network = bookings.rules.network
    check(wanted, network)

    def edited(read: Read) -> None:
        _apply(read, wanted, now)

    await rewrite(bookings, person, booking, now, edited, "booking.change")
    return await bookings.get(person, booking)


async def left_out(bookings: Bookings, made: Booking) -> list[datetime]:
    """The dates of a new series that could not be had."""
    network = bookings.rules.network

    def find(conn: Connection) -> list[datetime]:
        read = read_booking(conn, network, made.id)
        return edit.left_out(read.item, zone_of(read))

    return await bookings.database.read(find)


async def drop_date(
    bookings: Bookings, person: Person, booking: str, occurrence: datetime, now: datetime
) -> None:
    """Give one date of a series back; the only date there is, with all the booking."""
    held = await bookings.database.read(lambda conn: attendance.dates(conn, booking))
    if [date.start for date in held] == [occurrence]:
        await bookings.cancel(person, booking, now)
        return

    def edited(read: Read) -> None:
        date = read.date(occurrence)
        if date is None:
            raise NotFound("no-such-date", booking=booking)
        edit.drop_date(read.item, date.name, zone_of(read))
        edit.stamp(read.item, now)

    await rewrite(bookings, person, booking, now, edited, "booking.date-cancelled")


async def rewrite(
    bookings: Bookings,
    person: Person,
    booking: str,
    now: datetime,
    edited: Edit,
    action: str,
    after: After | None = None,
    topic: str = "",
) -> None:
    """Change the event of a booking by `edited` and enter it again, with its line in the audit."""
    network = bookings.rules.network
    for _ in range(TRIES):
        before = await bookings.database.read(lambda conn: read_booking(conn, network, booking))
        may_change(person, network, before.booking)
        event = await asyncio.to_thread(_prepared, before, edited, now)

        def work(entry: Entry, before: Read = before, event: Prepared = event) -> bool:
            fresh = read_booking(entry.conn, network, booking)
            if fresh.stored.etag != before.stored.etag:
                return False
            deputed = deputy(entry, fresh.booking, topic)
            deputed.put(fresh.home, fresh.stored.name, event, strict=True)
            if after:
                after(entry, fresh.booking)
            audit.record(entry.conn, now, person.id, action, booking, _detail(event))
            return True

        if await bookings.write(person, now, work):
            return
    raise Stale("etag")


def _prepared(read: Read, edited: Edit, now: datetime) -> Prepared:
    edited(read)
    room = RoomId(read.home.owner_id) if read.home.owner_kind == items.ROOM else None
    return prepare(read.network, ical.serialise(read.item), room, now)


def _detail(event: Prepared) -> dict[str, object]:
    first = next((date.slot for date in event.occurrences), None)
    slot = [first.start.isoformat(), first.end.isoformat()] if first else []
    return {"rooms": list(event.rooms), "slot": slot, "dates": len(event.occurrences)}


def read_booking(conn: Connection, network: Network, booking: str) -> Read:
    """A booking that holds rooms and its event: NotFound, Conflict("booking-over") else."""
    row = rows.by_id(conn, booking)
    if row is None:
        raise NotFound("no-booking", booking=booking)
    home = items.calendar_by_id(conn, row.calendar_id)
    stored = items.item(conn, home.id, row.item_name) if home else None
    if row.state not in HELD or home is None or stored is None:
        raise Conflict("booking-over", state=row.state)
    return Read(
        network=network,
        booking=row,
        home=home,
        stored=stored,
        item=ical.parse(stored.body, network.zone, stored=True),
        dates=attendance.dates(conn, row.id),
    )


def may_change(person: Person, network: Network, booking: BookingRow) -> None:
    """Its organiser and the animateurs of its centres; Forbidden("not-your-booking") else."""
    centres = [network.centre_of(room).id for room in booking.rooms]
    if not roles.may_cancel(person, booking.organiser_id, centres):
        raise Forbidden("not-your-booking", booking=booking.id)


def zone_of(read: Read) -> ZoneInfo:
    """The zone its hours are told in."""
    rooms = read.booking.rooms
    return read.network.centre_of(rooms[0]).zone if rooms else read.network.zone


def check(wanted: Change, network: Network) -> None:
    """What no judge has to look at."""
    title = wanted.title
    if title is not None and (not title.strip() or len(title) > 200 or not title.isprintable()):
        raise Invalid("bad-title", longest=200)
    if wanted.start and wanted.end and wanted.end <= wanted.start:
        raise Invalid("bad-interval")
    rooms = wanted.rooms
    if rooms is not None:
        if not 0 < len(set(rooms)) == len(rooms) <= MAX_ROOMS:
            raise Invalid("bad-rooms", most=MAX_ROOMS)
        for room in rooms:
            network.room(room)
    if wanted.occurrence and (wanted.rooms is not None or wanted.title is not None):
        raise Invalid("one-date-moves-only")


def _apply(read: Read, wanted: Change, now: datetime) -> None:
    if wanted.title is not None:
        edit.rename(read.item, wanted.title)
    if wanted.kind is not None:
        edit.mark(read.item, edit.KIND, wanted.kind)
    if wanted.seats is not None:
        edit.mark(read.item, edit.SEATS, str(wanted.seats))
    if wanted.rooms is not None:
        _reinvite(read, wanted.rooms)
    if wanted.start or wanted.end:
        _move(read, wanted)
    edit.stamp(read.item, now)


def _move(read: Read, wanted: Change) -> None:
    date = read.date(wanted.occurrence)
    held = date or (read.dates[0] if read.dates else None)
    if held is None:
        raise Conflict("booking-over", state=read.booking.state)
    start = wanted.start or held.start
    end = wanted.end or start + (held.end - held.start)
    if not timedelta(0) < end - start:
        raise Invalid("bad-interval")
    zone = zone_of(read)
    if date is not None:
        edit.move_date(read.item, date.name, start, end, zone)
    elif not read.item.recurring:
        edit.move(read.item, start, end, zone)
    else:
        first = edit.shifted(edit.first(read.item, zone), held.start, start, zone)
        edit.move(read.item, first, first + (end - start), zone)


def _reinvite(read: Read, rooms: Sequence[str]) -> None:
    network = read.network
    if read.home.owner_kind == items.ROOM and read.home.owner_id not in rooms:
        raise Conflict("change-it-at-home")
    others = [network.address_of(room) for room in network.rooms if room.id not in rooms]
    wanted = [
        Line("ATTENDEE", network.address_of(room), (("CUTYPE", "ROOM"),)).with_param(
            "CN", network.room(room).name
        )
        for room in map(RoomId, rooms)
        if room != read.home.owner_id
    ]
    edit.invite(read.item, wanted, others)
