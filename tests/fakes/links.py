"""A bad line as a model: what becomes of each packet. Pure: time is an argument, chance is seeded.

A packet is lost by chance (in bursts, as netem's `gemodel` does it: a chain that moves with each
packet), dropped by a full queue, or arrives: after those before it have left at the line's rate,
and after the delay with its jitter. Packets keep their order.
"""

import random
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One direction. Without a rate there is no limit and no queue.

    `burst` is how many packets are lost in a row on average; 1: each by a chance of its own.
    """

    kbps: float = 0.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    loss: float = 0.0
    burst: float = 1.0
    queue_ms: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What lies between a site and the service; `up` leaves the site."""

    up: Way
    down: Way


def line(down_kbps: float, up_kbps: float, rtt_ms: float, **both: float) -> Line:
    """A line by its rates and its round trip; what else is named holds both ways."""
    way = replace(Way(delay_ms=rtt_ms / 2), **both)
    return Line(up=replace(way, kbps=up_kbps), down=replace(way, kbps=down_kbps))


LINES = {
    "good": line(0, 0, 2),
    "adsl-8-1": line(8_000, 1_000, 40),
    "adsl-2-0.4": line(2_000, 400, 40),
    "down-0.3": line(300, 1_000, 40),
    "satellite": line(20_000, 2_000, 600, loss=0.01),
    "wifi-5": line(20_000, 20_000, 10, jitter_ms=3, loss=0.05, burst=2),
    "wifi-20": line(20_000, 20_000, 10, jitter_ms=3, loss=0.20, burst=2),
    "outage": line(8_000, 1_000, 40),
}


@dataclass(slots=True)
class Fate:
    """What became of the packets of one way so far."""

    packets: int = 0
    octets: int = 0  # of those that arrive
    lost: int = 0
    dropped: int = 0  # by the full queue
    cut: int = 0  # while the line was cut

    def told(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Carrier:
    """Carries the packets of one way; `way` and `cut` may be changed at any time."""

    way: Way
    seed: int = 1
    cut: bool = False
    fate: Fate = field(default_factory=Fate)
    _bad: bool = False
    _free_at: float = 0.0
    _last: float = 0.0
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def carry(self, octets: int, now: float) -> float | None:
        """When a packet that enters now comes out; None when it never does. Seconds."""
        fate = self.fate
        fate.packets += 1
        if self.cut:
            fate.cut += 1
            return None
        left = self._leaves(octets, now)
        if left is None:
            fate.dropped += 1
            return None
        if self._is_lost():  # behind the queue: it has used the line
            fate.lost += 1
            return None
        fate.octets += octets
        self._last = max(self._last, left + self._delay())
        return self._last

    def _leaves(self, octets: int, now: float) -> float | None:
        way = self.way
        if not way.kbps:
            return now
        begins = max(now, self._free_at)
        if begins - now > way.queue_ms / 1000:
            return None
        self._free_at = begins + octets * 8 / (way.kbps * 1000)
        return self._free_at

    def _is_lost(self) -> bool:
        way, chance = self.way, self._chance.random()
        if not way.loss or way.burst * (1 - way.loss) <= 1:
            return chance < way.loss
        leaves = 1 / way.burst
        enters = way.loss * leaves / (1 - way.loss)
        self._bad = chance >= leaves if self._bad else chance < enters
        return self._bad

    def _delay(self) -> float:
        way = self.way
        jitter = abs(self._chance.gauss(0, way.jitter_ms)) if way.jitter_ms else 0.0
        return (way.delay_ms + jitter) / 1000
