"""Bookings as use cases: made, read and cancelled from REST, written by calendar clients.

The asynchronous half is for the event loop; the transactions themselves are in
`orchestrator.booking.ledger`, run by the one writer thread.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from calendars.content import Line
from calendars.edit import with_lines
from orchestrator import roles
from orchestrator.auth.people import Person
from orchestrator.booking.event import KINDS, compose, prepare
from orchestrator.booking.invited import push_all
from orchestrator.booking.judge import Rules
from orchestrator.booking.ledger import Entry
from orchestrator.settings.mail import Guests
from orchestrator.settings.model import Network
from orchestrator.store import booked_sessions
from orchestrator.store import bookings as rows
from orchestrator.store import calendar_items as items
from orchestrator.store.bookings import BookingRow
from orchestrator.store.calendar_items import CalendarRow
from orchestrator.store.database import Database
from orchestrator.words import Words
from orchestrator.words import words as catalogue
from rooms.errors import Invalid, NotFound
from rooms.ids import BookingId, PersonId, RoomId, SessionId, new_id

Result = TypeVar("Result")
Publish = Callable[..., Any]
MAX_ROOMS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A booking as it is shown. An empty `title` is one the reader may not see."""

    id: BookingId
    title: str
    kind: str
    rooms: tuple[RoomId, ...]
    start: datetime
    end: datetime
    state: str
    organiser: PersonId
    session: SessionId | None
    join_url: str | None


class Bookings:
    """The door to the ledger. `publish(kind, **facts)` is called after each commit, on the loop."""

    def __init__(
        self,
        database: Database,
        network: Network,
        public_url: str,
        publish: Publish | None = None,
        words: Words = catalogue,
        guests: Guests | None = None,
    ) -> None:
        self.database = database
        self.rules = Rules(network=network, public_url=public_url, words=words, guests=guests)
        self._publish = publish

    # for REST and the web

    async def create(
        self,
        person: Person,
        title: str,
        kind: str,
        rooms: Sequence[str],
        start: datetime,
        end: datetime,
        now: datetime,
        lines: Sequence[Line] = (),
    ) -> Booking:
        """Book these rooms, all or none: Conflict("rooms-refused", reasons, alternative) else."""
        network = self.rules.network
        _check(title, kind, rooms, start, end)
        asked = [network.room(room).id for room in rooms]
        uid = f"{new_id('bk')}@{network.mail_domain}"
        body = compose(
            network, person, uid, title=title, kind=kind, rooms=asked, start=start, end=end, now=now
        )
        body = with_lines(body, lines)
        event = await asyncio.to_thread(prepare, network, body, None, now)

        def work(entry: Entry) -> Booking:
            home = own_calendar(entry.conn, person)
            entry.put(home, f"{uid.partition('@')[0]}.ics", event, strict=True)
            made = rows.holding_of(entry.conn, person.id, uid)
            if made is None:
                raise NotFound("no-booking")
            return self._shown(entry.conn, person, [made])[0]

        return await self.write(person, now, work, door=rows.REST)

    async def cancel(self, person: Person, booking: str, now: datetime) -> None:
        """Free the rooms; the organiser's own event says so, or goes if he cancels it himself."""

        def work(entry: Entry) -> None:
            entry.withdraw(_found(entry.conn, booking))

        await self.write(person, now, work)

    async def get(self, person: Person, booking: str) -> Booking:
        """One booking."""
        return await self.database.read(
            lambda conn: self._shown(conn, person, [_found(conn, booking)])[0]
        )

    async def list(self, person: Person, start: datetime, end: datetime) -> Sequence[Booking]:
        """What is held in an interval."""
        return await self.database.read(
            lambda conn: self._shown(conn, person, rows.between(conn, start, end))
        )

    async def write(
        self,
        person: Person,
        now: datetime,
        work: Callable[[Entry], Result],
        door: str = "",
    ) -> Result:
        """Run one entry of the ledger on the writer thread, and tell of it once committed."""

        def transaction(conn: Connection) -> tuple[Result, Entry]:
            entry = Entry(rules=self.rules, conn=conn, now=now, person=person, door=door)
            result = work(entry)
            push_all(entry)
            return result, entry

        result, entry = await self.database.write(transaction)
        for topic, payload in entry.told:
            if self._publish:
                self._publish(topic, **payload)
        return result

    def _shown(
        self, conn: Connection, person: Person, found: Sequence[BookingRow]
    ) -> Sequence[Booking]:
        sessions = booked_sessions.of_bookings(conn, [row.id for row in found])
        return [self._view(person, row, sessions.get(row.id)) for row in found]

    def _view(self, person: Person, row: BookingRow, session: tuple[str, str] | None) -> Booking:
        may_see = row.organiser_id == person.id or any(
            roles.may_see_title(person, row.organiser_id, self.rules.network.centre_of(room).id)
            for room in row.rooms
        )
        return Booking(
            id=row.id,
            title=row.title if may_see else "",
            kind=row.kind,
            rooms=row.rooms,
            start=datetime.fromtimestamp(row.starts_at, UTC),
            end=datetime.fromtimestamp(row.ends_at, UTC),
            state=row.state,
            organiser=row.organiser_id,
            session=SessionId(session[0]) if session and may_see else None,
            join_url=self.rules.link(session[1]) if session and may_see else None,
        )


def own_calendar(conn: Connection, person: Person) -> CalendarRow:
    """A person's own calendar, made at the first time of asking. In a write transaction."""
    items.ensure_calendar(conn, items.PERSON, person.id, person.name)
    found = items.find_calendar(conn, items.PERSON, person.id)
    if found is None:
        raise NotFound("no-calendar")
    return found


def ensure_rooms(conn: Connection, network: Network) -> None:
    """Every room of the network has its calendar. In a write transaction, at start."""
    for room in network.rooms:
        centre = network.centre_of(room)
        name = room.name if centre.name in room.name else f"{centre.name} – {room.name}"
        items.ensure_calendar(conn, items.ROOM, room.id, name)


def _found(conn: Connection, booking: str) -> BookingRow:
    row = rows.by_id(conn, booking)
    if row is None:
        raise NotFound("no-booking", booking=booking)
    return row


def _check(title: str, kind: str, rooms: Sequence[str], start: datetime, end: datetime) -> None:
    if not title.strip() or len(title) > 200 or not title.isprintable():
        raise Invalid("bad-title", longest=200)
    if kind not in KINDS.values():
        raise Invalid("bad-kind", accepted=sorted(set(KINDS.values())))
    if not 0 < len(set(rooms)) <= MAX_ROOMS or len(set(rooms)) != len(rooms):
        raise Invalid("bad-rooms", most=MAX_ROOMS)
    if start.tzinfo is None or end.tzinfo is None or end <= start:
        raise Invalid("bad-interval")
