"""The outbox: every row to every listener, at least once, across failures and kills."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from orchestrator.outbox import LONGEST, LULL, Outbox
from orchestrator.store.tables import facts
from orchestrator.store.tables import outbox as rows
from tests.fakes.rooms import Scene, furnished


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with furnished(tmp_path) as scene:
        yield scene


async def write(scene: Scene, *topics: str) -> None:
    values = [{"at": 0, "topic": topic, "payload": {"booking": topic}} for topic in topics]
    await scene.database.write(lambda conn: conn.execute(insert(rows), values))


def heard_by(outbox: Outbox) -> list[str]:
    heard: list[str] = []

    async def listen(topic: str, payload: dict[str, Any]) -> None:
        heard.append(topic)

    outbox.listen("ear", listen)
    return heard


async def test_rows_are_heard_in_order_and_once(scene: Scene) -> None:
    outbox = Outbox(scene.database)
    heard = heard_by(outbox)
    await write(scene, "booking.made", "booking.moved")
    assert await outbox.deliver() == 2
    assert await outbox.deliver() == 0
    assert heard == ["booking.made", "booking.moved"]


async def test_what_a_killed_service_had_not_handed_over_is_heard_by_the_next(scene: Scene) -> None:
    await write(scene, "booking.made")
    Outbox(scene.database)  # killed before it delivered
    outbox = Outbox(scene.database)
    heard = heard_by(outbox)
    await outbox.deliver()
    assert heard == ["booking.made"]


async def test_a_listener_that_fails_is_tried_again_and_holds_nobody_up(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = Outbox(scene.database, lambda: scene.now)
    failing = ["booking.made"]

    async def stumble(topic: str, payload: dict[str, Any]) -> None:
        if topic in failing:
            raise RuntimeError("not now")

    outbox.listen("stumbling", stumble)
    heard = heard_by(outbox)
    await write(scene, "booking.made", "booking.moved")
    assert await outbox.deliver() == 1
    assert await outbox.deliver() == 0
    failing.clear()
    scene.now += timedelta(seconds=10)
    assert await outbox.deliver() == 1
    assert heard == ["booking.moved", "booking.made"]
    assert caplog.text.count("could not take") == 1


async def test_who_begins_to_listen_while_another_is_told_stops_nothing(scene: Scene) -> None:
    outbox, heard = Outbox(scene.database), list[str]()

    async def late(topic: str, payload: dict[str, Any]) -> None:
        heard.append(f"late {topic}")

    async def early(topic: str, payload: dict[str, Any]) -> None:
        heard.append(f"early {topic}")
        outbox.listen("late", late)

    outbox.listen("early", early)
    await write(scene, "booking.made", "booking.moved")
    assert await outbox.deliver() == 2
    assert heard == ["early booking.made", "early booking.moved", "late booking.moved"]


async def test_a_kick_delivers_without_waiting(scene: Scene) -> None:
    outbox = Outbox(scene.database)
    heard, done = [], asyncio.Event()

    async def listen(topic: str, payload: dict[str, Any]) -> None:
        heard.append(topic)
        done.set()

    outbox.listen("ear", listen)
    running = asyncio.create_task(outbox.run())
    await write(scene, "booking.made")
    outbox.kick()
    async with asyncio.timeout(5):
        await done.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert heard == ["booking.made"]


async def test_what_a_scribe_writes_is_kept_only_with_its_row(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = Outbox(scene.database, lambda: scene.now)
    failing = ["booking.made"]

    def write_fact(conn: Connection, now: datetime, row: int, topic: str, payload: Any) -> None:
        conn.execute(insert(facts).values(name=f"{topic} {row}", value="told"))
        if topic in failing:
            raise RuntimeError("after it was written")

    outbox.write_with("scribe", write_fact)
    await write(scene, "booking.made", "booking.moved")
    assert await outbox.deliver() == 1
    assert await told(scene) == ["booking.moved 2"]
    for _ in range(3):
        scene.now += timedelta(seconds=10)
        assert await outbox.deliver() == 0
    assert caplog.text.count("could not write") == 1
    failing.clear()
    scene.now += timedelta(seconds=10)
    assert await outbox.deliver() == 1
    assert await told(scene) == ["booking.made 1", "booking.moved 2"]


async def told(scene: Scene) -> list[str]:
    query = select(facts.c.name).where(facts.c.value == "told").order_by(facts.c.name)
    return await scene.database.read(lambda conn: list(conn.execute(query).scalars()))


async def test_what_follows_a_write_waits_for_a_lull(scene: Scene) -> None:
    outbox, loop = Outbox(scene.database), asyncio.get_running_loop()
    outbox.kick()
    began = loop.time()
    await outbox._lull()
    assert loop.time() - began >= LULL * 0.9


async def test_writers_without_end_do_not_keep_it_waiting(scene: Scene) -> None:
    outbox, loop = Outbox(scene.database), asyncio.get_running_loop()

    async def write_on() -> None:
        while True:
            outbox.kick()
            await asyncio.sleep(0)

    writing = asyncio.create_task(write_on())
    await asyncio.sleep(0)
    began = loop.time()
    async with asyncio.timeout(20):
        await outbox._lull()
    assert loop.time() - began >= LONGEST * 0.9
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
