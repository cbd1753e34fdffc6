"""A room tests its line by its own screen: the real agent, a real Chromium, a real worker."""

import asyncio
import json
import os
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from orchestrator import keys
from orchestrator.api.agent_socket import AGENTS
from orchestrator.store import line_tests
from rooms.agent import disk
from rooms.ids import CentreId, RoomId
from signalling.engines.python import PythonEngine
from tests.conftest import cannot
from tests.fakes import agents
from tests.fakes.kiosk_room import APART, FLAGS, PAIRED
from tests.fakes.service import Browser, RunningService, running_service
from tests.fakes.wire import until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(400),
    pytest.mark.usefixtures("chromium_path"),
]
ROOM = RoomId("villefort-visio")
WITHIN = 150.0


class Screen:
    """The agent and its screen, in a process of their own."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def evaluate(self, expression: str) -> Any:
        """What the page answers; None when it does not."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(expression).encode() + b"\n")
        return json.loads(await self._process.stdout.readline())

    async def shows(self, expression: str) -> None:
        """Until the page answers yes."""
        async with asyncio.timeout(WITHIN):
            while not await self.evaluate(expression):  # noqa: ASYNC110  another process's page
                await asyncio.sleep(0.2)


@asynccontextmanager
async def paired_room(service: RunningService, folder: Path) -> AsyncIterator[Screen]:
    """Agent and screen have their tokens and are on the line."""
    token = await agents.paired(service, ROOM)
    await asyncio.to_thread((folder / "state").mkdir, parents=True)
    await asyncio.to_thread(disk.write_token, folder / "state", token)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *APART, service.url, ROOM, str(folder), *FLAGS, stdin=pipe, stdout=pipe
    )
    assert process.stdin is not None
    try:
        screen = Screen(process)
        await screen.shows(f"location.origin === '{service.url}'")
        await screen.evaluate(PAIRED.format(room=ROOM, token=await service.screen(ROOM)))
        await screen.shows("globalThis.margeride?.model.lineState.value.state === 'open'")
        hub = service.app[AGENTS]
        await until(lambda: "system.line.test" in (hub.able(ROOM) or ()), WITHIN)
        yield screen
    finally:
        process.stdin.close()
        async with asyncio.timeout(WITHIN):
            await process.wait()


async def asked_to_test(person: Browser) -> dict[str, Any]:
    """How the command ended."""
    wish = {"command": "system.line.test"}
    async with person.post(f"/api/v1/rooms/{ROOM}/commands", wish) as answer:
        assert answer.status == 202, await answer.text()
        command = (await answer.json())["id"]
    async with asyncio.timeout(WITHIN):
        while True:
            async with person.get(f"/api/v1/commands/{command}") as answer:
                found: dict[str, Any] = await answer.json()
            if found["state"] not in ("accepted", "running"):
                return found
            await asyncio.sleep(0.2)


async def test_a_room_tests_its_line_by_its_screen_and_the_centre_keeps_it(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        cannot("the policy can only be tried by root, in a mount namespace of its own")
    engine = PythonEngine("127.0.0.1", announce=["127.0.0.1"])
    async with running_service(tmp_path, engine=engine) as service:
        anne = await service.log_in("anne")
        async with paired_room(service, tmp_path / "mini-pc"):
            ended = await asked_to_test(anne)
            assert (ended["state"], ended["error"]) == ("done", None), ended
            history = await service.app[keys.DATABASE].read(
                lambda conn: line_tests.history(conn, CentreId("villefort"), 10)
            )
            assert [(kept.test.path, kept.by) for kept in history] == [("tcp", ROOM), ("udp", ROOM)]
            assert all(kept.test.up_kbps > 0 < kept.test.down_kbps for kept in history)
            async with anne.get("/api/v1/centres/villefort/line") as answer:
                assert {one["room"] for one in (await answer.json())["tests"]} == {ROOM}
        assert (await engine.state()).sessions == {}
    engine.stop()
