"""The event of an appointment made at a reception desk, in an animateur's own calendar."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from icalendar import Calendar, Event, vCalAddress, vText

from calendars.booking import Slot
from calendars.values import unescape
from orchestrator.auth.people import Person
from orchestrator.booking.event import AHEAD, prepare_more
from orchestrator.settings.model import Network
from orchestrator.store.calendar_items import ItemRow
from rooms.ids import PersonId
from rooms.room import Desk, DeskId

DESK, VISITOR, PHONE = "X-MARGERIDE-DESK", "X-MARGERIDE-VISITOR", "X-MARGERIDE-PHONE"
PREFIX, SUFFIX = "dr-", ".ics"
"""An appointment is an object of this name: it needs no table beside the calendar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """Who comes, when, and whom he meets."""

    id: str
    desk: DeskId
    person: PersonId
    slot: Slot
    name: str
    phone: str


def compose(
    network: Network,
    person: Person,
    desk: Desk,
    made: Appointment,
    mail: str,
    words: Mapping[str, str],
    now: datetime,
) -> bytes:
    """As it is written into the calendar; the visitor is its guest when he gave an address."""
    zone = network.centre(desk.centre).zone
    event = Event()
    event.add("uid", f"{made.id}@{network.mail_domain}")
    event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", made.slot.start.astimezone(zone))
    event.add("dtend", made.slot.end.astimezone(zone))
    event.add("summary", words["title"])
    event.add("description", words["text"])
    event.add("location", f"{desk.name}, {network.centre(desk.centre).name}")
    for key, value in ((DESK, desk.id), (VISITOR, made.name), (PHONE, made.phone)):
        event[key] = vText(value)
    if mail:
        event["ORGANIZER"] = _address(f"{person.login}@{network.mail_domain}", person.name)
        guest = _address(mail, made.name)
        guest.params["PARTSTAT"] = "ACCEPTED"
        event.add("attendee", guest, encode=False)
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Margeride//Reception//FR")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def read(network: Network, person: PersonId, row: ItemRow, now: datetime) -> Appointment | None:
    """What an object of an animateur's calendar says; None for what is none, or is over."""
    if not (row.name.startswith(PREFIX) and row.name.endswith(SUFFIX)):
        return None
    event = prepare_more(network, row.body, None, now, now + AHEAD)
    main = event.item.parts[0]
    if not main.value(DESK) or event.cancelled or not event.occurrences:
        return None
    return Appointment(
        id=row.name.removesuffix(SUFFIX),
        desk=DeskId(main.value(DESK)),
        person=person,
        slot=event.occurrences[0].slot,
        name=unescape(main.value(VISITOR))[:60],
        phone=unescape(main.value(PHONE))[:30],
    )


def _address(address: str, name: str) -> vCalAddress:
    value = vCalAddress(f"mailto:{address}")
    value.params["CN"] = " ".join(name.replace('"', "'").split())
    return value
