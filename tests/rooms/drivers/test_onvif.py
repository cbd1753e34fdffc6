import asyncio
import logging
import re
from collections.abc import Callable

import pytest

from rooms.device_commands import (
    CameraGoto,
    CameraHome,
    CameraMove,
    CameraStop,
    PresetDelete,
    PresetRecall,
    PresetStore,
)
from rooms.drivers.onvif import PtzCamera, PtzSettings
from rooms.drivers.port import AuthFailed, BadParameter, DeviceFailure, DeviceUnreachable
from rooms.ids import DeviceId
from rooms.simulators.base import HOST
from rooms.simulators.onvif import (
    BrokenPtz,
    DeafPtz,
    DroppingPtz,
    PtzDome,
    SecretivePtz,
    SkewedPtz,
    SlowPtz,
)
from tests.rooms.drivers.helpers import at, begin_move, do, fails, until


def camera(password: str = "secret", within: float = 3.0) -> Callable[[PtzDome], PtzCamera]:
    def make(device: PtzDome) -> PtzCamera:
        settings = PtzSettings(
            id=DeviceId("dome"),
            host=HOST,
            port=device.port,
            user="admin",
            password=password,
            answer_within=within,
        )
        return PtzCamera(settings)

    return make


async def test_a_camera_goes_where_it_is_told_and_says_where_that_is() -> None:
    async with at(PtzDome("secret"), camera()) as (driver, device):
        patch = await do(driver, CameraGoto(pan=250, tilt=-500, zoom=1000))
        place = {"pan": 250, "tilt": -500, "zoom": 1000, "moving": False}
        assert patch == {**place, "preset": None}
        assert await driver.poll() == {"power": "on", **place}
        await do(driver, CameraGoto(pan=0, tilt=0))
        assert device.place == (0.0, 0.0, 1.0)  # no zoom leaves it
        await do(driver, CameraHome())
        assert device.place == (0.0, 0.0, 0.0)
        assert device.busiest == 1


async def test_places_are_stored_recalled_overwritten_and_forgotten() -> None:
    async with at(PtzDome("secret"), camera()) as (driver, device):
        device.presets["5"] = ("door", (0.5, 0.5, 0.0))  # stored on the camera's own page
        assert (await do(driver, PresetRecall(preset=5)))["pan"] == 500
        await do(driver, CameraGoto(pan=100, tilt=100))
        assert await do(driver, PresetStore(preset=3)) == {"preset": 3}
        await do(driver, CameraGoto(pan=200, tilt=200))
        await do(driver, PresetStore(preset=3))
        assert [name for name, _ in device.presets.values()] == ["door", "margeride-3"]
        await do(driver, CameraHome())
        patch = await do(driver, PresetRecall(preset=3))
        assert (patch["pan"], patch["preset"]) == (200, 3)
        for _ in range(2):  # to forget what is not there is done
            await do(driver, PresetDelete(preset=3))
        assert isinstance(await fails(driver, PresetRecall(preset=3)), BadParameter)
        assert list(device.presets) == ["5"]


async def test_a_move_stops_by_itself_when_nobody_says_it_again() -> None:
    async with at(PtzDome("secret"), camera()) as (driver, device):
        await driver.poll()
        await begin_move(driver, CameraMove(pan=20, ttl_ms=200))
        await until(lambda: "Stop" in device.said)
        await until(lambda: not device.moving)
        assert device.velocity == (0.0, 0.0, 0.0)


async def test_a_move_stops_on_the_camera_when_the_agent_is_no_more() -> None:
    async with at(PtzDome("secret"), camera()) as (driver, device):
        await driver.poll()
        await do(driver, CameraMove(pan=20, ttl_ms=1000))
        driver._disarm()  # the agent was killed
        assert device.velocity == (0.2, 0.0, 0.0)
        await until(lambda: not device.moving)
        assert "Stop" not in device.said


async def test_a_stop_overtakes_what_travels() -> None:
    async with at(SlowPtz("secret"), camera()) as (driver, device):
        going = asyncio.create_task(do(driver, CameraGoto(pan=1000, tilt=0)))
        await until(lambda: "AbsoluteMove" in device.said)
        assert (await do(driver, CameraStop()))["moving"] is False
        await asyncio.gather(going, return_exceptions=True)
        assert not device.moving


async def test_a_wrong_password_is_told_and_it_is_lost_until_it_is_right() -> None:
    async with at(PtzDome("secret"), camera("wrong")) as (driver, device):
        assert isinstance(await fails(driver, CameraHome()), AuthFailed)
        assert not driver.presence.answering
        device.password = "wrong"
        await do(driver, CameraHome())
        assert driver.presence.answering


@pytest.mark.parametrize("kind", [SkewedPtz, SecretivePtz])
async def test_it_is_asked_by_its_own_clock_or_by_ours_when_it_keeps_it_secret(
    kind: type[PtzDome],
) -> None:
    async with at(kind("secret"), camera()) as (driver, device):
        await do(driver, CameraHome())
        assert driver.presence.answering
        assert "GotoHomePosition" in device.said


_LAST = {"Year": 9999, "Month": 12, "Day": 31, "Hour": 23, "Minute": 59, "Second": 59}


class _Timeless(PtzDome):
    """Thinks it is the last second of all, and looks at nobody's clock."""

    def _clock(self) -> str:
        told = super()._clock()
        for name, value in _LAST.items():
            told = re.sub(rf"<tt:{name}>\d+<", f"<tt:{name}>{value}<", told)
        return told


async def test_a_camera_with_an_absurd_clock_is_asked_by_ours() -> None:
    async with at(_Timeless("secret"), camera()) as (driver, _):
        assert (await driver.poll())["power"] == "on"
        await do(driver, CameraHome())


async def test_a_broken_motor_is_a_failure_and_not_a_loss() -> None:
    async with at(BrokenPtz("secret"), camera()) as (driver, _):
        failure = await fails(driver, CameraHome())
        assert isinstance(failure, DeviceFailure)
        assert "MotorFailure" in str(failure)
        assert driver.presence.answering
        assert (await driver.poll())["power"] == "on"


async def test_half_an_answer_is_asked_for_again() -> None:
    async with at(DroppingPtz("secret"), camera()) as (driver, _):
        assert (await do(driver, CameraGoto(pan=100, tilt=0)))["pan"] == 100


async def test_silence_closes_the_connection_and_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "rooms.drivers")
    async with at(DeafPtz(), camera(within=0.2)) as (driver, device):
        for _ in range(2):
            assert isinstance(await fails(driver, CameraHome()), DeviceUnreachable)
            await until(lambda: device.connections == 0)
        assert len(caplog.records) == 1


class _Talks(PtzDome):
    """Answers with so many bytes, or with such a status."""

    status, length = 200, 0

    async def reply(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> None:
        self.write(writer, self.status, "x" * self.length)


class _Endless(_Talks):
    length = 600_000


class _Elsewhere(_Talks):
    status = 404


class _Locked(_Talks):
    status = 401


class _NoHttp(PtzDome):
    async def reply(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-dropbear\r\n\r\n")


@pytest.mark.parametrize(
    ("kind", "error", "detail"),
    [
        (_Endless, DeviceFailure, "an endless answer"),
        (_Elsewhere, DeviceFailure, "HTTP 404"),
        (_Locked, AuthFailed, "refuses"),
        (_NoHttp, DeviceFailure, "no HTTP"),
    ],
)
async def test_whatever_else_answers_there_is_told_apart(
    kind: type[PtzDome], error: type[Exception], detail: str
) -> None:
    async with at(kind(), camera()) as (driver, _):
        failure = await fails(driver, CameraHome())
        assert isinstance(failure, error)
        assert detail in str(failure)
