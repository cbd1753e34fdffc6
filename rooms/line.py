"""What a centre's line carries: as its last tests measured it, else as the configuration says.

Tests go through the real media path; a figure may be an "at least": the line carried everything
the test sent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Literal

from rooms.centre import Line

PathName = Literal["udp", "tcp", "turn"]
PATHS: tuple[PathName, ...] = ("udp", "tcp", "turn")
"""How media reach the worker, the way calls try first coming first."""
BELIEVED = timedelta(days=30)
LATEST = 5
"""So many tests of a path decide: one made during a download is outvoted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTest:
    """One test. Rates in kbit/s, times in ms, loss 0 to 1."""

    path: PathName
    down_kbps: int
    up_kbps: int
    rtt_ms: int
    jitter_ms: int
    loss: float
    taken_at: datetime
    down_at_least: bool = False
    up_at_least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a line carries. `path` and `tested_at` (the last test) are None without tests."""

    down_kbps: int
    up_kbps: int
    rtt_ms: int
    path: PathName | None = None
    tested_at: datetime | None = None


def profile(line: Line, tests: Iterable[LineTest], now: datetime) -> Profile:
    """The medians of the latest tests of the best path that has any, else the configured line."""
    same = believed(tests, now)
    if same:
        return _measured(line, same[-LATEST:])
    return Profile(down_kbps=line.down_kbps, up_kbps=line.up_kbps, rtt_ms=line.rtt_ms)


def believed(tests: Iterable[LineTest], now: datetime) -> list[LineTest]:
    """Those of the best path that has any that are not too old, in order."""
    recent = [test for test in tests if now - BELIEVED <= test.taken_at <= now]
    for path in PATHS:
        same = sorted((test for test in recent if test.path == path), key=lambda t: t.taken_at)
        if same:
            return same
    return []


def _measured(line: Line, tests: list[LineTest]) -> Profile:
    down = (_carried(t.down_kbps, t.down_at_least, line.down_kbps) for t in tests)
    up = (_carried(t.up_kbps, t.up_at_least, line.up_kbps) for t in tests)
    return Profile(
        down_kbps=round(median(down)),
        up_kbps=round(median(up)),
        rtt_ms=round(median(test.rtt_ms for test in tests)),
        path=tests[-1].path,
        tested_at=tests[-1].taken_at,
    )


def _carried(measured: int, at_least: bool, configured: int) -> int:
    """A test that did not fill the line cannot contradict a configuration that says more."""
    return max(measured, configured) if at_least else measured
