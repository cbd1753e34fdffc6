"""The calendars of one person in one transaction, as the CalDAV door asks for them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from calendars import availability, ical, itip
from calendars.content import Line
from calendars.server.port import Busy, CalendarInfo, Change, Item, Stored, Visitor
from calendars.values import escape
from orchestrator import roles
from orchestrator.auth import accounts
from orchestrator.booking.event import AHEAD, LATE, Prepared
from orchestrator.booking.ledger import Entry
from orchestrator.booking.rules import room_rules
from orchestrator.dav.files import Files
from orchestrator.dav.free_busy import busy_of, joined
from orchestrator.dav.invitations import Invitations
from orchestrator.store import bookings, facts, item_changes, own_calendars, people, policies
from orchestrator.store import calendar_items as items
from orchestrator.store.calendar_items import CalendarRow, ItemRow, seconds
from rooms.errors import Forbidden, Invalid, MargerideError, Stale
from rooms.ids import PersonId, RoomId

MAX_CALENDARS = 30
SHARED = "~"  # between a colleague's login and the name of his calendar


@dataclass(slots=True, kw_only=True)
class DavPort:
    """Implements `calendars.server.port.CalendarPort` over the tables and the ledger."""

    entry: Entry
    event: Prepared | None = None  # what a PUT brought, or a COPY or MOVE found
    replies: bool = True  # a client may delete an invitation without a word
    _rows: dict[int, CalendarRow] = field(default_factory=dict)  # of the calendars shown

    @property
    def visitor(self) -> Visitor:
        """The person of the entry."""
        return Visitor(login=self.entry.person.login, name=self.entry.person.name)

    def addresses(self) -> Sequence[str]:
        """Under our domain, and his own e-mail if he gave one."""
        person = self.entry.person
        found = people.by_id(self.entry.conn, person.id)
        email = (f"mailto:{found.email}",) if found and found.email else ()
        return (f"mailto:{person.login}@{self.entry.rules.network.mail_domain}", *email)

    @property
    def store_id(self) -> str:
        """The fact of that name, made when the store is."""
        return facts.get(self.entry.conn, facts.STORE_UUID) or ""

    @property
    def files(self) -> Files:
        """His drawer."""
        return Files(conn=self.entry.conn, now=self.entry.now, owner=self.entry.person.id)

    def calendars(self) -> Sequence[CalendarInfo]:
        """His own, the rooms in the order of the network, then what he was let into."""
        conn = self.entry.conn
        shelves = items.room_calendars(conn)
        rooms = [shelves[room.id] for room in self.entry.rules.network.rooms if room.id in shelves]
        own = own_calendars.of_person(conn, self.entry.person.id)
        return [self._info(row) for row in (*own, *rooms)] + self._shared()

    def calendar(self, name: str) -> CalendarInfo | None:
        """One of them."""
        if any(room.id == name for room in self.entry.rules.network.rooms):
            row = items.find_calendar(self.entry.conn, items.ROOM, name)
        elif SHARED in name:
            return next((info for info in self._shared() if info.name == name), None)
        else:
            row = own_calendars.named(self.entry.conn, self.entry.person.id, name)
        return self._info(row) if row else None

    def inbox(self) -> CalendarInfo:
        """What others sent him."""
        row = items.find_calendar(self.entry.conn, items.INBOX, self.entry.person.id)
        known = row or CalendarRow(
            id=0, owner_kind=items.INBOX, owner_id=self.entry.person.id, name="", displayname="",
            color="", rev=0,
        )  # fmt: skip
        info = self._info(known)
        return replace(info, name="inbox", displayname="Inbox", own=False, first=False)

    def _shared(self) -> list[CalendarInfo]:
        conn, found = self.entry.conn, []
        for let in own_calendars.delegated_to(conn, self.entry.person.id):
            owner = accounts.by_id(conn, let.owner)
            for row in own_calendars.of_person(conn, let.owner) if owner else ():
                info = self._info(row)
                found.append(
                    replace(
                        info,
                        name=f"{owner.login if owner else ''}{SHARED}{row.name}",
                        may_write=let.rights == own_calendars.WRITE,
                    )
                )
        return found

    def _info(self, row: CalendarRow) -> CalendarInfo:
        self._rows[row.id] = row
        network = self.entry.rules.network
        room = network.room(row.owner_id) if row.owner_kind == items.ROOM else None
        mine = row.owner_id == self.entry.person.id
        owner = None if room or mine else people.by_id(self.entry.conn, row.owner_id)
        allowed = policies.effective(self.entry.conn, network, room.id).bookable_by if room else ()
        return CalendarInfo(
            id=row.id,
            name=row.name,
            displayname=row.displayname,
            color=row.color,
            rev=row.rev,
            zone=network.centre_of(room).zone if room else network.zone,
            is_room=room is not None,
            may_write=room is None or roles.may_book(self.entry.person, room.centre, allowed),
            own=mine,
            first=mine and row.name == items.OWN,
            owner=owner.login if owner else "" if room else self.entry.person.login,
        )

    def item(self, calendar: CalendarInfo, name: str) -> Item | None:
        """One object."""
        row = items.item(self.entry.conn, calendar.id, name)
        return self._readable(calendar, [row])[0] if row else None

    def items(self, calendar: CalendarInfo) -> Sequence[Item]:
        """All of them."""
        return self._readable(calendar, items.all_items(self.entry.conn, calendar.id))

    def between(
        self, calendar: CalendarInfo, start: datetime, end: datetime
    ) -> tuple[Sequence[Item], Sequence[Item]]:
        """By the stored instances; what has none, or reaches beyond them, is doubtful."""
        conn, now = self.entry.conn, self.entry.now
        inside = items.items_between(conn, calendar.id, seconds_of(start), seconds_of(end))
        beyond = start < now - AHEAD or end > now + AHEAD - LATE
        known = [row.name for row in inside]
        unplaced = items.items_unplaced(conn, calendar.id, beyond=beyond, but=known)
        return self._readable(calendar, inside), self._readable(calendar, unplaced)

    def changes(self, calendar: CalendarInfo, since: int, limit: int) -> Sequence[Change]:
        """The last change of each name."""
        found = item_changes.changes(self.entry.conn, calendar.id, since)
        kept = found if limit < 0 else found[:limit]
        return [Change(rev=rev, name=name, etag=etag) for rev, name, etag in kept]

    def busy(
        self, calendar: CalendarInfo, start: datetime, end: datetime
    ) -> Sequence[tuple[datetime, datetime]]:
        """The stored instances, joined where they touch."""
        taken = items.taken(self.entry.conn, calendar.id, seconds_of(start), seconds_of(end))
        return joined(taken, seconds_of(start), seconds_of(end))

    def free_busy(self, address: str, start: datetime, end: datetime) -> Sequence[Busy] | None:
        """From the stored instances of all his calendars; of a room, its closed hours too."""
        return busy_of(self.entry.conn, self.entry.rules.network, address, start, end)

    def availability(self, calendar: CalendarInfo) -> bytes | None:
        """A room's hours, exceptional ones included."""
        if not calendar.is_room:
            return None
        network = self.entry.rules.network
        room, year = network.room(calendar.name), self.entry.now.year
        rules = room_rules(self.entry.conn, network, [room.id], (year, year + 1))[room.id]
        return availability.hours_of(
            rules.centre, f"{room.id}-hours@{network.mail_domain}", self.entry.now
        )

    def put(self, calendar: CalendarInfo, name: str, etag: str | None) -> Stored:
        """Through the ledger, then to the people invited."""
        event = self._brought()
        row, entry = self._row(calendar), self._entry_for(calendar)
        post = Invitations(entry=entry)
        before = items.item(entry.conn, row.id, name)
        post.keep_answers(event.item, before)
        stored = entry.put(row, name, event)
        return post.after_put(row, name, before, event) or stored

    def delete(self, calendar: CalendarInfo, name: str) -> None:
        """Through the ledger, then to the people invited, or to the organiser."""
        row, entry = self._row(calendar), self._entry_for(calendar)
        if row.owner_kind == items.INBOX:
            items.remove(entry.conn, entry.now, row.id, name, entry.person.login)
            return
        before = items.item(entry.conn, row.id, name)
        entry.delete(row, name)
        if before is not None:
            Invitations(entry=entry).after_delete(row, before, tell=self.replies)

    def transfer(
        self, source: CalendarInfo, name: str, target: CalendarInfo, new: str, *, keep: bool
    ) -> Stored:
        """Judged where it arrives. A moved event takes its booking along."""
        event = self._brought()
        row, home = self._row(source), self._row(target)
        entry = self._entry_for(target)
        found = self.item(source, name)
        if found is None or found.body != event.sent:
            raise Stale("etag")
        if keep:
            return self.put(target, new, None)
        self._check_may_move(source, row, name)
        booking = bookings.of_item(entry.conn, row.id, found.uid)
        items.remove(entry.conn, entry.now, row.id, name, entry.person.login)
        for room in booking.rooms if booking else ():
            shelf = entry.rules.shelf(entry.conn, room)
            copy = f"{booking.id if booking else ''}.ics"
            items.remove(entry.conn, entry.now, shelf, copy, entry.person.login)
        if booking is not None:
            moved = replace(booking, calendar_id=home.id, item_name=new)
            bookings.save(entry.conn, entry.now, moved)
        return self.put(target, new, None)

    def _check_may_move(self, source: CalendarInfo, row: CalendarRow, name: str) -> None:
        """Out of a room's calendar goes only what one put there oneself."""
        if not source.is_room:
            return
        conn, person = self.entry.conn, self.entry.person
        owner = bookings.organisers(conn, row.id, [name]).get(name, person.id)
        made_here = bookings.by_id(conn, name.removesuffix(".ics")) is None
        if owner != person.id or not made_here:
            key = "not-yours" if owner != person.id else "change-it-at-home"
            raise Forbidden(key, sentence=self.entry.rules.say(key, person.locale))

    def make_calendar(self, name: str, displayname: str, color: str) -> None:
        """One more of his own."""
        person = self.entry.person
        if own_calendars.count(self.entry.conn, person.id) >= MAX_CALENDARS:
            raise Forbidden("too-many-calendars", most=MAX_CALENDARS)
        own_calendars.make(self.entry.conn, person.id, name, displayname or name, color)

    def drop_calendar(self, calendar: CalendarInfo) -> None:
        """Every event as if deleted one by one."""
        for item in items.all_items(self.entry.conn, calendar.id):
            self.delete(calendar, item.name)
        own_calendars.bury(self.entry.conn, calendar.id)

    def _brought(self) -> Prepared:
        if self.event is None:
            raise Invalid("bad-calendar-data", detail="empty", line=0)
        return self.event

    def _entry_for(self, calendar: CalendarInfo) -> Entry:
        """Who writes in a colleague's calendar writes in his name, by his rights."""
        if calendar.is_room or calendar.own or not calendar.owner:
            return self.entry
        owner = accounts.by_login(self.entry.conn, calendar.owner)
        return replace(self.entry, person=owner) if owner else self.entry

    def describe(
        self, calendar: CalendarInfo, *, displayname: str | None = None, color: str | None = None
    ) -> None:
        """Name and colour."""
        items.describe(self.entry.conn, calendar.id, displayname, color)

    def sentence(self, error: MargerideError) -> str:
        """From the catalogue; what was already put in words stays."""
        told = error.fields.get("sentence")
        return str(
            told or self.entry.rules.words(error.key, self.entry.person.locale, error.fields)
        )

    def _row(self, calendar: CalendarInfo) -> CalendarRow:
        return self._rows[calendar.id]

    def _readable(self, calendar: CalendarInfo, found: Sequence[ItemRow]) -> list[Item]:
        hidden = self._hidden(calendar, found)
        return [
            Item(
                name=row.name,
                uid=row.uid,
                etag=row.etag,
                body=self._masked(row.body) if row.name in hidden else row.body,
                schedule_tag=row.schedule_tag,
            )
            for row in found
        ]

    def _hidden(self, calendar: CalendarInfo, found: Sequence[ItemRow]) -> set[str]:
        """What its owner keeps to himself."""
        if not calendar.is_room and calendar.owner == self.entry.person.login:
            return set()
        private = {row.name for row in found if _is_private(row.body)}
        if not calendar.is_room:
            return private
        conn, network = self.entry.conn, self.entry.rules.network
        centre = network.centre_of(network.room(calendar.name)).id
        busy_only = policies.effective(conn, network, RoomId(calendar.name)).visibility == "busy"
        doubtful = {row.name for row in found} if busy_only else private
        owners = bookings.organisers(conn, calendar.id, doubtful) if doubtful else {}
        return {
            name
            for name in doubtful
            if owners.get(name) != self.entry.person.id
            and (
                name in private
                or not roles.may_see_title(
                    self.entry.person, PersonId(owners.get(name, "")), centre
                )
            )
        }

    def _masked(self, body: bytes) -> bytes:
        rules = self.entry.rules
        item = ical.parse(body, rules.network.zone, stored=True)
        title = rules.say("calendar-private-title", self.entry.person.locale)
        copy = itip.room_copy(item, rules.network.mail_domain, title)
        for part in copy.parts:
            part.put(Line("SUMMARY", escape(title)))
        return ical.serialise(copy)


def _is_private(body: bytes) -> bool:
    text = body.upper()
    return b"CLASS:PRIVATE" in text or b"CLASS:CONFIDENTIAL" in text


def seconds_of(moment: datetime) -> int:
    """An instant as the tables keep it, however far away."""
    return max(-(2**40), min(2**40, seconds(moment)))
