"""The messages about sound and picture: legs, layers, who speaks, what is said beside them."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, ClassVar

from rooms.ids import LegId, ParticipantId, TrackId
from signalling.codec import Limit
from signalling.engine import Kind, Mode, Role, Why
from signalling.message_types import Count, LegName, Rate, Sdp


class Source(StrEnum):
    """Where a track comes from."""

    MICROPHONE = "microphone"
    CAMERA = "camera"
    SCREEN = "screen"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackView:
    """A track as others see it."""

    id: TrackId
    kind: Kind
    source: str
    muted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedView:
    """A subscribed track: the m-line that carries it, and whose it is."""

    mid: str
    track: TrackId
    participant: ParticipantId
    kind: Kind
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegReport:
    """A leg as the client measures it."""

    role: Role
    kbps: Rate
    loss: Annotated[float, Limit(low=0, high=1)]
    rtt_ms: Rate | None = None
    fps: Rate | None = None
    frozen: Rate | None = None
    concealed: Annotated[float, Limit(low=0, high=1)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishOffer:
    """What I send."""

    type: ClassVar[str] = "publish.offer"
    leg: LegName
    sdp: Sdp
    sources: Annotated[dict[str, Source], Limit(most=32)] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribeStart:
    """Send me the others on this leg."""

    type: ClassVar[str] = "subscribe.start"
    leg: LegName


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribeAnswer:
    """My answer to the offer of that serial."""

    type: ClassVar[str] = "subscribe.answer"
    leg: LegName
    serial: Count
    sdp: Sdp


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSet:
    """I have muted (or unmuted) what I send of this kind."""

    type: ClassVar[str] = "track.set"
    kind: Kind
    muted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LegFailed:
    """My side of the leg says failed."""

    type: ClassVar[str] = "leg.failed"
    leg: LegName


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What I measure."""

    type: ClassVar[str] = "stats"
    legs: Annotated[tuple[LegReport, ...], Limit(most=4)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishAnswered:
    """The worker's answer to `publish.offer`."""

    type: ClassVar[str] = "publish.answer"
    leg: LegId
    sdp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribeOffered:
    """The worker's offer on your subscriber leg."""

    type: ClassVar[str] = "subscribe.offer"
    leg: LegId
    serial: int
    sdp: str
    tracks: tuple[PlacedView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegLost:
    """The worker lost the leg: make a new one."""

    type: ClassVar[str] = "leg.lost"
    leg: LegId
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTrack:
    """A track as my page shows it: `height` in device pixels, 0 while it is hidden."""

    track: Annotated[TrackId, Limit(most=64)]
    height: Annotated[int, Limit(low=0, high=10_000)]
    stage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What my page shows, and how much I want to receive."""

    type: ClassVar[str] = "view"
    tracks: Annotated[tuple[ShownTrack, ...], Limit(most=256)]
    mode: Mode = Mode.FULL


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenTrack:
    """What is sent to you of a track, and why not more. `layer` is null while it is paused."""

    track: TrackId
    layer: int | None
    kbps: float
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewChosen:
    """What your line gets now, of what it can take."""

    type: ClassVar[str] = "view.chosen"
    leg: LegId
    available_kbps: float | None
    tracks: tuple[ChosenTrack, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishLayers:
    """Send these layers of your track and no others: nobody looks at more."""

    type: ClassVar[str] = "publish.layers"
    leg: LegId
    track: TrackId
    rids: tuple[str, ...]
    kbps: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Speakers:
    """Who speaks: the dominant speaker first."""

    type: ClassVar[str] = "speakers"
    participants: tuple[ParticipantId, ...]
