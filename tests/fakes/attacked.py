"""A real service with two rooms in session, to be attacked while they must not notice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import encode_basic_auth

from orchestrator.demo.service import worker_pid
from orchestrator.demo.stage import Stage, set_up
from rooms.ids import RoomId
from signalling.peers.endpoint import Endpoint
from signalling.transport.seam import gather_on_loopback
from tests.fakes.hostile import WIRE

GOOD = ("villefort-visio", "meyrueis-visio")


@dataclass
class Scene:
    """The service under attack, and the two rooms that must not notice."""

    stage: Stage
    session: str
    code: str
    endpoints: dict[str, Endpoint]
    worker: int | None

    async def log(self) -> str:
        def read() -> str:
            data = self.stage.service.data
            return "".join((data / name).read_text() for name in ("serve.log", "worker.log"))

        return await asyncio.to_thread(read)

    async def frames(self) -> dict[str, int]:
        """Pictures each good room has decoded of the other."""
        found = {}
        for room, endpoint in self.endpoints.items():
            remotes = (await endpoint.figures())["remotes"]
            found[room] = sum(one["frames"] for one in remotes if one["room"] in GOOD)
        return found

    async def see_each_other(self) -> None:
        """Each good room decodes three more pictures of the other."""
        before = await self.frames()

        async def seen() -> bool:
            now = await self.frames()
            return all(now[room] >= before[room] + 3 for room in GOOD)

        await true_within(15, seen)

    def known(self) -> dict[str, str]:
        """The header by which the trainer's calendar client proves itself."""
        trainer = self.stage.cast.trainer
        return {"Authorization": encode_basic_auth(trainer.login, trainer.app_password)}

    def own(self, rest: str) -> str:
        """An address below the trainer's calendar home."""
        return f"/dav/principals/{self.stage.cast.trainer.login}/calendars/{rest}"


async def true_within(seconds: float, condition: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(int(seconds / 0.1)):
        if await condition():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"not true within {seconds} s: {condition}")


@asynccontextmanager
async def attacked(data: Path) -> AsyncIterator[Scene]:
    """The service, started for real, with the inauguration booked and both rooms in it."""
    gather_on_loopback()
    async with set_up(data, port=0, media_port=0) as stage:
        wire = stage.service.url.replace("http", "ws", 1) + WIRE
        endpoints = {
            room: Endpoint(wire, stage.cast.screens[RoomId(room)], name=room, key=room)
            for room in GOOD
        }
        running = [asyncio.create_task(one.run(), name=room) for room, one in endpoints.items()]
        try:
            booked = await stage.book("Inauguration", lasts=timedelta(hours=1))
            assert booked.accepted, booked
            session = await session_of(stage)
            worker = await asyncio.to_thread(worker_pid, data)
            made = Scene(stage, session, booked.link.rpartition("/")[2], endpoints, worker)
            await true_within(20, lambda: both_seen(made))
            yield made
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


async def both_seen(scene: Scene) -> bool:
    return all((await scene.frames()).values())


def today(what: str = "sessions") -> str:
    day = datetime.now(UTC)
    return f"{what}?from={day:%Y-%m-%d}T00:00:00Z&to={day + timedelta(2):%Y-%m-%d}T00:00:00Z"


async def session_of(stage: Stage) -> str:
    found: list[str] = []

    async def made() -> bool:
        async with stage.person(stage.cast.admin) as admin:
            found[:] = [one["id"] for one in (await admin.call("GET", today()))["sessions"]]
        return bool(found)

    await true_within(5, made)
    return found[0]


def event(*lines: str, uid: str = "hostile") -> str:
    start = datetime.now(UTC).replace(hour=9, minute=0, second=0) + timedelta(days=3)
    times = [f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DTEND:{start:%Y%m%dT%H3000Z}"]
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VEVENT", f"UID:{uid}"]
    stamp = "DTSTAMP:20260101T000000Z"
    return "\r\n".join([*head, stamp, *times, *lines, "END:VEVENT", "END:VCALENDAR", ""])
