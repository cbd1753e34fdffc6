"""What the allocator holds free between what is in use goes back to the system.

The loop reads into buffers of 256 KiB and keeps the little that came: the heap gets holes, whole
pages of them, which glibc keeps for itself. Given back, they cost nothing until they are needed.
"""

import asyncio
import ctypes
from collections.abc import Callable

EVERY = 60.0  # seconds
Trim = Callable[[int], int]


def of_libc() -> Trim | None:
    """The C library's own way to do it; None where there is none (musl)."""
    found: Trim | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return found


async def give_back(every: float = EVERY) -> None:
    """From time to time, beside the loop, until cancelled."""
    trim = of_libc()
    while True:
        await asyncio.sleep(every)
        if trim is not None:
            await asyncio.to_thread(trim, 0)
