"""What a room may be told, and how a command lives.

Commands set a state, they never toggle it: the same command twice does no harm. The words are
those of docs/rooms.md; the state document is in `rooms.state`, the commands of devices and of the
house in `rooms.device_commands` and `rooms.house_commands`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, ClassVar, Self, cast, get_args

from rooms.command_shapes import Bare, Switch
from rooms.device_commands import DeviceCommand
from rooms.errors import Conflict, Invalid
from rooms.fields import LONGEST_WORD, Fields
from rooms.house_commands import HouseCommand
from rooms.ids import SessionId
from rooms.state import (
    DEFAULT_STATE,
    LONGEST_MESSAGE,
    MESSAGE_LEVELS,
    MessageLevel,
    RoomState,
    parse_room_state,
)

__all__ = [
    "COMMANDS",
    "DEFAULT_STATE",
    "LIFE",
    "CallJoin",
    "CallLeave",
    "CameraSet",
    "Command",
    "CommandEvent",
    "CommandState",
    "MessageShow",
    "MicSet",
    "RoomState",
    "SpeakerSet",
    "advance",
    "arguments_of",
    "is_over",
    "parse_command",
    "parse_room_state",
]

LONGEST_SHOWN = 3600


# --- commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CallJoin:
    """Take the room into a session; the service adds the participant token."""

    name: ClassVar[str] = "call.join"
    session: SessionId

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the arguments of the wire."""
        return cls(session=SessionId(fields.slug("session")))


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLeave(Bare):
    """Hang up."""

    name: ClassVar[str] = "call.leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class MicSet(Switch):
    """Open or cut the microphone of the room."""

    name: ClassVar[str] = "audio.mic.set"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerSet:
    """Let the room hear or not, and how loud; no volume leaves it as it is."""

    name: ClassVar[str] = "audio.speaker.set"
    on: bool
    volume: int | None = None

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the arguments of the wire."""
        volume = fields.whole("volume", 0, 100) if fields.has("volume") else None
        return cls(on=fields.flag("on"), volume=volume)


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSet(Switch):
    """Show the room or not."""

    name: ClassVar[str] = "video.camera.set"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageShow:
    """Write a line on the room's screen, for so many seconds or until the next one."""

    name: ClassVar[str] = "room.message.show"
    text: str
    level: MessageLevel = "info"
    seconds: int | None = None

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the arguments of the wire."""
        level = fields.choice("level", MESSAGE_LEVELS) if fields.has("level") else "info"
        seconds = fields.whole("seconds", 1, LONGEST_SHOWN) if fields.has("seconds") else None
        text = fields.text("text", LONGEST_MESSAGE)
        return cls(text=text, level=cast(MessageLevel, level), seconds=seconds)


Command = (
    CallJoin
    | CallLeave
    | MicSet
    | SpeakerSet
    | CameraSet
    | MessageShow
    | DeviceCommand
    | HouseCommand
)
COMMANDS: dict[str, type[Command]] = {kind.name: kind for kind in get_args(Command)}


def parse_command(name: str, arguments: Mapping[str, object]) -> Command:
    """The command meant, or Invalid `bad-command` / `bad-argument` naming what is accepted."""
    kind = COMMANDS.get(name)
    if kind is None:
        raise Invalid("bad-command", command=name[:LONGEST_WORD], accepted=sorted(COMMANDS))
    fields = Fields(arguments, key="bad-argument")
    command = kind.read(fields)
    fields.end()
    return command


def arguments_of(command: Command) -> dict[str, Any]:
    """The arguments as they go on the wire, without those left open."""
    return {name: value for name, value in asdict(command).items() if value is not None}


# --- the life of a command --------------------------------------------------


class CommandState(StrEnum):
    """Where a command is; the last five are ends."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


class CommandEvent(StrEnum):
    """What may happen to a command."""

    ACCEPT = "accept"
    START = "start"
    FINISH = "finish"
    FAIL = "fail"
    TIME_OUT = "time_out"
    SUPERSEDE = "supersede"
    CANCEL = "cancel"


_ENDS = {
    CommandEvent.FAIL: CommandState.FAILED,
    CommandEvent.TIME_OUT: CommandState.TIMED_OUT,
    CommandEvent.SUPERSEDE: CommandState.SUPERSEDED,
    CommandEvent.CANCEL: CommandState.CANCELLED,
}

# accept: we took it (202). start: the room's screen has it (`command.accepted` on the wire).
LIFE: dict[CommandState | None, dict[CommandEvent, CommandState]] = {
    None: {CommandEvent.ACCEPT: CommandState.ACCEPTED},
    CommandState.ACCEPTED: {CommandEvent.START: CommandState.RUNNING, **_ENDS},
    CommandState.RUNNING: {CommandEvent.FINISH: CommandState.DONE, **_ENDS},
    CommandState.DONE: {},
    CommandState.FAILED: {},
    CommandState.TIMED_OUT: {},
    CommandState.SUPERSEDED: {},
    CommandState.CANCELLED: {},
}


def advance(state: CommandState | None, event: CommandEvent) -> CommandState:
    """The next state, or Conflict `illegal-transition`. A command not yet taken has no state."""
    after = LIFE[state].get(event)
    if after is None:
        raise Conflict("illegal-transition", state=state, event=event)
    return after


def is_over(state: CommandState) -> bool:
    """Whether nothing more can happen to the command."""
    return not LIFE[state]
