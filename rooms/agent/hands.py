"""Carries commands out through the drivers of the room, and listens to what the devices tell.

Every command has its own task; the drivers let one after the other at a device. What goes wrong is
an error word, never an exception that is lost.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from rooms.agent.report import DeviceReport, Value
from rooms.control import Command
from rooms.device_commands import DisplayPower, RoomStandby, RoomWake
from rooms.drivers.port import (
    AuthFailed,
    DeviceFailure,
    DeviceUnreachable,
    Driver,
    DriverError,
    NoDevice,
    Superseded,
)
from rooms.house_commands import DiagnosticsRun, LineMeasure, LogsCollect, Reboot, Restart

log = logging.getLogger(__name__)
POLL_EVERY = 20.0
LOST_EVERY = 60.0
LISTEN_AGAIN = 5.0
KEPT_LINES, TOLD_LINES, LONGEST_LINE = 400, 60, 120

GONE = DeviceUnreachable | AuthFailed
Result = Mapping[str, Any]
Told = Callable[[str, Mapping[str, Value] | None], None]
"""(device, patch): what it told; None when it is lost."""
Tried = Callable[[str, bool], None]
"""(device, done): a command to it was done, or was not."""


class Lines(logging.Handler):
    """The last lines of the log, for `system.logs.collect`."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: deque[str] = deque(maxlen=KEPT_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.kept.append(f"{record.levelname} {record.name}: {record.getMessage()}"[:LONGEST_LINE])


class Hands:
    """The drivers of one room, and what the machine itself can do."""

    def __init__(
        self, drivers: Iterable[Driver], names: Mapping[str, str], told: Told, tried: Tried
    ) -> None:
        self._drivers = {str(driver.device): driver for driver in drivers}
        self._names = names
        self._told = told
        self._tried = tried
        self._tasks: list[asyncio.Task[None]] = []
        self._broken: set[str] = set()
        self._deafened: set[tuple[str, str]] = set()
        self.lines = Lines()
        self.restart: Callable[[], Awaitable[None]] | None = None
        self.reboot: Callable[[], Awaitable[None]] | None = None
        self.test_line: Callable[[], Awaitable[Result]] | None = None

    def devices(self) -> list[DeviceReport]:
        """The devices as they are known before anything was asked of them."""
        return [
            DeviceReport(
                id=name,
                kind=driver.capabilities().kind.value,
                driver=self._names.get(name, "?"),
                commands=tuple(sorted(driver.capabilities().commands)),
            )
            for name, driver in self._drivers.items()
        ]

    def start(self) -> None:
        """Listen to every device and ask it now and then how it is; needs a running loop."""
        for name, driver in self._drivers.items():
            for what, work in (("poll", self._poll), ("events", self._listen)):
                task = asyncio.create_task(work(name, driver), name=f"{what} of {name}")
                self._tasks.append(task)

    async def close(self) -> None:
        """Let go of every device."""
        for driver in self._drivers.values():
            await driver.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def carry_out(
        self, command: Command, within: float, accepted: Callable[[], None]
    ) -> Result:
        """Do it; a DriverError says why not."""
        match command:
            case RoomWake() | RoomStandby():
                return await self._all(command, within, accepted)
            case DiagnosticsRun():
                accepted()
                return await self._ask_everybody()
            case LogsCollect():
                accepted()
                return {"lines": list(self.lines.kept)[-TOLD_LINES:]}
            case LineMeasure() if self.test_line is not None:
                accepted()
                return await self.test_line()
            case Restart() if self.restart is not None:
                accepted()
                await self.restart()
                return {}
            case Reboot() if self.reboot is not None:
                accepted()
                await self.reboot()
                return {}
        name, driver = self._driver_for(command)
        return await self._one(name, driver, command, within, accepted)

    def _driver_for(self, command: Command) -> tuple[str, Driver]:
        """The device named, else the first that can."""
        asked = getattr(command, "device", None)
        if asked is not None and asked not in self._drivers:
            raise NoDevice(str(asked)[:64])
        for name, driver in self._drivers.items():
            if asked in (None, name) and (
                asked is not None or command.name in driver.capabilities().commands
            ):
                return name, driver
        raise NoDevice(command.name)

    async def _one(
        self,
        name: str,
        driver: Driver,
        command: Command,
        within: float,
        accepted: Callable[[], None],
    ) -> Result:
        deadline = asyncio.get_running_loop().time() + within
        try:
            patch = await driver.execute(command, deadline, accepted)
        except Superseded:
            raise
        except asyncio.CancelledError:
            self._tried(name, False)
            raise
        except DriverError as error:
            if isinstance(error, GONE | DeviceFailure):  # the others say nothing of how it is
                self._ill(name, error)
            self._tried(name, False)
            raise
        self._tried(name, True)
        self._well(name, patch)
        return dict(patch)

    async def _all(self, command: Command, within: float, accepted: Callable[[], None]) -> Result:
        """Every display is switched, everything else that can be woken or put to rest is."""
        on = isinstance(command, RoomWake)
        jobs: dict[str, Command] = {}
        for name, driver in self._drivers.items():
            able = driver.capabilities().commands
            if command.name in able:
                jobs[name] = command
            elif DisplayPower.name in able:
                jobs[name] = DisplayPower(on=on)
        accepted()
        quiet: Callable[[], None] = lambda: None  # noqa: E731
        results = await asyncio.gather(
            *(self._one(n, self._drivers[n], job, within, quiet) for n, job in jobs.items()),
            return_exceptions=True,
        )
        failed = [one for one in results if isinstance(one, BaseException)]
        if failed:
            raise failed[0]
        return {"devices": sorted(jobs)}

    async def _ask_everybody(self) -> Result:
        found: dict[str, Any] = {}
        for name, driver in self._drivers.items():
            try:
                self._well(name, await driver.poll())
                found[name] = "ok"
            except DriverError as error:
                self._ill(name, error)
                found[name] = error.code
        return found

    def _well(self, name: str, patch: Mapping[str, Value]) -> None:
        """It answered in good order; what it says of itself counts again."""
        mended: dict[str, Value] = {"errors": []} if name in self._broken else {}
        self._broken.discard(name)
        self._told(name, {**mended, **patch, "answering": True})

    def _ill(self, name: str, error: DriverError) -> None:
        """It is lost, or it is there and says that it is broken, or nonsense."""
        if isinstance(error, DeviceFailure):
            self._broken.add(name)
            self._told(name, {"errors": ["other-error"], "answering": True})
        else:
            self._told(name, None)

    async def _poll(self, name: str, driver: Driver) -> None:
        while True:
            try:
                self._well(name, await driver.poll())
                wait = POLL_EVERY
            except DriverError as error:
                self._ill(name, error)
                wait = LOST_EVERY
            except Exception as error:  # ours: whatever a device made of it, it is asked again
                log.exception("%s cannot be asked", name)
                self._ill(name, DeviceFailure(type(error).__name__))
                wait = LOST_EVERY
            await asyncio.sleep(wait)

    async def _listen(self, name: str, driver: Driver) -> None:
        """Until the driver is closed; what stumbles over a word listens on."""
        while True:
            try:
                async for patch in driver.events():
                    self._hear(name, patch)
                return
            except (
                Exception
            ) as error:  # ours: whatever a device made of it, it is listened to again
                self._deaf(name, error)
            await asyncio.sleep(LISTEN_AGAIN)

    def _hear(self, name: str, patch: Mapping[str, Value]) -> None:
        try:
            self._told(name, patch)
        except Exception as error:  # of this word; the next may be a better one
            self._deaf(name, error)

    def _deaf(self, name: str, error: Exception) -> None:
        """Said once for a device and a kind of error: it may come back with every word."""
        kind = name, type(error).__name__
        if kind not in self._deafened:
            self._deafened.add(kind)
            log.error("%s cannot be listened to", name, exc_info=error)
