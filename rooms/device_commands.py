"""What the devices of a room may be told: cameras, displays, sound, and waking or resting them all.

Commands set a state, they never toggle it. `device` names one of several; left out, the room's
first of that kind is meant. Positions are thousandths of what the device can do (pan to the left
and tilt down are negative), speeds hundredths of its fastest.
"""

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from rooms.command_shapes import Bare
from rooms.fields import Fields
from rooms.ids import DeviceId

__all__ = [
    "CameraFocus",
    "CameraGoto",
    "CameraHome",
    "CameraMove",
    "CameraSelect",
    "CameraStop",
    "DeviceCommand",
    "DisplayBlank",
    "DisplayFreeze",
    "DisplayInput",
    "DisplayPower",
    "PresetDelete",
    "PresetRecall",
    "PresetStore",
    "RoomStandby",
    "RoomWake",
    "VolumeSet",
]

HIGHEST_PRESET = 127
FARTHEST = 1000
FASTEST = 100
LONGEST_TTL_MS = 1000
USUAL_TTL_MS = 500
_INPUT = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")


def _device(fields: Fields) -> DeviceId | None:
    return DeviceId(fields.slug("device")) if fields.has("device") else None


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeSet:
    """How loud the room hears; whether it hears at all stays as it is."""

    name: ClassVar[str] = "audio.volume.set"
    volume: int
    device: DeviceId | None = None

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the arguments of the wire."""
        return cls(volume=fields.whole("volume", 0, 100), device=_device(fields))


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSelect:
    """Which camera shows the room."""

    name: ClassVar[str] = "camera.select"
    device: DeviceId

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the arguments of the wire."""
        return cls(device=DeviceId(fields.slug("device")))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Preset:
    preset: int
    device: DeviceId | None = None

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the arguments of the wire."""
        return cls(preset=fields.whole("preset", 0, HIGHEST_PRESET), device=_device(fields))


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetRecall(_Preset):
    """Look where this number was stored."""

    name: ClassVar[str] = "camera.preset.recall"


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetStore(_Preset):
    """Keep under this number where the camera looks now."""

    name: ClassVar[str] = "camera.preset.store"


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetDelete(_Preset):
    """Forget what this number meant."""

    name: ClassVar[str] = "camera.preset.delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraGoto:
    """Look there; no zoom leaves it as it is."""

    name: ClassVar[str] = "camera.goto"
    pan: int
    tilt: int
    zoom: int | None = None
    device: DeviceId | None = None

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the arguments of the wire."""
        return cls(
            pan=fields.whole("pan", -FARTHEST, FARTHEST),
            tilt=fields.whole("tilt", -FARTHEST, FARTHEST),
            zoom=fields.whole("zoom", 0, FARTHEST) if fields.has("zoom") else None,
            device=_device(fields),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraMove:
    """Keep turning so fast; stops by itself `ttl_ms` later unless it is said again."""

    name: ClassVar[str] = "camera.move"
    pan: int = 0
    tilt: int = 0
    zoom: int = 0
    ttl_ms: int = USUAL_TTL_MS
    device: DeviceId | None = None

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the arguments of the wire."""
        ttl = fields.whole("ttl_ms", 1, LONGEST_TTL_MS) if fields.has("ttl_ms") else USUAL_TTL_MS
        pan, tilt, zoom = (cls._speed(fields, axis) for axis in ("pan", "tilt", "zoom"))
        return cls(pan=pan, tilt=tilt, zoom=zoom, ttl_ms=ttl, device=_device(fields))

    @staticmethod
    def _speed(fields: Fields, axis: str) -> int:
        return fields.whole(axis, -FASTEST, FASTEST) if fields.has(axis) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFocus:
    """Let the camera find the focus, or set it: 0 near, 1000 far."""

    name: ClassVar[str] = "camera.focus.set"
    auto: bool
    position: int | None = None
    device: DeviceId | None = None

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the arguments of the wire."""
        position = fields.whole("position", 0, FARTHEST) if fields.has("position") else None
        auto = fields.flag("auto")
        if auto and position is not None:
            raise fields.refuse("position", "auto: false")
        return cls(auto=auto, position=position, device=_device(fields))


@dataclass(frozen=True, slots=True, kw_only=True)
class _OneDevice:
    device: DeviceId | None = None

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the arguments of the wire."""
        return cls(device=_device(fields))


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraStop(_OneDevice):
    """Stand still, now: goes before whatever waits."""

    name: ClassVar[str] = "camera.stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraHome(_OneDevice):
    """Look where the camera looks when nothing is said."""

    name: ClassVar[str] = "camera.home"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Switch:
    on: bool
    device: DeviceId | None = None

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the arguments of the wire."""
        return cls(on=fields.flag("on"), device=_device(fields))


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayPower(_Switch):
    """Switch a screen or projector on or off; done when it is warm, or cold."""

    name: ClassVar[str] = "display.power.set"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayBlank(_Switch):
    """Show black, or show again."""

    name: ClassVar[str] = "display.blank.set"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayFreeze(_Switch):
    """Hold the picture still, or let it go on."""

    name: ClassVar[str] = "display.freeze.set"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayInput:
    """Show what comes in there: `hdmi1`, or the device's own word for it."""

    name: ClassVar[str] = "display.input.set"
    input: str
    device: DeviceId | None = None

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the arguments of the wire."""
        word = fields.text("input", 32)
        if _INPUT.fullmatch(word) is None:
            raise fields.refuse("input", "a-z 0-9 . _ -")
        return cls(input=word, device=_device(fields))


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomWake(Bare):
    """Everything the room needs for a session is switched on."""

    name: ClassVar[str] = "room.wake"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomStandby(Bare):
    """Everything that may rest does."""

    name: ClassVar[str] = "room.standby"


DeviceCommand = (
    VolumeSet
    | CameraSelect
    | PresetRecall
    | PresetStore
    | PresetDelete
    | CameraGoto
    | CameraMove
    | CameraFocus
    | CameraStop
    | CameraHome
    | DisplayPower
    | DisplayInput
    | DisplayBlank
    | DisplayFreeze
    | RoomWake
    | RoomStandby
)
