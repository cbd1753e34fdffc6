"""The commands of docs/rooms.md as strict models: what OpenAPI says of them is what is accepted.

One table of arguments; `rooms.control.parse_command` has the last word on the values.
"""

from typing import Annotated, Any, Literal, Union, cast

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field, RootModel, create_model

from orchestrator.api.endpoint import Body
from rooms.control import COMMANDS, Command, parse_command
from rooms.device_commands import FARTHEST, FASTEST, HIGHEST_PRESET, LONGEST_TTL_MS, USUAL_TTL_MS
from rooms.house_commands import LAYOUTS
from rooms.state import LONGEST_MESSAGE, MESSAGE_LEVELS

LONGEST_SHOWN = 3600


def whole_number(value: object) -> object:
    """JSON has one kind of number: `12.0` is a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _whole(low: int, high: int) -> Any:
    return Annotated[int, BeforeValidator(whole_number), Field(ge=low, le=high)]


def whole_number_up_to(high: int) -> Any:
    """From 0 to there."""
    return _whole(0, high)


def _words(accepted: tuple[str, ...]) -> Any:
    return cast(Any, Literal)[accepted]


def _text(longest: int) -> Any:
    return Annotated[str, Field(min_length=1, max_length=longest)]


def _like(pattern: str) -> Any:
    return Annotated[str, Field(pattern=pattern)]


_SLUG = _like("^[a-z0-9][a-z0-9-]{0,62}$")
_DEVICE = {"device": (_SLUG | None, None)}
_ON = {"on": (bool, ...)}
_SPEED = (_whole(-FASTEST, FASTEST) | None, 0)
_PRESET = {"preset": (_whole(0, HIGHEST_PRESET), ...), **_DEVICE}
_ANYWHERE = (_whole(-FARTHEST, FARTHEST), ...)

ARGUMENTS: dict[str, dict[str, Any]] = {
    "call.join": {"session": (_SLUG, ...)},
    "call.leave": {},
    "audio.mic.set": _ON,
    "audio.speaker.set": {**_ON, "volume": (_whole(0, 100) | None, None)},
    "video.camera.set": _ON,
    "room.message.show": {
        "text": (_text(LONGEST_MESSAGE), ...),
        "level": (_words(MESSAGE_LEVELS) | None, "info"),
        "seconds": (_whole(1, LONGEST_SHOWN) | None, None),
    },
    "audio.volume.set": {"volume": (_whole(0, 100), ...), **_DEVICE},
    "camera.select": {"device": (_SLUG, ...)},
    "camera.preset.recall": _PRESET,
    "camera.preset.store": _PRESET,
    "camera.preset.delete": _PRESET,
    "camera.goto": {
        "pan": _ANYWHERE,
        "tilt": _ANYWHERE,
        "zoom": (_whole(0, FARTHEST) | None, None),
        **_DEVICE,
    },
    "camera.move": {
        "pan": _SPEED,
        "tilt": _SPEED,
        "zoom": _SPEED,
        "ttl_ms": (_whole(1, LONGEST_TTL_MS) | None, USUAL_TTL_MS),
        **_DEVICE,
    },
    "camera.focus.set": {
        "auto": (bool, ...),
        "position": (_whole(0, FARTHEST) | None, None),
        **_DEVICE,
    },
    "camera.stop": _DEVICE,
    "camera.home": _DEVICE,
    "display.power.set": {**_ON, **_DEVICE},
    "display.input.set": {"input": (_like("^[a-z0-9][a-z0-9._-]{0,31}$"), ...), **_DEVICE},
    "display.blank.set": {**_ON, **_DEVICE},
    "display.freeze.set": {**_ON, **_DEVICE},
    "room.wake": {},
    "room.standby": {},
    "call.hold": {},
    "call.resume": {},
    "call.dtmf": {"tones": (_like("^[0-9A-D*#]{1,32}$"), ...)},
    "call.hand.set": _ON,
    "video.selfview.set": _ON,
    "video.picture.keep": {"preset": (_whole(0, HIGHEST_PRESET), ...)},
    "video.layout.set": {"layout": (_words(LAYOUTS), ...)},
    "share.start": {},
    "share.stop": {},
    "room.preset.apply": {"preset": (_SLUG, ...)},
    "room.dnd.set": _ON,
    "room.message.clear": {},
    "system.identify": {},
    "system.diagnostics.run": {},
    "system.line.test": {},
    "system.restart": {},
    "system.reboot": {},
    "system.logs.collect": {},
}


class Ordered(Body):
    """What every command may say beside its arguments: not before, and not after, an instant."""

    command: str
    not_before: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """What goes to the room."""
        beside = set(Ordered.model_fields) | set(InSession.model_fields)
        return self.model_dump(exclude=beside, exclude_none=True)

    @property
    def meant(self) -> Command:
        """The command itself; Invalid("bad-argument") for what no model can say."""
        return parse_command(self.command, self.arguments)


class InSession(Ordered):
    """A command to several rooms of one session; none named: to all of them."""

    rooms: Annotated[list[_SLUG], Field(min_length=1, max_length=64)] | None = None  # type: ignore[valid-type]


class Step(Body):
    """A command within a scene: no instants of its own."""

    command: str


def _model(base: type[Body], name: str) -> Any:
    words = "".join(part.title() for part in name.split("."))
    fields: dict[str, Any] = {"command": (cast(Any, Literal)[name], ...), **ARGUMENTS[name]}
    return create_model(f"{words}{base.__name__}", __base__=base, __doc__=_says(name), **fields)


def _says(name: str) -> str:
    return (COMMANDS[name].__doc__ or name).strip()


def _union(base: type[Body], names: "list[str]") -> Any:
    models = tuple(_model(base, name) for name in names)
    return Annotated[cast(Any, Union)[models], Field(discriminator="command")]


_ANY = list(ARGUMENTS)
ASKED_OF_A_ROOM = _union(Ordered, _ANY)
ASKED_OF_A_SESSION = _union(InSession, [name for name in _ANY if name != "call.join"])


class CommandIn(RootModel[Any]):
    """A command of a room: `command`, its arguments beside it, and when."""

    model_config = ConfigDict(strict=True, frozen=True, defer_build=True)
    root: ASKED_OF_A_ROOM  # type: ignore[valid-type]  # named above, it would be made at once

    @property
    def order(self) -> Ordered:
        """The command meant."""
        return cast(Ordered, self.root)


class SessionCommandIn(RootModel[Any]):
    """The same, asked of the rooms of a session."""

    model_config = ConfigDict(strict=True, frozen=True, defer_build=True)
    root: ASKED_OF_A_SESSION  # type: ignore[valid-type]

    @property
    def order(self) -> InSession:
        """The command meant."""
        return cast(InSession, self.root)
