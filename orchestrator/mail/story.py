"""What is to be told of a booking: its event, its people, its words. Read in one transaction."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from calendars import ical, itip
from calendars.addresses import address_in, one_line
from calendars.booking import Slot
from calendars.content import Line
from calendars.ical import CalendarItem
from calendars.wording import slot_text
from orchestrator.mail.compose import SEQUENCE
from orchestrator.settings.mail import Mail
from orchestrator.settings.model import Network
from orchestrator.store import booked_sessions, bookings, mails, people
from orchestrator.store import calendar_items as items
from orchestrator.store.bookings import BookingRow
from orchestrator.store.mails import MailRow
from orchestrator.store.people import PersonRow
from orchestrator.store.tables import people as people_table
from orchestrator.words import Words
from rooms.errors import NotFound
from rooms.ids import RoomId

MOST_INVITED = 200
_AWAY = ("CLIENT", "NONE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What stays the same from one letter to the next."""

    network: Network
    mail: Mail
    public_url: str
    words: Words

    @property
    def locale(self) -> str:
        """The language of people we do not know."""
        return self.network.languages[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who is written to."""

    address: str
    locale: str
    name: str = ""
    organises: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One booking as it stands, and what was told of it before."""

    booking: BookingRow
    item: CalendarItem | None
    organiser: PersonRow
    rooms: tuple[RoomId, ...]
    slot: Slot
    link: str
    before: dict[str, MailRow]

    @property
    def gone(self) -> bool:
        """Whether the event itself is called off, not its rooms alone."""
        return self.item is None or self.item.parts[0].value("STATUS").upper() == "CANCELLED"

    @property
    def digest(self) -> str:
        """The same for two events that say the same to people."""
        if self.item is None:
            return ""
        keys = ("DTSTART", "DTEND", "DURATION", "RRULE", "EXDATE", "RDATE", "SUMMARY", "LOCATION")
        lines = [str(line) for part in self.item.parts for key in keys for line in part.lines(key)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def read_story(
    conn: Connection, office: Office, booking: str, rooms: Sequence[str], slot: Slot | None = None
) -> Story | None:
    """The story of a booking; None when it, or its organiser, is no more."""
    row = bookings.by_id(conn, booking)
    organiser = people.by_id(conn, row.organiser_id) if row else None
    if row is None or organiser is None or not organiser.active:
        return None
    before = mails.last_of(conn, row.id)
    code = booked_sessions.join_code(conn, row.id)
    return Story(
        booking=row,
        item=_event(conn, office, row, before),
        organiser=organiser,
        rooms=tuple(RoomId(room) for room in (row.rooms or rooms)),
        slot=slot or bookings.slot_of(row.starts_at, row.ends_at),
        link=f"{office.public_url.rstrip('/')}/join/{code}" if code and row.rooms else "",
        before=before,
    )


def organiser_of(story: Story) -> Reader | None:
    """Whoever booked, if he has an address."""
    person = story.organiser
    address = address_in(f"mailto:{person.email}")
    if address is None:
        return None
    return Reader(address=address, locale=person.locale, name=person.name, organises=True)


def invited_to(conn: Connection, office: Office, story: Story) -> list[Reader]:
    """The people among the attendees, each once, without those who declined."""
    if story.item is None:
        return []
    domain = office.network.mail_domain
    own = {f"{story.organiser.login}@{domain}".lower(), story.organiser.email.lower()}
    organiser = address_in(story.item.parts[0].value("ORGANIZER"))
    found: dict[str, Reader] = {}
    for part in story.item.parts:
        for line in part.lines("ATTENDEE"):
            address = _person_at(line, domain)
            if address is None or address in own or address == organiser:
                continue
            reader = _known(conn, office, address, line)
            if reader is not None and reader.address not in own:
                found.setdefault(reader.address, reader)
    return list(found.values())[:MOST_INVITED]


def sequence_before(row: MailRow | None) -> int:
    """The SEQUENCE that an earlier letter told."""
    raw = message_from_bytes(row.message).get(SEQUENCE, "0") if row else "0"
    return int(raw) if raw.isascii() and raw.isdigit() else 0


def when(office: Office, story: Story, locale: str) -> str:
    """The first date, on the wall of the first centre."""
    return slot_text(story.slot, zone_of(office, story), locale, office.words)


def zone_of(office: Office, story: Story) -> ZoneInfo:
    """The zone of the first room's centre."""
    for room in story.rooms:
        try:
            return office.network.centre_of(room).zone
        except NotFound:
            continue
    return office.network.zone


def room_names(office: Office, story: Story) -> list[str]:
    """The rooms as people call them; those that are no longer of the network by their id."""
    known = {room.id: room.name for room in office.network.rooms}
    return [known.get(room, room) for room in story.rooms]


def title_of(office: Office, story: Story, locale: str) -> str:
    """The event's own title: its people may read it."""
    own = one_line(story.item.title, 120) if story.item else story.booking.title
    return own or story.booking.title or office.words("mail-no-title", locale, {})


def _event(
    conn: Connection, office: Office, row: BookingRow, before: dict[str, MailRow]
) -> CalendarItem | None:
    """The event of record, or, when it was deleted, as it was last told."""
    stored = items.item(conn, row.calendar_id, row.item_name) if row.calendar_id else None
    if stored is not None and stored.uid == row.uid:
        return ical.parse(stored.body, office.network.zone, stored=True)
    for letter in before.values():
        told = _calendar_in(letter.message)
        if told is not None:
            item = ical.parse(told, office.network.zone, stored=True)
            for part in item.parts:
                part.put(Line("STATUS", "CANCELLED"))
            return item
    return None


def _calendar_in(message: bytes) -> bytes | None:
    for part in message_from_bytes(message).walk():
        if part.get_content_type() == "text/calendar":
            body = part.get_payload(decode=True)
            assert isinstance(body, bytes)
            lines = body.split(b"\r\n")
            return b"\r\n".join(line for line in lines if not line.startswith(b"METHOD:"))
    return None


def _person_at(line: Line, mail_domain: str) -> str | None:
    if itip.room_of(line.value, mail_domain) is not None:
        return None
    if (line.param("CUTYPE") or "INDIVIDUAL").upper() in ("ROOM", "RESOURCE", "GROUP"):
        return None
    if (line.param("SCHEDULE-AGENT") or "").upper() in _AWAY:
        return None  # his client writes to them itself
    if (line.param("PARTSTAT") or "").upper() == "DECLINED":
        return None
    return address_in(line.value)


def _known(conn: Connection, office: Office, address: str, line: Line) -> Reader | None:
    """Somebody of ours is written to at the address he gave, in his language."""
    local, _, domain = address.partition("@")
    if domain == office.network.mail_domain.lower():
        person = people.by_login(conn, local)
        if person is None or not person.active:
            return None
        there = address_in(f"mailto:{person.email}")
        return Reader(address=there, locale=person.locale, name=person.name) if there else None
    locale = conn.execute(
        select(people_table.c.locale).where(people_table.c.email == address).limit(1)
    ).scalar_one_or_none()
    return Reader(
        address=address,
        locale=locale or office.locale,
        name=one_line(line.param("CN") or "", 60),
    )
