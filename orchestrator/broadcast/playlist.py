"""The playlist of the live stream (RFC 8216bis): segments, parts, hints, skips and the end.

Numbers of segments only rise, also over a new life of the broadcaster: the first number of a life
follows from the time (`first_number`), and a life makes no more than one segment per `SEGMENT`.
Each life has its own initialisation segment, and follows the one before by a discontinuity.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

SEGMENT, PART = 2.0, 0.5
PARTS = round(SEGMENT / PART)
HOLD_BACK, PART_HOLD_BACK = 3 * SEGMENT, 3 * PART
KEPT = 15  # segments: half a minute for who was away
WITH_PARTS = 3  # of them the last so many are listed by parts
SKIP_UNTIL = 6 * SEGMENT
AHEAD = 2  # segments a player may ask for before they are begun
NUMBER = re.compile(r"\d{1,12}")


class Unready(ValueError):
    """A player asks for what no player could know of."""


@dataclass(slots=True)
class Segment:
    """Two seconds; `parts` are how long each is, `independent` whether it begins with a key."""

    number: int
    at: str
    parts: list[float] = field(default_factory=list)
    keys: list[bool] = field(default_factory=list)
    whole: bool = False

    @property
    def lasts(self) -> float:
        """Seconds, of the parts so far."""
        return sum(self.parts)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a player asks: nothing, or to wait until this part of this segment is there."""

    number: int | None = None
    part: int | None = None
    skip: bool = False


def first_number(life_began: float) -> int:
    """The number of a life's first segment; seconds since the stream first began."""
    return max(0, int(life_began / SEGMENT))


def asked(query: Mapping[str, str]) -> Asked:
    """The delivery directives of a request (6.2.5.1); `Unready` where they are none."""
    number, part = _number(query, "_HLS_msn"), _number(query, "_HLS_part")
    skip = query.get("_HLS_skip")
    if number is None and part is not None:
        raise Unready("a part of no segment")
    if skip not in (None, "YES", "v2"):
        raise Unready("an unknown skip")
    return Asked(number, part, skip is not None)


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if not NUMBER.fullmatch(text):
        raise Unready(f"{name} is no number")
    return int(text)


class Window:
    """The segments a player may have now. `life` counts the lives of the broadcaster."""

    def __init__(self, life: int, first: int) -> None:
        self.life = life
        self.first = first
        self.segments: list[Segment] = []
        self.ended = False
        self._next = first

    def begin(self, at: str) -> Segment:
        """A segment begins, which is to be seen at that instant (ISO 8601)."""
        made = Segment(self._next, at)
        self._next += 1
        self.segments.append(made)
        return made

    def add(self, lasts: float, key: bool) -> int:
        """A part of the segment that was begun last is there; its index."""
        last = self.segments[-1]
        last.parts.append(lasts)
        last.keys.append(key)
        return len(last.parts) - 1

    def close(self) -> list[int]:
        """The last segment is whole; the numbers of those that are let go."""
        self.segments[-1].whole = True
        gone = self.segments[:-KEPT]
        self.segments = self.segments[-KEPT:]
        return [one.number for one in gone]

    def has(self, wanted: Asked) -> bool:
        """Whether a playlist made now answers this; `Unready` when it is too far ahead."""
        if wanted.number is None or self.ended:
            return True
        if wanted.number > self._next - 1 + AHEAD:
            raise Unready("too far ahead")
        last = self.segments[-1] if self.segments else None
        if last is None or wanted.number > last.number:
            return False
        if wanted.number < last.number:
            return True
        if wanted.part is None:
            return last.whole
        return last.whole or wanted.part < len(last.parts)

    def text(self, skip: bool = False) -> str:
        """The media playlist."""
        dropped = self._skipped() if skip else 0
        lines = [*self._head(), *([f"#EXT-X-SKIP:SKIPPED-SEGMENTS={dropped}"] if dropped else [])]
        if not dropped:
            lines.append(f'#EXT-X-MAP:URI="{initial_name(self.life)}"')
        by_parts = {one.number for one in self.segments[-WITH_PARTS:]}
        for one in self.segments[dropped:]:
            lines += self._segment(one, one.number in by_parts)
        return "\n".join([*lines, self._tail(), ""])

    def _head(self) -> list[str]:
        first = self.segments[0].number if self.segments else self._next
        control = (
            f"CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL={SKIP_UNTIL:.1f},"
            f"HOLD-BACK={HOLD_BACK:.1f},PART-HOLD-BACK={PART_HOLD_BACK:.2f}"
        )
        return [
            "#EXTM3U",
            "#EXT-X-VERSION:9",
            f"#EXT-X-TARGETDURATION:{round(SEGMENT)}",
            f"#EXT-X-SERVER-CONTROL:{control}",
            f"#EXT-X-PART-INF:PART-TARGET={PART:.3f}",
            f"#EXT-X-MEDIA-SEQUENCE:{first}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{self.life}",
        ]

    def _segment(self, one: Segment, by_parts: bool) -> list[str]:
        lines = [f"#EXT-X-PROGRAM-DATE-TIME:{one.at}"]
        if by_parts:
            for part, (lasts, key) in enumerate(zip(one.parts, one.keys, strict=True)):
                independent = ",INDEPENDENT=YES" if key else ""
                name = part_name(one.number, part)
                lines.append(f'#EXT-X-PART:DURATION={lasts:.3f},URI="{name}"{independent}')
        if one.whole:
            lines += [f"#EXTINF:{one.lasts:.3f},", segment_name(one.number)]
        return lines

    def _tail(self) -> str:
        if self.ended:
            return "#EXT-X-ENDLIST"
        last = self.segments[-1] if self.segments else None
        number, part = self._next, 0
        if last is not None and not last.whole:
            number, part = last.number, len(last.parts)
        return f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{part_name(number, part)}"'

    def _skipped(self) -> int:
        """How many of the oldest segments end earlier than the skip boundary."""
        left = sum(one.lasts for one in self.segments)
        for count, one in enumerate(self.segments):
            left -= one.lasts
            if left < SKIP_UNTIL:
                return count
        return 0


def main(bandwidth: int, codecs: str, size: tuple[int, int]) -> str:
    """The main playlist: one rendition."""
    stream = f'BANDWIDTH={bandwidth},CODECS="{codecs}",RESOLUTION={size[0]}x{size[1]}'
    head = ["#EXTM3U", "#EXT-X-VERSION:9", "#EXT-X-INDEPENDENT-SEGMENTS"]
    return "\n".join([*head, f"#EXT-X-STREAM-INF:{stream}", "live.m3u8", ""])


def initial_name(life: int) -> str:
    """The initialisation segment of a life."""
    return f"init-{life}.mp4"


def segment_name(number: int) -> str:
    """A whole segment."""
    return f"{number}.m4s"


def part_name(number: int, part: int) -> str:
    """A part of one."""
    return f"{number}.{part}.m4s"


PART_NAME = re.compile(r"(\d{1,12})\.(\d{1,2})\.m4s")


def part_of(name: str) -> Asked | None:
    """The part a file name stands for."""
    found = PART_NAME.fullmatch(name)
    return Asked(int(found[1]), int(found[2])) if found else None
