"""What tests of drivers do all the time: a driver at its simulator, a command, a condition."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest

from rooms.control import Command
from rooms.device_commands import CameraMove
from rooms.drivers.port import Driver, DriverError, Patch, Superseded
from rooms.simulators.base import Simulator

S = TypeVar("S", bound=Simulator)
D = TypeVar("D", bound=Driver)
SOON = 20.0


@asynccontextmanager
async def at(simulator: S, driver_at: Callable[[S], D]) -> AsyncIterator[tuple[D, S]]:
    """A driver and its device; afterwards nothing of either is left."""
    before = asyncio.all_tasks()
    await simulator.start()
    driver = driver_at(simulator)
    try:
        yield driver, simulator
        await driver.close()
        await until(lambda: simulator.connections == 0)
    finally:
        await driver.close()
        await simulator.stop()
    await until(lambda: asyncio.all_tasks() <= before)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON):
        while not holds():  # noqa: ASYNC110  what is waited for belongs to another
            await asyncio.sleep(0.005)


def nothing() -> None:
    pass


async def do(driver: Driver, command: Command, within: float = SOON) -> Patch:
    return await driver.execute(command, asyncio.get_running_loop().time() + within, nothing)


async def fails(driver: Driver, command: Command, within: float = SOON) -> DriverError:
    with pytest.raises(DriverError) as failed:
        await do(driver, command, within)
    return failed.value


async def begin_move(driver: Driver, move: CameraMove) -> None:
    """Ask for a move; on a busy machine its own end may come before it was sent."""
    with contextlib.suppress(Superseded):
        await do(driver, move)
