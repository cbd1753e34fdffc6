"""The scenes of a room: named lists of commands, and which of them begin and end a booking.

A scene sets screen, camera, sound and layout at once. Its steps set something and are harmless
when done twice: nothing that calls, stores, or starts a machine again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rooms.control import Command, arguments_of, parse_command
from rooms.errors import Invalid, NotFound
from rooms.fields import Fields
from rooms.house_commands import LayoutSet

SESSION_KINDS = ("meeting", "training", "ceremony", "reception")
MOST_SCENES, MOST_STEPS, LONGEST_LABEL = 16, 24, 32
EARLIEST_MINUTES, LONGEST_TEXT = 30, 64
ALLOWED = frozenset(
    {
        "audio.mic.set",
        "audio.speaker.set",
        "audio.volume.set",
        "video.camera.set",
        "video.selfview.set",
        "video.layout.set",
        "camera.select",
        "camera.preset.recall",
        "camera.goto",
        "camera.home",
        "camera.focus.set",
        "display.power.set",
        "display.input.set",
        "display.blank.set",
        "display.freeze.set",
        "room.wake",
        "room.standby",
        "room.dnd.set",
        "room.message.clear",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`id` for programs, `label` for people."""

    id: str
    label: str
    steps: tuple[Command, ...]

    def to_json(self) -> dict[str, Any]:
        """As it goes on the wire and into the store."""
        steps = [{"command": one.name, **arguments_of(one)} for one in self.steps]
        return {"id": self.id, "label": self.label, "steps": steps}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenes:
    """All of a room. `start` says by kind of session which scene makes the room ready, so many
    minutes before; `end` which one lets it rest. None: nothing is done."""

    scenes: tuple[Scene, ...]
    start: Mapping[str, str | None]
    end: str | None
    before_minutes: int = 5

    def scene(self, name: str) -> Scene:
        """The scene of that id; NotFound("no-scene")."""
        for one in self.scenes:
            if one.id == name:
                return one
        raise NotFound("no-scene", scene=name[:LONGEST_TEXT])

    def to_json(self) -> dict[str, Any]:
        """The document."""
        return {
            "scenes": [one.to_json() for one in self.scenes],
            "start": dict(self.start),
            "end": self.end,
            "before_minutes": self.before_minutes,
        }


def parse_scenes(document: object) -> Scenes:
    """The scenes of a document, or Invalid("bad-scenes") naming the member."""
    fields = Fields(document, key="bad-scenes")
    scenes = tuple(_scene(one) for one in fields.items("scenes", MOST_SCENES))
    names = [one.id for one in scenes]
    if len(set(names)) < len(names):
        raise fields.refuse("scenes", "id × 1")
    start = fields.inner("start")
    begins = {
        kind: start.choice(kind, names) if start.has(kind) else None for kind in SESSION_KINDS
    }
    start.end()
    end = fields.choice("end", names) if fields.has("end") else None
    before = fields.whole("before_minutes", 0, EARLIEST_MINUTES)
    fields.end()
    return Scenes(scenes=scenes, start=begins, end=end, before_minutes=before)


def _scene(fields: Fields) -> Scene:
    name, label = fields.slug("id"), fields.text("label", LONGEST_LABEL)
    raw = fields.objects("steps", MOST_STEPS)
    fields.end()
    return Scene(id=name, label=label, steps=tuple(parse_step(one) for one in raw))


def parse_step(members: Mapping[str, Any]) -> Command:
    """One step: a command and its arguments side by side."""
    name = members.get("command")
    if not isinstance(name, str) or name not in ALLOWED:
        raise Invalid("bad-scenes", argument="steps.command", expected="|".join(sorted(ALLOWED)))
    return parse_command(name, {k: v for k, v in members.items() if k != "command"})


def _steps(*steps: tuple[str, dict[str, Any]]) -> tuple[Command, ...]:
    return tuple(parse_command(name, arguments) for name, arguments in steps)


_READY: tuple[tuple[str, dict[str, Any]], ...] = (
    ("room.wake", {}),
    ("display.blank.set", {"on": False}),
    ("audio.mic.set", {"on": True}),
    ("audio.speaker.set", {"on": True}),
    ("video.camera.set", {"on": True}),
)
DEFAULT_SCENES = Scenes(
    scenes=(
        Scene(
            id="reunion",
            label="Réunion",
            steps=(*_steps(*_READY, ("camera.home", {})), LayoutSet(layout="grid")),
        ),
        Scene(
            id="formation",
            label="Formation",
            steps=(
                *_steps(*_READY, ("camera.preset.recall", {"preset": 1})),
                LayoutSet(layout="content"),
            ),
        ),
        Scene(
            id="ceremonie",
            label="Cérémonie",
            steps=(
                *_steps(*_READY, ("camera.preset.recall", {"preset": 2})),
                LayoutSet(layout="speaker"),
            ),
        ),
        Scene(
            id="veille",
            label="Veille",
            steps=_steps(
                ("audio.mic.set", {"on": False}),
                ("video.camera.set", {"on": False}),
                ("room.message.clear", {}),
                ("room.standby", {}),
            ),
        ),
    ),
    start={
        "meeting": "reunion",
        "training": "formation",
        "ceremony": "ceremonie",
        "reception": "reunion",
    },
    end="veille",
)
