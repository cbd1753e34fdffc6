"""The panel at the door of a room: what it shows, and what whoever stands before it may do.

A panel acts for the house, not for a person: it books as anybody of the centre may, and only what
holds its room alone is made longer or ended from the corridor. Everything else is left to people
who are logged in.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator import roles
from orchestrator.auth.people import Person
from orchestrator.booking import Bookings
from orchestrator.booking.event import compose, prepare
from orchestrator.booking.ledger import Entry
from orchestrator.cases import attendance
from orchestrator.store import attendance as attended
from orchestrator.store import audit, policies
from orchestrator.store import bookings as rows
from orchestrator.store.attendance import Date
from orchestrator.store.bookings import BookingRow
from orchestrator.store.busy import Busy, busy_between
from orchestrator.store.devices import Device
from rooms.errors import Conflict, Forbidden, NotFound
from rooms.ids import BookingId, PersonId, new_id

AHEAD = timedelta(hours=24)
LENGTHS = (15, 30, 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A time the room is held. An empty `title` is not for the corridor; `own`: it holds this
    room alone, so it may be changed here; no `booking` for what another calendar holds."""

    booking: BookingId | None
    title: str
    start: datetime
    end: datetime
    confirmed: bool
    checked_in: bool
    own: bool


def plan(conn: Connection, bookings: Bookings, panel: Device, now: datetime) -> list[Held]:
    """What holds the room from now on, a day ahead."""
    network = bookings.rules.network
    told = policies.effective(conn, network, panel.room).visibility == "title"
    found = [one for one in busy_between(conn, now, now + AHEAD) if one.room == panel.room]
    known = attended.more(conn, [one.booking for one in found])
    return [_held(conn, one, known.get(one.booking), told=told) for one in found]


def _held(conn: Connection, one: Busy, more: attended.More | None, *, told: bool) -> Held:
    row = None if more is None else rows.by_id(conn, one.booking)
    date = Date(booking=one.booking, name="", start=one.start, end=one.end)
    return Held(
        booking=None if row is None else one.booking,
        title=one.title if told else "",
        start=one.start,
        end=one.end,
        confirmed=one.state == rows.CONFIRMED,
        checked_in=more is not None and attendance.is_checked_in(date, more.checked_in_at),
        own=row is not None and len(row.rooms) == 1,
    )


async def book(bookings: Bookings, panel: Device, minutes: int, now: datetime) -> BookingId:
    """Hold the room from this minute on, and note that people are here.

    Raises Conflict("rooms-refused") with the reasons of the judge, as every door does.
    """
    network, start = bookings.rules.network, now.replace(second=0, microsecond=0)
    person = _at_the_door(bookings, panel, roles.BOOKER)
    name = new_id("bk")
    uid = f"{name}@{network.mail_domain}"
    title = bookings.rules.say("panel-title", "fr")
    end = start + timedelta(minutes=minutes)
    body = compose(
        network, person, uid, title=title, kind="meeting", rooms=[panel.room],
        start=start, end=end, now=now,
    )  # fmt: skip
    event = await asyncio.to_thread(prepare, network, body, panel.room, now)

    def work(entry: Entry) -> BookingId:
        shelf = entry.rules.room_calendar(entry.conn, panel.room)
        entry.put(shelf, f"{name}.ics", event, strict=True)
        made = rows.of_item(entry.conn, shelf.id, uid)
        if made is None:
            raise NotFound("no-booking")
        attended.check_in(entry.conn, made.id, now)
        detail = {"slot": [start.isoformat(), end.isoformat()]}
        audit.record(entry.conn, now, panel.id, "panel.booked", made.id, detail)
        return made.id

    return await bookings.write(person, now, work, door=rows.REST)


async def check_in(bookings: Bookings, panel: Device, booking: str, now: datetime) -> None:
    """Say that people are here."""
    await attendance.check_in(bookings, panel, booking, now)


async def extend(
    bookings: Bookings, panel: Device, booking: str, length: timedelta, now: datetime
) -> None:
    """Keep the room so much longer, the judge willing."""
    await _going_on(bookings, panel, booking, now)
    person = _at_the_door(bookings, panel, roles.ANIMATEUR)
    await attendance.extend(bookings, person, booking, length, now)


async def end(bookings: Bookings, panel: Device, booking: str, now: datetime) -> None:
    """Give back what is left of the date going on."""
    await _going_on(bookings, panel, booking, now)
    person = _at_the_door(bookings, panel, roles.ANIMATEUR)
    await attendance.release(bookings, person, booking, now, why="ended-at-the-door")


async def _going_on(bookings: Bookings, panel: Device, booking: str, now: datetime) -> None:
    """What is going on in this room and in no other, or the reason why nothing is done."""

    def find(conn: Connection) -> tuple[BookingRow | None, Sequence[Date]]:
        return rows.by_id(conn, booking), attended.dates(conn, booking)

    row, dates = await bookings.database.read(find)
    if row is None or panel.room not in row.rooms:
        raise NotFound("no-booking", booking=booking)
    if len(row.rooms) > 1:
        raise Forbidden("not-at-the-door", booking=booking)
    if not any(date.start <= now < date.end for date in dates):
        raise Conflict("not-going-on", booking=booking)


def _at_the_door(bookings: Bookings, panel: Device, role: str) -> Person:
    """Whoever stands there, with that much right at the centre of this room and nowhere else."""
    network = bookings.rules.network
    room, centre = network.room(panel.room), network.centre_of(panel.room)
    name = bookings.rules.say("panel-name", "fr", room=room.name)
    login = network.address_of(panel.room).removeprefix("mailto:").partition("@")[0]
    return Person(
        id=PersonId(panel.id), login=login, name=name, role=role, centres=frozenset({centre.id})
    )
