"""Whatever is killed, and when: sound and picture go on or come back, nothing said done is lost.

Twenty kills each of the service and of its worker, with four rooms in session all the while.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from orchestrator.demo.client import Person, Refused
from orchestrator.demo.rooms import Rooms
from orchestrator.demo.stage import Stage, set_up
from orchestrator.demo.verdict import PICTURES, Verdict

pytestmark = [pytest.mark.journey, pytest.mark.timeout(900)]

KILLS = 20
READY_WITHIN = 3.0
BACK_WITHIN = 10.0
FLOWS_WITHIN = 3.0
SPARE = "langogne-visio"
Counted = Callable[[Rooms], dict[tuple[str, str], int]]


@asynccontextmanager
async def inauguration(tmp_path: Path) -> AsyncIterator[tuple[Stage, Rooms, str]]:
    """Four rooms in session, everybody seen and heard."""
    async with (
        set_up(tmp_path / "data", port=0, media_port=0) as stage,
        Rooms(stage) as rooms,
    ):
        assert await true_within(30, rooms, lambda: rooms.connected)
        answer = await stage.book("Inauguration", lasts=timedelta(hours=2))
        assert answer.accepted, answer
        verdict = Verdict(sites=rooms.sites, muted="")
        assert await true_within(30, rooms, verdict.complete), verdict.summary()
        yield stage, rooms, answer.link


async def true_within(seconds: float, rooms: Rooms, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        await rooms.look()
        if condition():
            return True
        await asyncio.sleep(0.1)
    return False


def pictures(rooms: Rooms) -> dict[tuple[str, str], int]:
    """Frames each room has decoded of each other."""
    return {
        (here, there): heard.frames
        for here, site in rooms.sites.items()
        for there, heard in site.others.items()
    }


def forget(rooms: Rooms) -> None:
    """Count from nothing again: what was seen before proves nothing about now."""
    for site in rooms.sites.values():
        site.others.clear()


def sounds(rooms: Rooms) -> dict[tuple[str, str], int]:
    """Frames of sound each room has decoded of each other."""
    return {
        (here, there): heard.sounds
        for here, site in rooms.sites.items()
        for there, heard in site.others.items()
    }


async def assert_flow(rooms: Rooms) -> None:
    """Every room decodes three sounds and three pictures more of every other, now."""
    await rooms.look()
    await goes_on(rooms, sounds)
    await goes_on(rooms, pictures)


async def goes_on(rooms: Rooms, counted: Counted) -> None:
    before = counted(rooms)

    def stuck() -> set[tuple[str, str]]:
        now = counted(rooms)
        return {pair for pair, frames in before.items() if now.get(pair, 0) < frames + 3}

    flows = await true_within(FLOWS_WITHIN, rooms, lambda: not stuck())
    assert flows, (stuck(), before, [site.state for site in rooms.sites.values()])


async def session_of(person: Person) -> dict[str, Any]:
    now = datetime.now(UTC)
    around = {"from": instant(now - timedelta(hours=1)), "to": instant(now + timedelta(hours=1))}
    listed = await person.call("GET", f"sessions?{urlencode(around)}")
    running = [one for one in listed["sessions"] if one["state"] not in ("booked", "ended")]
    assert len(running) == 1, listed
    whole: dict[str, Any] = await person.call("GET", f"sessions/{running[0]['id']}")
    return dict(whole["session"])


def instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def joined_rooms(session: dict[str, Any]) -> set[str]:
    return {one["room"] for one in session["participants"] if one["state"] == "joined"}


class Booker:
    """Books the spare room hour after hour until told to stop; keeps what was acknowledged."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        self.acknowledged: list[str] = []

    async def run(self) -> None:
        with suppress(aiohttp.ClientError, OSError, Refused, TimeoutError):
            async with self._stage.person(self._stage.cast.animateur) as person:
                while True:
                    self._hour += timedelta(hours=1)
                    made = await person.call("POST", "bookings", self._wish())
                    self.acknowledged.append(made["booking"]["id"])

    def _wish(self) -> dict[str, Any]:
        hour, end = self._hour + timedelta(days=1), self._hour + timedelta(days=1, minutes=30)
        return {
            "title": "Permanence",
            "kind": "meeting",
            "rooms": [SPARE],
            "from": instant(hour),
            "to": instant(end),
        }


async def test_the_service_killed_twenty_times_interrupts_nobody_and_loses_nothing(
    tmp_path: Path,
) -> None:
    chance = random.Random(2013)
    async with inauguration(tmp_path) as (stage, rooms, _link):
        booker, ready = Booker(stage), list[float]()
        for _ in range(KILLS):
            writing = asyncio.create_task(booker.run())
            await asyncio.sleep(chance.uniform(0.1, 0.6))
            await stage.service.kill()
            await writing
            await assert_flow(rooms)
            ready.append(await stage.service.start())
            async with stage.person(stage.cast.animateur) as person:
                await all_are_joined(person, rooms)
            await assert_flow(rooms)
        assert median(ready) <= READY_WITHIN, ready
        assert len(booker.acknowledged) >= KILLS
        async with stage.person(stage.cast.animateur) as person:
            for booking in booker.acknowledged:
                kept = await person.call("GET", f"bookings/{booking}")
                assert kept["booking"]["state"] == "confirmed"


async def all_are_joined(person: Person, rooms: Rooms) -> None:
    """The state shown becomes true again: four rooms joined, with their legs alive."""
    deadline = time.monotonic() + BACK_WITHIN
    session = await session_of(person)
    while joined_rooms(session) != set(rooms.sites):
        assert time.monotonic() < deadline, session
        await asyncio.sleep(0.2)
        session = await session_of(person)
    assert session["state"] == "on_air"


async def test_the_worker_killed_twenty_times_has_everybody_back_within_ten_seconds(
    tmp_path: Path,
) -> None:
    async with inauguration(tmp_path) as (stage, rooms, _link):
        verdict = Verdict(sites=rooms.sites, muted="")
        slowest = 0.0
        for _ in range(KILLS):
            assert await stage.service.kill_worker()
            began = time.monotonic()
            await asyncio.sleep(0.5)  # what was in the decoders is played out
            forget(rooms)
            await rooms.look()
            stale = pictures(rooms)
            back = partial(flows_again, rooms, stale, verdict)
            assert await true_within(BACK_WITHIN, rooms, back), verdict.summary()
            slowest = max(slowest, time.monotonic() - began)
        assert slowest <= BACK_WITHIN
        assert verdict.complete()


def flows_again(rooms: Rooms, stale: dict[tuple[str, str], int], verdict: Verdict) -> bool:
    """Every room has decoded ten pictures more of every other, and heard him."""
    now = pictures(rooms)
    anew = {pair: frames - stale.get(pair, 0) for pair, frames in now.items()}
    return verdict.complete() and all(frames >= PICTURES for frames in anew.values())
