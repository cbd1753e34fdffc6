"""Loaded by every Python that has this folder on its path: SIGUSR2 makes it tell what it holds.

The soak counts the tasks of the service and of its worker, which nothing outside can see.
"""

import asyncio
import gc
import json
import os
import signal
import threading
from collections import Counter
from pathlib import Path

OURS = ("signalling.", "orchestrator.", "pylibsrtp", "OpenSSL")


def tell(number: int, frame: object) -> None:
    """Another signal while this runs would begin it anew, within itself."""
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    try:
        _tell()
    finally:
        signal.signal(signal.SIGUSR2, tell)


def _tell() -> None:
    try:
        tasks = sorted(task.get_name().rstrip("0123456789") for task in asyncio.all_tasks())
    except RuntimeError:
        return
    waited = gc.collect()  # objects that only the collector could free
    objects = gc.get_objects()
    types = (type(one) for one in objects)
    ours = Counter(one.__name__ for one in types if str(one.__module__).startswith(OURS))
    held = {
        "tasks": tasks,
        "objects": len(objects),
        "waited": waited,
        "ours": ours,
        "threads": threading.active_count(),
        "files": sum(1 for _ in Path("/proc/self/fd").iterdir()),
    }
    place = Path(os.environ["MARGERIDE_SOAK"])
    made = place / f"{os.getpid()}.new"
    made.write_text(json.dumps(held))
    made.replace(place / f"{os.getpid()}.json")


if "MARGERIDE_SOAK" in os.environ:
    signal.signal(signal.SIGUSR2, tell)
