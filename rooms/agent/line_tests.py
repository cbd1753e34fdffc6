"""When a room tests its line by itself, and what its screen says of a test. Pure.

`now` is in the zone of the room: nights are its own. Everything waits for a quiet line: nothing is
tested while the room is booked, nor ten minutes before. Whether its screen, or another room of its
centre, is in a session all the same, the screen and the service say when they are asked.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import cast
from zlib import crc32

from rooms.agent.plan import Plan
from rooms.drivers.port import DriverError
from rooms.fields import LONGEST_WORD, Fields
from rooms.line import PATHS, PathName

BEFORE = timedelta(minutes=10)
SETTLE = timedelta(minutes=1)
"""After its start an agent has its browser to begin, its line to find, its plan to hear."""
FRESH = timedelta(hours=6)
"""An agent that starts again so soon after a test makes none."""
AGAIN = timedelta(minutes=15)
NIGHT_HOUR, NIGHT_MINUTE = 2, 30
SPREAD_MINUTES = 120
"""Rooms of one centre have one line: each begins at a minute of its own."""
NIGHT_LASTS = timedelta(hours=3)
MOST_KBPS, LONGEST_MS = 10_000_000, 60_000
REFUSALS = ("held", "blocked", "absent", "failed")


class LineHeld(DriverError):
    """The line is needed for something else, or will be in a moment."""

    code = "line_held"


class LineSilent(DriverError):
    """No path measured anything."""

    code = "line_silent"


class Why(StrEnum):
    """What made a test due."""

    START = "start"
    NIGHT = "night"


@dataclass(slots=True, kw_only=True)
class Schedule:
    """Of one run of the agent. `tested`: when a test last gave a result, in whatever run; `tried`:
    when one was last begun in this one."""

    room: str
    began: datetime
    tested: datetime | None = None
    tried: datetime | None = None

    def due(self, plan: Plan | None, now: datetime) -> Why | None:
        """Whether to test now."""
        if held(plan, now) or (self.tried is not None and now - self.tried < AGAIN):
            return None
        if self._first(now):
            return Why.START
        return Why.NIGHT if self._tonight(now) else None

    def _first(self, now: datetime) -> bool:
        tested = self._known(now)
        stale = tested is None or self.began - tested >= FRESH
        return stale and now - self.began >= SETTLE

    def _tonight(self, now: datetime) -> bool:
        tested, mark = self._known(now), self.mark(now)
        return mark <= now < mark + NIGHT_LASTS and (tested is None or tested < mark)

    def mark(self, now: datetime) -> datetime:
        """When the room tests its line on the day of `now`, if nothing is in the way."""
        minutes = crc32(self.room.encode()) % SPREAD_MINUTES
        begins = now.replace(hour=NIGHT_HOUR, minute=NIGHT_MINUTE, second=0, microsecond=0)
        return begins + timedelta(minutes=minutes)

    def _known(self, now: datetime) -> datetime | None:
        """A test of the future was noted by a clock that was wrong: it is none."""
        return None if self.tested is None or self.tested > now else self.tested


def held(plan: Plan | None, now: datetime) -> bool:
    """Whether the room is booked, or is in a moment."""
    entries = () if plan is None else plan.entries
    return any(one.start - BEFORE <= now < one.end for one in entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a path carries. Rates in kbit/s, the round trip in ms; `path` as the worker saw it."""

    path: PathName
    down_kbps: int
    up_kbps: int
    rtt_ms: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was measured: the line is `held`, the path is `blocked` or `absent` (no relay is
    configured), or it `failed`."""

    word: str
    detail: str = ""


def parse_outcome(value: object) -> Measured | Refused:
    """What the page of the screen said of a test, or Invalid("bad-line-test")."""
    fields = Fields(value, key="bad-line-test")
    if fields.has("refused"):
        detail = fields.text("detail", LONGEST_WORD) if fields.has("detail") else ""
        refused = Refused(fields.choice("refused", REFUSALS), detail)
        fields.end()
        return refused
    measured = Measured(
        path=cast(PathName, fields.choice("path", PATHS)),
        down_kbps=fields.whole("down_kbps", 0, MOST_KBPS),
        up_kbps=fields.whole("up_kbps", 0, MOST_KBPS),
        rtt_ms=fields.whole("rtt_ms", 0, LONGEST_MS),
    )
    fields.end()
    return measured
