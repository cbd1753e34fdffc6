"""The xAPI of Cisco RoomOS as JSON-RPC 2.0: what a codec is told, what it answers and tells.

Written from cisco-ce/jsxapi and Aldaviva/CSxAPI: methods `xCommand/…`, `xGet`,
`xFeedback/Subscribe`, notification `xFeedback/Event`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rooms.control import CallLeave, Command, MicSet, SpeakerSet
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
from rooms.drivers.port import (
    AuthFailed,
    BadParameter,
    DeviceFailure,
    DriverError,
    Patch,
    Unsupported,
    Value,
)
from rooms.house_commands import (
    CallDtmf,
    CallHold,
    CallResume,
    SelfviewSet,
    ShareStart,
    ShareStop,
)

LONGEST = 256 * 1024
HIGHEST_PRESET = 34
"""Ours count from 0, theirs from 1 to 35."""
FASTEST = 15
COMMANDS = frozenset(
    kind.name
    for kind in (
        CallLeave,
        CallHold,
        CallResume,
        CallDtmf,
        MicSet,
        SpeakerSet,
        VolumeSet,
        CameraMove,
        CameraStop,
        PresetRecall,
        PresetStore,
        PresetDelete,
        SelfviewSet,
        ShareStart,
        ShareStop,
        RoomWake,
        RoomStandby,
    )
)
Params = dict[str, Any]
Step = tuple[str, Params]
QUESTIONS = (
    ("Status", "Standby", "State"),
    ("Status", "Audio", "Volume"),
    ("Status", "Audio", "Microphones", "Mute"),
    ("Status", "SystemUnit", "State", "NumberOfActiveCalls"),
    ("Status", "RoomAnalytics", "PeopleCount", "Current"),
)
_FAULTS: dict[int, type[DriverError]] = {
    -32601: Unsupported,
    -32602: BadParameter,
    3: Unsupported,
    4: BadParameter,
    -31999: AuthFailed,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What a call brought."""

    id: str
    result: object


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a call brought nothing."""

    id: str
    error: DriverError


@dataclass(frozen=True, slots=True)
class Event:
    """What the codec says by itself."""

    patch: Patch


def request(id: str, method: str, params: Mapping[str, Any]) -> str:
    """The text of a call."""
    return json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params})


def receive(text: str) -> Reply | Fault | Event:
    """What the codec sent, or DeviceFailure."""
    message = _object(text)
    if message.get("method") == "xFeedback/Event":
        return Event(_event(message.get("params")))
    id = message.get("id")
    if isinstance(id, str) and "result" in message:
        return Reply(id, message["result"])
    error = message.get("error")
    if isinstance(id, str) and isinstance(error, dict):
        code = error.get("code")
        kind = _FAULTS.get(code, DeviceFailure) if isinstance(code, int) else DeviceFailure
        return Fault(id, kind(str(error.get("message"))[:200]))
    raise DeviceFailure("neither an answer nor an event")


def steps(command: Command, camera: int = 1) -> list[Step]:
    """The calls that carry the command out, one after the other."""
    match command:
        case CallLeave():
            return [("xCommand/Call/Disconnect", {})]
        case CallHold():
            return [("xCommand/Call/Hold", {})]
        case CallResume():
            return [("xCommand/Call/Resume", {})]
        case CallDtmf(tones=tones):
            return [("xCommand/Call/DTMFSend", {"DTMFString": tones})]
        case MicSet(on=on):
            return [(f"xCommand/Audio/Microphones/{'Unmute' if on else 'Mute'}", {})]
        case SpeakerSet(on=on, volume=volume):
            first: Step = (f"xCommand/Audio/Volume/{'Unmute' if on else 'Mute'}", {})
            return [first] if volume is None else [first, _volume(volume)]
        case VolumeSet(volume=volume):
            return [_volume(volume)]
        case CameraMove(pan=pan, tilt=tilt, zoom=zoom):
            return [("xCommand/Camera/Ramp", _ramp(camera, pan, tilt, zoom))]
        case CameraStop():
            return [("xCommand/Camera/Ramp", _ramp(camera, 0, 0, 0))]
        case PresetRecall(preset=preset):
            return [("xCommand/Camera/Preset/Activate", {"PresetId": _preset(preset)})]
        case PresetStore(preset=preset):
            where = {"CameraId": camera, "PresetId": _preset(preset)}
            return [("xCommand/Camera/Preset/Store", where)]
        case PresetDelete(preset=preset):
            return [("xCommand/Camera/Preset/Remove", {"PresetId": _preset(preset)})]
        case SelfviewSet(on=on):
            return [("xCommand/Video/Selfview/Set", {"Mode": "On" if on else "Off"})]
        case ShareStart():
            return [("xCommand/Presentation/Start", {})]
        case ShareStop():
            return [("xCommand/Presentation/Stop", {})]
        case RoomWake():
            return [("xCommand/Standby/Deactivate", {})]
        case RoomStandby():
            return [("xCommand/Standby/Activate", {})]
        case _:
            raise Unsupported(command.name)


def outcome(command: Command) -> Patch:
    """What is different once it is done."""
    match command:
        case CallLeave():
            return {"call": "idle"}
        case MicSet(on=on):
            return {"mic_muted": not on}
        case SpeakerSet(on=on, volume=None):
            return {"speaker_on": on}
        case SpeakerSet(on=on, volume=volume):
            return {"speaker_on": on, "volume": volume}
        case VolumeSet(volume=volume):
            return {"volume": volume}
        case CameraMove(pan=pan, tilt=tilt, zoom=zoom):
            return {"moving": any((pan, tilt, zoom))}
        case CameraStop():
            return {"moving": False}
        case PresetRecall(preset=preset) | PresetStore(preset=preset):
            return {"preset": preset}
        case RoomWake():
            return {"power": "on"}
        case RoomStandby():
            return {"power": "standby"}
        case _:
            return {}


def state(path: tuple[str, ...], value: object) -> Patch:
    """What the value at a path of the status says of the codec; nothing for others."""
    match path, value:
        case ("Status", "Standby", "State"), str():
            return {"power": "on" if value == "Off" else "standby"}
        case ("Status", "Audio", "Volume"), int() | str():
            return _whole("volume", value)
        case ("Status", "Audio", "Microphones", "Mute"), str():
            return {"mic_muted": value == "On"}
        case ("Status", "SystemUnit", "State", "NumberOfActiveCalls"), int() | str():
            return {"call": "idle" if str(value) == "0" else "in_call"}
        case ("Status", "RoomAnalytics", "PeopleCount", "Current"), int() | str():
            return _whole("people", value)
        case _:
            return {}


def _whole(name: str, value: object) -> Patch:
    text = str(value)
    if text == "-1":  # not counted at the moment
        return {}
    if not (text.isascii() and text.isdigit()):
        raise DeviceFailure(f"{name}: not a number")
    return {name: int(text[:6])}


def _event(params: object) -> Patch:
    patch: dict[str, Value] = {}
    for path in QUESTIONS:
        value: object = params
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None:
            patch.update(state(path, value))
    return patch


def _object(text: str) -> dict[str, Any]:
    try:
        message = json.loads(text) if len(text) <= LONGEST else None
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise DeviceFailure("not a JSON object")
    return message


def _volume(volume: int) -> Step:
    return "xCommand/Audio/Volume/Set", {"Level": volume}


def _preset(preset: int) -> int:
    if preset > HIGHEST_PRESET:
        raise BadParameter(f"no preset {preset}")
    return preset + 1


def _ramp(camera: int, pan: int, tilt: int, zoom: int) -> Params:
    return {
        "CameraId": camera,
        **_axis("Pan", pan, "Left", "Right"),
        **_axis("Tilt", tilt, "Down", "Up"),
        **_axis("Zoom", zoom, "Out", "In"),
    }


def _axis(name: str, speed: int, negative: str, positive: str) -> Params:
    if speed == 0:
        return {name: "Stop"}
    way = negative if speed < 0 else positive
    return {name: way, f"{name}Speed": max(1, round(abs(speed) * FASTEST / 100))}
