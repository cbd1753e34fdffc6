"""What guests answer by mail (METHOD:REPLY), carried into the organiser's event.

Whoever answers must be on the event's list under the address he writes from; the answer must be
to the event as it stands, and not older than the one that came before.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from calendars import ical, imip, scheduling, zones
from calendars.addresses import address_in
from calendars.content import Component
from calendars.ical import CalendarItem
from calendars.itip import room_of
from calendars.scheduling import Who
from calendars.values import instant, one_moment
from orchestrator.auth import accounts
from orchestrator.auth.people import Person
from orchestrator.booking import Bookings
from orchestrator.booking.invited import Post
from orchestrator.booking.ledger import Entry
from orchestrator.mail.message import Received
from orchestrator.mail.story import Office
from orchestrator.store import calendar_items as items
from orchestrator.store import mails, people
from orchestrator.store.calendar_items import CalendarRow, ItemRow
from rooms.errors import Forbidden

ANSWERED, STALE, REPEATED, NO_DATE = "answered", "stale", "again", "no-such-date"
GIVEN = ("ACCEPTED", "DECLINED", "TENTATIVE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The use case."""

    bookings: Bookings
    office: Office

    async def take(self, received: Received, message: imip.Message, now: datetime) -> str:
        """Write an answer down, once; Forbidden("mail-refuse-reply") in words for its sender."""
        organiser = await self.bookings.database.read(
            lambda conn: self._organiser(conn, message.organiser)
        )
        if organiser is None:
            raise Forbidden("mail-refuse-reply")
        owner = organiser
        await asyncio.to_thread(zones.clean, message.calendar, self.office.network.zone)

        def work(entry: Entry) -> str:
            return self._enter(entry, owner, received, message)

        return await self.bookings.write(organiser, now, work)

    def _organiser(self, conn: Connection, address: str | None) -> Person | None:
        domain = self.office.network.mail_domain
        found = people.by_address(conn, domain, f"mailto:{address}") if address else None
        return accounts.by_id(conn, found.id) if found else None

    def _enter(
        self, entry: Entry, organiser: Person, received: Received, message: imip.Message
    ) -> str:
        post = Post(books=entry, owner=organiser.id)
        found = post.copy_of(organiser.id, message.uid)
        event = post.read(found[1].body) if found else None
        who = _sender(post, received.sender)
        if found is None or event is None or not post.organises(event) or not _named(event, who):
            raise Forbidden("mail-refuse-reply")
        reply = CalendarItem(message.calendar, "VEVENT", message.uid, tuple(message.parts))
        if {scheduling.partstat(part, who) for part in reply.parts} - set(GIVEN):
            raise Forbidden("mail-refuse-reply")
        if mails.outcome_of(entry.conn, received.message_id) is not None:
            return REPEATED
        outcome = self._outcome(entry, post, found, event, reply, who, received)
        mark = f"{outcome} {_mark(organiser, message)}"
        mails.receive(entry.conn, entry.now, [received.message_id], received.sender, mark)
        return outcome

    def _outcome(
        self,
        entry: Entry,
        post: Post,
        found: tuple[CalendarRow, ItemRow],
        event: CalendarItem,
        reply: CalendarItem,
        who: Who,
        received: Received,
    ) -> str:
        said = reply.parts[0].value("DTSTAMP")
        prefix = f"{ANSWERED} {mails.event_key(post.owner, reply.uid)} "
        last = mails.last_outcome(entry.conn, received.sender, prefix)
        if last and said < last.removeprefix(prefix):
            return STALE
        if not all(self._is_current(part, event) for part in reply.parts):
            return STALE
        if not scheduling.take_answers(event, reply, who):
            return NO_DATE
        home, stored = found
        tag = stored.schedule_tag or stored.etag
        post.save(home, stored.name, stored.uid, ical.serialise(event))
        items.tag(entry.conn, home.id, stored.name, tag)
        post.drop_in(post.owner, scheduling.message("REPLY", event, who))
        self._on_his_copy(entry, post, reply, who, received.sender)
        return ANSWERED

    def _is_current(self, part: Component, event: CalendarItem) -> bool:
        """Whether he answers to the event (or the date of it) as it stands now."""
        zone, which = self.office.network.zone, part.value("RECURRENCE-ID")
        mine = next((one for one in event.parts if one.value("RECURRENCE-ID") == which), None)
        if mine is None:
            return True
        starts = [line for one in (part, mine) if (line := one.first("DTSTART"))]
        moments = {instant(one_moment(line), zone) for line in starts}
        return len(moments) == 1 and imip.sequence_of(part) >= imip.sequence_of(mine)

    def _on_his_copy(
        self, entry: Entry, post: Post, reply: CalendarItem, who: Who, sender: str
    ) -> None:
        """Somebody of ours who answers by mail has answered in his calendar too."""
        person = post.person(f"mailto:{sender}")
        found = post.copy_of(person.id, reply.uid) if person else None
        if found is None:
            return
        home, stored = found
        copy = post.read(stored.body)
        if reply.parts[0].value("RECURRENCE-ID") or not post.organises(copy):
            return
        scheduling.answer(copy, who, scheduling.partstat(reply.parts[0], who))
        post.save(home, stored.name, stored.uid, ical.serialise(copy))
        if scheduling.partstat(copy.parts[0], who) == "DECLINED":
            items.place(entry.conn, home.id, stored.name, ())


def _mark(organiser: Person, message: imip.Message) -> str:
    stamp = message.parts[0].value("DTSTAMP")[:20]
    return f"{mails.event_key(organiser.id, message.uid)} {stamp}"


def _sender(post: Post, sender: str) -> Who:
    """Whose lines the writer of a letter may answer on: his address, or his person's others."""
    person = post.person(f"mailto:{sender}")

    def is_his(address: str) -> bool:
        if room_of(address, post.domain) is not None or post.is_owner(address):
            return False
        return address_in(address) == sender or (
            person is not None and post.person(address) == person
        )

    return is_his


def _named(event: CalendarItem, who: Who) -> bool:
    return any(who(line.value) for part in event.parts for line in part.lines("ATTENDEE"))
