"""Booking as a trainer does it: from a calendar client, by inviting the rooms."""

from dataclasses import dataclass
from datetime import datetime

from caldav.davclient import DAVClient
from icalendar import Calendar, Event, vCalAddress

PRODID = "-//Margeride//demo//FR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What stands in the organiser's own event after the PUT."""

    partstat: dict[str, str]  # room -> ACCEPTED | DECLINED
    link: str
    comment: str

    @property
    def accepted(self) -> bool:
        """All rooms said yes."""
        return bool(self.partstat) and set(self.partstat.values()) == {"ACCEPTED"}


def invitation(
    *, uid: str, title: str, start: datetime, end: datetime, rooms: dict[str, str], organiser: str
) -> str:
    """The event. `rooms`: address (`mailto:…`) -> name; `organiser` is an address too."""
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", start)
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", title)
    event.add("categories", ["CEREMONY"])
    event["organizer"] = vCalAddress(organiser)
    for address, name in rooms.items():
        attendee = vCalAddress(address)
        attendee.params.update(
            {"CN": name, "CUTYPE": "ROOM", "PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"}
        )
        event.add("attendee", attendee)
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add_component(event)
    return str(calendar.to_ical().decode())


def book(url: str, login: str, password: str, ics: str) -> Answer:
    """PUT the event in the person's calendar and read the rooms' answer. Blocks: use a thread."""
    with DAVClient(url=f"{url}/dav/", username=login, password=password) as client:
        mine = next(
            calendar
            for calendar in client.principal().calendars()  # type: ignore[no-untyped-call]
            if str(calendar.url).rstrip("/").endswith("/calendar")
        )
        saved = mine.save_event(ics)
        saved.load()
        return read_answer(saved.data)


def read_answer(ics: str) -> Answer:
    """The rooms' answer as it stands in an event."""
    event = Calendar.from_ical(ics).walk("VEVENT")[0]
    attendees = event.get("ATTENDEE", [])
    attendees = attendees if isinstance(attendees, list) else [attendees]
    rooms = [a for a in attendees if a.params.get("CUTYPE") == "ROOM"]
    return Answer(
        partstat={str(room).lower(): str(room.params.get("PARTSTAT")) for room in rooms},
        link=str(event.get("URL", "")),
        comment=str(event.get("COMMENT", "")),
    )
