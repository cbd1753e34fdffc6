"""Appointments made at a reception desk, in the calendars of the animateurs of its centre."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from calendars.booking import Slot
from orchestrator import roles
from orchestrator.auth import accounts, limits
from orchestrator.auth.people import Person
from orchestrator.booking import Bookings
from orchestrator.booking.appointment import PREFIX, SUFFIX, Appointment, compose, read
from orchestrator.booking.desk import own_calendar
from orchestrator.booking.event import prepare
from orchestrator.booking.ledger import Entry
from orchestrator.booking.rules import public_holidays
from orchestrator.cases.desks_rights import Caller, attending, desk_at
from orchestrator.desk_hours import with_holidays
from orchestrator.desk_slots import AHEAD, free, offered, slot_at
from orchestrator.means import Means
from orchestrator.store import audit, closures, own_calendars, people
from orchestrator.store import calendar_items as items
from orchestrator.store.instants import instant
from orchestrator.words import words
from rooms.centre import Centre
from rooms.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from rooms.ids import CentreId, PersonId, new_id
from rooms.room import Desk

MOST_COMING = 60
"""Those of a centre's desks that are still to come: nobody fills calendars from a screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who wants it. An empty `mail` is none."""

    name: str
    phone: str
    mail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointments:
    """The use cases, over the same ledger as every booking."""

    means: Means
    bookings: Bookings

    async def offered(self, caller: Caller, desk: str) -> list[Slot]:
        """The nearest slots at which somebody of the centre is free."""
        place, now = desk_at(self.means.network, desk), self.means.clock()

        def find(conn: Connection) -> list[Slot]:
            self._may(conn, caller, place)
            return offered(self._centre(conn, place, now), self._busy(conn, place, now), now)

        return await self.means.database.read(find)

    async def book(
        self, caller: Caller, desk: str, start: datetime, visitor: Visitor
    ) -> Appointment:
        """Take one; Conflict("slot-taken") when nobody is free any more, TooMany for too many.

        Invalid("visitor-mail-ours") for the address of a room or of a person of the network: the
        event would ask the room for its hours, and the colleague for his.
        """
        place, now = desk_at(self.means.network, desk), self.means.clock()

        def look(conn: Connection) -> tuple[Slot, list[Person]]:
            self._may(conn, caller, place)
            self._check_room_left(conn, place, now)
            slot = slot_at(self._centre(conn, place, now), start, now)
            if slot is None:
                raise Conflict("slot-taken")
            able = free(slot, self._busy(conn, place, now))
            return slot, [each for each in self._people(conn, place.centre) if each.id in able]

        if visitor.mail:
            await self._check_mail(caller, place, visitor.mail, now)
        slot, able = await self.means.database.read(look)
        for person in able:
            made = await self._take(caller, place, person, slot, visitor, now)
            if made is not None:
                self.means.bus.publish("desk.appointment.made", desk=place.id, centre=place.centre)
                return made
        raise Conflict("slot-taken")

    async def cancel(self, caller: Caller, desk: str, appointment: str) -> None:
        """Free the slot again; the visitor is written to if he left an address."""
        place, now = desk_at(self.means.network, desk), self.means.clock()

        def find(conn: Connection) -> Person:
            self._may(conn, caller, place)
            coming = self._coming(conn, place.centre, now)
            found = next((one for one in coming if one.id == appointment), None)
            person = None if found is None else accounts.by_id(conn, found.person)
            if found is None or person is None or found.desk != place.id:
                raise NotFound("no-desk-appointment", appointment=appointment)
            return person

        person = await self.means.database.read(find)

        def work(entry: Entry) -> None:
            self._may(entry.conn, caller, place)
            entry.delete(own_calendar(entry.conn, person), f"{appointment}{SUFFIX}")
            by = caller.person.id if caller.person else place.id
            audit.record(entry.conn, now, by, "desk.appointment.cancelled", appointment)

        await self.bookings.write(person, now, work)
        self.means.bus.publish("desk.appointment.cancelled", desk=place.id, centre=place.centre)

    async def coming(self, person: Person) -> list[Appointment]:
        """Those of his centres that are still to come, the nearest first."""
        now = self.means.clock()

        def find(conn: Connection) -> list[Appointment]:
            known = attending(conn, person)
            centres = {desk.centre for desk in self.means.network.desks}
            mine = [centre for centre in sorted(centres) if roles.may_call_back(known, centre)]
            found = {one.id: one for centre in mine for one in self._coming(conn, centre, now)}
            return sorted(found.values(), key=lambda one: (one.slot.start, one.id))

        return await self.means.database.read(find)

    # --- inside -----------------------------------------------------------------

    async def _take(
        self,
        caller: Caller,
        place: Desk,
        person: Person,
        slot: Slot,
        visitor: Visitor,
        now: datetime,
    ) -> Appointment | None:
        """Write it into this person's calendar; None when he has just been taken by another."""
        made = Appointment(
            id=f"{PREFIX}{new_id('ap')}",
            desk=place.id,
            person=person.id,
            slot=slot,
            name=visitor.name,
            phone=visitor.phone,
        )
        facts = {"name": visitor.name, "phone": visitor.phone, "desk": place.name}
        said = {
            "title": words("appointment-title", person.locale, facts),
            "text": words("appointment-text", person.locale, facts),
        }
        network = self.means.network
        body = compose(network, person, place, made, visitor.mail, said, now)
        event = await asyncio.to_thread(prepare, network, body, None, now)
        if event.rooms:  # whatever named one: a visitor books no room
            raise Invalid("visitor-mail-ours")

        def work(entry: Entry) -> Appointment | None:
            self._may(entry.conn, caller, place)
            if any(slot.overlaps(taken) for taken in _taken(entry.conn, person.id, slot)):
                return None
            self._check_room_left(entry.conn, place, now)
            self._count(entry.conn, caller, place, now)
            home = own_calendar(entry.conn, person)
            entry.put(home, f"{made.id}{SUFFIX}", event, strict=True)
            by = caller.person.id if caller.person else place.id
            audit.record(entry.conn, now, by, "desk.appointment.made", made.id)
            return made

        return await self.bookings.write(person, now, work)

    def _may(self, conn: Connection, caller: Caller, place: Desk) -> None:
        """The screen of this desk, or an animateur of its centre."""
        if caller.person is None:
            if caller.desk != place.id:
                raise Forbidden("not-your-desk", desk=place.id)
        elif not roles.may_call_back(attending(conn, caller.person), place.centre):
            raise Forbidden("not-your-desk", desk=place.id)

    def _check_room_left(self, conn: Connection, place: Desk, now: datetime) -> None:
        if len(self._coming(conn, place.centre, now)) >= MOST_COMING:
            raise TooMany("desk-appointments-full", retry_after=3600)

    def _count(self, conn: Connection, caller: Caller, place: Desk, now: datetime) -> None:
        """One more from this screen, whatever becomes of it: each writes letters, or says who is
        of the network."""
        if caller.person is not None:
            return
        try:
            limits.count(conn, now, limits.appointment_limits(place.id))
        except TooMany as full:  # the visitor has tried nothing wrong: he is told what to do
            raise TooMany("desk-appointments-full", **full.fields) from None

    async def _check_mail(self, caller: Caller, place: Desk, mail: str, now: datetime) -> None:
        """Refuse an address of ours, and count who tries one."""

        def work(conn: Connection) -> bool:
            self._may(conn, caller, place)
            ours = self._is_ours(conn, mail)
            if ours:
                self._count(conn, caller, place, now)
            return ours

        if await self.means.database.write(work):
            raise Invalid("visitor-mail-ours")

    def _is_ours(self, conn: Connection, mail: str) -> bool:
        """Whether a calendar would take this address for a room or for somebody of ours."""
        domain = self.means.network.mail_domain.lower()
        if mail.rpartition("@")[2] == domain:
            return True
        return accounts.by_address(conn, domain, mail) is not None

    def _people(self, conn: Connection, centre: CentreId) -> list[Person]:
        """The animateurs of a centre, who have the appointments of its desks."""
        found = (accounts.person_of(row) for row in people.everyone(conn))
        return [
            each
            for each in found
            if each is not None and each.role == roles.ANIMATEUR and centre in each.centres
        ]

    def _busy(self, conn: Connection, place: Desk, now: datetime) -> dict[PersonId, list[Slot]]:
        window = Slot(now, now + AHEAD)
        return {each.id: _taken(conn, each.id, window) for each in self._people(conn, place.centre)}

    def _coming(self, conn: Connection, centre: CentreId, now: datetime) -> list[Appointment]:
        desks = {desk.id for desk in self.means.network.desks if desk.centre == centre}
        found = []
        for person in self._people(conn, centre):
            home = items.find_calendar(conn, items.PERSON, person.id)
            if home is None:
                continue
            begin, end = items.seconds(now), items.seconds(now + AHEAD)
            for row in items.items_between(conn, home.id, begin, end):
                one = read(self.means.network, person.id, row, now)
                if one is not None and one.desk in desks:
                    found.append(one)
        return found

    def _centre(self, conn: Connection, place: Desk, now: datetime) -> Centre:
        centre = closures.effective(conn, self.means.network.centre(place.centre))
        return with_holidays(centre, public_holidays((now.year, now.year + 1)))


def _taken(conn: Connection, person: PersonId, window: Slot) -> list[Slot]:
    """What a person's own calendars hold then."""
    begin, end = items.seconds(window.start), items.seconds(window.end)
    return [
        Slot(instant(first), instant(last))
        for home in own_calendars.of_person(conn, person)
        for first, last in items.taken(conn, home.id, begin, end)
    ]
