"""A device that can be told to keep moving, and stops by itself when nobody says so any more.

The stop does not depend on who asked for the move: it is sent even when the network to the asker
is gone, and tried again when the device does not answer.
"""

import asyncio
import logging
from abc import abstractmethod

from rooms.control import Command
from rooms.device_commands import CameraGoto, CameraHome, CameraMove, CameraStop, PresetRecall
from rooms.drivers.device import Device
from rooms.drivers.port import Accepted, DriverError, Patch
from rooms.ids import DeviceId

log = logging.getLogger("rooms.drivers")
STOP_TRIES = 5
STOP_WITHIN = 2.0
LAST_STOP_WITHIN = 1.0
LOOK_AGAIN = 0.05
NO_TTL = 0.0


class MovingDevice(Device):
    """A `Device` whose driver writes `perform` in the place of `carry_out`."""

    def __init__(self, device: DeviceId) -> None:
        super().__init__(device)
        self._dead_man: asyncio.TimerHandle | None = None
        self._stopping: asyncio.Task[None] | None = None

    @abstractmethod
    async def perform(self, command: Command, accepted: Accepted) -> Patch:
        """The command, alone with the device."""

    async def execute(self, command: Command, deadline: float, accepted: Accepted) -> Patch:
        """A move counts from when it is asked for, also while another is on its way."""
        self.check(command)
        if isinstance(command, CameraMove):
            self._arm(command.ttl_ms / 1000)
        return await super().execute(command, deadline, accepted)

    async def carry_out(self, command: Command, deadline: float, accepted: Accepted) -> Patch:
        """What ends in a place ends any move before it."""
        match command:
            case CameraMove(ttl_ms=ttl):
                if self._dead_man is None:  # the stop of an earlier move came between
                    self._arm(ttl / 1000)
                return await self.perform(command, accepted)
            case CameraStop():
                patch = await self.perform(command, accepted)
                self._disarm()
                return patch
            case CameraGoto() | CameraHome() | PresetRecall():
                return await self._travel(command, accepted)
            case _:
                return await self.perform(command, accepted)

    async def close(self) -> None:
        """Leave nothing moving."""
        stopping = self._stopping
        if stopping is not None:
            stopping.cancel()
            await asyncio.gather(stopping, return_exceptions=True)
        if self._disarm() or stopping is not None:
            await self._stop_within(LAST_STOP_WITHIN)
        await super().close()

    async def _travel(self, command: Command, accepted: Accepted) -> Patch:
        """To a place; should that fail, a move that went on before it is stopped at once."""
        was_moving = self._disarm()
        try:
            return await self.perform(command, accepted)
        except BaseException:
            if was_moving:
                self._arm(NO_TTL)
            raise

    def _arm(self, seconds: float) -> None:
        self._disarm()
        loop = asyncio.get_running_loop()
        self._dead_man = loop.call_later(seconds, self._run_out)

    def _disarm(self) -> bool:
        timer, self._dead_man = self._dead_man, None
        if timer is not None:
            timer.cancel()
        return timer is not None

    def _run_out(self) -> None:
        self._dead_man = None
        if self._stopping is not None:
            self._arm(LOOK_AGAIN)
        else:
            self._stopping = asyncio.create_task(self._stop_by_itself(), name="stops by itself")

    async def _stop_by_itself(self) -> None:
        try:
            for _ in range(STOP_TRIES):
                if await self._stop_within(STOP_WITHIN):
                    self.tell({"moving": False})
                    return
            log.warning("%s may still be turning", self.device)
        finally:
            self._stopping = None

    async def _stop_within(self, seconds: float) -> bool:
        deadline = asyncio.get_running_loop().time() + seconds
        try:
            await super().execute(CameraStop(), deadline, lambda: None)
        except DriverError:
            return False
        return True
