"""How long work takes, whatever else the machine does meanwhile."""

import time
from collections.abc import Callable
from pathlib import Path


def least_cpu(work: Callable[[], bool], tries: int = 5) -> float:
    """Seconds of CPU that work which succeeds takes at best: neighbours only make it longer."""
    took = []
    for _ in range(tries):
        began = time.process_time()
        assert work()
        took.append(time.process_time() - began)
    return min(took)


def cpu_of(pid: int) -> float:
    """Seconds of CPU that the threads of a process have had so far."""
    found = 0
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            found += int(thread.read_text().split()[0])
        except OSError:  # it has ended
            continue
    return found / 1e9
