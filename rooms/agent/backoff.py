"""How long to wait before dialling again: twice as long each time, a random part of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST, LONGEST = 0.5, 30.0
GOOD = timedelta(minutes=1)


@dataclass(slots=True)
class Backoff:
    """`chance` is a random number from 0 to 1: a whole network of rooms does not dial at once."""

    _next: float = FIRST
    _since: datetime | None = None

    def connected(self, now: datetime) -> None:
        """The line stands."""
        self._since = now

    def wait(self, now: datetime, chance: float) -> float:
        """Seconds to wait now; short again after a line that was good for a minute."""
        if self._since is not None and now - self._since >= GOOD:
            self._next = FIRST
        self._since = None
        whole = self._next
        self._next = min(LONGEST, whole * 2)
        return whole * (0.5 + chance / 2)
