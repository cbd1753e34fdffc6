"""Is it ready: asked by many, looked at once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orchestrator.api import health
from orchestrator.store import facts
from tests.fakes.service import RunningService, running_service


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        yield running


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A name for each time the store is written to."""
    seen: list[str] = []
    put = facts.put

    def counted(conn: object, name: str, value: str) -> None:
        seen.append(name)
        put(conn, name, value)  # type: ignore[arg-type]

    monkeypatch.setattr(facts, "put", counted)
    return seen


async def ask(service: RunningService) -> int:
    async with service.browser().get("/readyz") as answer:
        return answer.status


@pytest.mark.parametrize("absent", [False, True])
async def test_a_hundred_who_ask_at_once_cost_one_write(
    service: RunningService, looks: list[str], monkeypatch: pytest.MonkeyPatch, absent: bool
) -> None:
    monkeypatch.setattr(health, "FRESH", 60.0)  # however slow the machine is today
    monkeypatch.setattr(health, "NOT_YET", 60.0)
    service.engine.absent = absent
    status = 503 if absent else 200
    assert await asyncio.gather(*(ask(service) for _ in range(100))) == [status] * 100
    assert looks == ["ready_at"]


async def test_the_answer_is_looked_up_again_when_it_is_old(
    service: RunningService, looks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (health.FRESH, health.NOT_YET) == (0.5, 0.1)
    monkeypatch.setattr(health, "FRESH", 0.0)
    assert await ask(service) == 200
    service.engine.absent = True
    assert await ask(service) == 503
    assert looks == ["ready_at"] * 2
