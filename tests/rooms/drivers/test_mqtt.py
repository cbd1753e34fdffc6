import asyncio
import socket
from collections.abc import AsyncIterator, Callable

import pytest

from rooms.device_commands import RoomStandby, RoomWake
from rooms.drivers.mqtt import MqttDevice, MqttSettings
from rooms.drivers.port import (
    AuthFailed,
    DeviceKind,
    DeviceUnreachable,
    Driver,
    NoDevice,
    Unsupported,
)
from rooms.drivers.wire import mqtt as wire
from rooms.ids import DeviceId
from rooms.simulators import mqtt
from rooms.simulators.base import HOST
from tests.conftest import need
from tests.rooms.drivers.helpers import at, do, fails, until


def plug(password: str = "", switch: bool = True) -> Callable[[mqtt.Plug], Driver]:
    def make(device: mqtt.Plug) -> Driver:
        return driver_at(device.port, password, switch)

    return make


def driver_at(port: int, password: str = "", switch: bool = True) -> Driver:
    return MqttDevice(
        MqttSettings(
            id=DeviceId("plug"),
            host=HOST,
            announced_as=mqtt.NAME,
            port=port,
            user="room" if password else "",
            password=password,
            switch=switch,
        )
    )


class LockedPlug(mqtt.Plug):
    """Its broker refuses user and password."""

    def welcome(self) -> bytes | None:
        return bytes([0x20, 2, 0, 5])


async def test_a_plug_is_found_by_its_announcement_and_switched() -> None:
    async with at(mqtt.Plug(), plug()) as (driver, device):
        await driver.poll()
        await until(lambda: len(device.said) == 4)
        assert await do(driver, RoomWake()) == {"power": "on"}
        assert device.retained[mqtt.STATE] == b"ON"
        assert await driver.poll() == {"power": "on", "occupied": False}
        assert await do(driver, RoomStandby()) == {"power": "off"}
        assert device.busiest == 1


async def test_somebody_who_comes_in_is_told() -> None:
    async with at(mqtt.Plug(), plug()) as (driver, device):
        await driver.poll()
        await until(lambda: len(device.said) == 4)
        told: list[object] = []

        async def listen() -> None:
            async for patch in driver.events():
                told.append(patch)

        listening = asyncio.create_task(listen())
        await asyncio.sleep(0)
        device.publish(mqtt.OCCUPIED, b"ON")
        await until(lambda: {"occupied": True} in told)
        await driver.close()
        await listening


async def test_a_plug_that_says_it_is_gone_is_unreachable() -> None:
    async with at(mqtt.Plug(), plug()) as (driver, device):
        await driver.poll()
        await until(lambda: len(device.said) == 4)
        told = asyncio.ensure_future(anext(driver.events()))
        device.publish(mqtt.THERE, b"offline")
        device.publish(mqtt.OCCUPIED, b"ON")
        await told
        assert isinstance(await fails(driver, RoomWake()), DeviceUnreachable)


async def test_a_sensor_can_only_tell() -> None:
    async with at(mqtt.Plug(), plug(switch=False)) as (driver, _):
        assert driver.capabilities().kind is DeviceKind.SENSOR
        assert isinstance(await fails(driver, RoomWake()), Unsupported)
        assert await driver.poll()


async def test_an_announcement_without_a_switch_has_none_to_switch() -> None:
    device = mqtt.Plug()
    device.retained[mqtt.CONFIG] = b'{"cmps": {}}'
    async with at(device, plug()) as (driver, _):
        assert isinstance(await fails(driver, RoomWake()), NoDevice)


async def test_a_broker_may_refuse_the_password() -> None:
    async with at(LockedPlug(), plug("secret")) as (driver, _):
        assert isinstance(await fails(driver, RoomWake()), AuthFailed)


@pytest.fixture
def mosquitto() -> str:
    return need("mosquitto")


@pytest.fixture
async def broker(mosquitto: str) -> AsyncIterator[int]:
    quiet = asyncio.subprocess.DEVNULL
    while True:
        port = free_port()
        command = (mosquitto, "-p", str(port))  # without a file it listens on loopback only
        process = await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet)
        if await listens(process, port):
            break
    try:
        yield port
    finally:
        process.kill()
        await process.wait()


def free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


async def listens(process: asyncio.subprocess.Process, port: int) -> bool:
    """Whether it came to listen; it ends when somebody took the port before it."""
    while process.returncode is None:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return True
    return False


async def test_a_real_broker_carries_it(broker: int) -> None:
    """Two of our own clients on both sides of mosquitto: one announces, the other finds it."""
    plug_side = await announce(broker)
    driver = driver_at(broker)
    try:
        assert await do(driver, RoomWake()) == {"power": "on"}
        assert await driver.poll() == {"power": "on", "occupied": True}
    finally:
        await driver.close()
        plug_side.cancel()
        await asyncio.gather(plug_side, return_exceptions=True)


async def announce(port: int) -> "asyncio.Task[None]":
    """A plug that knows MQTT, on the same broker."""
    reader, writer = await asyncio.open_connection(HOST, port)
    packets = wire.Packets()
    writer.write(wire.connect("plug"))
    writer.write(wire.subscribe(1, (mqtt.COMMAND,)))
    retained = {
        mqtt.CONFIG: mqtt.Plug().retained[mqtt.CONFIG],
        mqtt.THERE: b"online",
        mqtt.STATE: b"OFF",
        mqtt.OCCUPIED: b"ON",
    }
    for number, (topic, payload) in enumerate(retained.items(), 2):
        packet = bytearray(wire.publish(number, topic, payload))
        packet[0] |= mqtt.RETAIN
        writer.write(packet)
    acknowledged: set[int] = set()
    while len(acknowledged) < len(retained):
        for packet_in in packets.feed(await reader.read(1000)):
            if packet_in.kind == wire.PUBACK:
                acknowledged.add(wire.number_of(packet_in))

    async def obey() -> None:
        try:
            while data := await reader.read(1000):
                for packet_in in packets.feed(data):
                    if packet_in.kind == wire.PUBLISH:
                        said = wire.message(packet_in)
                        writer.write(wire.acknowledge(said.number))
                        writer.write(wire.publish(9, mqtt.STATE, said.payload))
        finally:
            writer.close()

    return asyncio.create_task(obey())
