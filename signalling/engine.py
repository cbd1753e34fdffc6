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


class Mode(StrEnum):
    """How much a subscriber wants: everything his line carries, little, or sound alone."""

    FULL = "full"
    SAVING = "saving"
    SOUND = "sound"


class Why(StrEnum):
    """Why a subscriber is sent no more of a track than he is."""

    FULL = "full"  # he gets the best there is
    SMALL = "small"  # his page shows it small
    HIDDEN = "hidden"  # his page does not show it
    LINE = "line"  # his line carries no more
    CENTRE = "centre"  # the others behind the same line need their share
    SAVING = "saving"  # he asked for little
    MANY = "many"  # only so many pictures are sent at once
    SOURCE = "source"  # the publisher sends no more


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
class Wish:
    """A track as a subscriber's page shows it: `height` in device pixels, 0 while hidden."""

    track: TrackId
    height: int
    stage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a subscriber is sent of a track. `layer` counts from the lowest; None: paused.

    `temporal` is the highest temporal layer sent, `kbps` what the track takes of his line.
    """

    track: TrackId
    layer: int | None
    temporal: int
    kbps: float
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """How many layers of a track arrive from its publisher, from the lowest; a sound has one.

    `asked` is how many somebody looks at: where fewer arrive, his line or his machine is short.
    """

    track: TrackId
    kind: Kind
    source: str
    layers: int
    asked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The line behind which a participant is; those of the same `line` share it. None: unknown."""

    line: str
    up_kbps: int | None = None
    down_kbps: int | None = None
    rtt_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Air:
    """What of a session is forwarded: the sound of `heard`, the pictures of `seen`, to everybody.

    Besides, `desks` are sent the pictures of all, and in each of `talks` the second alone hears
    the first, who needs not be heard. Who is named nowhere is neither heard nor seen.
    """

    heard: frozenset[ParticipantId] = frozenset()
    seen: frozenset[ParticipantId] = frozenset()
    desks: frozenset[ParticipantId] = frozenset()
    talks: frozenset[tuple[ParticipantId, ParticipantId]] = frozenset()

    @property
    def talkers(self) -> frozenset[ParticipantId]:
        """Who speaks to some alone: those who are heard by everybody do not."""
        return frozenset(speaker for speaker, _ in self.talks) - self.heard


class Transport(StrEnum):
    """What carries a leg: datagrams, a connection, or a relay of ours."""

    UDP = "udp"
    TCP = "tcp"
    TURN = "turn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """How a leg reaches the worker; `family` is 4 or 6."""

    transport: Transport
    family: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One PeerConnection as the worker sees it. Rates in kbit/s, times in ms, loss in 0..1.

    `available_kbps` is what the leg's line is thought to carry, `counts` are totals by name:
    packets, octets, refused, nacked, repeated, keyframes_asked. `path` is None before a check,
    `arrivals` are a publisher's, and `quiet_ms` since his last packet (None before the first).
    """

    id: LegId
    role: Role
    state: LegState
    serial: int = 0
    tracks: tuple[Placed, ...] = ()
    kbps: float = 0.0
    loss: float = 0.0
    rtt_ms: float | None = None
    profile: str = ""
    available_kbps: float | None = None
    choices: tuple[Choice, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    path: Path | None = None
    arrivals: tuple[Arrival, ...] = ()
    quiet_ms: float | None = None


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
class LegChose:
    """What a subscriber leg is sent has changed; every placed video track is in `choices`."""

    session: SessionId
    participant: ParticipantId
    leg: LegId
    available_kbps: float | None
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayersWanted:
    """A publisher should send these layers of a track and no others (none: nobody looks).

    `rids` is empty for a track without simulcast; `kbps` 0 then means nobody looks, None no limit.
    """

    session: SessionId
    participant: ParticipantId
    leg: LegId
    track: TrackId
    rids: tuple[str, ...]
    kbps: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoke:
    """Who speaks in a session: the dominant speaker first, at most five."""

    session: SessionId
    participants: tuple[ParticipantId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLost:
    """A worker is gone: every leg of these sessions with it (None: of every session).

    A new one is being started. Where others answer, `EngineBack` follows at once.
    """

    sessions: tuple[SessionId, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineBack:
    """A worker answers (again). `fresh` when it holds nothing: everybody must rejoin."""

    fresh: bool


EngineEvent = LegChanged | TrackStarted | LegChose | LayersWanted | Spoke | EngineLost | EngineBack


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
        """Want exactly these tracks on this leg; None when the last offer already says so.

        A new leg of which nothing is wanted yet is offered lines that carry nothing: it connects.
        """

    async def answer(
        self, session: SessionId, participant: ParticipantId, leg: LegId, serial: int, sdp: str
    ) -> None:
        """The subscriber's answer to the offer of that serial."""

    async def mute(
        self, session: SessionId, participant: ParticipantId, kind: Kind, muted: bool
    ) -> None:
        """Stop (or resume) forwarding what the participant publishes of this kind."""

    async def air(self, session: SessionId, air: Air | None) -> None:
        """Forward only this; None forwards everybody. Outlives everybody's legs, not the session.

        Beside what is muted: nobody is heard because he is in it.
        """

    async def view(
        self,
        session: SessionId,
        participant: ParticipantId,
        wishes: Sequence[Wish],
        mode: Mode,
    ) -> None:
        """What his page shows, whole each time; a track it does not name is as good as hidden.

        Before the first call every track is wanted at full height. Outlives his legs.
        """

    async def line(
        self, session: SessionId, participant: ParticipantId, budget: Budget | None
    ) -> None:
        """The line he is behind. Outlives his legs."""

    async def receive(
        self,
        session: SessionId,
        participant: ParticipantId,
        leg: LegId,
        offer: str,
        tracks: Sequence[TrackId],
    ) -> SubscribeOffer:
        """Answer a receiver that offers himself (WHEP): `sdp` is our answer, at most one track
        for each m-line that receives. The leg cannot be renegotiated."""

    async def remove(self, session: SessionId, participant: ParticipantId) -> None:
        """Close the participant's legs; his tracks leave every subscription."""

    async def state(self) -> EngineState:
        """What is there now, with figures."""

    def events(self) -> AsyncIterator[EngineEvent]:
        """Every event from now on; one consumer."""
