"""From one published stream to the subscribers' lines: the way of every packet.

`Source` is one stream of a publisher, `Line` one m-line of a subscriber. A packet is understood
once, kept once, and written once for each line that takes it.
"""

from collections.abc import Callable

from signalling.sfu.cache import Ring
from signalling.sfu.keyframes import KeyframeGate
from signalling.sfu.nack import Missing
from signalling.sfu.packet import Packet, Unwrapper, extension_of, one_byte_block
from signalling.sfu.reports import Echo, Reception
from signalling.sfu.rewrite import Rewriter
from signalling.sfu.rtcp import SenderReport
from signalling.sfu.vp8 import Picture, parse_vp8

AUDIO_CLOCK, VIDEO_CLOCK = 48_000, 90_000
SHORTEST_REPEAT = 0.02
ASKED_MOST = 1024


class Line:
    """One m-line of a subscriber. `send` takes a whole RTP packet."""

    __slots__ = (
        "_after_level",
        "_asked",
        "_before_level",
        "_levels",
        "active",
        "echo",
        "octets",
        "packets",
        "rewriter",
        "send",
        "source",
        "video",
        "waiting",
    )

    def __init__(
        self, *, video: bool, ssrc: int, rtx_ssrc: int, send: Callable[[bytes], None]
    ) -> None:
        self.video = video
        self.send = send
        self.source: Source | None = None
        self.active = False
        self.waiting = True
        self.echo = Echo()
        self.packets = 0
        self.octets = 0
        clock = VIDEO_CLOCK if video else AUDIO_CLOCK
        self.rewriter = Rewriter(clock=clock, ssrc=ssrc, rtx_ssrc=rtx_ssrc)
        self._asked: dict[int, float] = {}
        self.extensions("", 0, 0)

    def extensions(self, mid: str, mid_id: int, level_id: int) -> None:
        """Which header extensions the subscriber takes, under which ids; 0 for none."""
        elements = [(mid_id, mid.encode())] if mid_id and mid else []
        self._levels = bool(level_id)
        if level_id:
            # The level comes first, so that its byte has a known place.
            block = one_byte_block([(level_id, b"\0"), *elements])
            self._before_level, self._after_level = block[:5], block[6:]
        else:
            self._before_level, self._after_level = one_byte_block(elements), b""

    def block(self, packet: Packet) -> bytes:
        """The extension block for this packet."""
        if self._levels:
            return self._before_level + bytes((packet.level,)) + self._after_level
        return self._before_level

    def take(self, packet: Packet, ring: Ring, now: float) -> None:
        """Forward this packet, or wait for a better one to begin with."""
        rewriter = self.rewriter
        if self.waiting:
            picture = packet.picture
            if self.video and not (isinstance(picture, Picture) and picture.key):
                return
            self.waiting = False
            rewriter.begin(packet, ring, now)
        if not packet.payload:
            rewriter.skip(packet)
            return
        written = rewriter.write(packet, self.block(packet), now)
        if written is not None:
            self.packets += 1
            self.octets += len(packet.payload)
            self.send(written)

    def repeat(self, lost: tuple[int, ...], now: float) -> int:
        """Answer a NACK, the same packet at most once in a round trip; how many were sent."""
        wait = max(self.echo.rtt or SHORTEST_REPEAT, SHORTEST_REPEAT)
        asked = self._asked
        if len(asked) > ASKED_MOST:
            asked.clear()
        count = 0
        for sequence in lost:
            before = asked.get(sequence)
            if before is not None and now - before < wait:
                continue
            # A repeat needs no extension: its SSRC is known by now.
            written = self.rewriter.again(sequence, b"")
            if written is not None:
                asked[sequence] = now
                count += 1
                self.send(written)
        return count

    def report(self, now: float) -> SenderReport | None:
        """What we say we sent: the publisher's clock, the subscriber's numbers, our counts."""
        if self.source is None or self.waiting or not self.packets:
            return None
        clock = self.source.reception.clock_at(now)
        if clock is None:
            return None
        ntp, timestamp = clock
        self.echo.sent(ntp, now)
        return SenderReport(
            ssrc=self.rewriter.ssrc,
            ntp=ntp & 0xFFFFFFFFFFFFFFFF,
            timestamp=self.rewriter.moved(timestamp),
            packets=self.packets,
            octets=self.octets,
        )


class Source:
    """One published stream and the lines that take it."""

    __slots__ = (
        "_unwrapper",
        "alert",
        "gate",
        "level_id",
        "lines",
        "missing",
        "muted",
        "reception",
        "ring",
        "video",
    )

    def __init__(self, *, video: bool) -> None:
        self.video = video
        self.lines: list[Line] = []
        self.ring = Ring()
        self.gate = KeyframeGate()
        self.missing = Missing()
        self.reception = Reception(VIDEO_CLOCK if video else AUDIO_CLOCK)
        self.level_id = 0
        self.muted = False
        # Told when feedback to the publisher should leave soon.
        self.alert: Callable[[], None] = _nobody
        self._unwrapper = Unwrapper()

    def receive(self, packet: Packet, now: float) -> None:
        """Understand, keep and forward a packet; `BadPacket` when its payload is no VP8."""
        place = packet.place = self._unwrapper.place(packet.sequence)
        ring = self.ring
        if place in ring:
            return
        if self.video:
            self._look(packet, now)
        elif self.level_id:
            level = extension_of(packet, self.level_id)
            packet.level = level[0] if level else 127
        self.reception.arrived(packet, now)
        ring.add(packet, now)
        if not self.muted:
            for line in self.lines:
                if line.active:
                    line.take(packet, ring, now)

    def _look(self, packet: Packet, now: float) -> None:
        if packet.payload:
            picture = parse_vp8(packet.payload)
            packet.picture = picture
            if picture.key:
                self.gate.arrived()
        missing = self.missing
        missing.arrived(packet.place, now)
        if missing:
            self.alert()
        if missing.overflowed:
            missing.overflowed = False
            self.want_keyframe()

    def want_keyframe(self) -> None:
        """Somebody cannot go on without a key picture."""
        if self.video:
            self.gate.want()
            self.alert()

    def attach(self, line: Line) -> None:
        """Let this line take the stream from its next beginning on."""
        detach(line)
        line.source = self
        line.waiting = True
        self.lines.append(line)
        self.want_keyframe()

    def mute(self, muted: bool) -> None:
        """Stop forwarding, or go on: with a key picture."""
        if muted == self.muted:
            return
        self.muted = muted
        if not muted:
            self.want_keyframe()
        for line in self.lines:
            line.waiting = True


def _nobody() -> None:
    """Nobody to tell."""


def detach(line: Line) -> None:
    """Take a line away from its stream."""
    if line.source is not None:
        line.source.lines.remove(line)
        line.source = None
