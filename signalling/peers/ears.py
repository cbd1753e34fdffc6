"""The m-lines of a subscriber leg, undecoded: each packet goes to whoever its line carries now."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from aiortc import RTCRtpReceiver

from signalling.messages_media import PlacedView
from signalling.peers.seam import Tap, estimate_nothing
from signalling.sfu.depacket import Depacketiser, Encoded

# Between two requests for a key picture of one source, and between two words on our line.
KEY_EVERY, LINE_EVERY = 0.5, 1.0
# We are on the machine of the worker: our line carries everything.
LINE_BPS = 200_000_000

Hear = Callable[[PlacedView, int, Encoded], None]


class _Line:
    """One m-line: what it carries, and the packets of it that are not yet frames."""

    def __init__(self, receiver: RTCRtpReceiver, packet: Callable[[Any, int], None]) -> None:
        self.tap = Tap(receiver, packet)
        self.placed: PlacedView | None = None
        self.stream: Depacketiser | None = None
        self.ssrc: int | None = None
        self.rate = 0
        self.asked_at = self.asked_of = 0.0

    def carry(self, placed: PlacedView | None) -> None:
        """From now on it carries this, or nothing."""
        if placed is None or self.placed is None or placed.track != self.placed.track:
            self.stream = None
        self.placed = placed


class Ears:
    """Hands every frame to `hear`: whose it is, the rate of its clock, and the frame itself."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        self._placed: dict[str, PlacedView] = {}
        self._lines: dict[str, _Line] = {}
        self._said_at = 0.0

    def placed(self, tracks: tuple[PlacedView, ...]) -> None:
        """What each m-line carries from now on."""
        self._placed = {placed.mid: placed for placed in tracks}
        for mid, line in self._lines.items():
            line.carry(self._placed.get(mid))

    def listen(self, mid: str, receiver: RTCRtpReceiver) -> None:
        """Take what an m-line brings, in place of its decoder."""
        estimate_nothing(receiver)
        line = self._lines[mid] = _Line(receiver, partial(self._packet, mid))
        line.carry(self._placed.get(mid))

    async def tend(self) -> None:
        """Ask again for what is missing, for key pictures where they are needed; say our line."""
        now = time.time()
        for line in list(self._lines.values()):
            if line.stream is not None and line.ssrc is not None:
                await self._mend(line, line.stream, line.ssrc, now)
        if abs(now - self._said_at) > LINE_EVERY:
            self._said_at = now
            await self._say_line()

    async def _mend(self, line: _Line, stream: Depacketiser, ssrc: int, now: float) -> None:
        lost = stream.wanted(now)
        if lost:
            await line.tap.ask_again(ssrc, lost)
        self._tell(line, stream.tick())
        news = stream.packets != line.asked_of
        if stream.wants_key and news and abs(now - line.asked_at) > KEY_EVERY:
            line.asked_at, line.asked_of = now, stream.packets
            await line.tap.ask_for_key(ssrc)

    async def _say_line(self) -> None:
        video = [one for one in self._lines.values() if one.ssrc is not None and one.rate == 90_000]
        if video:
            ssrcs = [one.ssrc for one in video if one.ssrc is not None]
            await video[0].tap.say_line(LINE_BPS, ssrcs)

    def _packet(self, mid: str, packet: Any, rate: int) -> None:
        line = self._lines[mid]
        if line.placed is None:
            return
        if line.stream is None or line.ssrc != packet.ssrc:
            line.stream, line.ssrc, line.rate = Depacketiser(line.placed.kind), packet.ssrc, rate
        frames = line.stream.take(
            packet.sequence_number,
            packet.timestamp,
            bool(packet.marker),
            packet.payload,
            time.time(),
        )
        self._tell(line, frames)

    def _tell(self, line: _Line, frames: list[Encoded]) -> None:
        for frame in frames:
            if line.placed is not None:
                self._hear(line.placed, line.rate, frame)
