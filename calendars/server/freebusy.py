"""Free-busy as iCalendar writes it: the question of an outbox POST, and the answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from calendars.content import Component, Line, broken, read, write
from calendars.values import instant, one_moment
from rooms.errors import Invalid

MAX_ATTENDEES = 100
PRODID = "-//Margeride//CalDAV//FR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks about whom, and when (RFC 6638 §5)."""

    uid: str
    organiser: str
    attendees: tuple[str, ...]
    start: datetime
    end: datetime
    lines: tuple[Line, ...]  # ORGANIZER, then ATTENDEEs, as written


def read_request(body: bytes) -> Asked:
    """The question in a body, or `Invalid`."""
    calendar = read(body)
    questions = calendar.components("VFREEBUSY")
    if calendar.value("METHOD").upper() != "REQUEST" or len(questions) != 1:
        raise broken("not one VFREEBUSY with METHOD:REQUEST")
    asked = questions[0]
    attendees = asked.lines("ATTENDEE")
    if not 0 < len(attendees) <= MAX_ATTENDEES:
        raise Invalid("too-many-asked", most=MAX_ATTENDEES)
    start, end = _instant(asked, "DTSTART"), _instant(asked, "DTEND")
    if end <= start:
        raise broken("DTEND is not after DTSTART")
    organiser = asked.first("ORGANIZER")
    if organiser is None or not asked.value("UID"):
        raise broken("without ORGANIZER or UID")
    return Asked(
        uid=asked.value("UID"),
        organiser=organiser.value.strip(),
        attendees=tuple(line.value.strip() for line in attendees),
        start=start,
        end=end,
        lines=(organiser, *attendees),
    )


def _instant(asked: Component, key: str) -> datetime:
    line = asked.first(key)
    if line is None:
        raise broken(f"without {key}")
    return instant(one_moment(line), ZoneInfo("UTC")).astimezone(UTC)


def stamp(moment: datetime) -> str:
    """An instant in UTC."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def reply(
    asked: Asked, attendee: str, busy: Iterable[tuple[datetime, datetime, str]], now: datetime
) -> str:
    """The answer about one of them."""
    organiser, *invited = asked.lines
    own = next(line for line in invited if line.value.strip() == attendee)
    lines = [
        Line("UID", asked.uid),
        Line("DTSTAMP", stamp(now)),
        Line("DTSTART", stamp(asked.start)),
        Line("DTEND", stamp(asked.end)),
        organiser,
        own,
        *(
            Line("FREEBUSY", f"{stamp(start)}/{stamp(end)}", (("FBTYPE", kind),))
            for start, end, kind in busy
        ),
    ]
    head = [Line("VERSION", "2.0"), Line("PRODID", PRODID), Line("METHOD", "REPLY")]
    return write(Component("VCALENDAR", [*head, Component("VFREEBUSY", [*lines])])).decode()
