"""What stands in a room, and which commands that makes possible."""

from collections.abc import Iterable
from enum import StrEnum

from rooms.errors import Invalid


class Equipment(StrEnum):
    """The kinds a network description may name."""

    SCREEN = "screen"
    PROJECTOR = "projector"
    CAMERA = "camera"
    MICROPHONE = "microphone"
    SPEAKER = "speaker"
    DOCUMENT_CAMERA = "document_camera"
    WHITEBOARD = "whiteboard"
    PHONE = "phone"
    COMPUTER = "computer"


# Each need is met by any one of its alternatives.
_DISPLAY = frozenset({Equipment.SCREEN, Equipment.PROJECTOR})
_CAMERA = frozenset({Equipment.CAMERA})
_MICROPHONE = frozenset({Equipment.MICROPHONE})
_SPEAKER = frozenset({Equipment.SPEAKER})

VISIO = (_DISPLAY, _CAMERA, _MICROPHONE, _SPEAKER)

NEEDS: dict[str, tuple[frozenset[Equipment], ...]] = {
    "call.join": (_DISPLAY, _SPEAKER),
    "audio.mic.set": (_MICROPHONE,),
    "audio.speaker.set": (_SPEAKER,),
    "video.camera.set": (_CAMERA,),
    "room.message.show": (_DISPLAY,),
    "call.hold": (_DISPLAY, _SPEAKER),
    "call.resume": (_DISPLAY, _SPEAKER),
    "call.dtmf": (_DISPLAY, _SPEAKER),
    "call.hand.set": (_DISPLAY, _SPEAKER),
    "audio.volume.set": (_SPEAKER,),
    "video.selfview.set": (_DISPLAY, _CAMERA),
    "video.layout.set": (_DISPLAY,),
    "video.picture.keep": (_CAMERA,),
    "camera.select": (_CAMERA,),
    "camera.preset.recall": (_CAMERA,),
    "camera.preset.store": (_CAMERA,),
    "camera.preset.delete": (_CAMERA,),
    "camera.goto": (_CAMERA,),
    "camera.move": (_CAMERA,),
    "camera.focus.set": (_CAMERA,),
    "camera.stop": (_CAMERA,),
    "camera.home": (_CAMERA,),
    "display.power.set": (_DISPLAY,),
    "display.input.set": (_DISPLAY,),
    "display.blank.set": (_DISPLAY,),
    "display.freeze.set": (_DISPLAY,),
    "room.message.clear": (_DISPLAY,),
    "system.identify": (_DISPLAY,),
}


def is_visio(equipment: Iterable[str]) -> bool:
    """Whether a room so equipped takes part in a visio: seen, heard, seeing and hearing."""
    return not _missing(equipment, VISIO)


def check_supported(command: str, equipment: Iterable[str]) -> None:
    """Refuse now a command that this equipment can never carry out."""
    missing = _missing(equipment, NEEDS.get(command, ()))
    if missing:
        raise Invalid("unsupported", command=command, missing=missing)


def allowed_by(equipment: Iterable[str], commands: Iterable[str]) -> frozenset[str]:
    """Those of the commands that this equipment can carry out."""
    there = frozenset(equipment)
    return frozenset(one for one in commands if not _missing(there, NEEDS.get(one, ())))


def _missing(equipment: Iterable[str], needs: Iterable[frozenset[Equipment]]) -> list[str]:
    there = set(equipment)
    return ["|".join(sorted(need)) for need in needs if not need & there]
