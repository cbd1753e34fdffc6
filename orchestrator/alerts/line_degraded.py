"""Does the line of the centre carry what it should?

Two things are looked at, and neither opens or closes at a single figure. In a session the room's
own packets: `Strain` opens after three bad minutes and closes after four good ones, half and half
changes nothing. Between sessions the tests of the line: the median of the last five against what
the configuration says of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from orchestrator.alerts.seen import Alert, Seen
from rooms.centre import Line
from rooms.line import LATEST, LineTest

LOSSY = 0.05
SLOW_MS = 500.0
"""So much more than the configured round trip: a queue stands in front of the line."""
OPENS, FULL = 12, 16
"""Quarters of a minute."""
PAUSE = timedelta(minutes=2)
"""Without a sample for so long nobody is in a session: nothing is known any more."""
FEW = 3
WORN, MENDED = 0.5, 0.6
"""Shares of the configured rate below which the tests open it, from which they close it."""


@dataclass(slots=True)
class Strain:
    """How a room's packets have fared lately; one sample every quarter of a minute."""

    level: int = 0
    bad: bool = False
    last: datetime | None = None

    def note(self, at: datetime, suffers: bool) -> None:
        """One more sample; the same one twice counts once."""
        if self.last is not None and at <= self.last:
            return
        if self.last is not None and at - self.last > PAUSE:
            self.level, self.bad = 0, False
        self.last = at
        self.level = max(0, min(FULL, self.level + (1 if suffers else -1)))
        if self.level >= OPENS:
            self.bad = True
        elif self.level == 0:
            self.bad = False

    def stands(self, now: datetime) -> bool:
        """Whether the line is to be told of."""
        return self.bad and self.last is not None and now - self.last <= PAUSE


def suffers(legs: Iterable[Mapping[str, Any]], line: Line) -> bool:
    """Whether a sample is bad: it loses packets, or they wait in a queue. A picture that was made
    smaller to fit the line is no trouble."""
    return any(
        leg["loss"] >= LOSSY or (leg["rtt_ms"] or 0.0) >= line.rtt_ms + SLOW_MS for leg in legs
    )


def worn(line: Line, tests: Sequence[LineTest]) -> bool:
    """Whether the tests, of the last weeks and in order, say so; three are needed."""
    bad = False
    for end in range(FEW, len(tests) + 1):
        share = _share(line, tests[max(0, end - LATEST) : end])
        bad = share < (MENDED if bad else WORN)
    return bad


def _share(line: Line, tests: Sequence[LineTest]) -> float:
    """Of the configured rate, in the worse direction. A line that carried all that was sent is
    not known to carry less."""
    down = median(_full(test.down_kbps / line.down_kbps, test.down_at_least) for test in tests)
    up = median(_full(test.up_kbps / line.up_kbps, test.up_at_least) for test in tests)
    return min(down, up)


def _full(share: float, at_least: bool) -> float:
    return max(share, 1.0) if at_least else share


def check(seen: Seen) -> Iterable[Alert]:
    """One alert at most: what happens now goes before what was measured."""
    if seen.strained:
        yield Alert(key="line_degraded", room=seen.room, text="alert-line_degraded")
    elif seen.line is not None and worn(seen.line, seen.tests):
        yield Alert(
            key="line_degraded", room=seen.room, text="alert-line_degraded-tested", pressing=False
        )
