import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from rooms.control import SpeakerSet
from rooms.device_commands import CameraMove, PresetRecall, PresetStore, RoomWake, VolumeSet
from rooms.drivers.port import AuthFailed, DeviceFailure, DeviceUnreachable, Driver
from rooms.drivers.xapi import Codec, CodecSettings
from rooms.house_commands import CallDtmf
from rooms.ids import DeviceId
from rooms.simulators.base import HOST
from rooms.simulators.xapi import RoomCodec
from tests.fakes.certificates import fingerprint_of, self_signed
from tests.rooms.drivers.helpers import at, begin_move, do, fails, until


def codec(
    password: str = "", tls: bool = False, fingerprint: str = ""
) -> Callable[[RoomCodec], Driver]:
    def make(device: RoomCodec) -> Driver:
        settings = CodecSettings(
            id=DeviceId("codec"),
            host=HOST,
            port=device.port,
            user="admin",
            password=password,
            tls=tls,
            fingerprint=fingerprint,
        )
        return Codec(settings)

    return make


async def test_a_codec_does_what_it_is_told_and_tells_how_it_is() -> None:
    async with at(RoomCodec(), codec()) as (driver, device):
        assert (await driver.poll())["power"] == "standby"
        await do(driver, RoomWake())
        await do(driver, SpeakerSet(on=True, volume=70))
        await do(driver, CallDtmf(tones="1#"))
        assert await driver.poll() == {
            "power": "on",
            "volume": 70,
            "mic_muted": False,
            "call": "in_call",
            "people": 0,
        }
        assert device.busiest == 1


async def test_what_happens_in_the_room_is_told() -> None:
    async with at(RoomCodec(), codec()) as (driver, device):
        await driver.poll()
        first = anext(driver.events())
        people = asyncio.ensure_future(first)
        await asyncio.sleep(0)
        await device.happen("RoomAnalytics", "PeopleCount", "Current", value=4)
        assert await people == {"people": 4}


async def test_a_preset_that_was_never_stored_is_a_failure() -> None:
    async with at(RoomCodec(), codec()) as (driver, device):
        assert isinstance(await fails(driver, PresetRecall(preset=3)), DeviceFailure)
        await do(driver, PresetStore(preset=3))
        assert await do(driver, PresetRecall(preset=3)) == {"preset": 3}
        assert device.presets == {4}


async def test_a_camera_of_a_codec_stops_by_itself() -> None:
    async with at(RoomCodec(), codec()) as (driver, device):
        await begin_move(driver, CameraMove(pan=100, ttl_ms=20))
        await until(lambda: device.ramp.get("Pan") == "Stop")


async def test_a_wrong_password_is_not_tried_again() -> None:
    async with at(RoomCodec(password="secret"), codec("wrong")) as (driver, device):
        assert isinstance(await fails(driver, VolumeSet(volume=3)), AuthFailed)
        assert device.said == []


@dataclass(frozen=True)
class Identity:
    tls: ssl.SSLContext
    fingerprint: str


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    return _identity(tmp_path / "own")


@pytest.fixture
def stranger(tmp_path: Path) -> Identity:
    return _identity(tmp_path / "other")


def _identity(folder: Path) -> Identity:
    certificate = self_signed(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return Identity(context, fingerprint_of(certificate))


async def test_a_codec_is_known_by_its_certificate(identity: Identity) -> None:
    known = codec(tls=True, fingerprint=identity.fingerprint)
    async with at(RoomCodec(tls=identity.tls), known) as (driver, _):
        assert await do(driver, VolumeSet(volume=3)) == {"volume": 3}


async def test_a_stranger_in_its_place_hears_nothing(
    identity: Identity, stranger: Identity
) -> None:
    known = codec(tls=True, fingerprint=identity.fingerprint)
    async with at(RoomCodec(tls=stranger.tls), known) as (driver, device):
        assert isinstance(await fails(driver, VolumeSet(volume=3)), DeviceUnreachable)
        assert device.said == []
