"""How many pictures a second a machine that is short of time still composes and encodes."""

from dataclasses import dataclass

RATES = (20, 14, 10, 6)
"""Each has a whole number of pictures in a part of the stream."""
MISSED, BUSY, EASY = 0.1, 0.6, 0.3
UP_AFTER = 15
HD_WITHIN = 0.006


@dataclass(slots=True)
class Pace:
    """Judged after every segment: lower at once, higher after a long while of ease."""

    level: int = 0
    easy: int = 0

    @property
    def rate(self) -> int:
        """Pictures a second."""
        return RATES[self.level]

    def judge(self, missed: float, busy: float) -> None:
        """What share of the pictures came too late to be made, and of the time was work."""
        if missed > MISSED or busy > BUSY:
            self.level, self.easy = min(self.level + 1, len(RATES) - 1), 0
        elif missed == 0 and busy < EASY and self.level:
            self.easy += 1
            if self.easy >= UP_AFTER:
                self.level, self.easy = self.level - 1, 0
        else:
            self.easy = 0


def size_for(seconds: float) -> tuple[int, int]:
    """The frame's size, by the time that one picture of the larger takes here."""
    return (960, 540) if seconds <= HD_WITHIN else (640, 360)
