"""The day of a room, with nothing made up but its devices: the service, the agent of the room and
the media worker are processes, the rooms' screens send and decode, the booking comes by CalDAV,
and every device is spoken to by its own protocol.

Twice somebody pulls a plug: that of the service while a room is driven, that of the mini-PC after.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from orchestrator.demo import service
from orchestrator.demo.client import Person
from orchestrator.demo.rooms import Rooms
from orchestrator.demo.stage import Stage, set_up
from rooms.simulators.base import Simulator
from rooms.simulators.pjlink import Projector
from rooms.simulators.sound import NullSound
from rooms.simulators.visca import UdpCamera
from rooms.simulators.wake_on_lan import SleepingComputer
from tests.conftest import need
from tests.fakes.agent_process import AgentProcess, sockets_of
from tests.fakes.room_days import leaving_nothing

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]
ROOM = "villefort-visio"
CEREMONY, LOOKS = 2, (-300.0, 90.0, 0.0)
WITHIN = 90.0
HOURS = timedelta(hours=12)
Holds = Callable[[], Awaitable[Any] | Any]


@dataclass
class Equipment:
    """What stands in the room."""

    projector: Projector = field(default_factory=Projector)
    camera: UdpCamera = field(default_factory=UdpCamera)
    computer: SleepingComputer = field(default_factory=SleepingComputer)
    sound: NullSound = field(default_factory=NullSound)

    def by_driver(self) -> dict[str, tuple[str, Simulator]]:
        return {
            "pjlink": ("projecteur", self.projector),
            "visca": ("camera", self.camera),
            "wake-on-lan": ("ordinateur", self.computer),
            "sound": ("son", self.sound),
        }

    @property
    def ready(self) -> bool:
        model = self.camera.model
        there = (model.pan, model.tilt, model.zoom) == LOOKS
        return self.projector.power == "1" and self.computer.awake and model.on and there

    @property
    def asleep(self) -> bool:
        return self.projector.power == "0" and not self.camera.model.on


@asynccontextmanager
async def equipped(stage: Stage, folder: Path) -> AsyncIterator[tuple[Equipment, AgentProcess]]:
    """The room asleep, its agent paired by a code and on the line."""
    room, devices = Equipment(), []
    room.projector.warm_up = 1.0
    room.camera.model.on = False
    room.camera.model.presets[CEREMONY] = LOOKS
    async with AsyncExitStack() as stack:
        for driver, (name, device) in room.by_driver().items():
            await device.start()
            stack.push_async_callback(device.stop)
            devices.append({"id": name, "driver": driver, **device.settings()})
        agent = AgentProcess(folder / "mini-pc", stage.service.url, ROOM, devices)
        async with stage.person(stage.cast.animateur) as paul:
            await agent.pair((await paul.call("POST", "pairings", {"room": ROOM}))["code"])
            stack.push_async_callback(agent.kill)
            await agent.start()
            await until(lambda: is_here(paul), agent)
        yield room, agent


async def is_here(person: Person) -> bool:
    """The agent is on the line, and all its devices answer."""
    found = await person.call("GET", f"rooms/{ROOM}/devices")
    document = found["document"]
    answers = document is not None and all(one["here"] for one in document["devices"])
    return found["presence"] == "online" and answers


async def until(holds: Holds, agent: AgentProcess) -> None:
    deadline = time.monotonic() + WITHIN
    while True:
        found = holds()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return
        assert time.monotonic() < deadline, (await agent.log())[-3000:]
        await asyncio.sleep(0.1)


async def session_of(person: Person) -> dict[str, Any]:
    """The only one there is."""
    now = datetime.now(UTC).replace(microsecond=0)
    hours = {"from": (now - HOURS).isoformat(), "to": (now + HOURS).isoformat()}
    (found,) = (await person.call("GET", f"sessions?{urlencode(hours)}"))["sessions"]
    return dict((await person.call("GET", f"sessions/{found['id']}"))["session"])


async def live(person: Person, rooms: Rooms) -> bool:
    """Every site is in, and whatever ended a screen for good is raised."""
    await rooms.look()
    shown = await session_of(person)
    return shown["state"] == "on_air" and {one["state"] for one in shown["sites"]} == {"live"}


async def out(rooms: Rooms) -> bool:
    """No screen is in a session."""
    await rooms.look()
    return {site.state for site in rooms.sites.values()} == {"idle"}


async def drive(person: Person) -> None:
    """Whatever a room is told by REST, each by another device."""
    for command, arguments in (
        ("camera.goto", {"pan": 500, "tilt": 100, "zoom": 250}),
        ("display.blank.set", {"on": True}),
        ("display.blank.set", {"on": False}),
        ("audio.volume.set", {"volume": 40}),
        ("audio.mic.set", {"on": False}),
        ("room.message.show", {"text": "La session commence"}),
        ("camera.preset.recall", {"preset": CEREMONY}),
    ):
        order = await person.command(ROOM, command, **arguments)
        assert order["state"] == "done", order


async def test_a_room_wakes_joins_is_driven_and_sleeps_and_outlives_two_pulled_plugs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("pulseaudio")
    monkeypatch.setattr(service, "READY", 120.0)  # how soon it is ready is asked of test_kills
    async with (
        leaving_nothing(),
        set_up(tmp_path / "data", port=0, media_port=0) as stage,
        Rooms(stage) as rooms,
        equipped(stage, tmp_path) as (room, agent),
        stage.person(stage.cast.animateur) as paul,
    ):
        await until(lambda: rooms.connected, agent)
        at_rest = await asyncio.to_thread(sockets_of, agent.pid)
        assert room.asleep

        answer = await stage.book("Inauguration")
        assert answer.accepted, answer
        await until(lambda: room.ready, agent)
        await until(lambda: live(paul, rooms), agent)
        await drive(paul)
        document = (await paul.call("GET", f"rooms/{ROOM}/devices"))["document"]
        facts = {one["id"]: one["facts"] for one in document["devices"]}
        assert (facts["son"]["volume"], facts["son"]["mic_muted"]) == (40, True)
        assert document["health"] == []

        await stage.service.kill()
        await stage.service.start()
        await until(lambda: live(paul, rooms), agent)
        await until(lambda: is_here(paul), agent)
        await drive(paul)

        await agent.kill()
        await agent.start()
        await until(lambda: is_here(paul), agent)
        await drive(paul)
        assert (await paul.call("GET", "alerts"))["alerts"] == []

        session = (await session_of(paul))["id"]
        await paul.call("POST", f"sessions/{session}/end")
        await until(lambda: room.asleep, agent)
        await until(lambda: out(rooms), agent)
        assert (await session_of(paul))["state"] == "ended"
        assert (await paul.call("GET", "alerts"))["alerts"] == []
        await until(lambda: room.projector.connections == 0, agent)
        assert await asyncio.to_thread(sockets_of, agent.pid) <= at_rest
        await agent.stop()
        assert "Traceback" not in await agent.log()
