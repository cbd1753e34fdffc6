"""What the service's clock says, as one endpoint may know it: the offset between two clocks.

A question that left at `sent` and was answered at `heard`, both by our own clock, was read by the
service somewhere between: its clock was then ahead of ours by no less than `at - heard` and no more
than `at - sent`. Every answer allows such an interval, which grows with its age, for no clock runs
true; what all of them allow is narrower than any of them. On a line that trembles the
quickest question and the quickest answer need not have been the same exchange. Seconds everywhere.
"""

from dataclasses import dataclass

KEPT = 96
OLDEST = 300.0
DRIFT = 200e-6  # two crystals and an NTP daemon that slews
FIRST, FIRST_EVERY = 8, 0.25
EVERY, EVERY_ARMED = 10.0, 0.25
ARMED_FOR = 30.0  # seconds before its instant that a cue is worth asking for more often


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One exchange: our clock when it began and ended, the service's in between."""

    sent: float
    heard: float
    at: float

    @property
    def took(self) -> float:
        """The round trip."""
        return self.heard - self.sent

    def allows(self, now: float) -> tuple[float, float]:
        """The least and the greatest offset there may be by now."""
        worn = DRIFT * max(0.0, now - self.sent)
        return self.at - self.heard - worn, self.at - self.sent + worn


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The service's clock minus ours, and by how much that may be wrong at most."""

    offset: float
    error: float


class OffsetClock:
    """The answers so far; of our own clock it is told each time."""

    def __init__(self) -> None:
        self._answers: list[Answer] = []
        self._stale = False

    def hear(self, answer: Answer) -> None:
        """One more answer; one that ended before it began is none."""
        if answer.took < 0:
            return
        if self._stale:
            self._answers, self._stale = [], False
        self._answers = [*self._answers[1 - KEPT :], answer]
        while not self._agree(answer.heard):
            self._answers.pop(0)

    def restart(self) -> None:
        """The service is another one: what was known holds until it answers."""
        self._stale = True

    def read(self, now: float) -> Reading | None:
        """What is known by now; None before the first answer."""
        if not self._answers:
            return None
        low, high = self._within(now)
        return Reading(offset=(low + high) / 2, error=(high - low) / 2)

    def worst_trip(self) -> float:
        """The longest round trip of late, with which the next message must be reckoned."""
        return max((answer.took for answer in self._answers), default=0.0)

    def _agree(self, now: float) -> bool:
        low, high = self._within(now)
        return low <= high

    def _within(self, now: float) -> tuple[float, float]:
        """What the recent answers allow together; the newest always counts."""
        newest = self._answers[-1]
        recent = [one for one in self._answers if now - one.heard <= OLDEST] or [newest]
        allowed = [one.allows(now) for one in recent]
        return max(low for low, _ in allowed), min(high for _, high in allowed)


def wait(asked: int, armed: bool) -> float:
    """After so many questions on this line, how long until the next."""
    if asked < FIRST:
        return FIRST_EVERY
    return EVERY_ARMED if armed else EVERY
