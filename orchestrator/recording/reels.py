"""The parts of a recording, decoded as a mix goes along: the picture and the sound of a moment."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av

from orchestrator.broadcast.sound import RATE, WIDTH
from orchestrator.recorded import Found

STILL = 2000  # ms after which a picture that does not move is no picture any more
APART = RATE // 25  # a hole in the sound shorter than this is jitter, not silence


class Reel:
    """One file; `began` in milliseconds since 1970."""

    def __init__(self, folder: Path, part: Found) -> None:
        self.part = part
        self._file: Any = av.open(folder / part.file, "r")
        self._packets: Iterator[Any] = iter(self._file.demux(self._file.streams[0]))
        self._held: tuple[int, Any] | None = None

    def _until(self, ms: int) -> Iterator[tuple[int, Any]]:
        """Whatever is decoded of the packets before that moment, each with its own."""
        while (packet := self._held or self._read()) is not None and packet[0] < ms:
            self._held = None
            try:
                frames = packet[1].decode()
            except av.FFmpegError:  # what somebody sent may be anything
                continue
            yield from ((packet[0], frame) for frame in frames)
        self._held = packet

    def _read(self) -> tuple[int, Any] | None:
        for packet in self._packets:
            if packet.pts is not None:
                return self.part.began + int(packet.pts * packet.time_base * 1000), packet
        return None

    def close(self) -> None:
        """Not needed any more."""
        self._file.close()


class Pictures(Reel):
    """Of a camera or a screen."""

    def __init__(self, folder: Path, part: Found) -> None:
        super().__init__(folder, part)
        self._last: tuple[int, Any] | None = None

    def at(self, ms: int) -> Any:
        """The picture of that moment; None where nothing came lately."""
        for found in self._until(ms + 1):
            self._last = found
        if self._last is None or ms - self._last[0] > STILL:
            return None
        return self._last[1]


class Sounds(Reel):
    """Of a microphone. Positions are samples since `origin`, in milliseconds since 1970."""

    def __init__(self, folder: Path, part: Found, origin: int) -> None:
        super().__init__(folder, part)
        self._origin = origin
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        self._waiting = bytearray()
        self._begins = self._sample(part.began)

    def pull(self, first: int, count: int) -> bytes:
        """So many samples from that one on; silence where there are none."""
        end = first + count
        for ms, frame in self._until(self._origin + -(-end * 1000 // RATE)):
            self._append(self._sample(ms), frame)
        self._drop(first)
        lead = max(0, self._begins - first) if self._waiting else count
        taken = bytes(self._waiting[: max(0, count - lead) * WIDTH])
        return (bytes(min(lead, count) * WIDTH) + taken).ljust(count * WIDTH, b"\0")

    def _append(self, at: int, frame: Any) -> None:
        end = self._begins + len(self._waiting) // WIDTH
        if at - end > APART:
            if self._waiting:
                self._waiting += bytes((at - end) * WIDTH)
            else:
                self._begins = at
        for one in self._resampler.resample(frame):
            self._waiting += bytes(one.planes[0])[: one.samples * WIDTH]

    def _drop(self, first: int) -> None:
        gone = min(max(0, first - self._begins), len(self._waiting) // WIDTH)
        del self._waiting[: gone * WIDTH]
        self._begins += gone

    def _sample(self, ms: int) -> int:
        return (ms - self._origin) * RATE // 1000
