from collections.abc import Callable
from pathlib import Path

import pytest

from rooms.control import COMMANDS, Command, MicSet
from rooms.device_commands import (
    CameraMove,
    DisplayInput,
    PresetRecall,
    RoomWake,
    VolumeSet,
)
from rooms.drivers.lines import LineDevice, LineSettings, load_protocol
from rooms.drivers.port import BadParameter, Driver
from rooms.drivers.wire.line_protocol import LineProtocol
from rooms.ids import DeviceId
from rooms.simulators.base import HOST
from rooms.simulators.lines import LineMachine
from tests.rooms.drivers.helpers import at, begin_move, do, fails, until

HDX = load_protocol(Path("config/devices/polycom-hdx.yaml"))
EXTRON = load_protocol(Path("config/devices/extron-switcher.yaml"))


def device(protocol: LineProtocol) -> tuple[LineMachine, Callable[[LineMachine], Driver]]:
    def driver(machine: LineMachine) -> Driver:
        name = DeviceId("device")
        return LineDevice(LineSettings(id=name, host=HOST, port=machine.port, protocol=protocol))

    return LineMachine(protocol), driver


@pytest.mark.parametrize(
    ("protocol", "command", "line", "patch"),
    [
        (HDX, MicSet(on=False), "mute near on", {"mic_muted": True}),
        (HDX, VolumeSet(volume=80), "volume set 40", {"volume": 80}),
        (HDX, PresetRecall(preset=7), "preset near go 7", {}),
        (HDX, CameraMove(pan=-5, ttl_ms=1000), "camera near move left", {}),
        (HDX, RoomWake(), "wake", {"power": "on"}),
        (EXTRON, DisplayInput(input="hdmi2"), "2!", {"input": "hdmi2"}),
        (EXTRON, VolumeSet(volume=80), "80V", {"volume": 80}),
    ],
)
async def test_a_file_becomes_lines(
    protocol: LineProtocol, command: Command, line: str, patch: dict[str, object]
) -> None:
    async with at(*device(protocol)) as (driver, machine):
        assert await do(driver, command) == patch
        assert machine.said[0] == line


async def test_a_move_by_lines_ends_by_itself_too() -> None:
    async with at(*device(HDX)) as (driver, machine):
        await begin_move(driver, CameraMove(tilt=5, ttl_ms=20))
        await until(lambda: "camera near move stop" in machine.said)


async def test_arguments_no_line_is_for_are_refused() -> None:
    async with at(*device(HDX)) as (driver, machine):
        assert isinstance(await fails(driver, PresetRecall(preset=100)), BadParameter)
        assert machine.said == []


async def test_the_state_is_asked_question_by_question() -> None:
    async with at(*device(HDX)) as (driver, machine):
        await do(driver, MicSet(on=False))
        await do(driver, VolumeSet(volume=60))
        assert await driver.poll() == {"mic_muted": True, "volume": 60}
        assert machine.said[-2:] == ["mute near get", "volume get"]


async def test_what_the_device_says_by_itself_is_told() -> None:
    async with at(*device(HDX)) as (driver, machine):
        await driver.poll()
        told = driver.events()
        first = anext(told)
        machine.happen("notification:callstatus:outgoing:34:Polycom:connected:384:0:videocall")
        assert await first == {"call": "in_call"}


async def test_a_connection_that_ended_while_nobody_asked_is_opened_again() -> None:
    async with at(*device(HDX)) as (driver, machine):
        await driver.poll()
        port = machine.port
        await machine.stop()
        again = await LineMachine(machine.protocol).start(port=port)
        try:
            assert await do(driver, RoomWake()) == {"power": "on"}
        finally:
            await driver.close()
            await again.stop()


@pytest.mark.parametrize("file", sorted(Path("config/devices").glob("*.yaml")))
def test_every_file_that_is_shipped_is_a_good_one(file: Path) -> None:
    protocol = load_protocol(file)
    assert set(protocol.commands) <= set(COMMANDS)
    assert protocol.poll
