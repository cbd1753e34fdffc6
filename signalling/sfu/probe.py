"""Finding out whether a line carries more: padding, sent for a while beside the pictures.

A browser's estimate follows what it receives, so nobody knows of room that is never used. Before a
better picture is sent, the difference is sent as RTX padding, which nobody misses when it is lost.
It grows over the first half of the probe, so that a line that is full shows it early. Times are
stretched by the round trip: the answer of a satellite comes later than another's whole probe.
Rates are kbit/s, times seconds.
"""

from dataclasses import dataclass
from enum import Enum

SHORTEST, SETTLE = 1.6, 1.3
# Between probes: after one that went through, and after the first that did not; then doubled.
AGAIN, BACK_OFF, LONGEST = 3.0, 10.0, 160.0
# How far one probe goes beyond what is known, half as far after each that failed.
STRIDE, AT_LEAST, NEAREST = 0.6, 250.0, 80.0
# So little is not worth padding.
LITTLE = 20.0
MARGIN = 1.05
LITTLE_LOSS, TOO_MUCH_LOSS = 0.03, 0.06
MOST_A_TICK = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Of a leg at one instant.

    `wanted` is the rate at which it could send something better (None: there is nothing better),
    `estimate` what its line is thought to carry, `sent` what it sends, padding included, `media`
    the same without. `amiss` is the loss it causes (None: not known yet), `calm` that nothing was
    lowered lately, `complains` that he says he gets less than is sent, `pictures` that a picture
    runs beside the sound.
    """

    now: float
    wanted: float | None
    estimate: float
    sent: float
    media: float
    rtt: float | None
    amiss: float | None
    calm: bool
    pictures: bool
    complains: bool = False


class Outcome(Enum):
    """How a probe ended."""

    PROVED = "proved"
    FAILED = "failed"


class Prober:
    """Of one leg. `goal` is the rate that is being tried, None between probes.

    `reached` is the rate that the present probe, or the last one, came to.
    """

    __slots__ = ("_began", "_ends", "_judged", "_next", "_pause", "_ticked", "goal", "reached")

    def __init__(self, now: float) -> None:
        self.goal: float | None = None
        self.reached = 0.0
        self._began = self._ends = self._judged = now
        self._next = now + AGAIN
        self._ticked = now
        self._pause = BACK_OFF

    def tick(self, at: Situation) -> tuple[int, Outcome | None]:
        """Octets of padding to send now, and how a probe ended, if one did."""
        since, self._ticked = at.now - self._ticked, at.now
        if self.goal is None:
            if not self._may(at):
                return 0, None
            self._begin(at)
        if at.complains:
            # A busy computer complains too: this is no reason to try less often.
            self._end(at, self._pause)
            return 0, Outcome.FAILED
        if not at.calm or (at.amiss or 0.0) > TOO_MUCH_LOSS:
            return 0, self._failed(at)
        self.reached = max(self.reached, at.sent)
        if at.now >= self._judged:
            return 0, self._judge(at)
        if at.now >= self._ends:
            return 0, None
        if not at.pictures:
            self._end(at, AGAIN)
            return 0, None
        return self._padding(at, since), None

    def _may(self, at: Situation) -> bool:
        return (
            at.now >= self._next
            and at.calm
            and not at.complains
            and at.pictures
            and at.wanted is not None
            and at.wanted > at.estimate
            and at.amiss is not None
            and at.amiss <= LITTLE_LOSS
        )

    def _begin(self, at: Situation) -> None:
        wanted = (at.wanted or 0.0) * MARGIN
        stride = max(at.estimate * STRIDE, AT_LEAST) * BACK_OFF / self._pause
        rtt = at.rtt or 0.0
        self.goal = min(wanted, at.estimate + max(stride, NEAREST))
        self.reached = 0.0
        self._began = at.now
        self._ends = at.now + SHORTEST + rtt
        # What the last of it met is told a round trip later, with the next report.
        self._judged = self._ends + SETTLE + rtt

    def _padding(self, at: Situation, since: float) -> int:
        half = (self._ends - self._began) / 2
        share = min(1.0, (at.now - self._began) / half)
        more = ((self.goal or 0.0) - at.media) * share
        octets = int(more * 125 * min(since, 0.5))
        return min(octets, MOST_A_TICK) if more > LITTLE else 0

    def _judge(self, at: Situation) -> Outcome | None:
        if at.amiss is None or at.amiss > LITTLE_LOSS:
            return self._failed(at)
        if self.reached <= at.estimate:
            # The padding did not leave: this has shown nothing.
            self._end(at, self._pause)
            return None
        self._pause = BACK_OFF
        self._end(at, AGAIN)
        return Outcome.PROVED

    def _failed(self, at: Situation) -> Outcome:
        self._end(at, self._pause)
        self._pause = min(self._pause * 2, LONGEST)
        return Outcome.FAILED

    def _end(self, at: Situation, pause: float) -> None:
        self.goal = None
        self._next = at.now + pause + 4 * (at.rtt or 0.0)
