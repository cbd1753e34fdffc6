"""What a room as a whole may be told beyond taking part: its picture, its scenes, its machine.

Carried out by the room's screen or by the program on its machine, not by one device.
"""

import re
from dataclasses import dataclass
from typing import ClassVar, Literal, Self, cast, get_args

from rooms.command_shapes import Bare, Switch
from rooms.device_commands import HIGHEST_PRESET
from rooms.fields import Fields

__all__ = [
    "CallDtmf",
    "CallHold",
    "CallResume",
    "DiagnosticsRun",
    "DndSet",
    "HandSet",
    "HouseCommand",
    "Identify",
    "Layout",
    "LayoutSet",
    "LineMeasure",
    "LogsCollect",
    "MessageClear",
    "PictureKeep",
    "Reboot",
    "Restart",
    "SceneApply",
    "SelfviewSet",
    "ShareStart",
    "ShareStop",
]

Layout = Literal["grid", "speaker", "content", "pip"]
LAYOUTS: tuple[str, ...] = get_args(Layout)
_TONES = re.compile(r"[0-9A-D*#]{1,32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHold(Bare):
    """Neither seen nor heard, and keeping the place."""

    name: ClassVar[str] = "call.hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResume(Bare):
    """Back from being on hold."""

    name: ClassVar[str] = "call.resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDtmf:
    """The tones of a telephone's keys, for whoever answers with a menu."""

    name: ClassVar[str] = "call.dtmf"
    tones: str

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the arguments of the wire."""
        tones = fields.text("tones", 32)
        if _TONES.fullmatch(tones) is None:
            raise fields.refuse("tones", "0-9 A-D * #")
        return cls(tones=tones)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandSet(Switch):
    """Raise the room's hand in its session, or lower it."""

    name: ClassVar[str] = "call.hand.set"


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfviewSet(Switch):
    """Show the room to itself or not."""

    name: ClassVar[str] = "video.selfview.set"


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureKeep:
    """Keep a small picture of what the room shows, for this stored view of its camera."""

    name: ClassVar[str] = "video.picture.keep"
    preset: int

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the arguments of the wire."""
        return cls(preset=fields.whole("preset", 0, HIGHEST_PRESET))


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutSet:
    """How the pictures are laid out on the room's screen."""

    name: ClassVar[str] = "video.layout.set"
    layout: Layout

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the arguments of the wire."""
        return cls(layout=cast(Layout, fields.choice("layout", LAYOUTS)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareStart(Bare):
    """Show the room's own computer or document camera to the others."""

    name: ClassVar[str] = "share.start"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareStop(Bare):
    """Show it no more."""

    name: ClassVar[str] = "share.stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneApply:
    """Set screen, camera, sound and layout at once, as a named scene says."""

    name: ClassVar[str] = "room.preset.apply"
    preset: str

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the arguments of the wire."""
        return cls(preset=fields.slug("preset"))


@dataclass(frozen=True, slots=True, kw_only=True)
class DndSet(Switch):
    """Let nobody call the room, or let them again."""

    name: ClassVar[str] = "room.dnd.set"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageClear(Bare):
    """Take the line off the room's screen."""

    name: ClassVar[str] = "room.message.clear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identify(Bare):
    """Let the room's screen say its name, large."""

    name: ClassVar[str] = "system.identify"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticsRun(Bare):
    """Look at everything once and report."""

    name: ClassVar[str] = "system.diagnostics.run"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineMeasure(Bare):
    """Test the line of the room's centre from its screen, by every path."""

    name: ClassVar[str] = "system.line.test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart(Bare):
    """Start the room's program and its screen afresh."""

    name: ClassVar[str] = "system.restart"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reboot(Bare):
    """Start the room's machine afresh."""

    name: ClassVar[str] = "system.reboot"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsCollect(Bare):
    """Send what the room's machine wrote down lately."""

    name: ClassVar[str] = "system.logs.collect"


HouseCommand = (
    CallHold
    | CallResume
    | CallDtmf
    | HandSet
    | SelfviewSet
    | LayoutSet
    | PictureKeep
    | ShareStart
    | ShareStop
    | SceneApply
    | DndSet
    | MessageClear
    | Identify
    | DiagnosticsRun
    | LineMeasure
    | Restart
    | Reboot
    | LogsCollect
)
