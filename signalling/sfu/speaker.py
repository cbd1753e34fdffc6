"""Who speaks: from the levels that travel with the sound (RFC 6464), never by decoding it.

A level is 0 (loudest) to 127 (silence), in -dBov. Browsers send no packets in silence (DTX), so
the time between two packets counts as silence too.
Loudness rises and falls over a few tenths of a second, so that a cough is nobody's turn; whoever
is dominant stays so until another has been louder for a while.
In a large session the loudest only are forwarded; nobody is cut off before he has been silent.
Times are seconds.
"""

from collections.abc import Callable, Container
from math import exp

from rooms.ids import ParticipantId, TrackId

# Softer than this is the room, not somebody who speaks.
SILENCE = 60
SPEAKING = 12.0
# Loudness follows within this time; a gap longer than a few packets is silence.
FOLLOWS, GAP = 0.3, 0.1
# Somebody who stops is named so long still, and is forwarded so long.
NAMED, KEPT = 1.5, 3.0
TURN, LOUDER, LOUDER_FOR = 0.6, 1.3, 1.5
# Between two words of a sentence there is less than this.
SENTENCE = 1.5
MOST_NAMED = 5
EVERY = 0.25


class Voice:
    """One microphone. `open` while it is forwarded, `spoke` when it was last heard to speak.

    `woken` is told when a voice that is not forwarded speaks.
    """

    __slots__ = (
        "_began",
        "_heard",
        "_loudness",
        "_woken",
        "knows",
        "open",
        "participant",
        "spoke",
        "track",
    )

    def __init__(
        self, track: TrackId, participant: ParticipantId, woken: Callable[["Voice", float], None]
    ) -> None:
        self.track = track
        self.participant = participant
        self.open = True
        self._woken = woken
        # Without levels nobody knows when he speaks: he is always forwarded.
        self.knows = False
        self.spoke = float("-inf")
        self._began = float("-inf")
        self._heard = float("-inf")
        self._loudness = 0.0

    def arrived(self, level: int, now: float) -> None:
        """A packet of this level came."""
        self.knows = True
        since = now - self._heard
        self._heard = now
        loud = SILENCE - level if level < SILENCE else 0
        if since > GAP:
            self._loudness *= exp(-min(since - GAP, 60.0) / FOLLOWS)
            since = GAP
        share = exp(-since / FOLLOWS)
        self._loudness = self._loudness * share + loud * (1 - share)
        if self._loudness >= SPEAKING:
            if now - self.spoke > TURN:
                self._began = now
            self.spoke = now
            if not self.open:
                self._woken(self, now)

    def loudness(self, now: float) -> float:
        """Of the last tenths of a second."""
        since = now - self._heard
        return self._loudness * exp(-min(since, 60.0) / FOLLOWS) if since > GAP else self._loudness

    def lasts(self, now: float) -> float:
        """For how long he has been speaking; 0 when he is not."""
        return now - self._began if now - self.spoke <= TURN else 0.0


class Speakers:
    """The voices of a session. `loudest` of them are forwarded, all while there are few.

    `gated` is told which microphone is forwarded from now on, or no longer.
    """

    def __init__(
        self,
        gated: Callable[[TrackId, bool], None],
        *,
        all_up_to: int = 12,
        loudest: int = 6,
    ) -> None:
        self.voices: dict[TrackId, Voice] = {}
        self.named: tuple[ParticipantId, ...] = ()
        self._gated = gated
        self._all_up_to = all_up_to
        self._loudest = loudest
        self._dominant: TrackId | None = None
        self._told = float("-inf")

    def add(self, track: TrackId, participant: ParticipantId) -> Voice:
        """A microphone; asking twice gives the same."""
        voice = self.voices.get(track)
        if voice is None:
            voice = self.voices[track] = Voice(track, participant, self._woken)
        return voice

    def keep(self, tracks: Container[TrackId]) -> None:
        """Forget the microphones that are not among these."""
        for track in [track for track in self.voices if track not in tracks]:
            del self.voices[track]

    # -- who is named

    def tick(self, now: float) -> tuple[ParticipantId, ...] | None:
        """Who speaks, dominant first, when that has changed; at most four times a second."""
        self._choose_dominant(now)
        if now - self._told < EVERY:
            return None
        lately = [
            (track != self._dominant, -voice.loudness(now), -voice.spoke, track)
            for track, voice in self.voices.items()
            if now - voice.spoke <= NAMED or track == self._dominant
        ]
        names = [self.voices[track].participant for *_, track in sorted(lately)]
        named = tuple(dict.fromkeys(names))[:MOST_NAMED]
        if _same(named, self.named):
            return None
        self.named, self._told = named, now
        return named

    def rank(self, participant: ParticipantId) -> int | None:
        """His place among those named, None when he is not."""
        return self.named.index(participant) if participant in self.named else None

    def _choose_dominant(self, now: float) -> None:
        voices = self.voices
        present = voices.get(self._dominant) if self._dominant is not None else None
        best, loudest = None, 0.0
        for track, voice in voices.items():
            if voice is not present and voice.lasts(now) >= TURN:
                loudness = voice.loudness(now)
                if loudness > loudest:
                    best, loudest = track, loudness
        if present is None:
            self._dominant = best
        elif best is not None:
            silent = now - present.spoke > TURN
            louder = loudest > LOUDER * present.loudness(now)
            if silent or (louder and voices[best].lasts(now) >= LOUDER_FOR):
                self._dominant = best

    # -- who is forwarded

    def gate(self, now: float) -> None:
        """Open all voices while they are few, else close those beyond the loudest that rest."""
        voices = list(self.voices.values())
        if len(voices) <= self._all_up_to:
            for voice in voices:
                self._set(voice, True)
            return
        resting = [v for v in voices if v.open and v.knows and now - v.spoke > KEPT]
        resting.sort(key=lambda voice: voice.spoke)
        excess = sum(voice.open and voice.knows for voice in voices) - self._loudest
        for voice in resting[: max(excess, 0)]:
            self._set(voice, False)

    def _woken(self, voice: Voice, now: float) -> None:
        """He speaks: he is forwarded from this packet on, where there is a place for him."""
        held = [one for one in self.voices.values() if one.open and one.knows]
        if len(held) >= self._loudest:
            longest = min(held, key=lambda one: one.spoke)
            if now - longest.spoke <= SENTENCE:
                return
            self._set(longest, False)
        self._set(voice, True)

    def _set(self, voice: Voice, is_open: bool) -> None:
        if voice.open is not is_open:
            voice.open = is_open
            self._gated(voice.track, is_open)


def _same(one: tuple[ParticipantId, ...], other: tuple[ParticipantId, ...]) -> bool:
    """The order of those after the dominant one is no news."""
    return one[:1] == other[:1] and set(one) == set(other)
