"""An invitation by mail, judged and answered: the same ledger as every other door.

One message is one transaction: what it books, that it came, and the rooms' answers. Whoever
brings it again after a kill finds it done.
"""

import asyncio
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from calendars import ical, imip
from calendars.content import Component, write
from calendars.ical import CalendarItem
from orchestrator.auth.people import Person
from orchestrator.booking import Bookings, own_calendar
from orchestrator.booking.event import Prepared, prepare
from orchestrator.booking.ledger import Entry
from orchestrator.mail import replies, senders
from orchestrator.mail.message import Received
from orchestrator.mail.story import Office, read_story
from orchestrator.store import bookings, mails
from orchestrator.store import calendar_items as items
from rooms.errors import Conflict, Forbidden, Invalid
from rooms.ids import RoomId

STALE, ANSWERED, CANCELLED, UNKNOWN, REPEATED = "stale", "answered", "cancelled", "unknown", "again"
TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message for some of our rooms, from somebody who may write."""

    received: Received
    message: imip.Message
    rooms: tuple[RoomId, ...]

    @property
    def keys(self) -> list[str]:
        """One for each room: a relay may bring the same message once for each."""
        return [f"{self.received.message_id} {room}" for room in self.rooms]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """The use case."""

    bookings: Bookings
    office: Office

    async def take(self, received: Received, rooms: tuple[RoomId, ...], now: datetime) -> str:
        """Do what a message asks, once; `Invalid`, `Forbidden` in words for its sender."""
        message = received.calendar
        if message is None:
            raise Invalid("mail-refuse-no-calendar")
        if message.organiser != received.sender:
            raise Forbidden("mail-refuse-organiser")
        incoming = Incoming(received=received, message=message, rooms=rooms)
        person = await self._person(incoming, now)
        for _ in range(TRIES):
            outcome = await self._attempt(incoming, person, now)
            if outcome is not None:
                return outcome
        raise Conflict("mail-refuse-later")

    async def _person(self, incoming: Incoming, now: datetime) -> Person:
        address, name = incoming.received.sender, incoming.message.organiser_name
        person = await self.bookings.database.write(
            lambda conn: senders.found_or_made(conn, now, self.office, address, name)
        )
        if person is None:
            raise Forbidden("mail-refuse-sender")
        return person

    async def _attempt(self, incoming: Incoming, person: Person, now: datetime) -> str | None:
        """None when somebody else changed the event meanwhile."""
        stored = await self.bookings.database.read(lambda conn: _stored(conn, person, incoming))
        item = await asyncio.to_thread(self._parsed, stored)
        age = imip.age_of(incoming.message, item)
        event = (
            await asyncio.to_thread(self._event, incoming, item, person, now) if age > 0 else None
        )
        if event is not None:
            self._check_invited(incoming, event)

        def work(entry: Entry) -> str | None:
            found = _stored(entry.conn, person, incoming)
            if (found and found.etag) != (stored and stored.etag):
                return None
            return self._enter(entry, incoming, event, age)

        return await self.bookings.write(person, now, work, door=bookings.MAIL)

    def _parsed(self, stored: items.ItemRow | None) -> CalendarItem | None:
        zone = self.office.network.zone
        return ical.parse(stored.body, zone, stored=True) if stored else None

    def _event(
        self, incoming: Incoming, item: CalendarItem | None, person: Person, now: datetime
    ) -> Prepared | None:
        message = _copied(incoming.message)
        merged = imip.merged(message, item, self.office.network.zone)
        if merged is None:
            return None
        if person.login.startswith(senders.STAND_IN):
            _without_kind(merged)  # what may displace others is for people of the network to ask
        return prepare(self.office.network, write(merged), None, now)

    def _check_invited(self, incoming: Incoming, event: Prepared) -> None:
        if incoming.message.method == "REQUEST" and not set(incoming.rooms) <= set(event.rooms):
            raise Invalid("mail-refuse-uninvited")

    def _enter(
        self, entry: Entry, incoming: Incoming, event: Prepared | None, age: int
    ) -> str | None:
        fresh = [key for key in incoming.keys if mails.outcome_of(entry.conn, key) is None]
        if not fresh:
            return REPEATED
        outcome = UNKNOWN
        if age > 0 and event is not None:
            home = own_calendar(entry.conn, entry.person)
            entry.put(home, _name(entry.conn, home.id, event.item.uid), event)
            outcome = ANSWERED if incoming.message.method == "REQUEST" else CANCELLED
        elif age <= 0:
            outcome = STALE if age < 0 else ANSWERED
        if outcome == ANSWERED and incoming.message.method == "REQUEST":
            self._answer(entry, incoming, fresh)
        mails.receive(entry.conn, entry.now, fresh, incoming.received.sender, outcome)
        return outcome

    def _answer(self, entry: Entry, incoming: Incoming, fresh: list[str]) -> None:
        home = own_calendar(entry.conn, entry.person)
        booking = bookings.of_item(entry.conn, home.id, incoming.message.uid)
        if booking is None:
            return
        story = read_story(entry.conn, self.office, booking.id, incoming.rooms)
        if story is None:
            return
        rooms = tuple(room for room in incoming.rooms if f"{_id(incoming)} {room}" in fresh)
        replies.write(
            entry.conn, entry.now, self.office, replace(story, rooms=rooms or story.rooms),
            f"reply/{_id(incoming)}", rooms=rooms, in_reply_to=_id(incoming),
        )  # fmt: skip


def _id(incoming: Incoming) -> str:
    return incoming.received.message_id


def _copied(message: imip.Message) -> imip.Message:
    """Merging changes the tree: a second try begins with a fresh one."""
    return imip.read_message(write(message.calendar), message.method)


def _without_kind(calendar: Component) -> None:
    for part in calendar.components("VEVENT"):
        for key in ("X-MARGERIDE-KIND", "CATEGORIES"):
            for line in part.lines(key):
                part.drop(line)


def _stored(conn: Connection, person: Person, incoming: Incoming) -> items.ItemRow | None:
    home = items.find_calendar(conn, items.PERSON, person.id)
    return items.item_by_uid(conn, home.id, incoming.message.uid) if home else None


def _name(conn: Connection, calendar: int, uid: str) -> str:
    known = items.item_by_uid(conn, calendar, uid)
    return known.name if known else f"{hashlib.sha256(uid.encode()).hexdigest()[:40]}.ics"
