"""A subscriber's m-line: which layer of a track it takes, and how each packet leaves.

`Line.choose` says what is wanted. Another layer begins with its next key picture, the former one
goes on until then; temporal layers are dropped at once and come back where the stream allows it.
"""

from collections.abc import Callable

from signalling.sfu.packet import (
    LEVEL_ID,
    LEVELLED,
    PLAIN,
    STAMP_ID,
    STAMPED,
    Packet,
    marks_of,
    one_byte_block,
)
from signalling.sfu.reports import Echo, Meter, Reception, aligned
from signalling.sfu.rewrite import Rewriter
from signalling.sfu.rtcp import SenderReport
from signalling.sfu.simulcast import Layers
from signalling.sfu.source import AUDIO_CLOCK, VIDEO_CLOCK, Source
from signalling.sfu.twins import Twins
from signalling.sfu.vp8 import Picture

SHORTEST_REPEAT = 0.02
ASKED_MOST = 1024
HIGHEST = 1 << 10
ALL_TEMPORAL = 3
# A probe repeats what has just left; more of it would be too old to be of use.
PROBE_BACK = 64
PROBE_WHOLE = 1250
MASK32 = 0xFFFFFFFF


class Line:
    """One m-line of a subscriber. `send` takes a whole RTP packet.

    `active` once the subscriber has taken it; `layers` is the track it stands on, `source` the
    layer of it that is sent now.
    """

    __slots__ = (
        "_active",
        "_after",
        "_asked",
        "_awaited",
        "_before",
        "_meter",
        "_reference",
        "_since",
        "_takes",
        "_temporal",
        "_wanted",
        "_wanted_temporal",
        "echo",
        "layers",
        "octets",
        "packets",
        "red_type",
        "rewriter",
        "send",
        "source",
        "twins",
        "video",
    )

    def __init__(
        self, *, video: bool, ssrc: int, rtx_ssrc: int, send: Callable[[bytes], None]
    ) -> None:
        self.video = video
        self.send = send
        self.layers: Layers | None = None
        self.source: Source | None = None
        self.echo = Echo()
        self.packets = 0
        self.octets = 0
        self.red_type = 0
        self.twins = Twins()
        clock = VIDEO_CLOCK if video else AUDIO_CLOCK
        self.rewriter = Rewriter(clock=clock, ssrc=ssrc, rtx_ssrc=rtx_ssrc)
        self._active = False
        self._wanted: int | None = HIGHEST
        self._wanted_temporal = self._temporal = ALL_TEMPORAL
        self._awaited: list[Source] = []
        self._asked: dict[int, float] = {}
        self._meter = Meter()
        # The first layer of this track, and by how much its RTP time was moved: all others follow.
        self._reference: tuple[Reception, int] | None = None
        self._since = -1.0
        self.extensions("", 0, 0, 0)

    def extensions(self, mid: str, mid_id: int, level_id: int, stamp_id: int) -> None:
        """Which header extensions the subscriber takes; 0 for none, ids must be those we offer."""
        stamped = STAMPED if stamp_id == STAMP_ID else PLAIN
        levelled = LEVELLED if level_id == LEVEL_ID else PLAIN
        self._takes = stamped | levelled
        shared = (4 if stamped else 0) + (2 if levelled else 0)
        elements = [(mid_id, mid.encode())] if mid_id and mid else []
        own = one_byte_block(elements)[4:].rstrip(b"\0") if elements else b""
        size = shared + len(own)
        words = (size + 3) // 4
        # What all subscribers share comes first, then what is this line's own.
        self._before = b"\xbe\xde" + words.to_bytes(2, "big") if size else b""
        self._after = own + bytes(words * 4 - size)

    # -- what is wanted

    def choose(self, layer: int | None, temporal: int = ALL_TEMPORAL) -> None:
        """Want this layer (or the highest there is) up to this temporal layer; None pauses.

        A layer that sends nothing never begins: whoever chooses looks at `Source.alive`.
        """
        self._wanted_temporal = temporal
        self._temporal = min(self._temporal, temporal)
        if layer != self._wanted:
            self._wanted = layer
            self._aim()

    @property
    def layer(self) -> int | None:
        """The layer that is sent now, counted from the lowest; None while nothing is."""
        return self.source.index if self.source is not None else None

    @property
    def temporal(self) -> int:
        """The highest temporal layer that is sent now."""
        return self._temporal

    @property
    def active(self) -> bool:
        """Whether the subscriber takes it."""
        return self._active

    @active.setter
    def active(self, active: bool) -> None:
        if active != self._active:
            self._active = active
            self._aim()

    def stand(self, layers: Layers | None) -> None:
        """Carry this track from its next beginning on, or nothing."""
        if layers is not self.layers:
            self._leave()
            self._reference = None
            self.layers = layers
            self._aim()

    def want_keyframe(self) -> None:
        """The subscriber cannot go on without a key picture of what he is sent."""
        for source in [self.source] if self.source is not None else self._awaited:
            source.want_keyframe()

    # -- beginnings

    def _leave(self) -> None:
        if self.source is not None:
            self.source.lines.remove(self)
            self.source = None
        self._await([])

    def _await(self, sources: list[Source]) -> None:
        for source in self._awaited:
            source.waiting.remove(self)
        self._awaited = sources
        for source in sources:
            source.waiting.append(self)

    def _aim(self) -> None:
        """Be sent what is wanted: from the ring at once, or from the next key picture on."""
        if not self._active or self.layers is None or self._wanted is None:
            self._leave()
            return
        target = self.layers.layer(self._wanted)
        self._await([])
        if self.source is target:
            return
        below = [target] if self.source else self.layers.sources[: target.index + 1]
        for source in reversed(below):
            place = source.recent()
            if place is not None and self._fits(source, place):
                self.begin(source, place)
                break
        if self.source is not target:
            self._await([target] if self.source else below)
            target.want_keyframe()
            if self.source is None:
                # The lowest is small and always there: a first picture should not wait long.
                below[0].want_keyframe()

    def _fits(self, source: Source, place: int) -> bool:
        """Whether its kept key picture is later than what has left already."""
        packet = source.ring.get(place)
        if packet is None or self.rewriter.has_left(packet, source.ring):
            return False
        if self.source is None:
            return True
        hoped = self._hoped(source, packet)
        return hoped is not None and not self.rewriter.is_behind(hoped)

    def _hoped(self, source: Source, packet: Packet) -> int | None:
        if self._reference is None:
            return None
        reception, by = self._reference
        time = aligned(packet.timestamp, source.reception, reception)
        return None if time is None else (time + by) & MASK32

    def begin(self, source: Source, place: int) -> None:
        """Go over to this source, with what has come of it since this place."""
        first, *more = source.since(place)
        hoped = self._hoped(source, first)
        if self.source is not None:
            self.source.lines.remove(self)
        before = self.rewriter.span
        if before is not None and before.ring is not source.ring:
            self._since = first.arrived
        span = self.rewriter.begin(first, source.ring, hoped)
        if hoped is None:
            self._reference = (source.reception, span.timestamp_by)
        if not self.packets:
            self._meter.kbps(0, first.arrived)
        self.source = source
        source.lines.append(self)
        self._await([one for one in self._awaited if one.index > source.index][-1:])
        self._temporal = self._wanted_temporal
        if more:
            # They leave only now, and say so.
            now = marks_of(source.latest, None)
            for packet in (first, *more):
                packet.marks = now
        for packet in (first, *more):
            self.take(packet)

    def halt(self) -> None:
        """The source was muted, or has become another stream: wait for its next beginning."""
        self._leave()
        self._aim()

    # -- packets

    def block(self, packet: Packet) -> bytes:
        """The extension block for this packet."""
        return self._before + packet.marks[self._takes] + self._after

    def take(self, packet: Packet) -> None:
        """Forward this packet, or leave it out without a hole."""
        rewriter = self.rewriter
        if not packet.payload:
            rewriter.skip(packet)
            return
        if packet.temporal > self._temporal and not self._rises(packet):
            self._drop(packet)
            return
        block = self._before + packet.marks[self._takes] + self._after
        written = rewriter.write(packet, block)
        if written is not None:
            if packet.redundant and self.red_type:
                second = bytes((packet.marker | self.red_type,))
                head = written[:1] + second + written[2 : 12 + len(block)]
                written = head + packet.redundant
            self.packets += 1
            self.octets += len(packet.payload)
            self.send(written)
            if not self.video and not self.red_type:
                for earlier in self.twins.behind(written):
                    self.send(earlier)

    def _rises(self, packet: Packet) -> bool:
        """Whether this picture of a higher temporal layer may be sent: it depends on none below."""
        if self.rewriter.is_begun(packet):
            return True
        picture = packet.picture
        if (
            isinstance(picture, Picture)
            and picture.sync
            and picture.start
            and packet.temporal == self._temporal + 1 <= self._wanted_temporal
        ):
            self._temporal = packet.temporal
            return True
        return False

    def _drop(self, packet: Packet) -> None:
        if not self.rewriter.skip(packet):
            filler = self.rewriter.fill(packet, self.block(packet))
            if filler is not None:
                self.send(filler)

    # -- repeats and probes

    def repeat(self, lost: tuple[int, ...], now: float, rtt: float | None = None) -> int:
        """Answer a NACK, the same packet at most once in a round trip; how many were sent."""
        wait = max(self.echo.rtt or rtt or SHORTEST_REPEAT, SHORTEST_REPEAT)
        asked = self._asked
        if len(asked) > ASKED_MOST:
            self._asked = asked = {n: at for n, at in asked.items() if now - at < wait}
        count = 0
        for sequence in lost:
            before = asked.get(sequence)
            if before is not None and now - before < wait:
                continue
            written = self.rewriter.again(sequence, self._block_at(now), self._temporal)
            if written is not None:
                asked[sequence] = now
                count += 1
                self.send(written)
        return count

    def _block_at(self, now: float) -> bytes:
        """The block of a repeat: its stamp is new. Firefox drops what comes on an SSRC of
        repeats without a mid, and goes on asking."""
        return self._before + marks_of(now, None)[self._takes] + self._after

    @property
    def pads(self) -> bool:
        """Whether padding can be sent here: RTX was agreed, and something has left."""
        return bool(self.rewriter.rtx_payload_type and self.packets and self.source)

    def pad(self, size: int, now: float) -> int:
        """Send about `size` octets more than the subscriber needs: recent packets once more.

        They mend losses on their way; what is missing to `size` is padding. How many were sent.
        """
        if not self.pads:
            return 0
        rewriter, block, sent = self.rewriter, self._block_at(now), 0
        number = rewriter.highest
        while size - sent >= PROBE_WHOLE and number > rewriter.highest - PROBE_BACK:
            written = rewriter.again(number & 0xFFFF, block, self._temporal)
            number -= 1
            if written is not None:
                self.send(written)
                sent += len(written)
        while sent < size:
            written = rewriter.pad(size - sent, block)
            self.send(written)
            sent += len(written)
        return sent

    # -- figures

    def kbps(self, now: float) -> float:
        """What was sent over about the last second. To be asked several times a second."""
        return self._meter.kbps(self.octets, now)

    def report(self, now: float) -> SenderReport | None:
        """What we say we sent: the publisher's clock, the subscriber's numbers, our counts.

        None while the publisher has not told the clock of a layer since the change to it.
        """
        if self.source is None or not self.packets:
            return None
        reception = self.source.reception
        clock = reception.clock_at(now)
        if clock is None or reception.reported_at < self._since:
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
