"""Agents of rooms against a running service, and devices that do at once what they are told.

async with agent_of(service, "villefort-visio", [QuickDevice("camera")]) as agent: ...
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestrator.api.agent_socket import AGENTS
from orchestrator.keys import DATABASE
from orchestrator.store import agents as store
from rooms.agent import disk
from rooms.agent.config import AgentConfig
from rooms.agent.run import Agent
from rooms.control import Command
from rooms.drivers.port import Accepted, Capabilities, DeviceKind, Driver, DriverError, Patch
from rooms.ids import DeviceId, RoomId
from tests.fakes.service import RunningService

CAMERA = frozenset({"camera.home", "camera.move", "camera.stop", "camera.preset.recall"})
DISPLAY = frozenset({"display.power.set", "display.input.set", "display.blank.set"})
WITHIN = 20.0


class QuickDevice:
    """Takes every command and has done it. `fails` makes it say why not."""

    def __init__(
        self, name: str, kind: DeviceKind = DeviceKind.CAMERA, commands: frozenset[str] = CAMERA
    ) -> None:
        self.device = DeviceId(name)
        self.told: list[Command] = []
        self.fails: DriverError | None = None
        self.closed = False
        self._kind, self._commands = kind, commands

    def capabilities(self) -> Capabilities:
        return Capabilities(kind=self._kind, commands=self._commands)

    async def execute(self, command: Command, deadline: float, accepted: Accepted) -> Patch:
        accepted()
        self.told.append(command)
        if self.fails is not None:
            raise self.fails
        return {"power": "on" if getattr(command, "on", True) else "off"}

    async def poll(self) -> Patch:
        return {}

    async def events(self) -> AsyncIterator[Patch]:
        while not self.closed:
            await asyncio.sleep(3600)
            yield {}

    async def close(self) -> None:
        self.closed = True


async def until(what: Callable[[], Any], within: float = WITHIN) -> None:
    """Wait for something to be so."""
    async with asyncio.timeout(within):
        while not what():  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0.01)


async def paired(service: RunningService, room: str) -> str:
    """The token of an agent newly paired with a room."""
    made = await service.app[DATABASE].write(
        lambda conn: store.add(conn, RoomId(room), datetime.now(UTC))
    )
    return made[1]


def config_of(service: RunningService, room: str, state: Path) -> AgentConfig:
    return AgentConfig(service=service.url, room=RoomId(room), state=state)


@asynccontextmanager
async def running(agent: Agent) -> AsyncIterator[Agent]:
    """The agent for as long as the block lasts."""
    task = asyncio.create_task(agent.run(), name="an agent")
    try:
        yield agent
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def agent_of(
    service: RunningService, room: str, devices: list[Driver], state: Path
) -> AsyncIterator[Agent]:
    """A paired agent that has said what it can."""
    token = await paired(service, room)
    await asyncio.to_thread(disk.write_token, state, token)
    hub = service.app[AGENTS]
    async with running(Agent(config_of(service, room, state), "test", drivers=devices)) as agent:
        await until(lambda: hub.screen_connected(RoomId(room)) and hub.able(RoomId(room)))
        yield agent
