"""The rows and objects of a booking, as the ledger writes them: one hand for all doors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from calendars import ical, itip
from calendars.content import MAX_BYTES, Line
from calendars.ical import CalendarItem
from calendars.server.port import Stored
from orchestrator.auth import accounts
from orchestrator.auth.people import Person
from orchestrator.booking.event import AHEAD, Prepared
from orchestrator.booking.judge import Rules
from orchestrator.store import booked_sessions, bookings, ceremonies
from orchestrator.store import calendar_items as items
from orchestrator.store.booked_sessions import Seat, Wish
from orchestrator.store.bookings import BookingRow
from orchestrator.store.calendar_items import CalendarRow
from rooms.errors import Invalid
from rooms.ids import BookingId, PersonId, RoomId, new_id

CEREMONY = "ceremony"
Told = tuple[str, dict[str, Any]]
Events = dict[tuple[int, str], bytes | None]


@dataclass(slots=True, kw_only=True)
class Books:
    """What is written in one transaction, in the name of one person."""

    rules: Rules
    conn: Connection
    now: datetime
    person: Person
    door: str = ""
    told: list[Told] = field(default_factory=list)
    events: Events = field(default_factory=dict)  # written since, as they were before
    written: dict[str, CalendarItem] = field(default_factory=dict)  # by the ETag it has since
    _people: dict[str, Person | None] = field(default_factory=dict)

    def row(
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
        """The booking as it is to be kept."""
        own = calendar.owner_kind == items.PERSON
        owner = PersonId(calendar.owner_id) if own else self.person.id
        taken = event.taken
        return BookingRow(
            id=booking.id if booking else BookingId(new_id("bk")),
            uid=event.item.uid,
            organiser_id=booking.organiser_id if booking else owner,
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
            seats=event.seats,
        )

    def wish(self, row: BookingRow, event: Prepared) -> Wish:
        """The sessions the booking is to have."""
        centres = [(room, self.rules.network.centre_of(room).id) for room in event.rooms]
        home = next((c for _, c in centres if c in self.person.centres), centres[0][1])
        host = next(room for room, centre in centres if centre == home)
        planned: Mapping[RoomId, str] = {}
        if row.kind == CEREMONY:
            planned = ceremonies.roles(self.conn, row.organiser_id, row.uid)
        return Wish(
            booking=row.id,
            organiser=row.organiser_id,
            kind=row.kind,
            title=row.title,
            instances=event.taken,
            seats=[
                Seat(room=room, centre=centre, role=_role(room, host, planned))
                for room, centre in centres
            ],
        )

    def agree(self, row: BookingRow, event: Prepared, *, new: bool) -> str:
        """Make its sessions what it says; the code of their link. A rehearsal has no session of its
        own: it leads to that of its ceremony, or nowhere while that has none."""
        if row.kind == CEREMONY or not new:
            of = ceremonies.rehearsed_by(self.conn, row.organiser_id, row.uid)
            if of is not None:
                return ceremonies.join_code(self.conn, of) or ""
        return booked_sessions.agree(self.conn, self.now, self.wish(row, event), new=new)

    def store(
        self,
        calendar: CalendarRow,
        name: str,
        event: Prepared,
        booking: BookingRow | None = None,
        *,
        changed: bool = True,
    ) -> Stored:
        """Write the event in its home, with what it takes there."""
        body = ical.serialise(event.item) if changed else event.bytes_kept()
        if len(body) > MAX_BYTES:  # with our answers in it
            raise Invalid("calendar-too-large", limit=MAX_BYTES)
        self.remember(calendar, name)
        invites = bool(event.item.parts[0].lines("ATTENDEE"))
        etag = items.save(
            self.conn, self.now, calendar.id, name, event.item.uid, body, self.person.login,
            placed=bool(event.taken), tagged=invites and calendar.owner_kind == items.PERSON,
        )  # fmt: skip
        if changed:
            self.written[etag] = event.item
        room = calendar.owner_id if calendar.owner_kind == items.ROOM and booking else None
        items.place(
            self.conn, calendar.id, name, event.taken,
            booking=booking.id if booking else None, room=room,
        )  # fmt: skip
        if event.item.recurring:
            items.reach(self.conn, calendar.id, name, items.seconds(self.now + AHEAD))
        elif self.events[calendar.id, name] is not None:  # it may have been a series
            items.reach(self.conn, calendar.id, name, None)
        return Stored(etag=etag, rewritten=body != event.sent)

    def know(self, person: Person) -> None:
        """He has just proved who he is: he need not be looked up by his address."""
        self._people[f"mailto:{person.login}@{self.rules.network.mail_domain}"] = person

    def person_at(self, address: str) -> Person | None:
        """Whoever of the network has this address."""
        if address not in self._people:
            domain = self.rules.network.mail_domain
            self._people[address] = accounts.by_address(self.conn, domain, address)
        return self._people[address]

    def remember(self, home: CalendarRow, name: str) -> None:
        """Keep an event as it is before its first change: its guests are told of it at the end."""
        if (home.id, name) not in self.events:
            found = items.item(self.conn, home.id, name)
            self.events[home.id, name] = found.body if found else None

    def hold(self, calendar: CalendarRow, event: Prepared, row: BookingRow, room: RoomId) -> None:
        """Write the event in a room's calendar, taken on its dates, unless that is its home."""
        shelf = self.copy(calendar, event, row, room, placed=bool(event.taken))
        if shelf is not None:
            items.place(self.conn, *shelf, event.taken, booking=row.id, room=room)

    def copy(
        self,
        calendar: CalendarRow,
        event: Prepared,
        row: BookingRow,
        room: RoomId,
        *,
        placed: bool = False,
    ) -> tuple[int, str] | None:
        """Write the event in a room's calendar: where it is then, unless that is its home."""
        shelf = self.rules.shelf(self.conn, room)
        if shelf == calendar.id:
            return None
        name = f"{row.id}.ics"
        title = self.rules.title(event, self.person.locale)
        copy = itip.room_copy(event.item, self.rules.network.mail_domain, title)
        uid = self._uid_there(shelf, name, event.item.uid)
        for part in copy.parts if uid != event.item.uid else ():
            part.put(Line("UID", uid))
        for part in copy.parts if row.state == bookings.REQUESTED else ():
            part.put(Line("STATUS", "TENTATIVE"))
        body = ical.serialise(copy)
        who = self.person.login
        items.save(self.conn, self.now, shelf, name, uid, body, who, placed=placed)
        return shelf, name

    def _uid_there(self, shelf: int, name: str, uid: str) -> str:
        """The event's UID, unless another object of the room has it: people copy events."""
        found = items.clashes(self.conn, shelf, name, uid)
        known = next((one for one in found if one.name == name), None)
        if known is not None:
            return known.uid
        mine = f"{name.removesuffix('.ics')}@{self.rules.network.mail_domain}"
        return mine if found else uid

    def drop_copies(self, booking: BookingRow | None, keep: Sequence[RoomId] = ()) -> None:
        """Take the copies out of the calendars of the rooms that are not kept."""
        for room in booking.rooms if booking else ():
            shelf = self.rules.shelf(self.conn, room)
            if room not in keep and booking and shelf != booking.calendar_id:
                name = f"{booking.id}.ics"
                items.remove(self.conn, self.now, shelf, name, self.person.login)

    def free(
        self, booking: BookingRow | None, state: str, topic: str = "booking.cancelled"
    ) -> None:
        """Let go of everything a booking held."""
        if booking is None:
            return
        self.drop_copies(booking)
        items.unbook(self.conn, booking.id)
        if state == bookings.CANCELLED:
            booked_sessions.forget(self.conn, booking.id)
        else:
            booked_sessions.suspend(self.conn, booking.id)
        bookings.save(self.conn, self.now, replace(booking, state=state, rooms=()))
        if topic and booking.state in bookings.HOLDING:
            self.tell(topic, booking, booking.rooms)

    def tell(
        self, topic: str, row: BookingRow, before: Sequence[RoomId] = (), **more: object
    ) -> None:
        """Tell of a booking: in the outbox now, on the bus once committed."""
        payload = {
            "booking": row.id,
            "rooms": sorted({*row.rooms, *before}),
            "by": self.person.id,
            **more,
        }
        bookings.tell(self.conn, self.now, topic, payload)
        self.told.append((topic, payload))


def _role(room: RoomId, host: RoomId, planned: Mapping[RoomId, str]) -> str:
    """As it was planned; a room that came later is a remote site."""
    if planned:
        return str(planned.get(room, "remote"))
    return "host" if room == host else "remote"
