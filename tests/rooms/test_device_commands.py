from typing import Any, get_args

import pytest

from rooms.control import arguments_of, parse_command
from rooms.device_commands import (
    CameraFocus,
    CameraGoto,
    CameraHome,
    CameraMove,
    CameraSelect,
    CameraStop,
    DeviceCommand,
    DisplayBlank,
    DisplayFreeze,
    DisplayInput,
    DisplayPower,
    PresetDelete,
    PresetRecall,
    PresetStore,
    RoomStandby,
    RoomWake,
    VolumeSet,
)
from rooms.errors import Invalid
from rooms.ids import DeviceId

SIDE = DeviceId("side-camera")
GOOD: list[tuple[DeviceCommand, dict[str, Any]]] = [
    (VolumeSet(volume=30), {"volume": 30}),
    (CameraSelect(device=SIDE), {"device": "side-camera"}),
    (PresetRecall(preset=0), {"preset": 0}),
    (PresetStore(preset=127, device=SIDE), {"preset": 127, "device": "side-camera"}),
    (PresetDelete(preset=5), {"preset": 5}),
    (CameraGoto(pan=-1000, tilt=1000), {"pan": -1000, "tilt": 1000}),
    (CameraGoto(pan=0, tilt=0, zoom=500), {"pan": 0, "tilt": 0, "zoom": 500}),
    (CameraMove(pan=-100, ttl_ms=1000), {"pan": -100, "tilt": 0, "zoom": 0, "ttl_ms": 1000}),
    (CameraFocus(auto=True), {"auto": True}),
    (CameraFocus(auto=False, position=3), {"auto": False, "position": 3}),
    (CameraStop(), {}),
    (CameraHome(device=SIDE), {"device": "side-camera"}),
    (DisplayPower(on=True), {"on": True}),
    (DisplayInput(input="hdmi1"), {"input": "hdmi1"}),
    (DisplayBlank(on=False), {"on": False}),
    (DisplayFreeze(on=True), {"on": True}),
    (RoomWake(), {}),
    (RoomStandby(), {}),
]


@pytest.mark.parametrize(("command", "arguments"), GOOD)
def test_a_command_for_a_device_survives_the_wire(
    command: DeviceCommand, arguments: dict[str, Any]
) -> None:
    assert arguments_of(command) == arguments
    assert parse_command(command.name, arguments) == command


def test_every_command_for_a_device_is_tried_here() -> None:
    assert {type(command) for command, _ in GOOD} == set(get_args(DeviceCommand))


def test_a_move_left_open_stands_still_and_lasts_half_a_second() -> None:
    assert parse_command("camera.move", {}) == CameraMove(pan=0, tilt=0, zoom=0, ttl_ms=500)


@pytest.mark.parametrize(
    ("name", "arguments", "argument"),
    [
        ("audio.volume.set", {"volume": 101}, "volume"),
        ("camera.select", {}, "device"),
        ("camera.preset.recall", {"preset": 128}, "preset"),
        ("camera.goto", {"pan": 0}, "tilt"),
        ("camera.goto", {"pan": 0, "tilt": 0, "zoom": -1}, "zoom"),
        ("camera.move", {"pan": 101}, "pan"),
        ("camera.move", {"ttl_ms": 1001}, "ttl_ms"),
        ("camera.focus.set", {"auto": True, "position": 3}, "position"),
        ("camera.stop", {"device": "../etc"}, "device"),
        ("display.power.set", {"on": "yes"}, "on"),
        ("display.input.set", {"input": "HDMI 1"}, "input"),
        ("display.input.set", {"input": "%1INPT"}, "input"),
        ("room.wake", {"on": True}, "on"),
    ],
)
def test_a_wrong_argument_is_named(name: str, arguments: dict[str, Any], argument: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_command(name, arguments)
    assert refused.value.key == "bad-argument"
    assert refused.value.fields["argument"] == argument
