import json
from typing import Any

import pytest

from rooms.control import COMMANDS, CallLeave, CameraSet, Command, MicSet, SpeakerSet
from rooms.device_commands import (
    CameraMove,
    CameraStop,
    PresetDelete,
    PresetRecall,
    PresetStore,
    RoomStandby,
    RoomWake,
    VolumeSet,
)
from rooms.drivers.port import BadParameter, DeviceFailure, DriverError, Unsupported
from rooms.drivers.wire import xapi
from rooms.drivers.wire.xapi import Event, Fault, Reply
from rooms.house_commands import (
    CallDtmf,
    CallHold,
    CallResume,
    SelfviewSet,
    ShareStart,
    ShareStop,
)

STILL = {"CameraId": 1, "Pan": "Stop", "Tilt": "Stop", "Zoom": "Stop"}
SAID: list[tuple[Command, list[tuple[str, dict[str, Any]]], dict[str, Any]]] = [
    (CallLeave(), [("Call/Disconnect", {})], {"call": "idle"}),
    (CallHold(), [("Call/Hold", {})], {}),
    (CallResume(), [("Call/Resume", {})], {}),
    (CallDtmf(tones="1#"), [("Call/DTMFSend", {"DTMFString": "1#"})], {}),
    (MicSet(on=True), [("Audio/Microphones/Unmute", {})], {"mic_muted": False}),
    (MicSet(on=False), [("Audio/Microphones/Mute", {})], {"mic_muted": True}),
    (SpeakerSet(on=False), [("Audio/Volume/Mute", {})], {"speaker_on": False}),
    (
        SpeakerSet(on=True, volume=40),
        [("Audio/Volume/Unmute", {}), ("Audio/Volume/Set", {"Level": 40})],
        {"speaker_on": True, "volume": 40},
    ),
    (VolumeSet(volume=0), [("Audio/Volume/Set", {"Level": 0})], {"volume": 0}),
    (
        CameraMove(pan=-100, tilt=1),
        [("Camera/Ramp", STILL | {"Pan": "Left", "PanSpeed": 15, "Tilt": "Up", "TiltSpeed": 1})],
        {"moving": True},
    ),
    (
        CameraMove(zoom=50),
        [("Camera/Ramp", STILL | {"Zoom": "In", "ZoomSpeed": 8})],
        {"moving": True},
    ),
    (CameraStop(), [("Camera/Ramp", STILL)], {"moving": False}),
    (PresetRecall(preset=0), [("Camera/Preset/Activate", {"PresetId": 1})], {"preset": 0}),
    (
        PresetStore(preset=34),
        [("Camera/Preset/Store", {"CameraId": 1, "PresetId": 35})],
        {"preset": 34},
    ),
    (PresetDelete(preset=3), [("Camera/Preset/Remove", {"PresetId": 4})], {}),
    (SelfviewSet(on=True), [("Video/Selfview/Set", {"Mode": "On"})], {}),
    (SelfviewSet(on=False), [("Video/Selfview/Set", {"Mode": "Off"})], {}),
    (ShareStart(), [("Presentation/Start", {})], {}),
    (ShareStop(), [("Presentation/Stop", {})], {}),
    (RoomWake(), [("Standby/Deactivate", {})], {"power": "on"}),
    (RoomStandby(), [("Standby/Activate", {})], {"power": "standby"}),
]


@pytest.mark.parametrize(("command", "steps", "patch"), SAID)
def test_a_command_is_one_call_or_two(
    command: Command, steps: list[tuple[str, dict[str, Any]]], patch: dict[str, Any]
) -> None:
    assert xapi.steps(command) == [(f"xCommand/{name}", given) for name, given in steps]
    assert xapi.outcome(command) == patch


def test_every_command_that_is_offered_is_tried_here() -> None:
    assert {command.name for command, _, _ in SAID} == xapi.COMMANDS
    assert set(COMMANDS) >= xapi.COMMANDS


def test_what_is_not_offered_is_unsupported() -> None:
    with pytest.raises(Unsupported):
        xapi.steps(CameraSet(on=True))


def test_a_codec_has_35_presets() -> None:
    with pytest.raises(BadParameter):
        xapi.steps(PresetRecall(preset=35))


def test_a_call_is_json_rpc() -> None:
    assert json.loads(xapi.request("7", "xGet", {"Path": ["Status"]})) == {
        "jsonrpc": "2.0",
        "id": "7",
        "method": "xGet",
        "params": {"Path": ["Status"]},
    }


def test_a_reply_brings_its_result() -> None:
    assert xapi.receive('{"jsonrpc":"2.0","id":"7","result":{"status":"OK"}}') == Reply(
        "7", {"status": "OK"}
    )


@pytest.mark.parametrize(
    ("code", "error"),
    [(-32601, Unsupported), (-32602, BadParameter), (1, DeviceFailure), ("x", DeviceFailure)],
)
def test_a_fault_is_an_error(code: object, error: type[DriverError]) -> None:
    said = xapi.receive(json.dumps({"id": "7", "error": {"code": code, "message": "no"}}))
    assert isinstance(said, Fault)
    assert type(said.error) is error
    assert said.id == "7"


def test_an_event_says_what_is_different() -> None:
    params = {"Id": 1, "Status": {"Audio": {"Volume": 50, "Microphones": {"Mute": "On"}}}}
    text = json.dumps({"method": "xFeedback/Event", "params": params})
    assert xapi.receive(text) == Event({"volume": 50, "mic_muted": True})
    assert xapi.receive('{"method": "xFeedback/Event"}') == Event({})


@pytest.mark.parametrize(
    "text",
    [
        "** end",
        "[]",
        "{}",
        '{"id": 7, "result": 1}',
        '{"id": "7"}',
        '{"id": "7", "error": "no"}',
        "[" * 100_000,
        '"' + "x" * 300_000 + '"',
    ],
)
def test_noise_is_a_failure(text: str) -> None:
    with pytest.raises(DeviceFailure):
        xapi.receive(text)


@pytest.mark.parametrize(
    ("path", "value", "patch"),
    [
        ("Status/Standby/State", "Off", {"power": "on"}),
        ("Status/Standby/State", "Halfwake", {"power": "standby"}),
        ("Status/Audio/Volume", "40", {"volume": 40}),
        ("Status/Audio/Microphones/Mute", "Off", {"mic_muted": False}),
        ("Status/SystemUnit/State/NumberOfActiveCalls", 0, {"call": "idle"}),
        ("Status/SystemUnit/State/NumberOfActiveCalls", "2", {"call": "in_call"}),
        ("Status/RoomAnalytics/PeopleCount/Current", 3, {"people": 3}),
        ("Status/RoomAnalytics/PeopleCount/Current", "-1", {}),
        ("Status/Standby/State", ["Off"], {}),
        ("Status/Peripherals", "x", {}),
    ],
)
def test_the_status_becomes_our_words(path: str, value: object, patch: dict[str, Any]) -> None:
    assert xapi.state(tuple(path.split("/")), value) == patch


def test_a_volume_is_a_number() -> None:
    with pytest.raises(DeviceFailure):
        xapi.state(("Status", "Audio", "Volume"), "loud")
