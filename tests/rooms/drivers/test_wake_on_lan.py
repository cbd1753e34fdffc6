import asyncio

import pytest

from rooms.device_commands import RoomWake
from rooms.drivers.port import Driver, TimedOut
from rooms.drivers.wake_on_lan import Sleeper, WakeSettings
from rooms.ids import DeviceId
from rooms.simulators.base import HOST
from rooms.simulators.wake_on_lan import MAC, SleepingComputer, SoundSleeper
from tests.rooms.drivers.helpers import at, do, fails, until


def sleeper(device: SleepingComputer, probed: bool = True, mac: bytes = MAC) -> Driver:
    settings = WakeSettings(
        id=DeviceId("computer"),
        mac=mac,
        broadcast=HOST,
        port=device.wake_port,
        host=HOST,
        probe=device.port if probed else 0,
        again=0.02,
    )
    return Sleeper(settings)


async def test_a_computer_is_awake_when_it_takes_a_connection() -> None:
    async with at(SleepingComputer(), sleeper) as (driver, device):
        assert await driver.poll() == {"power": "off"}
        assert await do(driver, RoomWake()) == {"power": "on"}
        assert device.awake
        assert await driver.poll() == {"power": "on"}


async def test_a_packet_for_another_wakes_nobody() -> None:
    def another(device: SleepingComputer) -> Driver:
        return sleeper(device, mac=b"\x00" * 6)

    async with at(SleepingComputer(), another) as (driver, device):
        assert isinstance(await fails(driver, RoomWake(), within=0.3), TimedOut)
        assert device.said
        assert not device.awake


async def test_who_does_not_wake_is_told_at_the_deadline() -> None:
    async with at(SoundSleeper(), sleeper) as (driver, _):
        taken = asyncio.Event()
        deadline = asyncio.get_running_loop().time() + 1.0
        doing = asyncio.create_task(driver.execute(RoomWake(), deadline, taken.set))
        await until(taken.is_set)
        assert isinstance((await asyncio.gather(doing, return_exceptions=True))[0], TimedOut)


async def test_who_sleeps_on_is_not_lost(caplog: pytest.LogCaptureFixture) -> None:
    async with at(SoundSleeper(), sleeper) as (driver, _):
        assert isinstance(await fails(driver, RoomWake(), within=0.3), TimedOut)
        assert await driver.poll() == {"power": "off"}
    assert caplog.records == []


async def test_without_a_port_to_look_at_nothing_is_claimed() -> None:
    def blind(device: SleepingComputer) -> Driver:
        return sleeper(device, probed=False)

    async with at(SleepingComputer(), blind) as (driver, device):
        assert await do(driver, RoomWake()) == {"power": "unknown"}
        assert await driver.poll() == {"power": "unknown"}
        await until(lambda: device.awake)
