"""A recording over every kill: of its recorder, of the media worker, of the service."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import pytest

from orchestrator.demo.client import Person
from orchestrator.demo.stage import Stage, set_up
from orchestrator.recorded import Found
from orchestrator.recording import shelf
from orchestrator.recording.names import LOCK, folder_of
from signalling.peers.endpoint import Endpoint
from signalling.transport.seam import gather_on_loopback

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

ALLOWED = 2000  # ms that may be lost of what had been recorded by the moment of a kill
TERMS = {"keeper": "Lozère", "purpose": "Archives", "basis": "public_task", "days": 30}
SOURCES = ("microphone", "camera")


@asynccontextmanager
async def somebody(stage: Stage, link: str) -> AsyncIterator[None]:
    """A guest with a camera and a microphone."""
    gather_on_loopback()
    async with stage.person(stage.cast.trainer) as person:
        sent = {"code": link.rpartition("/")[2], "name": "Léa"}
        token = (await person.call("POST", "join", sent))["token"]
    wire = f"{stage.service.url.replace('http', 'ws', 1)}/ws/v1"
    task = asyncio.create_task(Endpoint(wire, token, name="Léa").run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def booked(person: Person) -> dict[str, Any]:
    now = datetime.now(UTC)
    wish = {"title": "Ruban", "rooms": ["villefort-visio"]}
    wish |= {"from": _iso(now - timedelta(minutes=1)), "to": _iso(now + timedelta(hours=1))}
    made: dict[str, Any] = (await person.call("POST", "bookings", wish))["booking"]
    with contextlib.suppress(Exception):  # the clock may have been quicker
        await person.call("POST", f"sessions/{made['session']}/start")
    return made


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


class Recorded:
    """The files of a recording, as they lie there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def until(self, at: float, seconds: float = 60.0) -> None:
        """Sound and picture of later than that moment (ms) are in the files."""
        async with asyncio.timeout(seconds):
            while await self.last() <= at:  # noqa: ASYNC110 another process writes
                await asyncio.sleep(0.1)

    async def last(self) -> float:
        parts = await asyncio.to_thread(self._look)
        return min(max((p.ended for p in parts if p.of == of), default=0) for of in SOURCES)

    def _look(self) -> list[Found]:
        return shelf.look(self.folder) if self.folder.exists() else []

    async def pid(self) -> int:
        return int(await asyncio.to_thread((self.folder / LOCK).read_text))


def decodes(folder: Path, part: Found) -> None:
    """All that is said to be in a part is what another program decodes."""
    with av.open(folder / part.file, "r") as file:
        frames = [getattr(one, "time", 0.0) for one in file.decode(file.streams[0])]
    assert abs(len(frames) - part.frames) <= 2, part
    assert abs(frames[-1] * 1000 - (part.ended - part.began)) < 100, part


async def kept(person: Person, path: str) -> dict[str, Any]:
    """The recording, once its files are closed."""
    async with asyncio.timeout(40):
        while True:
            told = dict((await person.call("GET", path))["recordings"][0])
            if told["state"] == "kept":
                return told
            await asyncio.sleep(0.1)


def now() -> float:
    return time.time() * 1000


async def test_whatever_is_killed_no_more_than_two_seconds_of_a_recording_are_lost(
    tmp_path: Path,
) -> None:
    async with (
        set_up(tmp_path / "data", port=0, media_port=0) as stage,
        stage.person(stage.cast.animateur) as person,
    ):
        service = stage.service
        booking = await booked(person)
        session = booking["session"]
        async with somebody(stage, booking["join_url"]):
            await person.call("PUT", f"sessions/{session}/recording-terms", TERMS)
            made = await person.call("POST", f"sessions/{session}/recordings")
            recorded = Recorded(folder_of(service.data, made["recording"]))
            await recorded.until(now() + 1500)
            kills = []

            before = await recorded.last()
            os.kill(await recorded.pid(), signal.SIGKILL)  # its own, by the lock it holds
            kills.append((now(), before))
            await recorded.until(now() + 1000)

            assert await service.kill_worker()
            kills.append((now(), await recorded.last()))
            await recorded.until(now() + 1000)

            await service.kill()
            kills.append((now(), await recorded.last()))
            away = now()
            await recorded.until(away + 1000)  # it goes on without the service
            await service.start()
            await recorded.until(now() + 1000)

            recorder = await recorded.pid()
            await service.kill()
            os.kill(recorder, signal.SIGKILL)
            kills.append((now(), await recorded.last()))
            await service.start()
            await recorded.until(now() + 1000)

        async with stage.person(stage.cast.animateur) as person:
            path = f"sessions/{session}/recordings"
            await person.call("POST", f"{path}/{made['recording']}/stop")
            told = await kept(person, path)
        assert [one for one in kills if one[0] - one[1] > ALLOWED] == [], kills
        parts = await asyncio.to_thread(shelf.look, recorded.folder)
        assert [part["number"] for part in told["parts"]] == [part.number for part in parts]
        for part in parts:
            await asyncio.to_thread(decodes, recorded.folder, part)
            said = await asyncio.to_thread(
                (recorded.folder / part.file).with_suffix(".json").read_text
            )
            assert json.loads(said)["ended"]
