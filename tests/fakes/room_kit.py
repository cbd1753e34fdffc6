"""One room with everything in it: a projector, a camera, a computer that sleeps, each by its own
protocol on loopback; the agent that drives them, and the page of its screen.

`become(projector, DeafProjector)` is what goes wrong with a device while the day goes on.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from orchestrator.keys import DATABASE
from orchestrator.store import agents as agent_store
from rooms.agent import disk
from rooms.agent.config import AgentConfig
from rooms.agent.run import Agent
from rooms.drivers.wire import visca
from rooms.ids import RoomId
from rooms.simulators.base import TcpSimulator
from rooms.simulators.camera import NOT_EXECUTABLE
from rooms.simulators.pjlink import Projector
from rooms.simulators.visca import TcpCamera
from rooms.simulators.wake_on_lan import SleepingComputer
from tests.fakes.cables import Cable
from tests.fakes.kiosks import Kiosk
from tests.fakes.service import RunningService

VIEW = 1
LOOKS = (480.0, 120.0, 0.0)
"""Where the view of a training was stored."""


class WarmingProjector(Projector):
    """Takes as long to be warm as a test needs to do something meanwhile."""

    warm_up = 1.2


class HangUpCamera(TcpCamera):
    """Hangs up in the middle of each conversation."""

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Takes the message and is gone."""
        self.note((await reader.readuntil(visca.END)).hex(" "))


class UnwillingCamera(TcpCamera):
    """Answers every question and refuses every command."""

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Not executable."""
        while True:
            message = await reader.readuntil(visca.END)
            self.note(message.hex(" "))
            if message[1] == 0x09:
                self.model.receive(message, writer.write)
            else:
                writer.write(bytes([0x90, 0x60, NOT_EXECUTABLE, 0xFF]))


def become(device: TcpSimulator, kind: type[TcpSimulator]) -> None:
    """From now on it fails like that; whoever is connected to it is cut off."""
    device.__class__ = kind
    for task in device._tasks:
        task.cancel()


@dataclass
class RoomKit:
    """What a test holds of a room."""

    room: RoomId
    cable: Cable
    screen_cable: Cable
    config: AgentConfig
    clock: Callable[[], datetime]
    kiosk: Kiosk
    projector: WarmingProjector = field(default_factory=WarmingProjector)
    camera: TcpCamera = field(default_factory=TcpCamera)
    computer: SleepingComputer = field(default_factory=SleepingComputer)
    agent: Agent = field(init=False)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def devices(self) -> tuple[TcpSimulator, ...]:
        """Those that take connections for as long as they live."""
        return self.projector, self.camera

    @property
    def ills(self) -> list[tuple[str, str | None]]:
        """What the agent reports of the room."""
        return [(one.key, one.device) for one in self.agent.state.report().health]

    def heard_since(self, at: datetime) -> bool:
        """Whether the agent is on the line, and the service has spoken to it since."""
        heard = self.agent.core._heard_at
        return self.agent.core._greeted and heard is not None and heard >= at

    @property
    def asleep(self) -> bool:
        """Everything that may rest does."""
        return self.projector.power == "0" and not self.camera.model.on

    @property
    def ready(self) -> bool:
        """Everything is awake, and the camera looks where it should."""
        model = self.camera.model
        warm = self.projector.power == "1" and self.computer.awake
        return warm and model.on and (model.pan, model.tilt, model.zoom) == LOOKS

    def start(self) -> None:
        """Agent and screen run from now on."""
        self.agent = Agent(self.config, "test", clock=self.clock)
        self._tasks = [
            asyncio.create_task(self.agent.run(), name=f"agent of {self.room}"),
            asyncio.create_task(self.kiosk.run(), name=f"kiosk of {self.room}"),
        ]

    async def stop(self) -> None:
        """The mini-PC is switched off."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def furnished_room(
    service: RunningService,
    port: int,
    room: str,
    folder: Path,
    clock: Callable[[], datetime],
    kiosk: type[Kiosk] = Kiosk,
) -> AsyncIterator[RoomKit]:
    """The room asleep, its agent and its screen paired and on the line."""
    id, state = RoomId(room), folder / room
    _, token, _ = await service.app[DATABASE].write(lambda conn: agent_store.add(conn, id, clock()))
    await asyncio.to_thread(disk.write_token, state, token)
    async with AsyncExitStack() as stack:
        cable = await stack.enter_async_context(Cable(port))
        screen_cable = await stack.enter_async_context(Cable(port))
        page = kiosk(screen_cable, await service.screen(room))
        config = AgentConfig(service=f"http://127.0.0.1:{cable.port}", room=id, state=state)
        kit = RoomKit(id, cable, screen_cable, config, clock, page)
        kit.camera.model.presets[VIEW] = LOOKS
        kit.camera.model.on = False
        drivers = {"projecteur": "pjlink", "camera": "visca-tcp", "ordinateur": "wake-on-lan"}
        simulators = (kit.projector, kit.camera, kit.computer)
        devices = []
        for (name, driver), device in zip(drivers.items(), simulators, strict=True):
            await device.start()
            stack.push_async_callback(device.stop)
            devices.append({"id": name, "driver": driver, **device.settings()})
        kit.config = AgentConfig(
            service=config.service, room=id, state=state, devices=tuple(devices)
        )
        kit.start()
        stack.push_async_callback(kit.stop)
        yield kit
