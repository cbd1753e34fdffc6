"""What work costs, whatever else the machine does meanwhile."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any


def calls(work: Callable[[], object]) -> int:
    """Calls of functions, of Python and of C, that work makes: as many on any machine.

    Seconds, also those of CPU, grow where the host lends the processor to others, and under
    coverage; how many of them a search or a verdict takes is in `bench judge`.
    """
    made = 0

    def seen(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal made
        made += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return made


def cpu_of(pid: int) -> float:
    """Seconds of CPU that the threads of a process have had so far."""
    found = 0
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            found += int(thread.read_text().split()[0])
        except OSError:  # it has ended
            continue
    return found / 1e9
