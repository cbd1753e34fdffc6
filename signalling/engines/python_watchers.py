"""One subscriber as the control sees him: what he says of his line, and what he is sent."""

from collections.abc import Mapping
from math import exp, floor, log

from rooms.ids import TrackId
from signalling.engine import Choice, Why
from signalling.engines.python_seats import Seat
from signalling.engines.python_subscriber import SubscriberLeg
from signalling.engines.python_tracks import Published
from signalling.sfu.allocate import SPARE, Allocation, Arrangement, Ladder, Page
from signalling.sfu.estimate import LITTLE_LOSS, Estimate
from signalling.sfu.forward import ROOM, Line
from signalling.sfu.outlet import ALL_TEMPORAL
from signalling.sfu.probe import Outcome, Prober, Situation
from signalling.sfu.reports import Meter
from signalling.sfu.trial import Trial

# What the sound of one who speaks takes, and with each packet repeated once (RED); so many speak
# at once.
SOUND_KBPS, REPEATED_KBPS, SPEAKING_AT_ONCE = 45.0, 80.0, 2
REPORT_EVERY, FEWEST_PACKETS = 0.9, 20
# What went through on trial is kept.
SETTLED = 1.05
# A layer may begin with what his line takes in so long.
ROOM_SECONDS = 0.25
# Steps of 3 % in which a line is looked at.
GRAIN = 34
# By how much an estimate may grow before a shared line is shared anew.
PROVABLE = 1.5

Sent = tuple[TrackId, int | None, int, Why]


def _sound(line: Line) -> float:
    """What a sound takes on this line, in kbit/s."""
    redundant = bool(line.red_type)
    return (REPEATED_KBPS if redundant else SOUND_KBPS) * line.twins.times(redundant=redundant)


class Watcher:
    """Of one subscriber leg. `share` is his part of a line he shares with others, None: alone."""

    def __init__(self, leg: SubscriberLeg, seat: Seat, now: float) -> None:
        self.leg = leg
        self.seat = seat
        self.share: float | None = None
        self.sound = 0.0
        self.allocation = Allocation(choices=(), kbps=0.0, ideal=0.0, following=None)
        # Set when lines, tracks or wishes have changed: everything is looked at again.
        self.stale = True
        self.told: tuple[Sent, ...] | None = None
        # Set while what was chosen has not been said, because he is not connected yet.
        self.unsaid = False
        known = seat.budget.down_kbps if seat.budget is not None else None
        self.estimate = Estimate(now, known)
        self.prober = Prober(now)
        self._trial = Trial(now)
        self._sent, self._carried, self._padded = Meter(), Meter(), Meter()
        self._padding = 0
        self._ladders: dict[TrackId, Ladder] = {}
        self._arrangement = Arrangement((), Page())
        self.ideal = 0.0
        self._held: dict[TrackId, Choice] = {}
        self._basis: tuple[object, ...] = ()
        self._reported = False
        self._read = now
        self._nacked = self._packets = 0
        # Since the last that was enough to judge by: packets, and how many of them were lost.
        self._weighed, self._lost = 0, 0.0
        leg.heard = self

    # -- what he says

    def remb(self, bps: int, now: float) -> None:
        """His browser's estimate."""
        self.estimate.remb(bps / 1000, now)

    def reported(self, fraction: float, rtt: float | None, now: float) -> None:
        """A report came; its loss is read off the lines, weighed by what they carry."""
        self._reported = True
        if rtt is not None:
            self.estimate.answered(rtt, now)
        for place in self.leg.places:
            if not place.line.video:
                twins, before = place.line.twins, place.line.twins.copies
                twins.reported(fraction, now, full=self.estimate.full)
                # What is said more than once is set aside for it.
                self.stale |= twins.copies != before

    def nacked(self, count: int, now: float) -> None:
        """So many packets are asked for again."""
        self._nacked += count

    def _read_reports(self, now: float) -> None:
        if not self._reported or now - self._read < REPORT_EVERY:
            return
        self._reported, self._read = False, now
        for place in self.leg.places:
            packets, lost = place.line.echo.take()
            self._weighed += packets
            self._lost += lost
        if self._weighed >= FEWEST_PACKETS:
            self._judge()

    def _judge(self) -> None:
        packets = self.leg.counts["packets"]
        asked = self._nacked / max(1, packets - self._packets)
        self.estimate.reported(self._lost / self._weighed, min(asked, 1.0))
        self._packets, self._nacked = packets, 0
        self._weighed, self._lost = 0, 0.0

    # -- what he is sent

    def listen(self, now: float) -> None:
        """Bring the estimate up to date."""
        self._read_reports(now)
        octets = sum(place.line.octets for place in self.leg.places)
        carried = self._carried.kbps(octets, now)
        self.estimate.tick(self._sent.kbps(self.leg.octets, now), self.leg.rtt, now, carried)

    def look(self, published: Mapping[TrackId, Published], pictures: int) -> None:
        """Take up what has changed: the tracks that are placed on this leg, and his page."""
        if not self.stale:
            return
        placed = [place for place in self.leg.places if place.track is not None]
        stand = [place for place in placed if place.line.layers is not None]  # not off the air
        shown = (published.get(p.track.id) for p in stand if p.track and p.line.video)
        self._ladders = {one.track.id: one.ladder for one in shown if one is not None}
        sounds = [_sound(place.line) for place in placed if not place.line.video]
        self.sound = sum(sounds[:SPEAKING_AT_ONCE])
        page = Page(wishes=self.seat.wishes, mode=self.seat.mode, pictures=pictures)
        self._arrangement = Arrangement(list(self._ladders.values()), page)
        self.ideal = self._arrangement.ideal

    @property
    def wants(self) -> float:
        """What he would take of a line he shares with others, beside the sound; no more than his
        own line might prove to carry."""
        most = max(self.estimate.kbps * PROVABLE - self.sound, 0.0)
        return min(self.ideal * SPARE, most)

    def allocate(self) -> bool:
        """Choose; whether anything has changed that people are told of."""
        kbps, why = self.estimate.kbps, Why.LINE
        if self.share is not None and self.share < kbps:
            kbps, why = self.share, Why.CENTRE
        # Small movements of a line change nothing.
        kbps = self._trial.kbps or exp(floor(log(kbps) * GRAIN) / GRAIN)
        basis = (kbps, why)
        if basis == self._basis and not self.stale:
            return False
        self._basis = basis
        before = self.allocation
        self.allocation = self._arrangement.fill(max(kbps - self.sound, 0.0), why, self._held)
        if not self.stale and self.allocation.choices == before.choices:
            return False
        self.stale = False
        self._choose()
        told = tuple((c.track, c.layer, c.temporal, c.why) for c in self.allocation.choices)
        changed, self.told = told != self.told, told
        return changed

    def _choose(self) -> None:
        self._held = {choice.track: choice for choice in self.allocation.choices}
        for place in self.leg.places:
            choice = self._held.get(place.track.id) if place.track is not None else None
            ladder = self._ladders[choice.track] if choice is not None else None
            if choice is None or ladder is None or not ladder.steps:
                # A sound, or a picture that is muted: it goes on as it was, when it does.
                continue
            place.line.choose(
                choice.layer,
                ALL_TEMPORAL if ladder.whole(choice) else choice.temporal,
                smooth=choice.why not in (Why.LINE, Why.CENTRE),
                room=min(int(self.estimate.kbps * ROOM_SECONDS * 125), ROOM),
            )

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Of every picture that is placed."""
        return self.allocation.choices

    # -- whether his line carries more

    def probe(self, now: float) -> None:
        """Try for more, where there is more to be had: padding, or a picture on trial."""
        following = self.allocation.following
        if self.share is not None and self.share <= self.estimate.kbps:
            following = None
        wanted = None if following is None else following + self.sound
        calm = not self.estimate.held(now)
        pads = any(place.line.pads for place in self.leg.places)
        on_trial = wanted if self._is_blind(pads) else None
        # Who sees nobody waits less after a fall: mostly it was an accident.
        clear = not self.allocation.kbps and (self.estimate.amiss or 0.0) <= LITTLE_LOSS
        tries = clear or self._trial.kbps is not None
        may = calm or (tries and self.estimate.settled(now, self.leg.rtt))
        if self._trial.tick(on_trial, calm=may, now=now):
            through = max(self.sound + self.allocation.kbps, self._sent.kbps(self.leg.octets, now))
            self.estimate.proved(through * SETTLED, now)
        if self.prober.goal is not None or (wanted is not None and pads):
            best = self.sound + self.ideal * SPARE
            self._pad(best if wanted is not None else None, pads, calm, now)

    def _is_blind(self, pads: bool) -> bool:
        """Whether no padding can tell: no picture runs, or he takes no RTX."""
        if not self.allocation.kbps:
            return True
        return not pads and any(p.line.video and p.line.packets for p in self.leg.places)

    def _pad(self, wanted: float | None, pads: bool, calm: bool, now: float) -> None:
        sent = self._sent.kbps(self.leg.octets, now)
        octets, outcome = self.prober.tick(
            Situation(
                now=now,
                wanted=wanted,
                estimate=self.estimate.kbps,
                sent=sent,
                media=max(0.0, sent - self._padded.kbps(self._padding, now)),
                rtt=self.leg.rtt,
                amiss=self.estimate.amiss,
                calm=calm,
                pictures=pads,
                complains=self.estimate.complains,
            )
        )
        if octets:
            self._padding += self.leg.pad(octets, now)
        if outcome is Outcome.PROVED:
            self.estimate.proved(min(self.prober.reached, wanted or 0.0), now)
        elif outcome is Outcome.FAILED:
            self.estimate.failed(now)
