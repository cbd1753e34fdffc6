"""The calendars of one person in one transaction, as the CalDAV door asks for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from calendars import ical, itip
from calendars.server.port import CalendarInfo, Change, Item, Stored, Visitor
from orchestrator import roles
from orchestrator.booking.event import AHEAD, LATE, Prepared
from orchestrator.booking.ledger import Entry
from orchestrator.store import bookings, facts, people
from orchestrator.store import calendar_items as items
from orchestrator.store.calendar_items import CalendarRow, ItemRow, seconds
from rooms.errors import Invalid, MargerideError, NotFound

STORE_UUID = "store_uuid"


@dataclass(slots=True, kw_only=True)
class DavPort:
    """Implements `calendars.server.port.CalendarPort` over the tables and the ledger."""

    entry: Entry
    event: Prepared | None = None  # what a PUT brought
    _visitor: Visitor | None = None

    @property
    def visitor(self) -> Visitor:
        """The person of the entry."""
        if self._visitor is None:
            self._visitor = self._look_up()
        return self._visitor

    def _look_up(self) -> Visitor:
        person = self.entry.person
        found = people.by_id(self.entry.conn, person.id)
        own = f"mailto:{person.login}@{self.entry.rules.network.mail_domain}"
        email = (f"mailto:{found.email}",) if found and found.email else ()
        return Visitor(login=person.login, name=person.name, addresses=(own, *email))

    @property
    def store_id(self) -> str:
        """The fact of that name, made when the store is."""
        return facts.get(self.entry.conn, STORE_UUID) or ""

    def calendars(self) -> Sequence[CalendarInfo]:
        """His own, then the rooms in the order of the network."""
        own = items.find_calendar(self.entry.conn, items.PERSON, self.entry.person.id)
        shelves = items.room_calendars(self.entry.conn)
        rooms = [shelves[room.id] for room in self.entry.rules.network.rooms if room.id in shelves]
        return [self._info(row) for row in (*((own,) if own else ()), *rooms)]

    def calendar(self, name: str) -> CalendarInfo | None:
        """One of them."""
        if name == items.OWN:
            row = items.find_calendar(self.entry.conn, items.PERSON, self.entry.person.id)
        elif any(room.id == name for room in self.entry.rules.network.rooms):
            row = items.find_calendar(self.entry.conn, items.ROOM, name)
        else:
            row = None
        return self._info(row) if row else None

    def _info(self, row: CalendarRow) -> CalendarInfo:
        network = self.entry.rules.network
        room = network.room(row.owner_id) if row.owner_kind == items.ROOM else None
        return CalendarInfo(
            id=row.id,
            name=row.name,
            displayname=row.displayname,
            color=row.color,
            rev=row.rev,
            zone=network.centre_of(room).zone if room else network.zone,
            is_room=room is not None,
            may_write=room is None
            or roles.may_book(self.entry.person, room.centre, room.bookable_by),
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
        inside = items.items_between(conn, calendar.id, _clamped(start), _clamped(end))
        beyond = start < now - AHEAD or end > now + AHEAD - LATE
        known = [row.name for row in inside]
        unplaced = items.items_unplaced(conn, calendar.id, beyond=beyond, but=known)
        return self._readable(calendar, inside), self._readable(calendar, unplaced)

    def changes(self, calendar: CalendarInfo, since: int, limit: int) -> Sequence[Change]:
        """The last change of each name."""
        found = items.changes(self.entry.conn, calendar.id, since)
        kept = found if limit < 0 else found[:limit]
        return [Change(rev=rev, name=name, etag=etag) for rev, name, etag in kept]

    def busy(
        self, calendar: CalendarInfo, start: datetime, end: datetime
    ) -> Sequence[tuple[datetime, datetime]]:
        """The stored instances, joined where they touch."""
        joined: list[tuple[int, int]] = []
        first, last = _clamped(start), _clamped(end)
        for a, b in items.taken(self.entry.conn, calendar.id, first, last):
            a, b = max(a, first), min(b, last)
            if joined and a <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(b, joined[-1][1]))
            elif a < b:
                joined.append((a, b))
        return [(datetime.fromtimestamp(a, UTC), datetime.fromtimestamp(b, UTC)) for a, b in joined]

    def put(self, calendar: CalendarInfo, name: str, etag: str | None) -> Stored:
        """Through the ledger."""
        if self.event is None:
            raise Invalid("bad-calendar-data", detail="empty", line=0)
        return self.entry.put(self._row(calendar), name, self.event)

    def delete(self, calendar: CalendarInfo, name: str) -> None:
        """Through the ledger."""
        self.entry.delete(self._row(calendar), name)

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
        row = items.calendar_by_id(self.entry.conn, calendar.id)
        if row is None:
            raise NotFound("no-calendar")
        return row

    def _readable(self, calendar: CalendarInfo, found: Sequence[ItemRow]) -> list[Item]:
        private = [row.name for row in found if calendar.is_room and _is_private(row.body)]
        owners = bookings.organisers(self.entry.conn, calendar.id, private) if private else {}
        hidden = {name for name in private if owners.get(name) != self.entry.person.id}
        return [
            Item(
                name=row.name,
                uid=row.uid,
                etag=row.etag,
                body=self._masked(row.body) if row.name in hidden else row.body,
            )
            for row in found
        ]

    def _masked(self, body: bytes) -> bytes:
        rules = self.entry.rules
        item = ical.parse(body, rules.network.zone, stored=True)
        title = rules.say("calendar-private-title", self.entry.person.locale)
        return ical.serialise(itip.room_copy(item, rules.network.mail_domain, title))


def _is_private(body: bytes) -> bool:
    text = body.upper()
    return b"CLASS:PRIVATE" in text or b"CLASS:CONFIDENTIAL" in text


def _clamped(moment: datetime) -> int:
    return max(-(2**40), min(2**40, seconds(moment)))
