"""A room tests its line by its own screen: the real agent, a real Chromium, a real worker."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from orchestrator import keys
from orchestrator.store import line_tests
from rooms.ids import CentreId
from signalling.engines.python import PythonEngine
from tests.fakes.screen_room import ROOM, WITHIN, paired_room
from tests.fakes.service import Browser, running_service

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(400),
    pytest.mark.usefixtures("chromium_path"),
]


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
