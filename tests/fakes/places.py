"""Places for tests: a telecentre with ordinary hours, made with what the test is about."""

from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from rooms.centre import Centre, Level, Line, OpeningHours
from rooms.ids import CentreId, RoomId
from rooms.room import Room

PARIS = ZoneInfo("Europe/Paris")
WEEKDAYS = (0, 1, 2, 3, 4)
EVERY_DAY = (*WEEKDAYS, 5, 6)


def hours(opens: str, closes: str, days: tuple[int, ...] = WEEKDAYS) -> OpeningHours:
    """`hours("08:30", "12:00")`; "24:00" is the end of the day."""
    until = "00:00" if closes == "24:00" else closes
    return OpeningHours(
        days=days, opens=time.fromisoformat(opens), closes=time.fromisoformat(until)
    )


ALWAYS = (hours("00:00", "24:00", EVERY_DAY),)


def a_room(centre: str = "villefort", **changed: Any) -> Room:
    """The visio room of a centre."""
    facts: dict[str, Any] = {
        "id": RoomId(f"{centre}-visio"),
        "centre": CentreId(centre),
        "name": "Salle visio",
        "capacity": 8,
        "equipment": ("screen", "camera", "microphone", "speaker"),
        "bookable_by": ("admin", "animateur", "trainer", "booker"),
    }
    return Room(**facts | changed)


def a_centre(centre: str = "villefort", **changed: Any) -> Centre:
    """A telecentre open 8:30–12:00 and 13:30–18:00 on weekdays, with one visio room."""
    facts: dict[str, Any] = {
        "id": CentreId(centre),
        "name": centre.capitalize(),
        "level": Level.TELECENTRE,
        "premises": "Maison de l'Emploi",
        "address": "48800 Villefort",
        "zone": PARIS,
        "opening_hours": (hours("08:30", "12:00"), hours("13:30", "18:00")),
        "closures": (),
        "line": Line(technology="adsl", down_kbps=8000, up_kbps=800, rtt_ms=45),
        "languages": ("fr",),
        "rooms": (a_room(centre),),
    }
    return Centre(**facts | changed)
