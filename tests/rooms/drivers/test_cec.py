import pytest

from rooms.device_commands import DisplayInput, DisplayPower
from rooms.drivers.cec import Television, TelevisionSettings
from rooms.drivers.port import BadParameter, DeviceUnreachable, Driver
from rooms.ids import DeviceId
from rooms.simulators.cec import AbsentTelevision, SimulatedTelevision
from tests.rooms.drivers.helpers import at, do, fails


def television(device: SimulatedTelevision) -> Driver:
    settings = TelevisionSettings(id=DeviceId("tv"), program=device.program, again=0.02)
    return Television(settings)


async def test_a_television_comes_on_and_shows_the_input() -> None:
    async with at(SimulatedTelevision(), television) as (driver, device):
        assert await driver.poll() == {"power": "off"}
        assert await do(driver, DisplayPower(on=True)) == {"power": "on"}
        assert await do(driver, DisplayInput(input="hdmi3")) == {"input": "hdmi3"}
        assert device.active == "30:00"
        assert isinstance(await fails(driver, DisplayInput(input="vga1")), BadParameter)
        assert await do(driver, DisplayPower(on=False)) == {"power": "off"}


async def test_the_program_is_started_once_for_many_commands() -> None:
    async with at(SimulatedTelevision(), television) as (driver, device):
        for _ in range(3):
            await driver.poll()
        assert device.busiest == 1
        assert device.said == ["pow 0"] * 3


async def test_a_cable_that_is_out_is_an_unreachable_television() -> None:
    async with at(AbsentTelevision(), television) as (driver, _):
        assert isinstance(await fails(driver, DisplayPower(on=True)), DeviceUnreachable)


@pytest.mark.parametrize("program", [("/nowhere/cec-client",), ("false",)])
async def test_a_program_that_is_not_there_is_an_unreachable_television(
    program: tuple[str, ...],
) -> None:
    driver = Television(TelevisionSettings(id=DeviceId("tv"), program=program))
    assert isinstance(await fails(driver, DisplayPower(on=True)), DeviceUnreachable)
    await driver.close()
