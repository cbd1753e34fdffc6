"""Every message of the wire: the twin of docs/protocol.md, paragraph by paragraph.

`hear` reads what a client says, strictly; `understand` reads what the service says, leniently.
`body` is the text of a server message without its number, so that a message for a thousand is
written once; `numbered` puts a number on it.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from rooms.errors import Invalid
from rooms.ids import CommandId, LegId, ParticipantId, SessionId
from signalling.codec import Json, Limit, dump, parse, read, write
from signalling.message_types import Count, LegName, Name, Secret, Word
from signalling.messages_cues import (
    AskClock,
    ClockTold,
    CueFire,
    CueFired,
    CueLoad,
    CueReady,
    CueRecall,
    CueRefused,
)
from signalling.messages_media import (
    LegFailed,
    LegLost,
    PublishAnswered,
    PublishLayers,
    PublishOffer,
    Speakers,
    Stats,
    SubscribeAnswer,
    SubscribeOffered,
    SubscribeStart,
    TrackSet,
    TrackView,
    View,
    ViewChosen,
)
from signalling.messages_talk import (
    Chat,
    ChatSaid,
    Cursor,
    CursorMoved,
    Hand,
    Whisper,
    Whispered,
)

VERSION = 1
MAX_SERVER_BYTES = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantView:
    """A participant as others see him; `state` is joined or lost.

    `hand` is up, and `encrypted` is who holds the key of the session.
    """

    id: ParticipantId
    name: str
    kind: str
    room: str | None
    state: str
    tracks: tuple[TrackView, ...] = ()
    hand: bool = False
    encrypted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """First word of a client: who he is, and what he has already heard."""

    type: ClassVar[str] = "hello"
    versions: Annotated[tuple[int, ...], Limit(most=16)]
    token: Secret
    client: Name
    last_seq: Count | None = None
    resume: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """I am still here. Either side."""

    type: ClassVar[str] = "heartbeat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Take my place in a session, with the legs that still live.

    `name` is for whoever has not said it before. `encrypted`: what I send is encrypted with a key
    the service has not got.
    """

    type: ClassVar[str] = "join"
    session: Annotated[SessionId, Limit(most=64)] | None = None
    token: Secret | None = None
    name: Annotated[str, Limit(most=240)] | None = None
    publish_leg: LegName | None = None
    subscribe_leg: LegName | None = None
    subscribe_serial: Count | None = None
    encrypted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lobby:
    """Let me make my legs: I come in later."""

    type: ClassVar[str] = "lobby"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Give my place up."""

    type: ClassVar[str] = "leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomState:
    """The state document of my room."""

    type: ClassVar[str] = "room.state"
    version: Count
    document: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAccepted:
    """I have taken the command."""

    type: ClassVar[str] = "command.accepted"
    id: Annotated[CommandId, Limit(most=64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandDone:
    """And carried it out."""

    type: ClassVar[str] = "command.done"
    id: Annotated[CommandId, Limit(most=64)]
    result: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFailed:
    """Or could not."""

    type: ClassVar[str] = "command.failed"
    id: Annotated[CommandId, Limit(most=64)]
    error: Word
    detail: Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IceServer:
    """A relay, as `RTCConfiguration.iceServers` takes it."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """You are known."""

    type: ClassVar[str] = "welcome"
    version: int
    peer: str
    room: str | None = None
    resume: str
    resumed: bool
    heartbeat: float
    dead_after: float
    now: str
    ice: tuple[IceServer, ...] = ()
    lobby: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ice:
    """The relays anew: what was told before expires."""

    type: ClassVar[str] = "ice"
    ice: tuple[IceServer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """You are in the lobby, until then at most."""

    type: ClassVar[str] = "waiting"
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """You are in."""

    type: ClassVar[str] = "joined"
    session: dict[str, Any]
    you: ParticipantId
    participants: tuple[ParticipantView, ...]
    publish_leg: LegId | None
    subscribe_leg: LegId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantJoined:
    """Somebody came."""

    type: ClassVar[str] = "participant.joined"
    participant: ParticipantView


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantChanged:
    """His tracks, his mute, lost or back."""

    type: ClassVar[str] = "participant.changed"
    participant: ParticipantView


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantLeft:
    """Somebody went: left, gone or removed."""

    type: ClassVar[str] = "participant.left"
    participant: ParticipantId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionChanged:
    """The session, or one of its sites, is in another state."""

    type: ClassVar[str] = "session.changed"
    session: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """You are out: left, ended, removed, or waited too long in the lobby."""

    type: ClassVar[str] = "left"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Do this, in your room."""

    type: ClassVar[str] = "command"
    id: CommandId
    command: str
    arguments: dict[str, Any]
    deadline: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandCancel:
    """Give the command up."""

    type: ClassVar[str] = "command.cancel"
    id: CommandId


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeBurnt:
    """The code for phones on your screen is good no more: ask for another one now."""

    type: ClassVar[str] = "code.burnt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """A refusal: `code` for programs, `text` for people."""

    type: ClassVar[str] = "error"
    code: str
    text: str
    fatal: bool
    about: str | None = None


ClientMessage = (
    Hello | Heartbeat | Lobby | Join | Leave | PublishOffer | SubscribeStart | SubscribeAnswer
    | TrackSet | LegFailed | Stats | View | Chat | Hand | Cursor | Whisper | AskClock | CueReady
    | CueRefused | CueFired | RoomState | CommandAccepted | CommandDone | CommandFailed
)  # fmt: skip
ServerMessage = (
    Welcome | Ice | Heartbeat | Waiting | Joined | ParticipantJoined | ParticipantChanged
    | ParticipantLeft | SessionChanged | Left | PublishAnswered | SubscribeOffered | LegLost
    | ViewChosen | PublishLayers | Speakers | ChatSaid | CursorMoved | Whispered
    | ClockTold | CueLoad | CueFire | CueRecall | Command | CommandCancel | CodeBurnt | Error
)  # fmt: skip

CLIENT: dict[str, type[ClientMessage]] = {shape.type: shape for shape in ClientMessage.__args__}
SERVER: dict[str, type[ServerMessage]] = {shape.type: shape for shape in ServerMessage.__args__}


def hear(text: str) -> ClientMessage:
    """What a client says. Invalid("bad-message") or Invalid("too-big")."""
    members = parse(text)
    shape = CLIENT.get(_type_of(members))
    if shape is None:
        raise Invalid("bad-message", why="unknown-type")
    try:
        message: ClientMessage = read(shape, members, strict=True)
    except Invalid as refusal:
        raise Invalid(refusal.key, **{**refusal.fields, "about": shape.type}) from None
    return message


def understand(text: str) -> tuple[int | None, ServerMessage | None]:
    """What the service says, with its number; None for a message of a later version."""
    members = parse(text, MAX_SERVER_BYTES)
    seq = members.pop("seq", None)
    if seq is not None and (not isinstance(seq, int) or isinstance(seq, bool)):
        raise Invalid("bad-message", why="wrong-type", member="seq")
    shape = SERVER.get(_type_of(members))
    return seq, None if shape is None else read(shape, members, strict=False)


def body(message: ClientMessage | ServerMessage) -> str:
    """The text of a message, without a number."""
    return dump({"type": message.type, **write(message)})


def numbered(seq: int, text: str) -> str:
    """The same text with its number."""
    return f'{{"seq":{seq},{text[1:]}'


def _type_of(members: Json) -> str:
    kind = members.pop("type", None)
    if not isinstance(kind, str):
        raise Invalid("bad-message", why="missing-member", member="type")
    return kind
