"""The organiser's event in the calendars and inboxes of those he invites (RFC 6638).

Whatever changed the event (its organiser, or the ledger: a refusal, a date taken out, a room
taken back), it is delivered in the same transaction, once: `push_all` looks at every event the
ledger wrote, as it was before and as it is at the end.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import select

from calendars import ical, itip, scheduling
from calendars.addresses import one_line
from calendars.content import Component, Line
from calendars.ical import CalendarItem
from orchestrator.auth.people import Person
from orchestrator.booking import outsiders
from orchestrator.booking.books import Books
from orchestrator.booking.event import AHEAD
from orchestrator.store import bookings, own_calendars, people
from orchestrator.store import calendar_items as items
from orchestrator.store.calendar_items import CalendarRow, ItemRow, Taken
from orchestrator.store.tables import occurrences
from rooms.ids import PersonId, new_id

MOST_IN_INBOX = 200
DELIVERED, UNKNOWN, REFUSED = "1.2", "3.7", "3.8"


def push_all(books: Books) -> None:
    """Deliver every event of the transaction that was not delivered yet."""
    while books.events:
        (calendar, name), before = books.events.popitem()
        home = items.calendar_by_id(books.conn, calendar)
        owner = _owner(books, home, name, before) if home else None
        if home is not None and owner is not None:
            Post(books=books, owner=owner).push(home, name, before)


def _owner(books: Books, home: CalendarRow, name: str, before: bytes | None) -> PersonId | None:
    """Whose event it is; nobody's whose guests are written to by another server."""
    found = items.item(books.conn, home.id, name)
    body = found.body if found else before
    if body is None or b"ATTENDEE" not in (body + (before or b"")).upper():
        return None
    item = ical.parse(body, books.rules.network.zone, stored=True)
    if bookings.door_of(books.conn, home.id, item.uid) == bookings.MAIL:
        return None
    if home.owner_kind == items.PERSON:
        return PersonId(home.owner_id)
    address = item.parts[0].value("ORGANIZER")
    person = books.person_at(address)
    return person.id if person else None


@dataclass(slots=True, kw_only=True)
class Post:
    """What is delivered in the name of one organiser."""

    books: Books
    owner: PersonId

    def push(self, home: CalendarRow, name: str, before: bytes | None) -> None:
        """Deliver an event that the ledger changed, as it stands, or call it off.

        It is over for its guests when it is gone, and when it is another organiser's now.
        """
        old = self.read(before) if before else None
        stored = items.item(self.books.conn, home.id, name)
        item = self.read(stored.body) if stored else None
        if stored is None or item is None or not self.organises(item):
            if old is not None and self.organises(old):
                self.call_off(old, home, name)
            return
        same = old is not None and scheduling.only_answers_differ(item, old)
        self.deliver(home, stored, item, old, tag=stored.schedule_tag if same else None)

    def deliver(
        self,
        home: CalendarRow,
        stored: ItemRow,
        item: CalendarItem,
        old: CalendarItem | None,
        tag: str | None = None,
    ) -> ItemRow:
        """Bring his event to its guests; how it is stored then, with this tag or a new one."""
        body = stored.body
        if self._guests(item) or (old and self._guests(old)):
            body = self._delivered(home, stored, item, old)
        etag = stored.etag if body == stored.body else items.etag_of(body)
        items.tag(self.books.conn, home.id, stored.name, tag or etag)
        return replace(stored, body=body, etag=etag, schedule_tag=tag or etag)

    def _delivered(
        self, home: CalendarRow, stored: ItemRow, item: CalendarItem, old: CalendarItem | None
    ) -> bytes:
        """The event with what became of its delivery, as it is stored then."""
        written = ical.serialise(item)
        self._sign(item)
        if old is not None:
            scheduling.raise_sequence(item, old)
        self._deliver_all(home, stored.name, item, old)
        body = ical.serialise(item)
        if body == written:
            return stored.body
        self.save(home, stored.name, stored.uid, body)
        return body

    def _sign(self, item: CalendarItem) -> None:
        """Name the organiser where his client did not: guests answer to somebody."""
        me = people.by_id(self.books.conn, self.owner)
        if me is None or item.parts[0].value("ORGANIZER"):
            return
        line = Line("ORGANIZER", f"mailto:{me.login}@{self.domain}")
        for part in item.parts:
            part.put(line.with_param("CN", one_line(me.name, 60)))

    def _guests(self, item: CalendarItem) -> list[str]:
        """Whoever is invited beside the rooms and the owner."""
        return [
            address
            for address in scheduling.invited(item)
            if itip.room_of(address, self.domain) is None and not self.is_owner(address)
        ]

    def call_off(self, item: CalendarItem, home: CalendarRow, name: str) -> None:
        """Tell everybody invited that there is nothing any more."""
        for person in self.invited(item):
            self._call_off(person, item.uid)
        if self._outside(item):
            outsiders.tell(self.books, self.owner, home.id, name, item.uid)

    def _deliver_all(
        self, home: CalendarRow, name: str, item: CalendarItem, old: CalendarItem | None
    ) -> None:
        taken = self._taken(home, name)
        invited = self.invited(item)
        statuses = {person.id: self._deliver(person, item, taken) for person in invited}
        for person in self.invited(old) if old else ():
            if person.id not in statuses:
                self._call_off(person, item.uid)
        outside = self._outside(item)
        ruling = outsiders.rule(self.books, self.owner, item, old, outside)
        known = {one: statuses[p.id] for one in self._guests(item) if (p := self.person(one))}
        fates = dict.fromkeys(self._guests(item), UNKNOWN) | known | dict(ruling.statuses)
        scheduling.note_delivery(item, fates.get)
        if outside or (old and self._outside(old)):
            outsiders.comment(item, ruling.comment, self.domain)
            outsiders.tell(self.books, self.owner, home.id, name, item.uid)

    def _outside(self, item: CalendarItem) -> list[str]:
        """The guests of other networks."""
        ours = f"@{self.domain.lower()}"
        return [
            address
            for address in self._guests(item)
            if self.person(address) is None and not address.strip().lower().endswith(ours)
        ]

    def _deliver(self, person: Person, item: CalendarItem, taken: list[Taken]) -> str:
        conn, uid = self.books.conn, item.uid
        items.ensure_calendar(conn, items.PERSON, person.id, person.name)
        found = self.copy_of(person.id, uid)
        copy = scheduling.copy_for(item)
        home, name = items.find_calendar(conn, items.PERSON, person.id), f"{new_id('iv')}.ics"
        tag = None
        if found is not None:
            home, old = found
            name, mine = old.name, self.read(old.body)
            if not self.organises(mine) and not scheduling.called_off(mine):
                return REFUSED  # an event of his own, or of somebody else, has this UID
            scheduling.keep_own(copy, mine)
            if old.body == ical.serialise(copy):
                return DELIVERED
            tag = old.schedule_tag if scheduling.only_answers_differ(copy, mine) else None
        elif scheduling.partstat(copy.parts[0], self.is_person(person)) == "DECLINED":
            return DELIVERED  # he threw it away
        assert home is not None
        body = ical.serialise(copy)
        self.save(home, name, uid, body)
        self._place(person, home, name, item, copy, taken)
        items.tag(conn, home.id, name, tag or items.etag_of(body))
        if tag is None:  # who else comes is in his event, and is no news
            self.drop_in(person.id, scheduling.message("REQUEST", copy))
        return DELIVERED

    def _place(
        self,
        person: Person,
        home: CalendarRow,
        name: str,
        item: CalendarItem,
        copy: CalendarItem,
        taken: list[Taken],
    ) -> None:
        """He is taken when the organiser is, unless he declined."""
        declined = scheduling.partstat(copy.parts[0], self.is_person(person)) == "DECLINED"
        items.place(self.books.conn, home.id, name, () if declined else taken)
        until = items.seconds(self.books.now + AHEAD) if item.recurring else None
        items.reach(self.books.conn, home.id, name, until)

    def _call_off(self, person: Person, uid: str) -> None:
        found = self.copy_of(person.id, uid)
        if found is None:
            return
        home, old = found
        mine = self.read(old.body)
        if not self.organises(mine) or not scheduling.call_off(mine):
            return
        body = ical.serialise(mine)
        self.save(home, old.name, old.uid, body)
        items.place(self.books.conn, home.id, old.name, ())
        items.tag(self.books.conn, home.id, old.name, items.etag_of(body))
        self.drop_in(person.id, scheduling.message("CANCEL", mine))

    def _taken(self, home: CalendarRow, name: str) -> list[Taken]:
        columns = (occurrences.c.starts_at, occurrences.c.ends_at, occurrences.c.recurrence_id)
        here = (occurrences.c.calendar_id == home.id, occurrences.c.name == name)
        found = self.books.conn.execute(select(*columns).where(*here).distinct())
        return [Taken(row.starts_at, row.ends_at, row.recurrence_id) for row in found]

    # who is who

    @property
    def domain(self) -> str:
        """Of the network's own addresses."""
        return self.books.rules.network.mail_domain

    def read(self, body: bytes) -> CalendarItem:
        """An event as it was stored."""
        return ical.parse(body, self.books.rules.network.zone, stored=True)

    def person(self, address: str) -> Person | None:
        """Whoever of the network has this address."""
        return self.books.person_at(address)

    def is_owner(self, address: str) -> bool:
        """Whether it is the organiser's."""
        found = self.person(address)
        return found is not None and found.id == self.owner

    def is_person(self, person: Person) -> Callable[[str], bool]:
        """Whether an address is this person's."""
        return lambda address: (found := self.person(address)) is not None and found.id == person.id

    def organises(self, item: CalendarItem) -> bool:
        """Whether the event is the owner's: he is its organiser, or nobody is."""
        address = item.parts[0].value("ORGANIZER")
        return self.is_owner(address) or (not address and bool(item.parts[0].lines("ATTENDEE")))

    def invited(self, item: CalendarItem) -> list[Person]:
        """The people of the network among the attendees, without the owner."""
        found = (self.person(address) for address in scheduling.invited(item))
        known = {one.id: one for one in found if one and one.id != self.owner}
        return list(known.values())

    def copy_of(self, person: PersonId, uid: str) -> tuple[CalendarRow, ItemRow] | None:
        """Where in his calendars the event of this UID is."""
        for home in own_calendars.of_person(self.books.conn, person):
            found = items.item_by_uid(self.books.conn, home.id, uid)
            if found is not None:
                return home, found
        return None

    def save(self, home: CalendarRow, name: str, uid: str, body: bytes) -> None:
        """Store an object, in the name of whoever acts."""
        books = self.books
        items.save(books.conn, books.now, home.id, name, uid, body, books.person.login)

    def drop_in(self, person: str, message: Component) -> None:
        """Put a message in somebody's inbox; the oldest go when it is full."""
        conn, now = self.books.conn, self.books.now
        items.ensure_calendar(conn, items.INBOX, person, "Inbox")
        inbox = items.find_calendar(conn, items.INBOX, person)
        if inbox is None:
            return
        name = f"{new_id('ms')}.ics"
        self.save(inbox, name, name, scheduling.written(message, now))
        for one in items.all_items(conn, inbox.id)[:-MOST_IN_INBOX]:
            items.remove(conn, now, inbox.id, one.name, self.books.person.login)
