"""The screen of a room mends itself: whatever breaks, it is back in its session within ten seconds.

A real Chromium under the managed policy, kept by the agent of the room as at a telecentre, and
nobody touches it: camera, microphone and sound are granted without a click, and neither a killed
renderer, a hung page, a killed service nor a line that swallows everything needs anybody.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from signalling.transport.seam import host_addresses
from tests.conftest import cannot
from tests.fakes.far import NEAR, MissingTun
from tests.fakes.kiosk_room import KioskRoom, room_in_session

pytestmark = [
    pytest.mark.journey,
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("chromium_path"),
]
BACK_WITHIN = 10.0
OUTAGE = 25.0
HANG = "void setTimeout(() => { for (;;); })"


@asynccontextmanager
async def in_session(tmp_path: Path) -> AsyncIterator[KioskRoom]:
    if os.geteuid() != 0:
        cannot("the policy can only be tried by root, in a mount namespace of its own")
    if NEAR not in host_addresses():
        cannot("the room needs a network of its own: run it in tests.tools.hermetic")
    try:
        async with room_in_session(tmp_path) as room:
            yield room
    except MissingTun as reason:
        cannot(str(reason))


def told(what: str, began: float) -> None:
    seconds = time.monotonic() - began
    print(f"{what}: back after {seconds:.1f} s")
    assert seconds <= BACK_WITHIN, (what, seconds)


async def kill(processes: list[int]) -> None:
    assert processes
    for process in processes:
        os.kill(process, signal.SIGKILL)


async def test_a_screen_whose_page_is_killed_or_hangs_is_back_within_ten_seconds(
    tmp_path: Path,
) -> None:
    async with in_session(tmp_path) as room:
        browser = await room.processes("--remote-debugging-pipe")
        before, began = await room.seen(), time.monotonic()
        await kill(await room.processes("--type=renderer"))
        await room.comes_back(after=before)
        told("renderer killed", began)
        before, began = await room.seen(), time.monotonic()
        await room.evaluate(HANG)
        await room.comes_back(after=before)
        told("page hung", began)
        assert set(browser) & set(await room.processes("--remote-debugging-pipe"))


async def test_a_screen_is_back_ten_seconds_after_its_service_and_after_its_line(
    tmp_path: Path,
) -> None:
    """And without its service it goes on seeing and being seen; nothing is loaded again."""
    async with in_session(tmp_path) as room:
        page = (await room.seen()).page
        began = time.monotonic()
        await room.stage.service.kill()
        await room.goes_on()
        told("service killed, without it", began)
        took, began = await room.stage.service.start(), time.monotonic()
        await room.comes_back()
        told(f"service there again after {took:.1f} s", began)

        await room.side.cut(True)
        await asyncio.sleep(OUTAGE / 5)  # what was on its way has come
        stale = (await room.seen()).there
        await asyncio.sleep(OUTAGE * 4 / 5)
        assert (await room.seen()).there == stale
        fate, began = await room.side.cut(False), time.monotonic()
        await room.comes_back()
        told("nothing passed for 25 s", began)
        assert min(fate["up"]["cut"], fate["down"]["cut"]) > 0
        assert (await room.seen()).page == page
