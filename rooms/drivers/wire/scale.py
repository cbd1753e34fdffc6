"""From thousandths of what a device can do to its own steps, and back."""

from dataclasses import dataclass

WHOLE = 1000


@dataclass(frozen=True, slots=True)
class Span:
    """The device's own steps: lowest, the place of 0, highest; `low <= zero <= high`."""

    low: int
    zero: int
    high: int

    def steps(self, share: int) -> int:
        """Steps for −1000…1000; a half without room stays at zero."""
        room = self.high - self.zero if share > 0 else self.zero - self.low
        return self.zero + round(share * room / WHOLE)

    def share(self, steps: int) -> int:
        """−1000…1000 for steps; what lies outside counts as the end."""
        room = self.high - self.zero if steps > self.zero else self.zero - self.low
        share = round((steps - self.zero) * WHOLE / room) if room else 0
        return max(-WHOLE, min(WHOLE, share))
