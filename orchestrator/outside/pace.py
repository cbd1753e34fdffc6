"""When to look again: at a steady pace while all goes well, ever more slowly while it does not."""

from dataclasses import dataclass
from datetime import timedelta

FIRST = timedelta(seconds=5)
LONGEST = timedelta(minutes=10)


@dataclass(slots=True)
class Pace:
    """One thing that is looked at. It is never given up."""

    usual: timedelta
    failures: int = 0

    def went_well(self) -> None:
        """Back to the steady pace."""
        self.failures = 0

    def went_wrong(self) -> None:
        """Once more."""
        self.failures += 1

    def wait(self, dice: float) -> timedelta:
        """Until the next look; `dice`, from 0 to 1, keeps many of them from looking at once."""
        if not self.failures:
            return self.usual * (0.9 + 0.2 * dice)
        longest = max(LONGEST, self.usual)
        slower = min(FIRST * 2.0 ** min(self.failures - 1, 20), longest)
        return slower * (0.75 + 0.25 * dice)
