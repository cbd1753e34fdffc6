"""The weather of the machine: when it did not run us. `python -m tests.tools.weather FILE`.

A shared machine now and then takes its processors away for seconds: nothing a test measures then is
the product's doing. This watches from a process of its own, which sleeps for a quarter of a second
and notes, line by line, the moments of a storm: it was woken late, or the host took a large part of
the time its guests wanted (`steal` of proc(5) /proc/stat).
"""

import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

EVERY = 0.25
LATE = 0.5  # seconds; with both cores busy it is woken within hundredths
STOLEN = 0.2  # of what was wanted in the last seconds
WINDOW = 20  # samples
IDLE, IOWAIT, STEAL = 3, 4, 7


class Ticks(NamedTuple):
    """What the processors did so far, in clock ticks."""

    wanted: int
    stolen: int


def ticks(stat: str) -> Ticks:
    """Of the first line of /proc/stat."""
    counts = [int(each) for each in stat.split("\n", 1)[0].split()[1:9]]
    return Ticks(sum(counts) - counts[IDLE] - counts[IOWAIT], counts[STEAL])


def stormy(late: float, samples: Sequence[Ticks]) -> bool:
    """Whether the machine did not run us: woken so late (s), or so much stolen meanwhile."""
    wanted = samples[-1].wanted - samples[0].wanted
    stolen = samples[-1].stolen - samples[0].stolen
    return late >= LATE or (len(samples) == WINDOW and stolen > STOLEN * wanted > 0)


def storms(lines: Iterable[str], since: float, until: float) -> list[float]:
    """The moments noted between two others, on the clock `time.monotonic`."""
    moments = (float(line) for line in lines)
    return [each for each in moments if since <= each <= until]


def watch(told: Path, stat: Path = Path("/proc/stat")) -> None:
    """Note every moment of storm, until killed."""
    samples: list[Ticks] = []
    with told.open("a", buffering=1) as out:
        while True:
            before = time.monotonic()
            time.sleep(EVERY)
            now = time.monotonic()
            samples = [*samples[1 - WINDOW :], ticks(stat.read_text())]
            if stormy(now - before - EVERY, samples):
                print(now, file=out)


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
