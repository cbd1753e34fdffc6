"""An administrator empties a media worker before he ends it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator import keys
from rooms.ids import SessionId
from tests.fakes.service import Browser, RunningService, running_service
from tests.fakes.workers import two_workers


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with two_workers() as pool, running_service(tmp_path, engine=pool) as running:
        yield running


async def ask(browser: Browser, method: str, path: str) -> tuple[int, dict[str, Any]]:
    async with browser.request(method, f"/api/v1/media/{path}") as answer:
        return answer.status, await answer.json()


async def test_a_worker_is_drained_and_takes_sessions_again(service: RunningService) -> None:
    admin = await service.log_in("admin")
    status, told = await ask(admin, "GET", "workers")
    assert status == 200
    assert told == {
        "workers": [{"number": n, "state": "running", "sessions": 0, "people": 0} for n in (0, 1)],
        "drained": False,
    }
    status, told = await ask(admin, "POST", "workers/0/drain")
    assert [worker["state"] for worker in told["workers"]] == ["draining", "running"]
    await service.app[keys.ENGINE].open(SessionId("se-1"))
    _, told = await ask(admin, "GET", "workers")
    assert [worker["sessions"] for worker in told["workers"]] == [0, 1]
    _, told = await ask(admin, "POST", "workers/0/resume")
    assert [worker["state"] for worker in told["workers"]] == ["running", "running"]
    async with admin.get("/api/v1/audit") as answer:
        done = [entry["action"] for entry in (await answer.json())["entries"]]
    assert done[:2] == ["media.resumed", "media.drained"]


async def test_the_whole_service_is_drained_when_its_last_session_has_ended(
    service: RunningService,
) -> None:
    admin, engine = await service.log_in("admin"), service.app[keys.ENGINE]
    await engine.open(SessionId("se-1"))
    _, told = await ask(admin, "POST", "drain")
    assert not told["drained"]
    await engine.close(SessionId("se-1"))
    _, told = await ask(admin, "GET", "workers")
    assert told["drained"]


async def test_nobody_else_may_and_there_are_no_other_workers(service: RunningService) -> None:
    anne, admin = await service.log_in("anne"), await service.log_in("admin")
    for method, path in (("GET", "workers"), ("POST", "drain"), ("POST", "workers/0/drain")):
        status, told = await ask(anne, method, path)
        assert (status, told["type"].rpartition("/")[2]) == (403, "admin-only")
    for number in ("2", "01", "-1", "x"):
        status, told = await ask(admin, "POST", f"workers/{number}/drain")
        assert status == 404


async def test_a_service_without_workers_of_its_own_has_none_to_show(tmp_path: Path) -> None:
    async with running_service(tmp_path) as alone:
        admin = await alone.log_in("admin")
        status, told = await ask(admin, "GET", "workers")
        assert (status, told["type"].rpartition("/")[2]) == (404, "no-worker")
