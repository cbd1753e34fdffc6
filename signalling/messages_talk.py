"""The messages beside sound and picture: chat, raised hands, cursors, and words for one alone."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from rooms.ids import ParticipantId, TrackId
from signalling.codec import Limit
from signalling.message_types import Count

Text = Annotated[str, Limit(most=2_000)]
Part = Annotated[float, Limit(low=0, high=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """Say this to everybody."""

    type: ClassVar[str] = "chat"
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """My hand is up, or down again."""

    type: ClassVar[str] = "hand"
    up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """I point here in a picture, as shares of its width and height."""

    type: ClassVar[str] = "cursor"
    track: Annotated[TrackId, Limit(most=64)]
    x: Part
    y: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisper:
    """Give this to one other participant; the service does not read it."""

    type: ClassVar[str] = "whisper"
    to: Annotated[ParticipantId, Limit(most=64)]
    data: Annotated[str, Limit(most=4_096)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLine:
    """One thing said: `number` grows by one in a session, `at` is when it was said."""

    number: Count
    participant: ParticipantId
    name: str
    text: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSaid:
    """Somebody said something; to who has just joined, what was said before."""

    type: ClassVar[str] = "chat.said"
    lines: tuple[ChatLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorMoved:
    """Somebody points here. Has no `seq`: the next one is worth more than a late one."""

    type: ClassVar[str] = "cursor.moved"
    participant: ParticipantId
    track: TrackId
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Whispered:
    """Somebody gave you this, and you alone."""

    type: ClassVar[str] = "whispered"
    participant: ParticipantId
    data: str
