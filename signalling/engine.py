"""The MediaEngine port: what the service asks of a media worker, and what it is told.

Wanted against actual: every call says what is wanted and may be repeated; `state` says what is
there, so that a service that was killed re-attaches, compares, and repairs the difference.
A participant has at most one publisher leg (the browser offers) and one subscriber leg (we offer).
A new `leg` id for the same participant replaces his former leg of that role.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from rooms.ids import LegId, ParticipantId, SessionId, TrackId


class Role(StrEnum):
    """Which way the media of a leg flows, seen from the participant."""

    PUBLISH = "publish"
    SUBSCRIBE = "subscribe"


class Kind(StrEnum):
    """What a track carries."""

    AUDIO = "audio"
    VIDEO = "video"


class LegState(StrEnum):
    """Life of a leg: `new` until ICE and DTLS are done, `failed` after 30 s without a check."""

    NEW = "new"
    CONNECTED = "connected"
    FAILED = "failed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One published stream. `source` is camera, microphone or screen."""

    id: TrackId
    participant: ParticipantId
    kind: Kind
    source: str
    muted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A subscribed track and the m-line (`mid`) that carries it to the subscriber."""

    mid: str
    track: TrackId


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishAnswer:
    """The worker's answer to a publisher's offer, and the tracks it will forward."""

    sdp: str
    tracks: tuple[Track, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribeOffer:
    """The worker's offer to a subscriber. `serial` grows by one for each offer of a leg."""

    leg: LegId
    serial: int
    sdp: str
    tracks: tuple[Placed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One PeerConnection as the worker sees it. Rates in kbit/s, times in ms, loss in 0..1."""

    id: LegId
    role: Role
    state: LegState
    serial: int = 0
    tracks: tuple[Placed, ...] = ()
    kbps: float = 0.0
    loss: float = 0.0
    rtt_ms: float | None = None
    profile: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A participant as the worker sees him."""

    participant: ParticipantId
    tracks: tuple[Track, ...] = ()
    legs: tuple[Leg, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineState:
    """Everything a service needs to re-attach: session -> members."""

    sessions: dict[SessionId, tuple[Member, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegChanged:
    """A leg reached a state."""

    session: SessionId
    participant: ParticipantId
    leg: LegId
    role: Role
    state: LegState


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackStarted:
    """The first packet of a track arrived."""

    session: SessionId
    participant: ParticipantId
    track: TrackId


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLost:
    """The worker is gone: every leg with it. A new one is being started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineBack:
    """A worker answers (again). `fresh` when it holds nothing: everybody must rejoin."""

    fresh: bool


EngineEvent = LegChanged | TrackStarted | EngineLost | EngineBack


class MediaEngine(Protocol):
    """Calls raise `rooms.errors.MargerideError`: Invalid("bad-sdp"), Invalid("too-many-tracks"),
    NotFound("no-leg"), Unavailable("no-media-worker")."""

    async def open(self, session: SessionId) -> None:
        """Make the session known; nothing happens when it is already."""

    async def close(self, session: SessionId) -> None:
        """Close every leg of the session and forget it."""

    async def publish(
        self, session: SessionId, participant: ParticipantId, leg: LegId, offer: str
    ) -> PublishAnswer:
        """Answer a publisher's offer. The same leg may offer again."""

    async def subscribe(
        self,
        session: SessionId,
        participant: ParticipantId,
        leg: LegId,
        tracks: Sequence[TrackId],
    ) -> SubscribeOffer | None:
        """Want exactly these tracks on this leg; None when the last offer already says so."""

    async def answer(
        self, session: SessionId, participant: ParticipantId, leg: LegId, serial: int, sdp: str
    ) -> None:
        """The subscriber's answer to the offer of that serial."""

    async def mute(
        self, session: SessionId, participant: ParticipantId, kind: Kind, muted: bool
    ) -> None:
        """Stop (or resume) forwarding what the participant publishes of this kind."""

    async def remove(self, session: SessionId, participant: ParticipantId) -> None:
        """Close the participant's legs; his tracks leave every subscription."""

    async def state(self) -> EngineState:
        """What is there now, with figures."""

    def events(self) -> AsyncIterator[EngineEvent]:
        """Every event from now on; one consumer."""
