"""How often the pictures of a layer come, and which layers are therefore not worth having.

A sender whose line gets thin starves his upper layers: they stop, or go on with two or three
pictures a second, while a lower one moves. Times are seconds, rates pictures a second.
"""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

KEPT, WINDOW = 12, 1.5
# Without a picture for so long, and for so many of its usual intervals, a layer has stopped.
SILENT, INTERVALS, SLOWEST = 0.5, 4, 2.0
# So slow a layer is worth nothing where a lower one gives so much more.
SLOW, FASTER = 5.0, 1.5
# A layer that starved is left alone for so long, each time twice as long, unless it did well.
REST, LONGEST, DID_WELL = 4.0, 32.0, 30.0


class Pace:
    """Of one layer: when its last pictures came."""

    __slots__ = ("_times",)

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=KEPT)

    def shown(self, now: float) -> None:
        """A picture begins."""
        self._times.append(now)

    @property
    def patience(self) -> float:
        """How long it may say nothing."""
        times = self._times
        if len(times) < 2:
            return SLOWEST
        mean = (times[-1] - times[0]) / (len(times) - 1)
        return min(max(SILENT, INTERVALS * mean), SLOWEST)

    def rate(self, now: float) -> float:
        """Pictures a second, of late."""
        times = self._times
        since = now - WINDOW
        if len(times) == KEPT and times[0] > since:
            return KEPT / (now - times[0]) if now > times[0] else 0.0
        return sum(at > since for at in times) / WINDOW


class Seen(NamedTuple):
    """A layer now: whether it is asked for, whether pictures come, how many, and since when."""

    asked: bool
    alive: bool
    rate: float
    since: float


class Rests:
    """The layers of one picture, low to high: which are to be left alone for a while."""

    __slots__ = ("_flows", "_pause", "_until")

    def __init__(self, layers: int, now: float) -> None:
        # Since when it has been coming as it should.
        self._flows: list[float | None] = [None] * layers
        self._pause = [REST] * layers
        self._until = [now] * layers

    def look(self, seen: Sequence[Seen], now: float) -> set[int]:
        """The layers that are not to be chosen now."""
        best = 0.0
        resting = set()
        for layer, one in enumerate(seen):
            if layer and self._starves(layer, one, best, now):
                self._until[layer] = now + self._pause[layer]
                self._pause[layer] = min(2 * self._pause[layer], LONGEST)
            if now < self._until[layer]:
                resting.add(layer)
            elif one.alive:
                best = max(best, one.rate)
        return resting

    def _starves(self, layer: int, one: Seen, best: float, now: float) -> bool:
        if now < self._until[layer]:
            return False
        if one.asked and one.alive:
            if one.rate >= SLOW or best <= FASTER * one.rate:
                self._flow(layer, now)
                return False
            starves = now - one.since >= WINDOW
        else:
            # What has not come yet may still come; where nothing lower comes, nothing is better.
            starves = one.asked and best > 0 and self._flows[layer] is not None
        if starves or not one.alive or not one.asked:
            self._flows[layer] = None
        return starves

    def _flow(self, layer: int, now: float) -> None:
        since = self._flows[layer]
        if since is None:
            self._flows[layer] = now
        elif now - since > DID_WELL:
            self._pause[layer] = REST
