"""Memory that nothing uses any more goes back to the system."""

import asyncio
import subprocess
import sys

import pytest

from orchestrator import memory
from tests.conftest import cannot

HOLES = """
import asyncio, contextlib
from pathlib import Path
from orchestrator import memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

async def main():
    kept = [bytes(40_000) for _ in range(2_000)][::20]  # 80 MB, a twentieth of it stays
    before = resident()
    work = asyncio.create_task(memory.give_back(0.01))
    while resident() > before / 2:
        await asyncio.sleep(0.01)
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work
    assert len(kept) == 100

asyncio.run(asyncio.wait_for(main(), 60))
"""


def test_a_heap_full_of_holes_shrinks() -> None:
    if memory.of_libc() is None:
        cannot("this C library has no malloc_trim")
    done = subprocess.run([sys.executable, "-c", HOLES], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


async def test_a_c_library_that_cannot_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "of_libc", lambda: None)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(memory.give_back(0.001), 0.05)


async def test_it_goes_on_giving_back_until_it_is_told_to_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = asyncio.Semaphore(0)
    loop = asyncio.get_running_loop()

    def trim(_: int) -> int:
        loop.call_soon_threadsafe(given.release)
        return 1

    monkeypatch.setattr(memory, "of_libc", lambda: trim)
    work = asyncio.create_task(memory.give_back(0.001))
    async with asyncio.timeout(20):
        for _ in range(3):
            await given.acquire()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
