"""A room with a service of its own and a real screen: the real agent keeps a real Chromium.

    async with paired_room(service, tmp_path / "mini-pc") as screen:
        await screen.evaluate("location.href")

Only root can: the managed policy is tried in a mount namespace of its own.
"""

import asyncio
import json
import os
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from orchestrator.api.agent_socket import AGENTS
from rooms.agent import disk
from rooms.ids import RoomId
from tests.conftest import cannot
from tests.fakes import agents
from tests.fakes.kiosk_room import APART, FLAGS, PAIRED
from tests.fakes.service import RunningService
from tests.fakes.wire import until

ROOM = RoomId("villefort-visio")
WITHIN = 150.0
ON_THE_LINE = "globalThis.margeride?.model.lineState.value.state === 'open'"


class Screen:
    """The agent and its screen, in a process of their own."""

    def __init__(self, process: Process, folder: Path) -> None:
        self._process, self._folder = process, folder

    async def evaluate(self, expression: str) -> Any:
        """What the page answers; None when it does not."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(expression).encode() + b"\n")
        return json.loads(await self._process.stdout.readline())

    async def shows(self, expression: str) -> None:
        """Until the page answers yes."""
        deadline = time.monotonic() + WITHIN
        while not await self.evaluate(expression):
            assert time.monotonic() < deadline, (expression, await self.log())
            await asyncio.sleep(0.2)

    async def log(self) -> str:
        """What the agent wrote down."""
        return await asyncio.to_thread((self._folder / "agent.log").read_text)


@asynccontextmanager
async def paired_room(service: RunningService, folder: Path) -> AsyncIterator[Screen]:
    """Agent and screen have their tokens and are on the line."""
    if os.geteuid() != 0:
        cannot("the policy can only be tried by root, in a mount namespace of its own")
    token = await agents.paired(service, ROOM)
    await asyncio.to_thread((folder / "state").mkdir, parents=True)
    await asyncio.to_thread(disk.write_token, folder / "state", token)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *APART, service.url, ROOM, str(folder), *FLAGS, stdin=pipe, stdout=pipe
    )
    assert process.stdin is not None
    try:
        screen = Screen(process, folder)
        await screen.shows(f"location.origin === '{service.url}'")
        await screen.evaluate(PAIRED.format(room=ROOM, token=await service.screen(ROOM)))
        await screen.shows(ON_THE_LINE)
        hub = service.app[AGENTS]
        await until(lambda: "system.line.test" in (hub.able(ROOM) or ()), WITHIN)
        yield screen
    finally:
        process.stdin.close()
        async with asyncio.timeout(WITHIN):
            await process.wait()
