"""What publishers should send: the layers somebody needs, within what their line carries upward.

A layer is asked for at once and given up five seconds after the last who needed it. The lowest is
kept while anything of the track is needed, so that a line that collapses finds it there.
The uplink of a centre is shared by its publishers: their sound first, then the pictures.
Rates are kbit/s, times seconds.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from signalling.sfu.allocate import shares

OFF_AFTER = 5.0
# A layer that was asked for and did not come by then is not to be had.
PATIENCE = 4.0
# Of an uplink, for our packets; the rest is repeats, reports and other people's mail.
USABLE = 0.85
# A picture of 180 lines moves at 5 frames a second with this.
LEAST_PICTURE = 60.0

# The smallest layer of a camera and no other: about one packet for each picture.
SMALL_PICTURE = 200.0


class Watched:
    """One published track of `layers` layers. They are taken for needed when it begins."""

    __slots__ = ("_asked", "_came", "_needed")

    def __init__(self, layers: int, now: float) -> None:
        self._needed = [now] * layers
        self._asked = [now] * layers
        self._came = [False] * layers

    def need(self, layers: Collection[int], alive: Collection[int], now: float) -> None:
        """Somebody is, or would be, sent these; those in `alive` arrive."""
        for layer in alive:
            self._came[layer] = True
        for layer in {0, *layers} if layers else ():
            if not self._is_on(layer, now):
                self._asked[layer] = now
                self._came[layer] = layer in alive
            self._needed[layer] = now
        for layer, came in enumerate(self._came):
            # Whoever cannot send it now goes on being asked: it may come back.
            if layers and not came and self._is_on(layer, now):
                self._needed[layer] = now

    def _is_on(self, layer: int, now: float) -> bool:
        return now - self._needed[layer] < OFF_AFTER

    def on(self, now: float) -> tuple[int, ...]:
        """The layers to send, low to high; none when nobody looks."""
        return tuple(layer for layer in range(len(self._needed)) if self._is_on(layer, now))

    def awaited(self, layer: int, now: float) -> bool:
        """Whether it may come though it is not there: nobody asked for it, or only just."""
        return not self._is_on(layer, now) or now - self._asked[layer] < PATIENCE

    def gone(self, layer: int, now: float) -> None:
        """It stopped though it is asked for: waited for once more, then not counted on."""
        if self._came[layer] and self._is_on(layer, now):
            self._came[layer] = False
            self._asked[layer] = now


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A published picture that somebody looks at: what each of its layers takes, low to high."""

    kbps: tuple[float, ...]
    screen: bool = False
    rank: int = 0


def uplink(total: float, sound: float, pictures: Sequence[Picture]) -> list[float]:
    """What each picture may take of a line that carries `total` upward beside `sound`.

    Screens come first, then who spoke last. 0: there is no room for it at all.
    """
    left = total * USABLE - sound
    order = sorted(
        range(len(pictures)), key=lambda n: (not pictures[n].screen, pictures[n].rank, n)
    )
    admitted = order[: max(0, int(left // LEAST_PICTURE))]
    wanted = [max(sum(pictures[n].kbps) - LEAST_PICTURE, 0.0) for n in admitted]
    more = shares(left - LEAST_PICTURE * len(admitted), wanted)
    parts = [0.0] * len(pictures)
    for at, part in zip(admitted, more, strict=True):
        parts[at] = LEAST_PICTURE + part
    return parts


def highest(kbps: Sequence[float], part: float) -> int | None:
    """The best layer that fits into this part beside the lowest; None: not even that."""
    if part < LEAST_PICTURE:
        return None
    fitting = [n for n in range(1, len(kbps)) if kbps[0] + kbps[n] <= part]
    return max(fitting, default=0)
