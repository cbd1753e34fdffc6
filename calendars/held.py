"""What is held of one room, ready to be asked about many slots."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate

from calendars.booking import Held, Slot


class HeldRoom:
    """The rows of one room, sorted."""

    def __init__(self, rows: Iterable[Held]) -> None:
        self.rows = sorted(rows, key=lambda row: row.slot.start)
        self.starts = [row.slot.start for row in self.rows]
        # A long row may outlive those after it: the latest end so far says how far to look back.
        self.latest = list(accumulate((row.slot.end for row in self.rows), max))

    def in_the_way(self, slot: Slot) -> Iterator[Held]:
        """The rows that overlap `slot`, the latest first."""
        index = bisect_left(self.starts, slot.end) - 1
        while index >= 0 and self.latest[index] > slot.start:
            if self.rows[index].slot.overlaps(slot):
                yield self.rows[index]
            index -= 1
