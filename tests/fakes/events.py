"""Calendar objects for tests: one event with the lines that a test is about."""

from pathlib import Path

from calendars.ical import CalendarItem, parse
from tests.fakes.places import PARIS

DATA = Path(__file__).parent.parent / "data" / "calendars"


def event_bytes(*lines: str, dtstart: str = "DTSTART:20261123T080000Z") -> bytes:
    """An event of the UID `event@example` with these lines."""
    return calendar_bytes(
        "BEGIN:VEVENT",
        "UID:event@example",
        "DTSTAMP:20261101T080000Z",
        dtstart,
        *lines,
        "END:VEVENT",
    )


def calendar_bytes(*lines: str) -> bytes:
    """A VCALENDAR around these lines."""
    head = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Margeride//Tests//FR")
    return "".join(f"{line}\r\n" for line in (*head, *lines, "END:VCALENDAR")).encode()


def event(*lines: str, dtstart: str = "DTSTART:20261123T080000Z") -> CalendarItem:
    """The same, parsed."""
    return parse(event_bytes(*lines, dtstart=dtstart), PARIS)


def stored(name: str) -> bytes:
    """The file of that defect in tests/data/calendars."""
    return (DATA / f"{name}.ics").read_bytes()
