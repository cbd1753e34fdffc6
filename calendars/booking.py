"""What is asked and what is held: rooms, and half-open stretches of time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rooms.ids import PersonId, RoomId


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """From `start` until just before `end`, both instants in UTC: touching slots do not overlap."""

    start: datetime
    end: datetime

    @property
    def duration(self) -> timedelta:
        """How long it lasts; zero or less means it holds nothing."""
        return self.end - self.start

    def widened(self, by: timedelta) -> "Slot":
        """The same with so much before and after."""
        return Slot(self.start - by, self.end + by)

    def overlaps(self, other: "Slot") -> bool:
        """Whether both share at least one instant."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True, order=True)
class Occurrence:
    """One date of an event; `recurrence_id` is empty for an event that does not recur."""

    slot: Slot
    recurrence_id: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What somebody asks for: these rooms, all of them, on all these dates.

    `uid` names the booking itself. A client chooses the UID of its events, so the caller
    must make sure that nobody can pass off his event as another organiser's booking: rows
    held under the same `uid` do not stand in its way.
    """

    uid: str
    rooms: tuple[RoomId, ...]
    occurrences: tuple[Occurrence, ...]
    organiser: PersonId
    role: str
    title: str
    kind: str = "meeting"
    seats: int = 0  # people announced; 0: not said

    @property
    def recurring(self) -> bool:
        """Whether it is a series, or one date of it."""
        return len(self.occurrences) > 1 or any(one.recurrence_id for one in self.occurrences)


@dataclass(frozen=True, slots=True)
class Held:
    """A room that somebody has, for one slot. An empty `title` is one the reader may not see.

    A `tentative` one waits for an animateur's answer; the room is kept for it meanwhile.
    """

    room: RoomId
    slot: Slot
    uid: str
    title: str = ""
    kind: str = "meeting"
    tentative: bool = False


FIRM = "feed"
"""The kind of what is held by a calendar that we only read: nothing displaces it."""
