"""What a page saw and heard, worked out from the record of `probe.js`. Pure.

Times are seconds since the epoch in what is given, durations in seconds. A freeze is what W3C's
`totalFreezesDuration` means by it: a picture that stays longer than three mean pictures, and at
least 150 ms longer than one, of the last 30.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

SPAN = 30
Row = Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One picture that was received, between two moments."""

    fps: float
    longest: float
    frozen: float
    freezes: int
    kbps: float
    height: int
    nacks: int
    plis: int
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """All sound that was received, between two moments."""

    concealed: float
    kbps: float
    packets: int
    lost: int
    fec: int


class Lived:
    """A record, with its milliseconds made seconds."""

    def __init__(self, record: dict[str, Any]) -> None:
        self.record = record
        self.began: float = record["began"] / 1000
        self.ended: float = record["ended"] / 1000
        self.marks: list[tuple[float, str]] = [(at / 1000, what) for at, what in record["marks"]]
        self.said: list[tuple[float, dict[str, Any]]] = [
            (at / 1000, what) for at, what in record["said"]
        ]
        self.rows: list[Row] = [[row[0] / 1000, *row[1:]] for row in record["rows"]]
        self.out: list[Row] = [[row[0] / 1000, *row[1:]] for row in record["out"]]
        self.shown = {
            track: [at / 1000 for at in times] for track, times in record["shown"].items()
        }

    def streams(self, kind: str) -> dict[tuple[int, str], list[Row]]:
        """The rows of each stream of a kind."""
        found: dict[tuple[int, str], list[Row]] = {}
        for row in self.rows:
            if row[3] == kind:
                found.setdefault((row[1], row[2]), []).append(row)
        return found

    def pictures(self) -> list[float]:
        """When pictures of the others were shown, or, where that cannot be told, decoded."""
        shown = sorted(at for times in self.shown.values() for at in times)
        decoded = list(self._decoded())
        return shown if len(shown) >= len(decoded) / 2 else decoded

    def _decoded(self) -> Iterator[float]:
        times = []
        for rows in self.streams("video").values():
            times += [now[0] for was, now in pairwise(rows) if (now[6] or 0) > (was[6] or 0)]
            times += [rows[0][0]] if rows[0][6] else []
        return iter(sorted(times))

    def first_frame_after(self, moment: float) -> float | None:
        """Seconds from a moment to the first picture of somebody else."""
        return next((at - moment for at in self.pictures() if at >= moment), None)

    def seen(self, since: float, until: float) -> Seen:
        """What was seen between two moments; what was paused on purpose is no freeze."""
        paused = list(self.paused(until))
        gaps = [one for one in freezes(self.pictures(), since, until) if not _covered(one, paused)]
        longest = longest_gap(self.pictures(), since, until, paused)
        changes = [_change(rows, since, until) for rows in self.streams("video").values()]
        frames = sum(change.get(6, 0) for change in changes)
        rows = [r for rows in self.streams("video").values() for r in rows if since <= r[0] < until]
        return Seen(
            fps=frames / (until - since),
            longest=longest,
            frozen=sum(end - begin for begin, end in gaps),
            freezes=len(gaps),
            kbps=sum(change.get(5, 0) for change in changes) * 8 / 1000 / (until - since),
            height=int(_median([row[11] for row in rows if row[11]])),
            nacks=int(sum(change.get(8, 0) for change in changes)),
            plis=int(sum(change.get(9, 0) for change in changes)),
            lost=int(sum(change.get(7, 0) for change in changes)),
        )

    def heard(self, since: float, until: float) -> Heard:
        """What was heard between two moments."""
        changes = [_change(rows, since, until) for rows in self.streams("audio").values()]
        total = {key: sum(change.get(key, 0) for change in changes) for key in range(4, 14)}
        concealed = max(0, total[7] - total[8])
        return Heard(
            concealed=concealed / total[6] if total[6] else 1.0,
            kbps=total[5] * 8 / 1000 / (until - since),
            packets=int(total[4]),
            lost=int(total[9]),
            fec=int(total[13]),
        )

    def sound_back(self, after: float) -> float | None:
        """Seconds from a moment until packets of sound come again."""
        times = [
            now[0]
            for rows in self.streams("audio").values()
            for was, now in pairwise([_nothing(rows[0]), *rows])
            if now[0] > after and now[4] > was[4] and now[0] - was[0] < 5
        ]
        return min(times) - after if times else None

    def choices(self) -> list[tuple[float, dict[str, Any]]]:
        """What the service said it sends of each picture."""
        return [(at, what) for at, what in self.said if what["type"] == "view.chosen"]

    def paused(self, until: float) -> Iterator[tuple[float, float]]:
        """When every picture was paused on purpose."""
        begin = None
        for at, what in self.choices():
            none = bool(what["tracks"]) and all(one["layer"] is None for one in what["tracks"])
            if none and begin is None:
                begin = at
            elif not none and begin is not None:
                yield begin, at
                begin = None
        if begin is not None:
            yield begin, until

    def reasons(self, since: float) -> list[str]:
        """Why less than all was sent: `why` of every choice, each once."""
        whys = {
            f"{'pause' if one['layer'] is None else one['layer']}:{one['why']}"
            for at, what in self.choices()
            for one in what["tracks"]
            if at >= since and one["why"] != "full"
        }
        return sorted(whys)


def freezes(times: Sequence[float], since: float, until: float) -> list[tuple[float, float]]:
    """The freezes that end after `since`; one that never ends, ends at `until`."""
    found = []
    all_times = [*(at for at in times if at < until), until]
    gaps: list[float] = []
    for number, (before, at) in enumerate(pairwise(all_times)):
        gap = at - before
        mean = sum(gaps[-SPAN:]) / len(gaps[-SPAN:]) if gaps else 0.1
        last = number == len(all_times) - 2
        if at > since and gap > max(3 * mean, mean + 0.15):
            found.append((max(before, since), at))
        if not last:
            gaps.append(gap)
    if len(all_times) == 1:
        found.append((since, until))
    return found


def longest_gap(
    times: Sequence[float], since: float, until: float, paused: Sequence[tuple[float, float]]
) -> float:
    """The longest time without a new picture, what was paused on purpose left out."""
    inside = [at for at in times if since < at < until]
    gaps = list(pairwise([since, *inside, until]))
    left = (end - begin for begin, end in gaps if not _covered((begin, end), paused))
    return max(left, default=0.0)


def _covered(gap: tuple[float, float], pauses: Sequence[tuple[float, float]]) -> bool:
    return any(begin < gap[1] and end > gap[0] for begin, end in pauses)


def _change(rows: Sequence[Row], since: float, until: float) -> dict[int, float]:
    """How much each counter of a stream grew between two moments; one used again begins anew."""
    before = [row for row in rows if row[0] < since]
    inside = [row for row in rows if since <= row[0] <= until]
    if not inside:
        return {}
    numbers = [at for at in range(4, len(inside[-1])) if _number(inside[-1][at])]
    grown = dict.fromkeys(numbers, 0.0)
    for was, now in pairwise([before[-1] if before else _nothing(rows[0]), *inside]):
        anew = (now[4] or 0) < (was[4] or 0)
        for at in numbers:
            grown[at] += (now[at] or 0) - (0 if anew else was[at] or 0)
    return grown


def _nothing(row: Row) -> Row:
    return [row[0] - 0.1, *row[1:4], *(0 for _ in row[4:])]


def _number(value: object) -> bool:
    return isinstance(value, int | float)


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0
