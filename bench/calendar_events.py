"""The events of the calendar bench: the same bytes for every server.

One in twenty is a weekly series of ten. Singles take mornings, series take afternoons, of five
rooms, from 190 days ago to 190 days ahead; what is booked while measuring takes their evenings.
No two clash and none comes sooner than its room may be booked: the judge accepts them all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DOMAIN = "visio.lozere.example"
ROOMS = tuple(
    f"{centre}-visio"
    for centre in ("meyrueis", "st-chely-d-apcher", "villefort", "marvejols", "langogne")
)
DAYS, SLOTS, EVENING, HALF = 380, 12, 8, timedelta(minutes=30)
MOST = 10_000  # what the mornings and afternoons of five rooms hold
SERIES_EVERY, WEEKS = 20, 10


@dataclass(frozen=True, slots=True)
class Made:
    """One object of a calendar."""

    name: str
    body: bytes
    start: datetime


def midnight() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def seeds(count: int) -> Iterator[Made]:
    """What is stored before anything is measured."""
    first = midnight() - timedelta(days=DAYS // 2)
    singles = series = 0
    for number in range(count):
        if number % SERIES_EVERY == 0:
            yield _series(first, series)
            series += 1
        else:
            yield _single(first, singles, count)
            singles += 1


def _single(first: datetime, number: int, count: int) -> Made:
    room, turn = number % len(ROOMS), number // len(ROOMS)
    a_day = max(1, -(-count // (len(ROOMS) * DAYS)))
    day, slot = divmod(turn, a_day)
    return event(f"seed-{number}", first + timedelta(days=day, hours=6) + slot * HALF, room)


def _series(first: datetime, number: int) -> Made:
    room, turn = number % len(ROOMS), number // len(ROOMS)
    block, place = divmod(turn, 7 * SLOTS)
    day, slot = divmod(place, SLOTS)
    start = first + timedelta(days=block * 7 * WEEKS + day, hours=13) + slot * HALF
    return event(f"series-{number}", start, room, f"RRULE:FREQ=WEEKLY;COUNT={WEEKS}")


def fresh(number: int) -> Made:
    """The n-th booking of the run itself: an evening after the week that is asked for."""
    room, turn = number % len(ROOMS), number // len(ROOMS)
    day, slot = divmod(turn, EVENING)
    return event(
        f"fresh-{number}", midnight() + timedelta(days=15 + day, hours=20) + slot * HALF, room
    )


def week() -> tuple[datetime, datetime]:
    """The week that is asked for: the one that begins in seven days."""
    start = midnight() + timedelta(days=7)
    return start, start + timedelta(days=7)


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")


def event(uid: str, start: datetime, room: int, *more: str) -> Made:
    lines = (
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Margeride//bench//FR",
        "BEGIN:VEVENT", f"UID:{uid}@bench", f"DTSTAMP:{stamp(start)}",
        f"DTSTART:{stamp(start)}", f"DTEND:{stamp(start + HALF)}",
        f"SUMMARY:Formation {uid}",
        "DESCRIPTION:Prise en main du poste et de la salle\\, avec les sites reliés.",
        f"ORGANIZER:mailto:claire@{DOMAIN}",
        f"ATTENDEE;CUTYPE=ROOM;RSVP=TRUE:mailto:salle.{ROOMS[room]}@{DOMAIN}",
        *more, "END:VEVENT", "END:VCALENDAR", "",
    )  # fmt: skip
    return Made(f"{uid}.ics", "\r\n".join(lines).encode(), start)
