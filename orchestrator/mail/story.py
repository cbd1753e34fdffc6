"""What is to be told of a booking: its event, its people, its words. Read in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from email import message_from_bytes
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from calendars import ical, imip, itip
from calendars.addresses import address_in, one_line
from calendars.booking import Slot
from calendars.content import Line
from calendars.ical import CalendarItem
from calendars.values import instant, one_moment
from calendars.wording import slot_text
from orchestrator.booking.outsiders import LATER, TOO_MANY, WAITING
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
from rooms.ids import BookingId, RoomId

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
    outside: bool = False  # nobody of the network


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
        return imip.digest(self.item) if self.item else ""


def read_story(
    conn: Connection, office: Office, booking: str, rooms: Sequence[str], slot: Slot | None = None
) -> Story | None:
    """The story of a booking; None when it, or its organiser, is no more."""
    row = bookings.by_id(conn, booking)
    organiser = people.by_id(conn, row.organiser_id) if row else None
    if row is None or organiser is None or not organiser.active:
        return None
    before = letters_of(conn, row.organiser_id, row.uid)
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


def read_event(conn: Connection, office: Office, payload: Mapping[str, Any]) -> Story | None:
    """The story of an event whose guests are told of it, whether or not it holds a room."""
    organiser = people.by_id(conn, payload["person"])
    before = letters_of(conn, payload["person"], payload["uid"])
    found = items.item(conn, payload["calendar"], payload["name"])
    if organiser is None or not organiser.active:
        return None
    bookings_had = bookings.ids_of(conn, organiser.id, payload["uid"])
    booked = bookings.by_id(conn, bookings_had[0]) if bookings_had else None
    item = None
    if found is not None and found.uid == payload["uid"]:
        item = ical.parse(found.body, office.network.zone, stored=True)
    item = item or _as_last_told(before.values(), office)
    if item is None:
        return None
    slot = first_slot(item, office.network.zone)
    row = booked or BookingRow(
        id=BookingId(mails.event_key(organiser.id, payload["uid"])), uid=payload["uid"],
        organiser_id=organiser.id, door=bookings.INVITATION, calendar_id=payload["calendar"],
        item_name=payload["name"], kind="meeting", title=one_line(item.title), state="",
        reason=None, starts_at=0, ends_at=0, recurring=item.recurring,
    )  # fmt: skip
    code = booked_sessions.join_code(conn, row.id) if row.rooms else None
    link = f"{office.public_url.rstrip('/')}/join/{code}" if code else ""
    return Story(
        booking=row, item=item, organiser=organiser, rooms=row.rooms, slot=slot, link=link,
        before=before,
    )  # fmt: skip


def letters_of(conn: Connection, organiser: str, uid: str) -> dict[str, MailRow]:
    """The newest letter of an event to each reader, through all the bookings it has had."""
    key = mails.event_key(organiser, uid)
    return mails.last_of(conn, key, *bookings.ids_of(conn, organiser, uid))


def first_slot(item: CalendarItem, zone: ZoneInfo) -> Slot:
    """From its DTSTART to its DTEND, or to the same instant without one."""
    main = item.parts[0]
    lines = [line for key in ("DTSTART", "DTEND") if (line := main.first(key))]
    moments = [instant(one_moment(line), zone).astimezone(UTC) for line in lines]
    return Slot(moments[0], moments[-1])


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
            address = None if _kept_from(line) else _person_at(line, domain)
            if address is None or address in own or address == organiser:
                continue
            reader = _known(conn, office, address, line)
            if reader is not None and reader.address not in own:
                found.setdefault(reader.address, reader)
    return list(found.values())[:MOST_INVITED]


def named_in(conn: Connection, office: Office, story: Story) -> set[str]:
    """The addresses of all its guests, whether or not they are written to now."""
    parts = story.item.parts if story.item else ()
    lines = [line for part in parts for line in part.lines("ATTENDEE")]
    found = ((line, address_in(line.value)) for line in lines)
    readers = (_known(conn, office, address, line) for line, address in found if address)
    return {reader.address for reader in readers if reader is not None}


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
    return _as_last_told(before.values(), office)


def _as_last_told(letters: Iterable[MailRow], office: Office) -> CalendarItem | None:
    """An event that is gone, from a letter about it."""
    for letter in letters:
        told = calendar_in(letter.message)
        if told is not None:
            item = ical.parse(told, office.network.zone, stored=True)
            for part in item.parts:
                part.put(Line("STATUS", "CANCELLED"))
            return item
    return None


def calendar_in(message: bytes) -> bytes | None:
    """The calendar of a letter of ours, without its method."""
    for part in message_from_bytes(message).walk():
        if part.get_content_type() == "text/calendar":
            body = part.get_payload(decode=True)
            assert isinstance(body, bytes)
            return without_method(body)
    return None


def without_method(body: bytes) -> bytes:
    """A message of ours as the event it speaks of."""
    lines = body.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.startswith(b"METHOD:"))


def _kept_from(line: Line) -> bool:
    """Whether it was ruled that he is not written to (of this version)."""
    return (line.param("SCHEDULE-STATUS") or "").strip('"') in (WAITING, LATER, TOO_MANY)


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
        select(people_table.c.locale).where(func.lower(people_table.c.email) == address).limit(1)
    ).scalar_one_or_none()
    return Reader(
        address=address,
        locale=locale or office.locale,
        name=one_line(line.param("CN") or "", 60),
        outside=locale is None,
    )
