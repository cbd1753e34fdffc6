"""People come, stay longer, leave early or do not come at all."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from calendars import edit
from orchestrator.auth.people import Person
from orchestrator.booking import Booking, Bookings
from orchestrator.booking.ledger import Entry
from orchestrator.cases.changes import HELD, Read, deputy, may_change, rewrite, zone_of
from orchestrator.store import attendance, audit
from orchestrator.store import bookings as rows
from orchestrator.store.attendance import Date
from orchestrator.store.bookings import BookingRow
from orchestrator.store.devices import Device
from rooms.errors import Conflict, Forbidden, NotFound
from rooms.ids import PersonId

EARLY = timedelta(minutes=30)
MINUTE = timedelta(minutes=1)
Who = Person | Device


def is_checked_in(date: Date, at: datetime | None) -> bool:
    """Whether a check-in at that instant was for this date."""
    return at is not None and date.start - EARLY <= at < date.end


async def check_in(bookings: Bookings, who: Who, booking: str, now: datetime) -> None:
    """Say that people are here: who may change the booking, or the screen of one of its rooms."""

    def work(entry: Entry) -> None:
        row = _held(entry, booking)
        _may_check_in(who, entry, row)
        date = _now_or_soon(attendance.dates(entry.conn, booking), now)
        known = attendance.more(entry.conn, [booking])[booking].checked_in_at
        if is_checked_in(date, known):
            return
        attendance.check_in(entry.conn, booking, now)
        audit.record(entry.conn, now, who.id, "booking.check-in", booking, {"date": date.name})
        deputy(entry, row).tell("booking.checked-in", row)

    person = who if isinstance(who, Person) else _screen(who)
    await bookings.write(person, now, work)


async def extend(
    bookings: Bookings, person: Person, booking: str, length: timedelta, now: datetime
) -> Booking:
    """Keep the rooms so much longer, the judge willing."""

    def edited(read: Read) -> None:
        date = _now_or_soon(read.dates, now)
        _cut(read, date, date.end + length, now)

    await rewrite(bookings, person, booking, now, edited, "booking.extend")
    return await bookings.get(person, booking)


async def release(
    bookings: Bookings,
    person: Person,
    booking: str,
    now: datetime,
    *,
    why: str = "released",
    only: Date | None = None,
) -> None:
    """Give back what is left: of the date that is going on, or the next one.

    A date that has begun ends now, unless nobody came (`only`): then it is as if it had not been.
    """
    found = await bookings.database.read(lambda conn: attendance.dates(conn, booking))
    date = only or _now_or_soon(found, now, early=timedelta(days=400))
    has_begun = only is None and date.start + MINUTE < now
    action = f"booking.{why}"

    def edited(read: Read) -> None:
        if date not in read.dates:
            raise NotFound("no-such-date", booking=booking)
        if has_begun:
            _cut(read, date, _minute_up(now), now)
        else:
            edit.drop_date(read.item, date.name, zone_of(read))
            edit.stamp(read.item, now)

    def after(entry: Entry, row: BookingRow) -> None:
        attendance.release(entry.conn, row.id, now, wholly=False)

    if has_begun or len(found) > 1:
        await rewrite(bookings, person, booking, now, edited, action, after, "booking.released")
    else:
        await _withdraw(bookings, person, booking, now, action, only)


async def _withdraw(
    bookings: Bookings,
    person: Person,
    booking: str,
    now: datetime,
    action: str,
    only: Date | None,
) -> None:
    def work(entry: Entry) -> None:
        row = _held(entry, booking)
        may_change(person, entry.rules.network, row)
        if only is not None and only not in attendance.dates(entry.conn, booking):
            raise NotFound("no-such-date", booking=booking)
        entry.withdraw(row)
        attendance.release(entry.conn, booking, now, wholly=True)
        audit.record(entry.conn, now, person.id, action, booking, {"rooms": list(row.rooms)})
        deputy(entry, row).tell("booking.released", row)

    await bookings.write(person, now, work)


def _held(entry: Entry, booking: str) -> BookingRow:
    row = rows.by_id(entry.conn, booking)
    if row is None:
        raise NotFound("no-booking", booking=booking)
    if row.state not in HELD:
        raise Conflict("booking-over", state=row.state)
    return row


def _may_check_in(who: Who, entry: Entry, row: BookingRow) -> None:
    if isinstance(who, Person):
        may_change(who, entry.rules.network, row)
    elif who.room not in row.rooms:
        raise Forbidden("not-your-booking", booking=row.id)


def _screen(device: Device) -> Person:
    """A screen, as who does something in the ledger; it has no right of its own there."""
    return Person(id=PersonId(device.id), login=device.id, name="", role="", centres=frozenset())


def _now_or_soon(dates: Sequence[Date], now: datetime, early: timedelta = EARLY) -> Date:
    """The date that is going on, or begins soon."""
    for date in dates:
        if date.end > now:
            if date.start - early > now:
                raise Conflict("not-yet", opens=(date.start - early).isoformat())
            return date
    raise Conflict("booking-over", state="confirmed")


def _cut(read: Read, date: Date, end: datetime, now: datetime) -> None:
    if date.name:
        edit.move_date(read.item, date.name, date.start, end, zone_of(read))
    else:
        edit.move(read.item, date.start, end, zone_of(read))
    edit.stamp(read.item, now)


def _minute_up(now: datetime) -> datetime:
    down = now.astimezone(UTC).replace(second=0, microsecond=0)
    return down if down == now else down + MINUTE
