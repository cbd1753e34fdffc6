import asyncio
import logging

import pytest

from orchestrator import tasks
from orchestrator.tasks import ended, kept_running


async def test_what_fails_is_begun_again_and_the_same_failure_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tries, enough = 0, asyncio.Event()

    async def work() -> None:
        nonlocal tries
        tries += 1
        if tries == 5:
            enough.set()
        raise ValueError("closed" if tries < 4 else "another")

    with caplog.at_level(logging.ERROR):
        async with kept_running("letters", work, again=0), asyncio.timeout(5):
            await enough.wait()
    told = [record for record in caplog.records if record.name == tasks.log.name]
    assert [record.getMessage() for record in told] == ["letters failed; it is begun again"] * 2


async def test_nothing_runs_on_after_the_block() -> None:
    running = asyncio.Event()

    async def work() -> None:
        running.set()
        await asyncio.get_running_loop().create_future()

    async with kept_running("for ever", work):
        await running.wait()
    assert "for ever" not in {task.get_name() for task in asyncio.all_tasks()}


async def test_a_task_that_swallows_a_cancel_is_cancelled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "AGAIN", 0.01)
    deaf = 2

    async def work() -> None:
        nonlocal deaf
        while True:
            try:
                await asyncio.get_running_loop().create_future()
            except asyncio.CancelledError:
                deaf -= 1
                if deaf < 0:
                    raise

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    await ended(task)
    assert task.cancelled()
    assert deaf == -1
