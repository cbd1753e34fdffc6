"""The figures of media for Prometheus: legs by role, path and state, never by person.

Totals of a leg that has gone stay counted; one that is new begins at what it counts already.
"""

from collections import Counter as Tally
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from rooms.ids import LegId
from signalling.engine import EngineState, Kind, Leg, LegState, Role, Transport

COUNTED = ("packets", "octets", "refused", "nacked", "repeated", "keyframes_asked")
UNKNOWN = "unknown"
PATHS = (*(path.value for path in Transport), UNKNOWN)
TRIPS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 2.0)
LOSSES = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)


class MediaFigures:
    """In the registry of the service."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.legs = Gauge(
            "margeride_media_legs", "Legs at the media worker", ("role", "path"), registry=registry
        )
        self.tracks = Gauge(
            "margeride_media_tracks", "Published tracks", ("kind",), registry=registry
        )
        self.sessions = Gauge(
            "margeride_media_sessions", "Sessions at the media worker", registry=registry
        )
        self.counted = Counter(
            "margeride_media_leg_events", "What legs count", ("role", "what"), registry=registry
        )
        self.trips = Histogram(
            "margeride_media_rtt_seconds", "Round trips of connected legs, as sampled", ("role",),
            registry=registry, buckets=TRIPS,
        )  # fmt: skip
        self.losses = Histogram(
            "margeride_media_loss", "Loss of connected legs (0 to 1), as sampled", ("role",),
            registry=registry, buckets=LOSSES,
        )  # fmt: skip
        self._before: dict[LegId, Mapping[str, int]] = {}

    def show(self, state: EngineState) -> None:
        """The gauges, as the worker says it is now."""
        legs = _legs(state)
        by_path = Tally((leg.role.value, leg.path.transport if leg.path else UNKNOWN)
                        for leg in legs)  # fmt: skip
        for role in Role:
            for path in PATHS:
                self.legs.labels(role.value, path).set(by_path[role.value, path])
        members = [member for found in state.sessions.values() for member in found]
        kinds = Tally(track.kind for member in members for track in member.tracks)
        for kind in Kind:
            self.tracks.labels(kind.value).set(kinds[kind])
        self.sessions.set(len(state.sessions))

    def sample(self, state: EngineState) -> None:
        """Add what was counted since the last sample, and how the legs are now."""
        legs = _legs(state)
        for leg in legs:
            before = self._before.get(leg.id, {})
            for what in COUNTED:
                more = leg.counts.get(what, 0) - before.get(what, 0)
                self.counted.labels(leg.role.value, what).inc(max(0, more))
            if leg.state is LegState.CONNECTED:
                self.losses.labels(leg.role.value).observe(leg.loss)
                if leg.rtt_ms is not None:
                    self.trips.labels(leg.role.value).observe(leg.rtt_ms / 1000)
        self._before = {leg.id: leg.counts for leg in legs}


def _legs(state: EngineState) -> list[Leg]:
    return [leg for found in state.sessions.values() for member in found for leg in member.legs]
