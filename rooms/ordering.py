"""Which command makes which void, which goes first, and how many may wait.

A newer command of the same kind supersedes one that nobody has taken yet: only the last position
of a joystick matters. `camera.stop` is never superseded, voids the moves that wait, and goes before
everything. What is kept, stored or shown to a person one by one is never superseded.
"""

from collections.abc import Mapping

MOST_PENDING = 16
"""Of one group of devices: what comes before the first dot."""

_LATEST_WINS = {
    "call.join": "call",
    "call.leave": "call",
    "call.hold": "call.hold",
    "call.resume": "call.hold",
    "call.hand.set": "call.hand.set",
    "share.start": "share",
    "share.stop": "share",
    "room.wake": "room.power",
    "room.standby": "room.power",
    "room.message.show": "room.message",
    "room.message.clear": "room.message",
    "room.preset.apply": "room.preset.apply",
    "room.dnd.set": "room.dnd.set",
    "audio.mic.set": "audio.mic.set",
    "audio.speaker.set": "audio.speaker.set",
    "audio.volume.set": "audio.volume.set",
    "video.camera.set": "video.camera.set",
    "video.selfview.set": "video.selfview.set",
    "video.layout.set": "video.layout.set",
    "camera.move": "camera.move",
    "camera.select": "camera.select",
    "camera.focus.set": "camera.focus.set",
    "display.power.set": "display.power.set",
    "display.input.set": "display.input.set",
    "display.blank.set": "display.blank.set",
    "display.freeze.set": "display.freeze.set",
}
MOVE, STOP = "camera.move", "camera.stop"


def group(command: str) -> str:
    """The devices it is for: `camera`, `display`, `audio`…"""
    return command.partition(".")[0]


def overtakes(command: str) -> bool:
    """Whether it goes before whatever waits, however much that is."""
    return command == STOP


def kind(command: str, arguments: Mapping[str, object]) -> str | None:
    """What a newer command of the same kind makes void; None when nothing does."""
    named = _LATEST_WINS.get(command)
    if named is None:
        return None
    device = None if command == "camera.select" else arguments.get("device")
    return f"{named} {device}" if device else named


def voids(
    newer: str, newer_arguments: Mapping[str, object], older: str, arguments: Mapping[str, object]
) -> bool:
    """Whether the newer command makes an older one void that nobody has taken yet."""
    if newer == STOP:
        asked = newer_arguments.get("device")
        return older == MOVE and arguments.get("device") == asked
    mine = kind(newer, newer_arguments)
    return mine is not None and mine == kind(older, arguments)
