"""An event as a booking sees it: read from bytes before the transaction, or made for REST."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

from calendars import ical, itip, marks, recurrence
from calendars.booking import Occurrence
from calendars.ical import CalendarItem
from calendars.zones import ZONES
from orchestrator.auth.people import Person
from orchestrator.settings.model import Network
from orchestrator.store.calendar_items import Taken, seconds
from rooms.errors import Invalid
from rooms.ids import RoomId

AHEAD = timedelta(days=400)
LATE = timedelta(days=2)  # as far as the daily job that extends series may lag behind
KINDS = {
    "meeting": "meeting",
    "training": "training",
    "formation": "training",
    "ceremony": "ceremony",
    "cérémonie": "ceremony",
    "inauguration": "ceremony",
    "reception": "reception",
    "visio-accueil": "reception",
}
SEATS = "X-MARGERIDE-SEATS"
MOST_SEATS = 10_000
_FOLD = re.compile(rb"\r?\n[ \t]")
_TZID = re.compile(rb"^TZID[^:\r\n]*:([^\r\n]*)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An event that has passed the door: parsed, checked, expanded. `item` may still be changed."""

    item: CalendarItem
    sent: bytes
    zone: ZoneInfo
    rooms: tuple[RoomId, ...]
    occurrences: tuple[Occurrence, ...]

    @property
    def taken(self) -> list[Taken]:
        """Its instances as the tables keep them."""
        return [
            Taken(seconds(found.slot.start), seconds(found.slot.end), found.recurrence_id)
            for found in self.occurrences
        ]

    @property
    def cancelled(self) -> bool:
        """Whether the organiser called it off."""
        return self.item.parts[0].value("STATUS").upper() == "CANCELLED"

    @property
    def title(self) -> str:
        """Its title, on one line."""
        return " ".join(self.item.title.split())[:200]

    @property
    def organiser(self) -> str:
        """The address of its ORGANIZER, lower case; empty without one."""
        return self.item.parts[0].value("ORGANIZER").strip().lower()

    @property
    def kind(self) -> str:
        """The kind of session it asks for."""
        main = self.item.parts[0]
        lines = [*main.lines("X-MARGERIDE-KIND"), *main.lines("CATEGORIES")]
        words = [word.strip().lower() for line in lines for word in line.value.split(",")]
        return next((KINDS[word] for word in words if word in KINDS), "meeting")

    @property
    def seats(self) -> int:
        """How many people it announces; 0 when it does not say."""
        said = self.item.parts[0].value(SEATS).strip()
        return (
            min(int(said), MOST_SEATS)
            if said.isascii() and said.isdigit() and len(said) < 10
            else 0
        )

    def bytes_kept(self) -> bytes:
        """What is stored of an event that we did not write in: as sent, or cured of its zones."""
        cured = ical.serialise(self.item)
        return self.sent if _true_zones(self.sent) and _plain(self.sent) == _plain(cured) else cured


def _true_zones(body: bytes) -> bool:
    """Whether every zone it defines is one that everybody knows."""
    named = _TZID.findall(_FOLD.sub(b"", body))
    return all(name.decode("utf-8", "replace").strip() in ZONES for name in named)


def _plain(body: bytes) -> list[bytes]:
    """The content lines, unfolded, without the zone definitions."""
    lines = [line for line in _FOLD.sub(b"", body).splitlines() if line.strip()]
    kept, inside = [], False
    for line in lines:
        inside = inside or line.upper() == b"BEGIN:VTIMEZONE"
        if not inside:
            kept.append(line)
        inside = inside and line.upper() != b"END:VTIMEZONE"
    return kept


def prepare(network: Network, body: bytes, room: RoomId | None, now: datetime) -> Prepared:
    """Read what a client sent for a calendar: a room's, or his own. No database, no clock."""
    zone = network.centre_of(room).zone if room else network.zone
    item = ical.parse(body, zone)
    if item.kind != "VEVENT":
        raise Invalid("not-an-event")
    if room:
        marks.unmark_refused(item)
    recurrence.check(item, zone, now)
    invited = itip.rooms_invited(item, network.mail_domain)
    rooms = tuple(dict.fromkeys((room, *invited) if room else invited))
    dates = recurrence.expand(item, zone, now - AHEAD, now + AHEAD)
    return Prepared(item=item, sent=body, zone=zone, rooms=rooms, occurrences=tuple(dates))


def prepare_more(
    network: Network, body: bytes, room: RoomId | None, since: datetime, until: datetime
) -> Prepared:
    """Read a stored event again, for the dates it has in an interval."""
    zone = network.centre_of(room).zone if room else network.zone
    item = ical.parse(body, zone, stored=True)
    invited = itip.rooms_invited(item, network.mail_domain)
    rooms = tuple(dict.fromkeys((room, *invited) if room else invited))
    dates = recurrence.expand(item, zone, since, until)
    return Prepared(item=item, sent=body, zone=zone, rooms=rooms, occurrences=tuple(dates))


def compose(
    network: Network,
    person: Person,
    uid: str,
    *,
    title: str,
    kind: str,
    rooms: Sequence[RoomId],
    start: datetime,
    end: datetime,
    now: datetime,
    seats: int = 0,
) -> bytes:
    """The event of a booking that was not made by a calendar client."""
    zone = network.centre_of(rooms[0]).zone
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", start.astimezone(zone))
    event.add("dtend", end.astimezone(zone))
    event.add("summary", title)
    event["X-MARGERIDE-KIND"] = vText(kind)
    if seats:
        event[SEATS] = vText(str(seats))
    event["ORGANIZER"] = _address(f"mailto:{person.login}@{network.mail_domain}", person.name)
    for room in rooms:
        attendee = _address(network.address_of(room), network.room(room).name)
        attendee.params["CUTYPE"] = "ROOM"
        event.add("attendee", attendee, encode=False)
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Margeride//Bookings//FR")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _address(address: str, name: str) -> vCalAddress:
    value = vCalAddress(address)
    value.params["CN"] = " ".join(name.replace('"', "'").split())
    return value
