"""A ledger without a network around it, and what must be true of it after every change."""

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection

from calendars import ical, itip, recurrence
from calendars.ical import CalendarItem
from orchestrator.auth import accounts
from orchestrator.booking.desk import own_calendar
from orchestrator.booking.event import AHEAD, prepare
from orchestrator.booking.judge import Rules
from orchestrator.booking.ledger import Entry
from orchestrator.settings import DEMO
from orchestrator.settings.model import Network
from orchestrator.store import calendar_items as items
from orchestrator.store.bookings import HOLDING, asked_rooms
from orchestrator.store.calendar_items import CalendarRow
from orchestrator.store.database import Database
from orchestrator.words import words
from rooms.errors import MargerideError
from rooms.ids import RoomId
from tests.fakes.dav import DOMAIN, MEMORY, furnished, rows_of

NOW = datetime.now(UTC).replace(microsecond=0)
ANSWERS = {"ACCEPTED", "DECLINED", "TENTATIVE"}


class Ledger:
    """Entries in a store of its own. Blocking."""

    def __init__(self, change: Any) -> None:
        read, image, _ = furnished(DEMO)
        self.network: Network = change(read)
        self.folder = TemporaryDirectory(dir=MEMORY)
        store = Path(self.folder.name) / "ledger.sqlite3"
        store.write_bytes(image)
        self.database = Database(store)
        self.rules = Rules(network=self.network, public_url="https://visio.test", words=words)

    def close(self) -> None:
        self.database.close()
        self.folder.cleanup()

    def enter(self, login: str, work: Any) -> bool:
        """Whether the entry was written; a refusal leaves nothing."""

        def transaction(conn: Connection) -> None:
            person = accounts.by_login(conn, login)
            assert person is not None
            work(Entry(rules=self.rules, conn=conn, now=NOW, person=person))

        try:
            self.database.write_now(transaction)
        except MargerideError:
            return False
        return True

    def put(self, login: str, where: str, name: str, body: bytes, *, strict: bool = False) -> bool:
        """As a client saves an event: in his own calendar (`calendar`), or in a room's."""
        room = None if where == items.OWN else RoomId(where)
        try:
            event = prepare(self.network, body, room, NOW)
        except MargerideError:
            return False
        return self.enter(
            login, lambda entry: entry.put(shelf(entry, where), name, event, strict=strict)
        )

    def delete(self, login: str, where: str, name: str) -> bool:
        return self.enter(login, lambda entry: entry.delete(shelf(entry, where), name))

    def stored(self, login: str, where: str, name: str) -> bytes | None:
        """The bytes of an object, as they are."""
        found: list[bytes] = []

        def look(entry: Entry) -> None:
            row = items.item(entry.conn, shelf(entry, where).id, name)
            found.extend([row.body] if row else [])

        self.enter(login, look)
        return found[0] if found else None

    def bookings(self, **where: Any) -> list[dict[str, Any]]:
        return self.database.read_now(lambda conn: rows_of(conn, "bookings", **where))

    def check(self) -> None:
        self.database.read_now(lambda conn: Look(conn, self.network).all())


def shelf(entry: Entry, where: str) -> CalendarRow:
    if where == items.OWN:
        return own_calendar(entry.conn, entry.person)
    return entry.rules.room_calendar(entry.conn, where)


class Look:
    """What must be true, read in one transaction."""

    def __init__(self, conn: Connection, network: Network) -> None:
        self.network = network
        self.bookings = {row["id"]: row for row in rows_of(conn, "bookings")}
        self.holding = {key: row for key, row in self.bookings.items() if row["state"] in HOLDING}
        self.rooms: dict[str, set[str]] = {key: set() for key in self.bookings}
        for row in rows_of(conn, "booking_rooms"):
            self.rooms[row["booking_id"]].add(row["room_id"])
        self.calendars = {row["id"]: row for row in rows_of(conn, "calendars")}
        self.people = rows_of(conn, "people")
        self.items = rows_of(conn, "items")
        self.taken = rows_of(conn, "occurrences")
        self.sessions = rows_of(conn, "sessions", state="booked")

    def all(self) -> None:
        self.no_two_bookings_of_a_room_overlap()
        self.only_bookings_that_hold_are_in_rooms()
        self.every_instance_has_its_object()
        for item in self.items:
            self.an_object_and_its_instances_agree(item)
        self.sessions_are_those_of_confirmed_bookings()

    def no_two_bookings_of_a_room_overlap(self) -> None:
        for room in self.network.rooms:
            gap = self.network.policy_of(room).gap.total_seconds()
            held = sorted(
                (row["starts_at"], row["ends_at"], row["booking_id"])
                for row in self.taken
                if row["room_id"] == room.id
            )
            for one, two in pairwise(held):
                assert one[1] + (gap if one[2] != two[2] else 0) <= two[0], (room.id, one, two)

    def only_bookings_that_hold_are_in_rooms(self) -> None:
        held: dict[str, dict[str, set[tuple[int, int]]]] = {}
        for row in self.taken:
            assert (row["room_id"] is None) or row["booking_id"] in self.holding
            if row["room_id"]:
                slots = held.setdefault(row["booking_id"], {}).setdefault(row["room_id"], set())
                slots.add((row["starts_at"], row["ends_at"]))
        for key in self.holding:
            assert set(held.get(key, {})) == self.rooms[key]
            assert len({frozenset(slots) for slots in held[key].values()}) == 1
        copies = {
            (self.calendars[item["calendar_id"]]["owner_id"], item["name"].removesuffix(".ics"))
            for item in self.items
            if self.calendars[item["calendar_id"]]["owner_kind"] == items.ROOM
            and item["name"].removesuffix(".ics") in self.bookings
        }
        wanted = {
            (room, key)
            for key, row in self.holding.items()
            for room in self.rooms[key]
            if self.calendars[row["calendar_id"]]["owner_id"] != room
        }
        assert copies == wanted

    def every_instance_has_its_object(self) -> None:
        """And what holds a room has its event of record, and stands nowhere else but there."""
        objects = {(item["calendar_id"], item["name"]) for item in self.items}
        places: dict[str, set[tuple[int, str]]] = {}
        for row in self.taken:
            assert (row["calendar_id"], row["name"]) in objects
            if row["room_id"]:
                assert self.calendars[row["calendar_id"]]["owner_id"] == row["room_id"]
                places.setdefault(row["booking_id"], set()).add((row["calendar_id"], row["name"]))
        for key, row in self.holding.items():
            assert (row["calendar_id"], row["item_name"]) in objects
            assert len(places[key]) == len(self.rooms[key])

    def an_object_and_its_instances_agree(self, item: dict[str, Any]) -> None:
        calendar = self.calendars[item["calendar_id"]]
        own = calendar["owner_kind"] == items.PERSON
        zone = self.network.zone
        event = ical.parse(item["body"], zone, stored=True)
        dates = recurrence.expand(event, zone, NOW - AHEAD, NOW + AHEAD)
        said = {(int(d.slot.start.timestamp()), int(d.slot.end.timestamp())) for d in dates}
        rows = [
            row
            for row in self.taken
            if (row["calendar_id"], row["name"]) == (calendar["id"], item["name"])
        ]
        assert said == {(row["starts_at"], row["ends_at"]) for row in rows}
        if calendar["owner_kind"] == items.ROOM:  # whatever stands there holds it
            assert {row["room_id"] for row in rows} <= {calendar["owner_id"]}
        mine = [
            row
            for row in self.bookings.values()
            if (row["calendar_id"], row["item_name"]) == (calendar["id"], item["name"])
            and row["state"] != "cancelled"
        ]
        if mine:
            self.every_room_has_answered(event, mine[0], own=own)
        elif (
            own
            and itip.rooms_invited(event, DOMAIN)
            and not _cancelled(event)
            and not self.somebody_else_organises(event, calendar["owner_id"])
        ):
            # Withdrawn by the centre: the organiser's event says so.
            self.every_room_has_answered(event, {"id": "", "state": "cancelled"}, own=own)

    def somebody_else_organises(self, event: CalendarItem, owner: str) -> bool:
        """A copy of a colleague's event says what he held when it was written."""
        said = event.parts[0].value("ORGANIZER").lower()
        others = [row for row in self.people if row["id"] != owner]
        named = {f"mailto:{row['login']}@{DOMAIN}" for row in others}
        return said in named | {f"mailto:{row['email']}".lower() for row in others if row["email"]}

    def every_room_has_answered(
        self, event: CalendarItem, booking: dict[str, Any], *, own: bool
    ) -> None:
        asks = asked_rooms(booking["reason"]) if booking["state"] == "requested" else ()
        holds = booking["id"] in self.holding
        for part in event.parts:
            for line in part.lines("ATTENDEE"):
                room = itip.room_of(line.value, DOMAIN)
                if room is None:  # a person
                    continue
                answer = "TENTATIVE" if room in asks else "ACCEPTED" if holds else "DECLINED"
                assert line.param("PARTSTAT") == answer, (booking["state"], str(line))
        if not holds:
            assert itip.our_comment(event.parts[0])
            assert own or _cancelled(event)

    def sessions_are_those_of_confirmed_bookings(self) -> None:
        confirmed = {key for key, row in self.holding.items() if row["state"] == "confirmed"}
        assert {row["booking_id"] for row in self.sessions} <= confirmed
        for key in confirmed:
            slots = {
                (row["starts_at"], row["ends_at"]) for row in self.taken if row["booking_id"] == key
            }
            to_come = {slot for slot in slots if slot[1] > datetime.now(UTC).timestamp()}
            theirs = {
                (row["starts_at"], row["ends_at"])
                for row in self.sessions
                if row["booking_id"] == key
            }
            assert to_come <= theirs <= slots


def _cancelled(event: CalendarItem) -> bool:
    return event.parts[0].value("STATUS").upper() == "CANCELLED"
