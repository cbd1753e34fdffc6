import asyncio
import logging
from collections.abc import Callable

import pytest

from rooms.control import SpeakerSet
from rooms.device_commands import DisplayBlank, DisplayFreeze, DisplayInput, DisplayPower
from rooms.drivers.pjlink import Projector, ProjectorSettings
from rooms.drivers.port import (
    AuthFailed,
    BadParameter,
    DeviceBusy,
    DeviceFailure,
    DeviceUnreachable,
    Driver,
    Patch,
    Unsupported,
)
from rooms.ids import DeviceId
from rooms.simulators import pjlink
from rooms.simulators.base import HOST
from tests.rooms.drivers.helpers import at, do, fails, until


def projector(password: str = "", pjlink_class: int = 2) -> Callable[[pjlink.Projector], Driver]:
    def make(device: pjlink.Projector) -> Driver:
        settings = ProjectorSettings(
            id=DeviceId("projector"),
            host=HOST,
            port=device.port,
            password=password,
            pjlink_class=pjlink_class,
            sound=True,
            again=0.02,
        )
        return Projector(settings)

    return make


def warm(device: pjlink.Projector) -> pjlink.Projector:
    device.switch_on()
    return device


async def test_on_is_when_it_is_warm() -> None:
    async with at(pjlink.Projector(), projector()) as (driver, device):
        told: list[Patch] = []
        listening = asyncio.create_task(_listen(driver, told))
        assert await do(driver, DisplayPower(on=True)) == {"power": "on"}
        assert device.power == pjlink.ON
        await until(lambda: {"power": "warming"} in told)
        assert await do(driver, DisplayPower(on=False)) == {"power": "off"}
        await driver.close()
        await listening


async def test_an_input_asked_while_it_warms_up_is_shown_when_it_is_warm() -> None:
    async with at(pjlink.Projector(), projector()) as (driver, device):
        device._switch("1")
        assert await do(driver, DisplayInput(input="hdmi2")) == {"input": "digital2"}
        assert (device.power, device.input) == (pjlink.ON, "32")


async def test_an_input_asked_while_it_is_off_is_refused() -> None:
    async with at(pjlink.Projector(), projector()) as (driver, _):
        assert isinstance(await fails(driver, DisplayInput(input="hdmi1")), DeviceBusy)


async def test_an_input_it_does_not_have_is_refused() -> None:
    async with at(warm(pjlink.Projector()), projector()) as (driver, _):
        assert isinstance(await fails(driver, DisplayInput(input="hdmi9")), BadParameter)
        assert isinstance(await fails(driver, DisplayInput(input="scart1")), BadParameter)


@pytest.mark.parametrize(
    ("make", "mute"), [(pjlink.Projector, "11"), (pjlink.SoundAndPictureProjector, "31")]
)
async def test_black_is_black_on_either_kind(make: type[pjlink.Projector], mute: str) -> None:
    async with at(warm(make()), projector()) as (driver, device):
        assert await do(driver, DisplayBlank(on=True)) == {"blanked": True}
        assert device.mute == mute
        assert (await driver.poll())["blanked"] is True
        assert await do(driver, DisplayBlank(on=False)) == {"blanked": False}


async def test_the_picture_is_held_and_the_sound_is_cut() -> None:
    async with at(warm(pjlink.Projector()), projector()) as (driver, device):
        assert await do(driver, DisplayFreeze(on=True)) == {"frozen": True}
        assert await do(driver, SpeakerSet(on=False)) == {"speaker_on": False}
        assert (device.freeze, device.mute) == ("1", "21")
        assert isinstance(await fails(driver, SpeakerSet(on=True, volume=3)), BadParameter)


async def test_a_class_1_projector_cannot_hold_the_picture() -> None:
    async with at(pjlink.Projector(), projector(pjlink_class=1)) as (driver, device):
        assert isinstance(await fails(driver, DisplayFreeze(on=True)), Unsupported)
        assert device.said == []


async def test_it_tells_all_it_can_tell() -> None:
    device = warm(pjlink.Projector())
    device.errors = "020000"
    async with at(device, projector()) as (driver, _):
        assert await driver.poll() == {
            "power": "on",
            "input": "digital1",
            "blanked": False,
            "frozen": False,
            "hours": 1234,
            "errors": ["lamp-error"],
        }
    async with at(pjlink.Projector(pjlink_class=1), projector()) as (driver, _):
        assert await driver.poll() == {"power": "off", "hours": 1234, "errors": []}


async def test_the_password_is_said_once_on_each_connection() -> None:
    async with at(pjlink.Projector(password="secret"), projector("secret")) as (driver, device):
        assert (await driver.poll())["power"] == "off"
        assert device.said[0] == "%1POWR ?"


@pytest.mark.parametrize("password", ["wrong", ""])
async def test_a_wrong_password_is_said_once(
    password: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "rooms.drivers")
    async with at(pjlink.Projector(password="secret"), projector(password)) as (driver, _):
        for _ in range(3):
            assert isinstance(await fails(driver, DisplayPower(on=True)), AuthFailed)
        assert len(caplog.records) == 1


@pytest.mark.parametrize("make", [pjlink.DroppingProjector, pjlink.HeldProjector])
async def test_a_line_that_always_breaks_is_tried_five_times(make: type[pjlink.Projector]) -> None:
    async with at(make(), projector()) as (driver, _):
        begun = asyncio.get_running_loop().time()
        assert isinstance(await fails(driver, DisplayPower(on=True)), DeviceUnreachable)
        assert asyncio.get_running_loop().time() - begun >= 0.1 + 0.2 + 0.4 + 0.8


async def test_a_broken_projector_says_so() -> None:
    async with at(pjlink.BrokenProjector(), projector()) as (driver, _):
        assert isinstance(await fails(driver, DisplayPower(on=True)), DeviceFailure)


async def test_a_slow_projector_is_waited_for() -> None:
    device = pjlink.SlowProjector()
    device.slow = 0.2
    async with at(device, projector()) as (driver, _):
        assert await do(driver, DisplayPower(on=False)) == {"power": "off"}


async def _listen(driver: Driver, told: list[Patch]) -> None:
    async for patch in driver.events():
        told.append(patch)
