import asyncio

from rooms.control import MicSet, SpeakerSet
from rooms.device_commands import DisplayPower, VolumeSet
from rooms.drivers.build import drivers_of
from rooms.drivers.port import (
    DeviceUnreachable,
    Driver,
    NoDevice,
    Patch,
    TimedOut,
    Unsupported,
)
from rooms.ids import DeviceId
from rooms.simulators.sound import MICROPHONE, SPEAKER, DeafSound, NoMicrophone, NullSound
from tests.conftest import need
from tests.rooms.drivers.helpers import at, do, fails, until

need("pulseaudio")
from rooms.drivers.sound import Sound, SoundSettings  # noqa: E402  it needs libpulse


def sound(device: NullSound) -> Driver:
    return Sound(SoundSettings(id=DeviceId("sound"), server=device.server))


def test_it_is_made_from_a_configuration() -> None:
    (driver,) = drivers_of([{"id": "sound", "driver": "sound", "server": "unix:/run/x"}])
    assert isinstance(driver, Sound)


async def test_the_room_hears_as_loud_as_it_is_told() -> None:
    async with at(NullSound(), sound) as (driver, _):
        assert await do(driver, VolumeSet(volume=30)) == {"volume": 30}
        assert await do(driver, SpeakerSet(on=False)) == {"speaker_on": False}
        assert await do(driver, MicSet(on=False)) == {"mic_muted": True}
        assert await driver.poll() == {
            "volume": 30,
            "speaker_on": False,
            "mic_present": True,
            "mic_muted": True,
        }
        assert await do(driver, SpeakerSet(on=True, volume=60)) == {
            "speaker_on": True,
            "volume": 60,
        }
        assert (await driver.poll())["volume"] == 60


async def test_a_named_loudspeaker_is_the_one_that_is_meant() -> None:
    def named(device: NullSound) -> Driver:
        settings = SoundSettings(
            id=DeviceId("sound"), server=device.server, sink=SPEAKER, source=MICROPHONE
        )
        return Sound(settings)

    def wrong(device: NullSound) -> Driver:
        return Sound(SoundSettings(id=DeviceId("sound"), server=device.server, sink="x"))

    async with at(NullSound(), named) as (driver, _):
        assert await do(driver, VolumeSet(volume=10)) == {"volume": 10}
    async with at(NullSound(), wrong) as (driver, _):
        assert isinstance(await fails(driver, VolumeSet(volume=10)), NoDevice)


async def test_a_room_without_microphone_says_so() -> None:
    async with at(NoMicrophone(), sound) as (driver, _):
        assert (await driver.poll())["mic_present"] is False
        assert isinstance(await fails(driver, MicSet(on=True)), NoDevice)


async def test_a_knob_somebody_turned_is_told() -> None:
    async with at(NullSound(), sound) as (driver, device):
        await driver.poll()
        told: list[Patch] = []
        listening = asyncio.create_task(_listen(driver, told))
        other = sound(device)
        await do(other, VolumeSet(volume=7))
        await until(lambda: any(patch.get("volume") == 7 for patch in told))
        await other.close()
        await driver.close()
        await listening


async def test_a_sound_server_that_hangs_is_given_up_at_the_deadline() -> None:
    async with at(DeafSound(), sound) as (driver, _):
        assert isinstance(await fails(driver, VolumeSet(volume=3), within=0.3), TimedOut)


async def test_a_sound_server_that_is_gone_is_unreachable() -> None:
    async with at(NullSound(), sound) as (driver, device):
        await driver.poll()
        await device.stop()
        assert isinstance(await fails(driver, VolumeSet(volume=3)), DeviceUnreachable)


async def test_many_at_once_are_one_after_the_other() -> None:
    async with at(NullSound(), sound) as (driver, _):
        wishes = [do(driver, SpeakerSet(on=bool(n % 2), volume=n)) for n in range(8)]
        await asyncio.gather(*wishes)
        assert await driver.poll() == {
            "volume": 7,
            "speaker_on": True,
            "mic_present": True,
            "mic_muted": False,
        }


async def test_what_it_never_can_is_refused() -> None:
    async with at(NullSound(), sound) as (driver, _):
        assert isinstance(await fails(driver, DisplayPower(on=True)), Unsupported)


async def _listen(driver: Driver, told: list[Patch]) -> None:
    async for patch in driver.events():
        told.append(patch)
