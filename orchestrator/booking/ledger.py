"""The ledger of who holds which room: one entry is one change, in one write transaction.

Whatever the door (an invitation in one's own calendar, a write in a room's calendar, REST), an
event goes through `put`: judged for all its rooms on all its dates, then stored with what it
holds, its sessions and its outbox row, all in the transaction of the connection, or not at all.

An event whose move is refused holds nothing any more: what a calendar shows and what is held
never disagree. docs/calendars.md says what each door answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from calendars import ical, itip, join_link, marks
from calendars.content import MAX_BYTES, Line
from calendars.itip import Answer
from calendars.server.port import Stored
from orchestrator import roles
from orchestrator.auth.people import Person
from orchestrator.booking.event import AHEAD, Prepared
from orchestrator.booking.judge import Judgement, Rules
from orchestrator.store import booked_sessions, bookings, people
from orchestrator.store import calendar_items as items
from orchestrator.store.booked_sessions import Seat, Wish
from orchestrator.store.bookings import BookingRow
from orchestrator.store.calendar_items import CalendarRow
from rooms.errors import Conflict, Forbidden, Invalid
from rooms.ids import BookingId, PersonId, RoomId, new_id

Told = tuple[str, dict[str, Any]]


@dataclass(slots=True, kw_only=True)
class Entry:
    """One change of the ledger, by one person."""

    rules: Rules
    conn: Connection
    now: datetime
    person: Person
    door: str = ""
    told: list[Told] = field(default_factory=list)

    # the doors

    def put(
        self, calendar: CalendarRow, name: str, event: Prepared, *, strict: bool = False
    ) -> Stored:
        """Judge and store an event. With `strict`, a refusal is raised instead of written."""
        for other in (
            items.item(self.conn, calendar.id, name),
            items.item_by_uid(self.conn, calendar.id, event.item.uid),
        ):
            if other and (other.uid != event.item.uid or other.name != name):
                raise Conflict("uid-conflict")
        if calendar.owner_kind == items.ROOM:
            self._check_direct(calendar, name)
        booking = bookings.of_item(self.conn, calendar.id, event.item.uid)
        rooms = self._rooms_held_by(calendar, event)
        if not rooms:
            return self._put_without_rooms(calendar, name, event, booking)
        judged = self.rules.judge(self.conn, self.now, self.person, booking, event, rooms)
        if not judged.accepted:
            if strict:
                raise judged.refusal()
            return self._refuse(calendar, name, event, booking, judged)
        return self._accept(calendar, name, event, booking, rooms)

    def delete(self, calendar: CalendarRow, name: str) -> None:
        """Forget an event and free what it held."""
        found = items.item(self.conn, calendar.id, name)
        if found is None:
            return
        copied = self._copied(calendar, name)
        if copied is not None:
            self.withdraw(copied)
            return
        booking = bookings.of_item(self.conn, calendar.id, found.uid)
        if calendar.owner_kind == items.ROOM:
            self._check_may_change(booking)
        items.remove(self.conn, self.now, calendar.id, name, self.person.login)
        self._free(booking, bookings.CANCELLED)

    def withdraw(self, booking: BookingRow) -> None:
        """Cancel a booking otherwise than in its event: the event is told, or goes with it."""
        self._check_may_change(booking)
        if booking.state != bookings.CONFIRMED:
            return
        self._free(booking, bookings.CANCELLED)
        home = items.calendar_by_id(self.conn, booking.calendar_id)
        event = items.item(self.conn, home.id, booking.item_name) if home else None
        if home is None or event is None:
            return
        if home.owner_kind == items.ROOM or booking.organiser_id == self.person.id:
            items.remove(self.conn, self.now, home.id, event.name, self.person.login)
            return
        self._tell_organiser(home, event, booking)

    # the answers

    def _accept(
        self,
        calendar: CalendarRow,
        name: str,
        event: Prepared,
        booking: BookingRow | None,
        rooms: tuple[RoomId, ...],
    ) -> Stored:
        before = booking if booking and booking.state == bookings.CONFIRMED else None
        held_before = bookings.instances(self.conn, before.id) if before else []
        row = self._row(calendar, name, event, booking, bookings.CONFIRMED, rooms=rooms)
        bookings.save(self.conn, self.now, row)
        code = booked_sessions.agree(self.conn, self.now, self.wish(row, event))
        invited = {room: Answer.ACCEPTED for room in event.rooms}
        itip.answer(event.item, invited, "", self.rules.network.mail_domain)
        join_link.add_join_link(
            event.item,
            self.rules.link(code),
            self.rules.say("calendar-link-label", self.person.locale),
        )
        self._drop_copies(before, keep=rooms)
        for room in rooms:
            shelf = self.copy(calendar, event, row, room)
            if shelf is not None:
                items.place(self.conn, *shelf, event.taken, booking=row.id, room=room)
        stored = self._store(calendar, name, event, row)
        held = bookings.instances(self.conn, row.id)
        if before is None:
            self.tell("booking.made", row)
        elif held != held_before or before.rooms != tuple(sorted(rooms)):
            self.tell("booking.moved", row, before.rooms)
        else:
            self.tell("booking.changed", row)
        return stored

    def _refuse(
        self,
        calendar: CalendarRow,
        name: str,
        event: Prepared,
        booking: BookingRow | None,
        judged: Judgement,
    ) -> Stored:
        own_room = calendar.owner_kind == items.ROOM
        if own_room and self.rules.network.room(calendar.owner_id).direct_put == "refuse":
            raise Conflict("room-busy", sentence=judged.comment)
        self._free(booking, bookings.DECLINED)
        row = self._row(calendar, name, event, booking, bookings.DECLINED, reason=judged.as_json())
        bookings.save(self.conn, self.now, row)
        join_link.remove_join_link(event.item, self.rules.link_base)
        answers = {room: Answer.DECLINED for room in event.rooms}
        itip.answer(event.item, answers, judged.comment, self.rules.network.mail_domain)
        if own_room:
            word = self.rules.say("refused-word", self.person.locale)
            marks.mark_refused(event.item, judged.motive, judged.comment, word)
            event = replace(event, occurrences=())
        return self._store(calendar, name, event)

    def _put_without_rooms(
        self, calendar: CalendarRow, name: str, event: Prepared, booking: BookingRow | None
    ) -> Stored:
        """No rooms, a cancelled event, or somebody else's: nothing is asked of the judge."""
        self._free(booking, bookings.CANCELLED)
        changed = booking is not None and join_link.remove_join_link(
            event.item, self.rules.link_base
        )
        if event.rooms and not event.cancelled:
            self._answer_for_organiser(event)
            changed = True
        return self._store(calendar, name, event, changed=changed)

    def _answer_for_organiser(self, event: Prepared) -> None:
        """An attendee's copy shows what its organiser really holds."""
        owner = self._organiser_of(event)
        held = owner and bookings.confirmed_of(self.conn, owner, event.item.uid)
        answers = {
            room: Answer.ACCEPTED if held and room in held.rooms else Answer.DECLINED
            for room in event.rooms
        }
        declined = Answer.DECLINED in answers.values()
        comment = self.rules.say("not-the-organiser", self.person.locale) if declined else ""
        itip.answer(event.item, answers, comment, self.rules.network.mail_domain)

    def _tell_organiser(self, home: CalendarRow, event: items.ItemRow, booking: BookingRow) -> None:
        item = ical.parse(event.body, self.rules.network.zone, stored=True)
        comment = self.rules.say("room-withdrawn", self.person.locale, who=self.person.name)
        answers = {room: Answer.DECLINED for room in booking.rooms}
        join_link.remove_join_link(item, self.rules.link_base)
        itip.answer(item, answers, comment, self.rules.network.mail_domain)
        items.save(
            self.conn, self.now, home.id, event.name, event.uid,
            ical.serialise(item), self.person.login,
        )  # fmt: skip

    # who asks for what

    def _rooms_held_by(self, calendar: CalendarRow, event: Prepared) -> tuple[RoomId, ...]:
        if event.cancelled:
            return ()
        if calendar.owner_kind == items.PERSON and self._organiser_of(event) is not None:
            return ()
        return event.rooms

    def _organiser_of(self, event: Prepared) -> PersonId | None:
        """The other person of the network who organises the event."""
        address = event.organiser.removeprefix("mailto:")
        login, _, domain = address.partition("@")
        found = None
        if domain == self.rules.network.mail_domain.lower():
            found = people.by_login(self.conn, login)
        return found.id if found and found.id != self.person.id else None

    def _copied(self, calendar: CalendarRow, name: str) -> BookingRow | None:
        """The booking made elsewhere whose copy this object of a room's calendar is."""
        if calendar.owner_kind != items.ROOM:
            return None
        booking = bookings.by_id(self.conn, name.removesuffix(".ics"))
        return booking if booking and booking.calendar_id != calendar.id else None

    def _check_direct(self, calendar: CalendarRow, name: str) -> None:
        if self._copied(calendar, name) is not None:
            say = self.rules.say("change-it-at-home", self.person.locale)
            raise Forbidden("change-it-at-home", sentence=say)
        found = items.item(self.conn, calendar.id, name)
        if found is not None:
            self._check_may_change(bookings.of_item(self.conn, calendar.id, found.uid))

    def _check_may_change(self, booking: BookingRow | None) -> None:
        if booking is None:
            return
        centres = [self.rules.network.centre_of(room).id for room in booking.rooms]
        if not roles.may_cancel(self.person, booking.organiser_id, centres):
            raise Forbidden("not-yours", sentence=self.rules.say("not-yours", self.person.locale))

    # the rows

    def _row(
        self,
        calendar: CalendarRow,
        name: str,
        event: Prepared,
        booking: BookingRow | None,
        state: str,
        *,
        rooms: Sequence[RoomId] = (),
        reason: list[dict[str, Any]] | None = None,
    ) -> BookingRow:
        own = calendar.owner_kind == items.PERSON
        taken = event.taken
        return BookingRow(
            id=booking.id if booking else BookingId(new_id("bk")),
            uid=event.item.uid,
            organiser_id=booking.organiser_id if booking else self.person.id,
            door=self.door or (bookings.INVITATION if own else bookings.ROOM_CALENDAR),
            calendar_id=calendar.id,
            item_name=name,
            kind=event.kind,
            title=self.rules.title(event, self.person.locale),
            state=state,
            reason=reason,
            starts_at=taken[0].start if taken else items.seconds(self.now),
            ends_at=taken[0].end if taken else items.seconds(self.now),
            recurring=event.item.recurring,
            rooms=tuple(rooms),
        )

    def wish(self, row: BookingRow, event: Prepared) -> Wish:
        """The sessions the booking is to have."""
        centres = [(room, self.rules.network.centre_of(room).id) for room in event.rooms]
        home = next((c for _, c in centres if c in self.person.centres), centres[0][1])
        host = next(room for room, centre in centres if centre == home)
        return Wish(
            booking=row.id,
            organiser=row.organiser_id,
            kind=row.kind,
            title=row.title,
            instances=event.taken,
            seats=[
                Seat(room=room, centre=centre, role="host" if room == host else "remote")
                for room, centre in centres
            ],
        )

    def _store(
        self,
        calendar: CalendarRow,
        name: str,
        event: Prepared,
        booking: BookingRow | None = None,
        *,
        changed: bool = True,
    ) -> Stored:
        body = ical.serialise(event.item) if changed else event.bytes_kept()
        if len(body) > MAX_BYTES:  # with our answers in it
            raise Invalid("calendar-too-large", limit=MAX_BYTES)
        etag = items.save(
            self.conn, self.now, calendar.id, name, event.item.uid, body, self.person.login
        )
        room = calendar.owner_id if calendar.owner_kind == items.ROOM and booking else None
        items.place(
            self.conn, calendar.id, name, event.taken,
            booking=booking.id if booking else None, room=room,
        )  # fmt: skip
        until = items.seconds(self.now + AHEAD) if event.item.recurring else None
        items.reach(self.conn, calendar.id, name, until)
        return Stored(etag=etag, rewritten=body != event.sent)

    def copy(
        self, calendar: CalendarRow, event: Prepared, row: BookingRow, room: RoomId
    ) -> tuple[int, str] | None:
        """Write the event in a room's calendar: where it is then, unless that is its home."""
        shelf = self.rules.room_calendar(self.conn, room)
        if shelf.id == calendar.id:
            return None
        name = f"{row.id}.ics"
        title = self.rules.title(event, self.person.locale)
        copy = itip.room_copy(event.item, self.rules.network.mail_domain, title)
        uid = self._uid_there(shelf, name, event.item.uid)
        for part in copy.parts if uid != event.item.uid else ():
            part.put(Line("UID", uid))
        body = ical.serialise(copy)
        items.save(self.conn, self.now, shelf.id, name, uid, body, self.person.login)
        return shelf.id, name

    def _uid_there(self, shelf: CalendarRow, name: str, uid: str) -> str:
        """The event's UID, unless another object of the room has it: people copy events."""
        known = items.item(self.conn, shelf.id, name)
        if known is not None:
            return known.uid
        taken = items.item_by_uid(self.conn, shelf.id, uid) is not None
        mine = f"{name.removesuffix('.ics')}@{self.rules.network.mail_domain}"
        return mine if taken else uid

    def _drop_copies(self, booking: BookingRow | None, keep: Sequence[RoomId] = ()) -> None:
        for room in booking.rooms if booking else ():
            shelf = self.rules.room_calendar(self.conn, room)
            if room not in keep and booking and shelf.id != booking.calendar_id:
                name = f"{booking.id}.ics"
                items.remove(self.conn, self.now, shelf.id, name, self.person.login)

    def _free(self, booking: BookingRow | None, state: str) -> None:
        """Let go of everything a booking held."""
        if booking is None:
            return
        self._drop_copies(booking)
        items.unbook(self.conn, booking.id)
        if state == bookings.CANCELLED:
            booked_sessions.forget(self.conn, booking.id)
        else:
            booked_sessions.suspend(self.conn, booking.id)
        bookings.save(self.conn, self.now, replace(booking, state=state, rooms=()))
        if booking.state == bookings.CONFIRMED:
            self.tell("booking.cancelled", booking, booking.rooms)

    def tell(self, topic: str, row: BookingRow, before: Sequence[RoomId] = ()) -> None:
        """Tell of a booking: in the outbox now, on the bus once committed."""
        payload = {
            "booking": row.id,
            "rooms": sorted({*row.rooms, *before}),
            "by": self.person.id,
        }
        bookings.tell(self.conn, self.now, topic, payload)
        self.told.append((topic, payload))
