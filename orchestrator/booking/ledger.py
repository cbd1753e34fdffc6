"""The ledger of who holds which room: one entry is one change, in one write transaction.

Whatever the door (an invitation in one's own calendar, a write in a room's calendar, REST), an
event goes through `put`: judged for all its rooms on all its dates, then stored with what it
holds, its sessions and its outbox row, all in the transaction of the connection, or not at all.

An event whose move is refused holds nothing any more: what a calendar shows and what is held
never disagree. docs/calendars.md says what each door answers.
"""

from dataclasses import dataclass, replace

from calendars import ical, itip, join_link, marks
from calendars.booking import Slot
from calendars.content import Line
from calendars.itip import Answer
from calendars.server.port import Stored
from orchestrator import roles
from orchestrator.booking.books import Books
from orchestrator.booking.decide import answer_in_calendar, give, given
from orchestrator.booking.displace import displace, without
from orchestrator.booking.event import Prepared
from orchestrator.booking.judge import Judgement
from orchestrator.store import bookings, own_calendars
from orchestrator.store import calendar_items as items
from orchestrator.store.bookings import BookingRow
from orchestrator.store.calendar_items import CalendarRow
from rooms.errors import Conflict, Forbidden
from rooms.ids import PersonId, RoomId


@dataclass(slots=True, kw_only=True)
class Entry(Books):
    """One change of the ledger, by one person."""

    # the doors

    def put(
        self, calendar: CalendarRow, name: str, event: Prepared, *, strict: bool = False
    ) -> Stored:
        """Judge and store an event. With `strict`, a refusal is raised instead of written."""
        for other in items.clashes(self.conn, calendar.id, name, event.item.uid):
            if other.uid != event.item.uid or other.name != name:
                raise Conflict("uid-conflict")
        if calendar.owner_kind == items.ROOM:
            if answered := answer_in_calendar(self, calendar, name, event):
                return answered
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
        return self._accept(calendar, name, event, booking, rooms, judged)

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
        self.remember(calendar, name)
        items.remove(self.conn, self.now, calendar.id, name, self.person.login)
        self.free(booking, bookings.CANCELLED)

    def withdraw(self, booking: BookingRow) -> None:
        """Cancel a booking otherwise than in its event: the event is told, or goes with it."""
        self._check_may_change(booking)
        if booking.state not in bookings.HOLDING:
            return
        self.free(booking, bookings.CANCELLED)
        home = items.calendar_by_id(self.conn, booking.calendar_id)
        event = items.item(self.conn, home.id, booking.item_name) if home else None
        if home is None or event is None:
            return
        self.remember(home, event.name)
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
        judged: Judgement,
    ) -> Stored:
        before = booking if booking and booking.state in bookings.HOLDING else None
        held_before = bookings.instances(self.conn, before.id) if before else []
        event = without(event, judged.verdict.skipped)
        asks = judged.verdict.asks or self._still_pending(before)
        row = self.row(
            calendar, name, event, booking,
            bookings.REQUESTED if asks else bookings.CONFIRMED, rooms=rooms,
            reason=[{"key": bookings.ASKED, "room": room} for room in asks] or None,
        )  # fmt: skip
        bookings.save(self.conn, self.now, row, new=booking is None)
        new = booking is None
        give(self, row, event, asks, judged.comment, self.person.locale, new=new)
        if asks and calendar.owner_kind == items.ROOM:
            for part in event.item.parts:
                part.put(Line("STATUS", "TENTATIVE"))
        self.drop_copies(before, keep=rooms)
        for room in rooms:
            self.hold(calendar, event, row, room)
        stored = self.store(calendar, name, event, row)
        self._tell_what_changed(row, before, held_before)
        displace(self, judged.verdict.displaced, row)
        return stored

    def _still_pending(self, before: BookingRow | None) -> tuple[RoomId, ...]:
        """What another person's change of a request leaves unanswered: it is no answer."""
        return before.pending if before and before.organiser_id != self.person.id else ()

    def _tell_what_changed(
        self, row: BookingRow, before: BookingRow | None, held_before: list[Slot]
    ) -> None:
        if before is None or before.state != row.state:
            made = row.state == bookings.CONFIRMED
            self.tell("booking.made" if made else "booking.requested", row)
            return
        same = before.rooms == tuple(sorted(row.rooms))
        if same and held_before == bookings.instances(self.conn, row.id):
            self.tell("booking.changed", row)
        else:
            self.tell("booking.moved", row, before.rooms)

    def _refuse(
        self,
        calendar: CalendarRow,
        name: str,
        event: Prepared,
        booking: BookingRow | None,
        judged: Judgement,
    ) -> Stored:
        own_room = calendar.owner_kind == items.ROOM
        room = RoomId(calendar.owner_id)
        told_here = own_room and self.door != bookings.REMOTE  # nobody waits there for a 403
        if told_here and self.rules.policy(self.conn, room).direct_put == "refuse":
            raise Conflict("room-busy", sentence=judged.comment)
        self.free(booking, bookings.DECLINED)
        row = self.row(calendar, name, event, booking, bookings.DECLINED, reason=judged.as_json())
        bookings.save(self.conn, self.now, row, new=booking is None)
        self.tell("booking.refused", row, event.rooms)
        join_link.remove_join_link(event.item, self.rules.link_base)
        answers = {room: Answer.DECLINED for room in event.rooms}
        itip.answer(event.item, answers, judged.comment, self.rules.network.mail_domain)
        if own_room:
            word = self.rules.say("refused-word", self.person.locale)
            marks.mark_refused(event.item, judged.motive, judged.comment, word)
            event = replace(event, occurrences=())
        return self.store(calendar, name, event)

    def _put_without_rooms(
        self, calendar: CalendarRow, name: str, event: Prepared, booking: BookingRow | None
    ) -> Stored:
        """No rooms, a cancelled event, or somebody else's: nothing is asked of the judge."""
        self.free(booking, bookings.CANCELLED)
        changed = booking is not None and join_link.remove_join_link(
            event.item, self.rules.link_base
        )
        if event.rooms and not event.cancelled:
            self._answer_for_organiser(calendar, event)
            changed = True
        return self.store(calendar, name, event, changed=changed)

    def _answer_for_organiser(self, calendar: CalendarRow, event: Prepared) -> None:
        """An attendee's copy shows what its organiser really holds."""
        owner = self._organiser_of(calendar, event)
        held = bookings.holding_of(self.conn, owner, event.item.uid) if owner else None
        answers = {
            room: given(room, held.pending) if held and room in held.rooms else Answer.DECLINED
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
        if calendar.owner_kind == items.PERSON and self._organiser_of(calendar, event) is not None:
            return ()
        return event.rooms

    def _organiser_of(self, calendar: CalendarRow, event: Prepared) -> PersonId | None:
        """The other person of the network who organises the event.

        Not one whose delegate is writing: he books for him, in whichever of the two calendars.
        """
        found = self.person_at(event.organiser)
        if found is None or found.id in (self.person.id, calendar.owner_id):
            return None
        lent = own_calendars.delegated_to(self.conn, self.person.id)
        writes = any(one.owner == found.id and one.rights == "write" for one in lent)
        return None if writes else found.id

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
