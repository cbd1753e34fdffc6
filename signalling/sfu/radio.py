"""What an uplink loses by itself, whatever is sent on it; such a loss says nothing of its rate.

A browser's estimate takes every loss for a full line and sends ever less, to no avail on a radio
link that loses one packet in five. A full line is told apart by its queue, which delays: each
packet tells when it left (abs-send-time: 24 bits, seconds in units of 2^-18). What is lost while no
queue stands, in three of four of the last seconds, is the radio's own; so much is forgiven, and
what exceeds it is told. A queue explains losses, and never that there are none: a second with much
fewer than the radio's own speaks against it, whether a queue stood or not.
"""

from collections import deque
from math import inf

UNITS, TURN = 1 << 18, 1 << 24
# A queue this long may drop packets; the soonest arrival is looked for over so many seconds, since
# two clocks drift apart.
STANDS, LOOKS_BACK = 0.06, 20
# Seconds with at least so many packets are learned from; of the last so many the lower quartile
# counts.
SECOND, FEWEST_PACKETS, FEWEST_SECONDS, SECONDS = 1.0, 20, 2, 10
# Less is not worth the doubt, more no line that one speaks over.
LEAST, MOST = 0.03, 0.3
# A link that loses so much is rough, until it loses less than half of that: of a picture of many
# packets some are always missing.
ROUGH, MUCH_LESS = 0.1, 0.5
# Losses come in bursts: what was not needed is kept for so many.
SAVED = 8.0


class Radio:
    """The own loss of one uplink; `share` 0..1, 0 until it is known, `rough` when it is large."""

    __slots__ = (
        "_all",
        "_base",
        "_expected",
        "_late",
        "_lost",
        "_missing",
        "_saved",
        "_second",
        "_shares",
        "_soonest",
        "rough",
        "share",
    )

    def __init__(self) -> None:
        self.share = 0.0
        self.rough = False
        self._base: tuple[int, float] | None = None
        # How much later than the first packet they came since this was last asked, at least.
        self._late: float | None = None
        self._soonest: deque[float] = deque([inf], maxlen=LOOKS_BACK)
        self._shares: deque[float] = deque(maxlen=SECONDS)
        self._second = 0.0
        self._expected = self._lost = 0
        # The same with what came, or did not, while a queue stood.
        self._all = self._missing = 0
        self._saved = 0.0

    def left(self, stamp: int, now: float) -> None:
        """A packet came that left at this time."""
        base = self._base
        if base is None:
            base = stamp, now
        gone = ((stamp - base[0] + TURN // 2) % TURN - TURN // 2) / UNITS
        late = now - base[1] - gone
        # The base moves on, so that it is never half a turn away.
        self._base = stamp, now - late
        self._late = late if self._late is None else min(self._late, late)

    def forgive(self, expected: int, lost: int, now: float) -> int:
        """How many of the `lost` are the radio's own, of so many packets that should have come
        since this was last asked."""
        late, self._late = self._late, None
        clear = late is not None and late - min(self._soonest) <= STANDS
        if now - self._second >= SECOND:
            self._turn(now)
        if late is not None:
            self._soonest[-1] = min(self._soonest[-1], late)
        self._all += expected
        self._missing += lost
        if not clear:
            self._saved = 0.0
            return 0
        self._expected += expected
        self._lost += lost
        self._saved = min(self._saved + self.share * expected, max(SAVED, self.share * expected))
        forgiven = min(lost, int(self._saved))
        self._saved -= forgiven
        return forgiven

    def _turn(self, now: float) -> None:
        self._second = now
        self._soonest.append(inf)
        if self._expected >= FEWEST_PACKETS:
            self._learn(self._lost / self._expected)
        elif self._all >= FEWEST_PACKETS and self._missing < MUCH_LESS * self.share * self._all:
            self._learn(self._missing / self._all)
        self._expected = self._lost = self._all = self._missing = 0

    def _learn(self, lost: float) -> None:
        self._shares.append(lost)
        # A full line empties now and then, a radio never stops losing.
        own = sorted(self._shares)[len(self._shares) // 4]
        known = len(self._shares) >= FEWEST_SECONDS and own >= LEAST
        self.share = min(own, MOST) if known else 0.0
        self.rough = self.share >= (ROUGH * MUCH_LESS if self.rough else ROUGH)
