"""When a frame belongs in its file: by the clock of its sender, held to the clock of the wall."""

# A sender's clock that is so far from the wall's has begun anew, or ran while nothing came.
APART = 1.0


class Timeline:
    """Of one file. Times are milliseconds since its first frame, and never go back."""

    def __init__(self, began: float) -> None:
        self.began = began
        self._stamp = 0
        self._at: float | None = None
        self.last = -1

    def afresh(self) -> None:
        """The sender counts from elsewhere from now on."""
        self._at = None

    def place(self, timestamp: int, rate: int, arrived: float) -> int:
        """The time of a frame: `timestamp` in ticks of `rate`, `arrived` in seconds of the wall."""
        wall = arrived - self.began
        at = wall if self._at is None else self._at + (timestamp - self._stamp) / rate
        if self._at is None or abs(at - wall) > APART:
            self._stamp, self._at, at = timestamp, wall, wall
        self.last = max(self.last + 1, round(at * 1000))
        return self.last
