import asyncio
import logging

import pytest

from rooms.control import Command
from rooms.device_commands import (
    CameraFocus,
    CameraGoto,
    CameraHome,
    CameraMove,
    CameraStop,
    PresetDelete,
    PresetRecall,
    PresetStore,
    RoomStandby,
    RoomWake,
)
from rooms.drivers import moving
from rooms.drivers.camera import Camera, CameraSettings, Over
from rooms.drivers.port import DeviceBusy, DeviceUnreachable, Driver, Superseded
from rooms.drivers.wire import visca
from rooms.ids import DeviceId
from rooms.simulators.base import HOST
from rooms.simulators.visca import (
    LossyCamera,
    OneConnectionOnly,
    SlowCamera,
    SlowTcpCamera,
    StandbyCamera,
    TcpCamera,
    UdpCamera,
)
from tests.rooms.drivers.helpers import at, begin_move, do, fails, until

AnyCamera = UdpCamera | TcpCamera
BOTH = pytest.mark.parametrize("make", [UdpCamera, OneConnectionOnly])


def camera(device: AnyCamera) -> Driver:
    over: Over = "tcp" if isinstance(device, TcpCamera) else "udp"
    name = DeviceId("camera")
    return Camera(CameraSettings(id=name, host=HOST, port=device.port, over=over))


def moving_camera(device: UdpCamera) -> Camera:
    return Camera(CameraSettings(id=DeviceId("camera"), host=HOST, port=device.port))


@pytest.fixture
def never_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine must not end a move of which the test wants to see the whole."""
    monkeypatch.setattr(moving.MovingDevice, "_arm", lambda *_: None)


def said(device: AnyCamera, body: bytes) -> int:
    return device.model.executed.count(body)


@BOTH
async def test_a_move_that_is_not_said_again_ends_by_itself(make: type[AnyCamera]) -> None:
    async with at(make(), camera) as (driver, device):
        begun = asyncio.get_running_loop().time()
        await begin_move(driver, CameraMove(pan=50, zoom=-100, ttl_ms=100))
        await until(lambda: said(device, visca.STOP) > 0 and not device.model.moving)
        assert asyncio.get_running_loop().time() - begun >= 0.1


async def test_its_end_is_told() -> None:
    async with at(UdpCamera(), camera) as (driver, _):
        told = asyncio.ensure_future(anext(driver.events()))
        await begin_move(driver, CameraMove(tilt=10, ttl_ms=10))
        async with asyncio.timeout(20):
            assert await told == {"moving": False}


async def test_a_move_said_again_goes_on() -> None:
    async with at(UdpCamera(), moving_camera) as (driver, _):
        ends: list[float] = []
        moves = []
        for _ in range(3):
            moves.append(asyncio.create_task(begin_move(driver, CameraMove(pan=20))))
            await asyncio.sleep(0)
            assert driver._dead_man is not None
            ends.append(driver._dead_man.when())
        assert ends == sorted(set(ends))
        await asyncio.gather(*moves)


async def test_a_move_tells_that_it_moves(never_by_itself: None) -> None:
    async with at(UdpCamera(), camera) as (driver, device):
        assert await do(driver, CameraMove(pan=1)) == {"moving": True, "preset": None}
        assert device.model.moving
        assert await do(driver, CameraMove()) == {"moving": False, "preset": None}
        assert not device.model.moving


@BOTH
async def test_a_joystick_sends_its_first_and_its_last_move_only(
    make: type[AnyCamera], never_by_itself: None
) -> None:
    async with at(make(), camera) as (driver, device):
        moves = [do(driver, CameraMove(pan=speed, ttl_ms=1000)) for speed in range(1, 25)]
        ends = await asyncio.gather(*moves, return_exceptions=True)
        assert sum(isinstance(end, Superseded) for end in ends) == 22
        assert sum(body[:2] == b"\x06\x01" for body in device.model.executed) == 2
        assert device.model.executed[-1] == visca.drive(24, 0)


@pytest.mark.parametrize("make", [SlowCamera, SlowTcpCamera])
async def test_a_stop_overtakes_a_long_way(make: type[AnyCamera]) -> None:
    async with at(make(), camera) as (driver, device):
        going = asyncio.create_task(do(driver, CameraGoto(pan=1000, tilt=0)))
        await until(lambda: len(device.model.executed) == 1)
        waiting = asyncio.create_task(do(driver, PresetStore(preset=1)))
        await asyncio.sleep(0)
        assert await do(driver, CameraStop()) == {"moving": False}
        with pytest.raises(Superseded):
            await going
        await waiting
        assert [body[:2] for body in device.model.executed] == [
            b"\x06\x02",
            b"\x06\x01",
            b"\x04\x07",
            b"\x04\x3f",
        ]


async def test_a_place_ends_a_move() -> None:
    async with at(UdpCamera(), moving_camera) as (driver, device):
        await begin_move(driver, CameraMove(pan=100, zoom=100, ttl_ms=1000))
        await do(driver, CameraGoto(pan=0, tilt=0))
        assert not device.model.moving
        assert driver._dead_man is None


async def test_a_move_before_a_place_that_is_refused_is_stopped() -> None:
    async with at(UdpCamera(), camera) as (driver, device):
        await begin_move(driver, CameraMove(pan=100, ttl_ms=1000))
        assert isinstance(await fails(driver, PresetRecall(preset=9)), DeviceBusy)
        await until(lambda: not device.model.moving)


async def test_closing_the_driver_leaves_no_camera_turning() -> None:
    async with at(UdpCamera(), camera) as (driver, device):
        await begin_move(driver, CameraMove(pan=100, ttl_ms=1000))
        await driver.close()
        assert not device.model.moving


async def test_a_camera_that_cannot_be_stopped_is_spoken_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(moving, "STOP_TRIES", 2)
    monkeypatch.setattr(moving, "STOP_WITHIN", 0.05)
    monkeypatch.setattr(moving, "LAST_STOP_WITHIN", 0.05)
    caplog.set_level(logging.WARNING, "rooms.drivers")
    async with at(UdpCamera(), camera) as (driver, device):
        moving_now = asyncio.create_task(begin_move(driver, CameraMove(pan=100, ttl_ms=500)))
        await until(lambda: said(device, visca.drive(100, 0)) > 0)
        device.model.lossy = 1.0
        await until(lambda: "may still be turning" in caplog.text)
        await asyncio.gather(moving_now, return_exceptions=True)


async def test_a_network_that_loses_a_fifth_moves_nothing_twice() -> None:
    async with at(LossyCamera(), camera) as (driver, device):
        for step in range(1, 13):
            target = CameraGoto(pan=step, tilt=0)
            tries = 1
            while True:
                try:
                    await do(driver, target)
                    break
                except DeviceUnreachable:
                    tries += 1
            pan = CameraSettings(id=DeviceId("x"), host=HOST).pan.steps(step)
            assert device.model.where() == (pan, 0)
            assert said(device, visca.goto(pan, 0)) <= tries


async def test_a_camera_asleep_is_busy_until_it_is_woken() -> None:
    async with at(StandbyCamera(), camera) as (driver, _):
        assert await driver.poll() == {"power": "off"}
        assert isinstance(await fails(driver, CameraHome()), DeviceBusy)
        assert await do(driver, RoomWake()) == {"power": "on"}
        await do(driver, CameraHome())
        assert await do(driver, RoomStandby()) == {"power": "off"}


@BOTH
async def test_a_camera_goes_where_it_is_told(make: type[AnyCamera]) -> None:
    async with at(make(), camera) as (driver, device):
        await do(driver, CameraGoto(pan=-1000, tilt=500, zoom=250))
        assert device.model.where() == (-2448, 648)
        assert await driver.poll() == {"power": "on", "pan": -1000, "tilt": 500, "zoom": 250}
        await do(driver, PresetStore(preset=3))
        await do(driver, CameraHome())
        assert device.model.where() == (0, 0)
        assert await do(driver, PresetRecall(preset=3)) == {"moving": False, "preset": 3}
        assert device.model.where() == (-2448, 648)
        await do(driver, PresetDelete(preset=3))
        assert device.model.presets == {}


@pytest.mark.parametrize(
    ("command", "auto", "focus"),
    [
        (CameraFocus(auto=True), True, 0),
        (CameraFocus(auto=False), False, 0),
        (CameraFocus(auto=False, position=1000), False, 0xF000),
    ],
)
async def test_the_focus_is_found_or_held(command: Command, auto: bool, focus: int) -> None:
    async with at(UdpCamera(), camera) as (driver, device):
        await do(driver, command)
        assert (device.model.focus_auto, device.model.focus) == (auto, focus)
