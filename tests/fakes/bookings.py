"""Bookings for tests: rooms of ordinary centres, slots in the time of Paris."""

from datetime import UTC, datetime
from typing import Any

from calendars.booking import Candidate, Held, Occurrence, Slot
from calendars.policy import RoomRules
from rooms.centre import Centre
from rooms.ids import PersonId, RoomId
from tests.fakes.places import PARIS, a_centre

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)  # a Friday
VILLEFORT = RoomId("villefort-visio")
MEYRUEIS = RoomId("meyrueis-visio")


def paris(text: str) -> datetime:
    """The instant at which a clock in Paris shows `text`."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


def slot(start: str, end: str) -> Slot:
    """`slot("2026-11-23T09:00", "10:00")`, in the time of Paris."""
    return Slot(paris(start), paris(end if "T" in end else f"{start[:10]}T{end}"))


def rules_of(*centres: Centre) -> dict[RoomId, RoomRules]:
    """The rules of every room of these centres."""
    return {room.id: RoomRules(room, centre) for centre in centres for room in centre.rooms}


RULES = rules_of(a_centre("villefort"), a_centre("meyrueis"))


def asked(*slots: Slot, rooms: tuple[RoomId, ...] = (VILLEFORT,), **changed: Any) -> Candidate:
    """A trainer asks for Villefort."""
    facts: dict[str, Any] = {
        "uid": "asked",
        "rooms": rooms,
        "occurrences": tuple(Occurrence(slot, str(number)) for number, slot in enumerate(slots)),
        "organiser": PersonId("camille"),
        "role": "trainer",
        "title": "Atelier",
    }
    return Candidate(**facts | changed)


def held(taken: Slot, room: RoomId = VILLEFORT, uid: str = "other", title: str = "Chœur") -> Held:
    """Somebody has the room."""
    return Held(room, taken, uid, title)
