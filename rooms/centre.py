"""A centre of the network: what it offers, when it is open, what its line carries.

Hours are civil: "08:30" is half past eight on the wall of the centre, on the days the clocks
change too. What others compare are UTC instants; here alone one becomes the other.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from rooms.ids import CentreId
from rooms.room import Room

MIDNIGHT = time(0)


class Level(StrEnum):
    """Service level of the quality charter."""

    TELECENTRE = "telecentre"
    COMPTOIR = "comptoir"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """One stretch of the day, on `days` (Monday is 0). `closes` at 00:00 is the end of the day."""

    days: tuple[int, ...]
    opens: time
    closes: time

    @property
    def closing(self) -> str:
        """The closing time as people write it: the end of the day is 24:00."""
        return "24:00" if self.closes == MIDNIGHT else f"{self.closes:%H:%M}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """An exceptional closing, whole civil days, `last` included."""

    first: date
    last: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Exceptional hours on whole civil days, `last` included: closed days open for them too."""

    first: date
    last: date
    opens: time
    closes: time
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What the centre's line carries, as measured."""

    technology: str
    down_kbps: int
    up_kbps: int
    rtt_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """A place of the network."""

    id: CentreId
    name: str
    level: Level
    premises: str
    address: str
    zone: ZoneInfo
    opening_hours: tuple[OpeningHours, ...]
    closures: tuple[Closure, ...]
    line: Line
    languages: tuple[str, ...]
    rooms: tuple[Room, ...]
    openings: tuple[Opening, ...] = ()
    phone: str = ""

    def day_of(self, instant: datetime) -> date:
        """The civil day at the centre."""
        return instant.astimezone(self.zone).date()

    def closure_on(self, day: date) -> Closure | None:
        """The exceptional closing that covers this civil day."""
        return next((found for found in self.closures if found.first <= day <= found.last), None)

    def opening_on(self, day: date) -> list[tuple[datetime, datetime]]:
        """When the centre is open on this civil day, as UTC instants in order."""
        usual = () if self.closure_on(day) is not None else self.opening_hours
        hours: list[OpeningHours | Opening] = [
            found for found in usual if day.weekday() in found.days
        ]
        hours += [found for found in self.openings if found.first <= day <= found.last]
        return _joined(sorted(self._stretch(day, found) for found in hours))

    def is_open(self, start: datetime, end: datetime) -> bool:
        """Whether the centre stays open from `start` to `end` without a break.

        A stretch that ends where the next one begins goes on in it: midnight does not close a
        centre that is open around the clock. An empty interval asks about its instant.
        """
        reached = start
        while (until := self._open_until(reached)) is not None:
            if until >= end:
                return True
            reached = until
        return False

    def _open_until(self, instant: datetime) -> datetime | None:
        stretches = self.opening_on(self.day_of(instant))
        return max(
            (closes for opens, closes in stretches if opens <= instant < closes), default=None
        )

    def _stretch(self, day: date, hours: OpeningHours | Opening) -> tuple[datetime, datetime]:
        last = day + timedelta(days=1) if hours.closes == MIDNIGHT else day
        return self._first(day, hours.opens), self._last(last, hours.closes)

    def _first(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    def _last(self, day: date, clock: time) -> datetime:
        """The later of the two instants of a repeated hour; after the gap for a skipped one."""
        return max(self._first(day, clock.replace(fold=0)), self._first(day, clock.replace(fold=1)))


def _joined(stretches: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The same stretches, those that overlap made one: exceptional hours may lie over others."""
    joined: list[tuple[datetime, datetime]] = []
    for opens, closes in stretches:
        if joined and opens < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))
    return joined
