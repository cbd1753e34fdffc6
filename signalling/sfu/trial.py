"""Sending a better picture to see whether it gets through, where padding cannot tell.

When no picture runs there is nothing to pad beside, and some receivers take no RTX. Then the next
step is sent for a while; that may hurt, so it is tried seldom, and ever more seldom when it fails.
At the very beginning, when nothing speaks against the line, it is tried at once.
"""

LASTS = 8.0
AGAIN, BACK_OFF, LONGEST = 4.0, 15.0, 120.0


class Trial:
    """Of one leg. `kbps` is the rate that is being tried, None between trials."""

    __slots__ = ("_ends", "_next", "_pause", "kbps")

    def __init__(self, now: float) -> None:
        self.kbps: float | None = None
        self._next = self._ends = now
        self._pause = BACK_OFF

    def tick(self, wanted: float | None, *, calm: bool, now: float) -> bool:
        """Time passes. `wanted` is the rate worth trying (None: nothing, or a probe can tell),
        `calm` that nothing was lowered lately. True when a trial has just gone well."""
        if self.kbps is None:
            if wanted is not None and calm and now >= self._next:
                self.kbps, self._ends = wanted, now + LASTS
            return False
        if not calm:
            self._end(now + self._pause)
            self._pause = min(2 * self._pause, LONGEST)
            return False
        if now < self._ends:
            return False
        self._end(now + AGAIN)
        self._pause = BACK_OFF
        return True

    def _end(self, until: float) -> None:
        self.kbps = None
        self._next = until
