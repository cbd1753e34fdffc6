"""The sound of those who are heard, added up: 48,000 samples a second, one channel, 16 bits."""

from array import array
from collections.abc import Iterable
from itertools import repeat
from operator import add

RATE = 48_000
PRIMED, MOST, TRIMMED = RATE * 80 // 1000, RATE * 500 // 1000, RATE * 160 // 1000
LOUDEST, QUIETEST = 32_767, -32_768
WIDTH = 2  # bytes of a sample


class Mixer:
    """Keeps a little of each, so that what comes unevenly is heard evenly."""

    def __init__(self) -> None:
        self._waiting: dict[str, bytearray] = {}
        self._flowing: set[str] = set()

    def push(self, who: str, samples: bytes) -> None:
        """What came of one. Too much at once, as after a silence of the line, is shortened."""
        waiting = self._waiting.setdefault(who, bytearray())
        waiting += samples
        if len(waiting) > MOST * WIDTH:
            del waiting[: len(waiting) - TRIMMED * WIDTH]

    def pull(self, count: int, heard: Iterable[str]) -> bytes:
        """So many samples of those who are heard; nothing of the others is kept."""
        allowed = set(heard)
        for who in set(self._waiting) - allowed:
            del self._waiting[who]
        self._flowing &= allowed
        taken = [self._take(who, count) for who in sorted(self._waiting)]
        return summed([one for one in taken if one], count)

    def _take(self, who: str, count: int) -> bytes:
        waiting = self._waiting[who]
        if who not in self._flowing and len(waiting) < PRIMED * WIDTH:
            return b""
        self._flowing.add(who)
        taken = bytes(waiting[: count * WIDTH])
        del waiting[: count * WIDTH]
        if len(taken) < count * WIDTH:
            self._flowing.discard(who)
        return taken


def summed(sounds: list[bytes], count: int) -> bytes:
    """Some sounds at once, each as long as the longest is allowed to be; silence where none is."""
    whole = [one.ljust(count * WIDTH, b"\0") for one in sounds]
    if not whole:
        return bytes(count * WIDTH)
    total: Iterable[int] = array("h", whole[0])
    for one in whole[1:]:
        total = map(add, total, array("h", one))
    if len(whole) == 1:
        return whole[0]
    return array("h", map(max, map(min, total, repeat(LOUDEST)), repeat(QUIETEST))).tobytes()
