"""Who is in a session of the `python` engine, with which legs, and what was said about him."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rooms.ids import ParticipantId, TrackId
from signalling.engine import Air, Budget, Kind, LegState, Mode, Track, Wish
from signalling.engines.python_legs import BaseLeg
from signalling.engines.python_publisher import PublisherLeg
from signalling.engines.python_subscriber import SubscriberLeg
from signalling.sfu.simulcast import Layers
from signalling.sfu.speaker import Speakers


@dataclass(slots=True)
class Seat:
    """One participant."""

    tracks: dict[TrackId, Track] = field(default_factory=dict)
    muted: set[Kind] = field(default_factory=set)
    publish: PublisherLeg | None = None
    subscribe: SubscriberLeg | None = None
    # Former legs that still carry media until their successors are connected.
    former: list[BaseLeg] = field(default_factory=list)
    # What his page shows (None before it said so), and the line he is behind.
    wishes: dict[TrackId, Wish] | None = None
    mode: Mode = Mode.FULL
    budget: Budget | None = None

    @property
    def legs(self) -> list[BaseLeg]:
        """All of them."""
        return [leg for leg in (self.publish, self.subscribe, *self.former) if leg is not None]


class Session:
    """Participants, the layers of their tracks, and who of them speaks."""

    def __init__(self, *, all_up_to: int, loudest: int) -> None:
        self.seats: dict[ParticipantId, Seat] = {}
        self.layers: dict[TrackId, Layers] = {}
        self.air: Air | None = None  # everybody is forwarded
        self.speakers = Speakers(self._gated, all_up_to=all_up_to, loudest=loudest)

    def close(self) -> None:
        """Nobody is here any more: nothing refers back to it."""
        self.speakers.keep(())
        self.speakers = Speakers(_not_gated)

    def known(self) -> dict[TrackId, Track]:
        """Every published track."""
        return {t.id: t for seat in self.seats.values() for t in seat.tracks.values()}

    def rewire(self) -> None:
        """Let every line stand on the layers its track has now; mutes and the loudest hold."""
        self.layers = {}
        for seat in self.seats.values():
            for leg in (*seat.former, seat.publish):
                if isinstance(leg, PublisherLeg) and leg.alive:
                    self._add_layers(seat, leg)
        self.speakers.keep(self.layers)
        for participant, seat in self.seats.items():
            legs = (leg for leg in (*seat.former, seat.subscribe) if leg is not None and leg.alive)
            for leg in legs:
                if isinstance(leg, SubscriberLeg):
                    leg.wire(self._seen_by(participant))

    def _seen_by(self, participant: ParticipantId) -> dict[TrackId, Layers]:
        """All sounds (what is off the air is muted) but those said to others alone, and the
        pictures he may have."""
        air = self.air
        if air is None:
            return self.layers
        kept = (t.id for t in self.known().values() if _may(air, participant, t))
        return {track: self.layers[track] for track in kept if track in self.layers}

    def _is_heard(self, track: Track) -> bool:
        """Whether the air lets his sound through."""
        return self.air is None or track.participant in self.air.heard

    def _talks(self, track: Track) -> bool:
        """Whether it is forwarded to some alone."""
        talkers = frozenset() if self.air is None else self.air.talkers
        return track.source == "microphone" and track.participant in talkers

    def _add_layers(self, seat: Seat, leg: PublisherLeg) -> None:
        for stream in leg.streams.values():
            track = seat.tracks.get(stream.track)
            # Make before break: a successor takes over when it is connected.
            if track is None or (leg.state is LegState.NEW and track.id in self.layers):
                continue
            self.layers[track.id] = stream.layers
            muted = track.kind in seat.muted
            if track.kind is Kind.AUDIO and not self._talks(track):
                muted = muted or not self._is_heard(track)
            if track.source == "microphone" and not self._talks(track):
                muted = self._listen(track, stream.layers, muted)
            stream.layers.mute(muted)

    def _listen(self, track: Track, layers: Layers, muted: bool) -> bool:
        """Follow his levels, unless he is muted; whether nothing of him is forwarded."""
        voice = self.speakers.add(track.id, track.participant)
        hear: Callable[[int, float], None] = _nothing if muted else voice.arrived
        for source in layers.sources:
            source.on_level = hear
        return muted or not voice.open

    def _gated(self, track: TrackId, is_open: bool) -> None:
        layers, known = self.layers.get(track), self.known().get(track)
        if layers is not None and known is not None and not self._talks(known):
            layers.mute(known.muted or not is_open or not self._is_heard(known))


def _may(air: Air, participant: ParticipantId, track: Track) -> bool:
    if track.kind is Kind.VIDEO:
        return participant in air.desks or track.participant in air.seen
    return track.participant not in air.talkers or (track.participant, participant) in air.talks


def _not_gated(_track: TrackId, _is_open: bool) -> None:
    """The session has ended."""


def _nothing(_level: int, _now: float) -> None:
    """He is muted: what he says is nobody's business."""
