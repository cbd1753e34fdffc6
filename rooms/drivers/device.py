"""What every driver does alike: refuse at once, one at a time, by the deadline, lost said once.

A driver derives from `Device` and writes three things: `carry_out`, `read`, `hang_up`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from rooms.control import Command
from rooms.device_commands import (
    CameraGoto,
    CameraHome,
    CameraMove,
    CameraStop,
    PresetRecall,
    VolumeSet,
)
from rooms.drivers.port import (
    Accepted,
    BadParameter,
    Capabilities,
    DeviceBusy,
    DeviceUnreachable,
    DriverError,
    Patch,
    TimedOut,
    Unsupported,
)
from rooms.drivers.presence import Presence
from rooms.drivers.turns import NOTHING, Turns
from rooms.ids import DeviceId

T = TypeVar("T")
LATEST_WINS = frozenset({CameraMove.name, VolumeSet.name})
STOPS = {
    CameraStop.name: frozenset(
        {CameraMove.name, CameraGoto.name, CameraHome.name, PresetRecall.name}
    )
}
ORDERLY = (BadParameter, DeviceBusy, Unsupported)
"""Refusals after which the same connection goes on."""
POLL_WITHIN = 10.0
MOST_UNHEARD = 64


class Device(ABC):
    """One device: a `Driver` but for the three things that differ."""

    def __init__(self, device: DeviceId) -> None:
        self._device = device
        self._turns = Turns()
        self._listeners: set[asyncio.Queue[Patch | None]] = set()
        self._closed = False
        self.presence = Presence(device, lambda answers: self.tell({"answering": answers}))

    @property
    def device(self) -> DeviceId:
        """Its name in the room."""
        return self._device

    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What it can do."""

    @abstractmethod
    async def carry_out(self, command: Command, deadline: float, accepted: Accepted) -> Patch:
        """The command, alone with the device. Errors are a DriverError or an OSError."""

    @abstractmethod
    async def read(self) -> Patch:
        """The state, alone with the device."""

    async def hang_up(self) -> None:  # noqa: B027  a driver that holds nothing has nothing to let go
        """Close the connection, if there is one; called after whatever went wrong on the way."""

    async def execute(self, command: Command, deadline: float, accepted: Accepted) -> Patch:
        """As `Driver` says."""
        self.check(command)
        once = _Once(accepted)
        patch = await self._alone(
            lambda: self.carry_out(command, deadline, once), deadline, command.name
        )
        once()  # a device that does not say that it took it has taken what it has done
        return patch

    async def poll(self) -> Patch:
        """As `Driver` says."""
        begun = False

        async def read() -> Patch:
            nonlocal begun
            begun = True
            return await self.read()

        try:
            return await self._alone(read, asyncio.get_running_loop().time() + POLL_WITHIN)
        except TimedOut:
            if begun:
                raise
            return {}  # a command has the device for long: it warms up, it travels

    async def events(self) -> AsyncIterator[Patch]:
        """As `Driver` says; a listener that does not listen loses the oldest."""
        queue: asyncio.Queue[Patch | None] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            while not self._closed and (patch := await queue.get()) is not None:
                yield patch
        finally:
            self._listeners.discard(queue)

    async def close(self) -> None:
        """As `Driver` says."""
        if self._closed:
            return
        self._closed = True
        for queue in self._listeners:
            queue.put_nowait(None)
        await self._turns.close()
        await self.hang_up()

    def check(self, command: Command) -> None:
        """Refuse what this device can never do, before anything is sent."""
        if command.name not in self.capabilities().commands:
            raise Unsupported(command.name)
        if self._closed:
            raise DeviceUnreachable("the driver is closed")

    def tell(self, patch: Patch) -> None:
        """Something became different by itself."""
        for queue in self._listeners:
            if queue.qsize() >= MOST_UNHEARD:
                queue.get_nowait()
            queue.put_nowait(patch)

    async def _alone(self, work: Callable[[], Awaitable[T]], deadline: float, kind: str = "") -> T:
        begun = False

        async def watched() -> T:
            nonlocal begun
            begun = True
            return await self._watched(work)

        try:
            return await self._turns.run(
                watched,
                deadline,
                kind=kind,
                latest=kind in LATEST_WINS,
                stops=STOPS.get(kind, NOTHING),
            )
        except TimedOut as error:
            if begun:
                self.presence.failed(error)
            raise

    async def _watched(self, work: Callable[[], Awaitable[T]]) -> T:
        self.presence.sent()
        try:
            result = await work()
        except ORDERLY:
            self.presence.answered()
            raise
        except DriverError as error:
            await self.hang_up()
            self.presence.failed(error)
            raise
        except OSError as error:
            await self.hang_up()
            lost = DeviceUnreachable(type(error).__name__)
            self.presence.failed(lost)
            raise lost from error
        except BaseException:
            await self.hang_up()
            raise
        self.presence.answered()
        return result


class _Once:
    """Calls through the first time only."""

    def __init__(self, accepted: Accepted) -> None:
        self._accepted: Accepted | None = accepted

    def __call__(self) -> None:
        accepted, self._accepted = self._accepted, None
        if accepted is not None:
            accepted()
