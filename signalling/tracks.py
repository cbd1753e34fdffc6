"""Who publishes what in a session, and what each should be sent of it.

Today everybody wants every track of everybody else. A `Subscription` compares what is wanted with
what was asked, and lets one offer be open at a time: what changes meanwhile goes into the next.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from rooms.ids import LegId, ParticipantId, TrackId
from signalling.engine import Kind, Track


class Board:
    """The tracks of a session, by participant, and what each of them has muted."""

    def __init__(self) -> None:
        self._published: dict[ParticipantId, dict[TrackId, Track]] = {}
        self._muted: set[tuple[ParticipantId, Kind]] = set()
        self._by_id: dict[TrackId, Track] = {}

    def publish(self, participant: ParticipantId, tracks: Iterable[Track]) -> None:
        """These, and no others, are what the participant sends."""
        self.withdraw(participant)
        held = {track.id: self._as_muted(track) for track in tracks}
        self._published[participant] = held
        self._by_id.update(held)

    def restore(self, participant: ParticipantId, tracks: Iterable[Track]) -> None:
        """What the engine says he sends and has muted, after we have forgotten both."""
        held = tuple(tracks)
        self._muted |= {(participant, track.kind) for track in held if track.muted}
        self.publish(participant, held)

    def withdraw(self, participant: ParticipantId) -> bool:
        """He sends nothing now; True when he did. What he muted stays muted."""
        tracks = self._published.pop(participant, {})
        for track in tracks:
            del self._by_id[track]
        return bool(tracks)

    def forget(self, participant: ParticipantId) -> bool:
        """He has left, and his mutes with him."""
        self._muted -= {(participant, kind) for kind in Kind}
        return self.withdraw(participant)

    def mute(self, participant: ParticipantId, kind: Kind, muted: bool) -> bool:
        """Mark what he sends of this kind, now and later; False when it is so already."""
        if ((participant, kind) in self._muted) is muted:
            return False
        (self._muted.add if muted else self._muted.discard)((participant, kind))
        self.publish(participant, self.of(participant))
        return True

    def muted(self, participant: ParticipantId) -> list[Kind]:
        """The kinds he has muted."""
        return [kind for kind in Kind if (participant, kind) in self._muted]

    def of(self, participant: ParticipantId) -> tuple[Track, ...]:
        """What he sends."""
        return tuple(self._published.get(participant, {}).values())

    def find(self, track: TrackId) -> Track | None:
        """A track by its name."""
        return self._by_id.get(track)

    def wanted(self, participant: ParticipantId) -> tuple[TrackId, ...]:
        """What he should be sent: every track of the others."""
        return tuple(
            track for track, held in self._by_id.items() if held.participant != participant
        )

    def _as_muted(self, track: Track) -> Track:
        return replace(track, muted=(track.participant, track.kind) in self._muted)


class Subscription:
    """A subscriber leg: what was asked for on it, and the offer that waits for its answer.

    One that is `early` is asked for although there is nothing to carry yet, so that it connects.
    """

    def __init__(
        self, leg: LegId, serial: int = 0, asked: Iterable[TrackId] = (), *, early: bool = False
    ) -> None:
        self.leg = leg
        self.serial = serial
        self.waiting = False
        self._asking = False
        self._asked = None if early else frozenset(asked)

    def ask(self, wanted: tuple[TrackId, ...]) -> bool:
        """Whether to ask the engine now; True at most once until it has said what came of it."""
        if self.waiting or self._asking or self._asked == frozenset(wanted):
            return False
        self._asking, self._asked = True, frozenset(wanted)
        return True

    def offered(self, serial: int | None) -> None:
        """The engine made an offer (or None: it had said so already)."""
        self._asking = False
        if serial is not None:
            self.serial, self.waiting = serial, True

    def answers(self, serial: int) -> bool:
        """Whether this is the answer to the open offer; it is closed then."""
        if not self.waiting or serial != self.serial:
            return False
        self.waiting = False
        return True


def with_sources(
    tracks: Iterable[Track], offer: str, sources: Mapping[str, str]
) -> tuple[Track, ...]:
    """The tracks of an answer, named by what the offer said of its m-lines, in their order."""
    said: dict[Kind, Iterator[str | None]] = {
        kind: iter([sources.get(mid) for of, mid in sending_lines(offer) if of == kind])
        for kind in Kind
    }
    named = ((track, next(said[track.kind], None)) for track in tracks)
    return tuple(replace(track, source=source) if source else track for track, source in named)


def sending_lines(offer: str) -> list[tuple[str, str]]:
    """(kind, mid) of every m-line of an SDP that sends."""
    lines = []
    for section in offer.replace("\r", "").split("\nm=")[1:]:
        kind, _, _ = section.partition(" ")
        attributes = section.split("\n")
        mid = next((line[6:] for line in attributes if line.startswith("a=mid:")), "")
        if "a=recvonly" not in attributes and "a=inactive" not in attributes:
            lines.append((kind, mid))
    return lines
