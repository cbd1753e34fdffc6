"""REMB of a whole leg, whether the receiver sends one for each stream or one for all.

What a REMB allows holds for the streams it names, together. Browsers name all they receive; others
(aiortc) send one for each: a single one of those says nothing of the line.
"""

from collections.abc import Collection

from signalling.sfu.rtcp import Remb

STALE = 5.0


class Rembs:
    """What the receiver of one leg has said of late."""

    def __init__(self) -> None:
        self._said: dict[frozenset[int], tuple[int, float]] = {}

    def heard(self, report: Remb, sent: Collection[int], now: float) -> int | None:
        """bit/s for all that is `sent` (SSRCs) together; None while some of it is not known of."""
        named = frozenset(report.media)
        self._said = {
            others: (bitrate, at)
            for others, (bitrate, at) in self._said.items()
            if not others & named and now - at <= STALE
        }
        self._said[named] = (report.bitrate, now)
        if not named:
            return report.bitrate
        known = frozenset().union(*self._said)
        return sum(bitrate for bitrate, _ in self._said.values()) if known >= set(sent) else None
