"""Invitations between people of the network (RFC 6638), in the transaction of the write.

What an organiser writes reaches the calendars and inboxes of the people he invites; what they
answer, by changing or deleting their copy, reaches his event and his inbox. Nobody's client sends
anything. An address outside the network is marked undelivered (`SCHEDULE-STATUS=5.3`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from calendars import ical, itip, scheduling
from calendars.content import Component, Line
from calendars.ical import CalendarItem
from calendars.server.port import Stored
from orchestrator.booking.event import AHEAD, Prepared
from orchestrator.booking.ledger import Entry
from orchestrator.store import calendar_items as items
from orchestrator.store import own_calendars, people
from orchestrator.store.calendar_items import CalendarRow, ItemRow
from orchestrator.store.people import PersonRow
from rooms.ids import PersonId, new_id

MOST_IN_INBOX = 200
DELIVERED, UNKNOWN, REFUSED = "1.2", "5.3", "3.8"


@dataclass(slots=True, kw_only=True)
class Invitations:
    """The post of one entry, in the name of its person."""

    entry: Entry

    # an organiser writes

    def keep_answers(self, item: CalendarItem, before: ItemRow | None) -> None:
        """What people answered stays, though the organiser's client did not know of it yet."""
        if before is None or not self._organises(item):
            return
        scheduling.keep_answers(item, self._read(before.body), self._is_person)

    def after_put(
        self, home: CalendarRow, name: str, before: ItemRow | None, event: Prepared
    ) -> Stored | None:
        """Deliver what was stored; the organiser's event as it is then, if that changed it."""
        if home.owner_kind == items.INBOX:
            return None
        stored = items.item(self.entry.conn, home.id, name)
        if stored is None:
            return None
        item = self._read(stored.body)
        if not item.parts[0].lines("ORGANIZER") and not item.parts[0].lines("ATTENDEE"):
            return None
        if self._organises(item):
            stored = self._invite(home, stored, item, before, event)
        else:
            self._reply(item, event)
            if scheduling.partstat(item.parts[0], self._is_me) == "DECLINED":
                items.place(self.entry.conn, home.id, name, ())
        tag = self._tag(item, before) or stored.etag
        items.tag(self.entry.conn, home.id, name, tag)
        rewritten = stored.body != event.sent
        return Stored(etag=stored.etag, rewritten=rewritten, schedule_tag=tag)

    def _tag(self, item: CalendarItem, before: ItemRow | None) -> str | None:
        """The tag it had, if a guest only answered."""
        if before is None or self._organises(item):
            return None
        same = scheduling.only_answers_differ(item, self._read(before.body))
        return before.schedule_tag if same else None

    def after_delete(self, home: CalendarRow, gone: ItemRow, *, tell: bool) -> None:
        """Call off what an organiser deletes; decline what an invited person deletes."""
        item = self._read(gone.body)
        if self._organises(item):
            for person in self._invited(item):
                self._call_off(person, item)
        elif tell and not scheduling.called_off(item):
            scheduling.answer(item, self._is_me, "DECLINED")
            self._reply(item, None)

    def _invite(
        self,
        home: CalendarRow,
        stored: ItemRow,
        item: CalendarItem,
        before: ItemRow | None,
        event: Prepared,
    ) -> ItemRow:
        known = self._invited(self._read(before.body)) if before else []
        invited = self._invited(item)
        statuses = {person.id: self._deliver(person, item, event) for person in invited}
        here = {person.id for person in invited}
        for person in known:
            if person.id not in here:
                self._call_off(person, item)
        noted = scheduling.note_delivery(item, lambda one: self._status(one, statuses))
        body = ical.serialise(item)
        if not noted:
            return stored
        self._save(home, stored.name, stored.uid, body)
        return items.item(self.entry.conn, home.id, stored.name) or stored

    def _status(self, address: str, statuses: Mapping[PersonId, str]) -> str | None:
        if itip.room_of(address, self._domain) is not None or self._is_me(address):
            return None
        person = self._person(address)
        return statuses.get(person.id) if person else UNKNOWN

    def _deliver(self, person: PersonRow, item: CalendarItem, event: Prepared) -> str:
        conn, uid = self.entry.conn, item.uid
        items.ensure_calendar(conn, items.PERSON, person.id, person.name)
        found = self._copy_of(person, uid)
        copy = scheduling.copy_for(item)
        if found is None:
            home = items.find_calendar(conn, items.PERSON, person.id)
            name, old = f"{new_id('iv')}.ics", None
        else:
            home, old = found
            name = old.name
            mine = self._read(old.body)
            if not self._organises(mine):
                return REFUSED  # an event of his own, or of somebody else, has this UID
            scheduling.keep_own(copy, mine)
        if home is None:
            return UNKNOWN
        body = ical.serialise(copy)
        if old is not None and old.body == body:
            return DELIVERED
        self._save(home, name, uid, body)
        declined = scheduling.partstat(copy.parts[0], self._is(person)) == "DECLINED"
        items.place(conn, home.id, name, () if declined else event.taken)
        until = items.seconds(self.entry.now + AHEAD) if item.recurring else None
        items.reach(conn, home.id, name, until)
        items.tag(conn, home.id, name, items.etag_of(body))
        self._drop_in(person.id, scheduling.message("REQUEST", copy))
        return DELIVERED

    def _call_off(self, person: PersonRow, item: CalendarItem) -> None:
        found = self._copy_of(person, item.uid)
        if found is None:
            return
        home, old = found
        mine = self._read(old.body)
        if not self._organises(mine):
            return
        for part in mine.parts:
            part.put(Line("STATUS", "CANCELLED"))
        body = ical.serialise(mine)
        self._save(home, old.name, old.uid, body)
        items.place(self.entry.conn, home.id, old.name, ())
        items.tag(self.entry.conn, home.id, old.name, items.etag_of(body))
        self._drop_in(person.id, scheduling.message("CANCEL", mine))

    # an invited person answers

    def _reply(self, item: CalendarItem, event: Prepared | None) -> None:
        organiser = self._person(item.parts[0].value("ORGANIZER"))
        found = self._copy_of(organiser, item.uid) if organiser else None
        if organiser is None or found is None:
            return
        home, theirs = found
        event_there = self._read(theirs.body)
        if self._person(event_there.parts[0].value("ORGANIZER")) != organiser:
            return
        if not scheduling.take_answers(event_there, item, self._is_me):
            return
        body = ical.serialise(event_there)
        if body == theirs.body:
            return
        tag = theirs.schedule_tag or theirs.etag
        self._save(home, theirs.name, theirs.uid, body)
        items.tag(self.entry.conn, home.id, theirs.name, tag)
        self._drop_in(organiser.id, scheduling.message("REPLY", item, self._is_me))

    # who is who

    @property
    def _domain(self) -> str:
        return self.entry.rules.network.mail_domain

    def _read(self, body: bytes) -> CalendarItem:
        return ical.parse(body, self.entry.rules.network.zone, stored=True)

    def _person(self, address: str) -> PersonRow | None:
        return people.by_address(self.entry.conn, self._domain, address)

    def _is_person(self, address: str) -> bool:
        return self._person(address) is not None

    def _is_me(self, address: str) -> bool:
        found = self._person(address)
        return found is not None and found.id == self.entry.person.id

    def _is(self, person: PersonRow) -> scheduling.Who:
        return lambda address: self._person(address) == person

    def _organises(self, item: CalendarItem) -> bool:
        """Whether the event is the entry's person's: he is its organiser, or nobody here is."""
        address = item.parts[0].value("ORGANIZER")
        return self._is_me(address) or (not address and bool(item.parts[0].lines("ATTENDEE")))

    def _invited(self, item: CalendarItem) -> list[PersonRow]:
        found = (self._person(address) for address in scheduling.invited(item))
        known = {one.id: one for one in found if one and one.id != self.entry.person.id}
        return list(known.values())

    def _copy_of(self, person: PersonRow, uid: str) -> tuple[CalendarRow, ItemRow] | None:
        for home in own_calendars.of_person(self.entry.conn, person.id):
            found = items.item_by_uid(self.entry.conn, home.id, uid)
            if found is not None:
                return home, found
        return None

    def _save(self, home: CalendarRow, name: str, uid: str, body: bytes) -> None:
        who = self.entry.person.login
        items.save(self.entry.conn, self.entry.now, home.id, name, uid, body, who)

    def _drop_in(self, person: str, message: Component) -> None:
        conn, now = self.entry.conn, self.entry.now
        items.ensure_calendar(conn, items.INBOX, person, "Inbox")
        inbox = items.find_calendar(conn, items.INBOX, person)
        if inbox is None:
            return
        name = f"{new_id('ms')}.ics"
        self._save(inbox, name, name, scheduling.written(message, now))
        old: Iterable[ItemRow] = items.all_items(conn, inbox.id)[:-MOST_IN_INBOX]
        for one in old:
            items.remove(conn, now, inbox.id, one.name, self.entry.person.login)
