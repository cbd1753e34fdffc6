"""The machine a bench runs on, and what a process costs it."""

import asyncio
import os
import platform
import socket
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TextIO

from tests.tools.weather import ticks

_out: list[TextIO] = [sys.stdout]
# What keeps a core at work for a while.
BUSY = "import time; end = time.monotonic() + 2\nwhile time.monotonic() < end: pass"


def tell_on_stderr() -> None:
    """Keep standard output for the JSON line."""
    _out[0] = sys.stderr


def say(text: str) -> None:
    print(text, file=_out[0], flush=True)


def line() -> str:
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M}Z · {os.cpu_count()} cores ({_cpu()}) · "
        f"Linux {platform.release().split('-')[0]} · Python {platform.python_version()} · "
        f"load before {load}"
    )


def _cpu() -> str:
    with suppress(OSError):
        for row in Path("/proc/cpuinfo").read_text().splitlines():
            if row.startswith("model name"):
                return " ".join(row.partition(":")[2].split())
    return platform.machine()


def load() -> float:
    """The load of the last minute: a figure taken on a busy machine says so."""
    return round(os.getloadavg()[0], 1)


class Stolen:
    """How much of the processors the host takes away: a wall time taken meanwhile is not ours."""

    def __init__(self) -> None:
        self._before = ticks(Path("/proc/stat").read_text())

    @property
    def share(self) -> float:
        """Of what this machine wanted since this was made, 0..1."""
        return self.taken()

    def taken(self) -> float:
        """The share, for a thread: it reads /proc."""
        now = ticks(Path("/proc/stat").read_text())
        wanted = now.wanted - self._before.wanted
        return round((now.stolen - self._before.stolen) / wanted, 3) if wanted else 0.0


async def taken_at_work() -> float:
    """The share that the host takes while all our cores work for a while.

    From idle cores nobody takes anything.
    """
    stolen = await asyncio.to_thread(Stolen)
    busy = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", BUSY)
        for _ in range(os.cpu_count() or 1)
    ]
    await asyncio.gather(*(each.wait() for each in busy))
    return await asyncio.to_thread(stolen.taken)


async def calm(
    most: float,
    patience: float,
    look: Callable[[], Awaitable[float]] = taken_at_work,
    between: float = 5.0,
) -> bool:
    """Wait until the host takes no more than that share; false if it still does after so many s."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    while await look() > most:
        if loop.time() >= deadline:
            return False
        await asyncio.sleep(between)
    return True


def again_in_a_network_of_its_own() -> None:
    """Run the same bench where its addresses are its own; ends this process."""
    if os.environ.get("MARGERIDE_APART") == "inside":
        raise SystemExit("no network namespace can be made here: run it as root")
    os.environ["MARGERIDE_APART"] = "inside"
    inside = [sys.executable, "-m", "tests.tools.hermetic", sys.executable, "-m", "bench"]
    sys.stdout.flush()
    os.execv(inside[0], [*inside, *sys.argv[1:]])


def rss_mb(pid: int) -> float:
    """Resident memory of one process."""
    with suppress(OSError, IndexError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)
    return 0.0


def cpu_ns(pid: int) -> int:
    """CPU time of all threads of a process, in ns."""
    total = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError, IndexError):
            total += int(path.read_text().split()[0])
    return total


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM, host: str = "127.0.0.1") -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float]) -> dict[str, float]:
    """The figures of one row: least, median, 95th percentile."""
    return {
        "min": round(min(values), 2),
        "median": round(median(values), 2),
        "p95": round(percentile(values, 0.95), 2),
    }


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    cells = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(head))]
    for number, row in enumerate(cells):
        first, *others = (cell for cell in row)
        shown = [first.ljust(widths[0])]
        shown += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        say("  ".join(shown))
        if number == 0:
            say("  ".join("-" * width for width in widths))
