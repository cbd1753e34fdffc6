"""A subscriber's m-line: which layer of a track it takes, and how each packet leaves.

`Line.choose` says what is wanted. Another layer begins with a picture of its own: its kept key
picture and all that followed leave before that one, in an instant; or with its next key picture,
where none is kept or that would be too much. The former layer goes on until then. Temporal layers
are dropped at once and come back where the stream allows it.
"""

from collections.abc import Callable

from signalling.sfu.outlet import ALL_TEMPORAL, Outlet
from signalling.sfu.packet import Packet, marks_of
from signalling.sfu.reports import Reception, aligned
from signalling.sfu.rewrite import Rewriter
from signalling.sfu.rtcp import SenderReport
from signalling.sfu.simulcast import Layers
from signalling.sfu.source import AUDIO_CLOCK, RECENT_OCTETS, VIDEO_CLOCK, Source
from signalling.sfu.vp8 import Picture

HIGHEST = 1 << 10
# So much at most leaves at once when a layer begins, unless it was asked for.
ROOM = 32_000
MASK32 = 0xFFFFFFFF


class Line(Outlet):
    """One m-line of a subscriber. `send` takes a whole RTP packet.

    `active` once the subscriber has taken it; `layers` is the track it stands on, `source` the
    layer of it that is sent now.
    """

    __slots__ = (
        "_active",
        "_awaited",
        "_came",
        "_reference",
        "_room",
        "_since",
        "_smooth",
        "_wanted",
        "_wanted_temporal",
        "layers",
        "source",
    )

    def __init__(
        self, *, video: bool, ssrc: int, rtx_ssrc: int, send: Callable[[bytes], None]
    ) -> None:
        clock = VIDEO_CLOCK if video else AUDIO_CLOCK
        super().__init__(
            video=video, rewriter=Rewriter(clock=clock, ssrc=ssrc, rtx_ssrc=rtx_ssrc), send=send
        )
        self.layers: Layers | None = None
        self.source: Source | None = None
        self._active = False
        self._wanted: int | None = HIGHEST
        self._wanted_temporal = ALL_TEMPORAL
        self._awaited: list[Source] = []
        # Whether what was awaited has sent a key picture since.
        self._came = False
        self._smooth, self._room = False, ROOM
        # The first layer of this track, and by how much its RTP time was moved: all others follow.
        self._reference: tuple[Reception, int] | None = None
        self._since = -1.0

    # -- what is wanted

    def choose(
        self,
        layer: int | None,
        temporal: int = ALL_TEMPORAL,
        *,
        smooth: bool = False,
        room: int = ROOM,
    ) -> None:
        """Want this layer (or the highest there is) up to this temporal layer; None pauses.

        `smooth`: go down only when the lower layer moves, not with a key picture after which its
        encoder rests; `room`: so many octets may leave at once.
        A layer that sends nothing never begins: whoever chooses looks at `Source.alive`.
        """
        self._smooth, self._room = smooth, room
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
        self._came = False
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
            place = None if self._has_stopped(source) else source.recent()
            if place is not None and self._fits(source, place):
                self.begin(source, place)
                break
        if self.source is None:
            self._await(below)
            target.want_keyframe()
            # The lowest is small and always there: a first picture should not wait long.
            below[0].want_keyframe()
        elif self.source is not target:
            self._turn_to(target)

    def _turn_to(self, target: Source) -> None:
        """Another layer while one is sent."""
        self._await([target])
        packets = None if self._has_stopped(target) else target.run_up(self._room)
        if packets is None:
            target.want_keyframe()
        elif self._has_stopped(self.source):
            # There is nothing to be seen until its next picture.
            self._catch_up(target, packets)

    def _has_stopped(self, source: Source | None) -> bool:
        return source is None or self.layers is None or self.layers.stopped(source)

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

    def offer(self, source: Source, place: int, *, key: bool) -> None:
        """A picture of an awaited source, or a sound, begins at this place."""
        current = self.source
        if key:
            down = current is not None and source.index < current.index
            if down and self._smooth and not (self._came or self._has_stopped(current)):
                self._came = True
            else:
                self.begin(source, place)
        elif current is not None:
            packets = source.run_up(RECENT_OCTETS if self._came else self._room)
            if packets is not None:
                self._catch_up(source, packets)
            elif not self._came or source.recent() is None:
                source.want_keyframe()

    def begin(self, source: Source, place: int) -> None:
        """Go over to this source, with what has come of it since this place."""
        packets = source.since(place)
        first = packets[0]
        hoped = self._hoped(source, first)
        before = self.rewriter.span
        if before is not None and before.ring is not source.ring:
            self._since = first.arrived
        span = self.rewriter.begin(first, source.ring, hoped)
        if hoped is None:
            self._reference = (source.reception, span.timestamp_by)
        if not self.packets:
            self._meter.kbps(0, first.arrived)
        self._stand_on(source)
        if len(packets) > 1:
            self._stamp(packets, source.latest)
        for packet in packets:
            self.take(packet)

    def _catch_up(self, source: Source, packets: list[Packet]) -> None:
        """Go over to this source with its last key picture and all that followed it.

        All of it leaves within an instant of the subscriber's time, but the newest picture: that
        one leaves at its own, and the next ones after it.
        """
        rewriter, newest = self.rewriter, packets[-1]
        if packets[0].timestamp == newest.timestamp:
            self.begin(source, packets[0].place)
            return
        hoped = self._hoped(source, newest)
        due = rewriter.due(newest, source.ring, hoped)
        self._since = source.latest
        rewriter.begin(packets[0], source.ring, at=rewriter.later(rewriter.left()))
        self._stand_on(source)
        self._stamp(packets, source.latest)
        shown = packets[0].timestamp
        for packet in packets:
            if packet.timestamp != shown:
                shown = packet.timestamp
                last = shown == newest.timestamp
                rewriter.retime(packet, rewriter.later(due if last else rewriter.left()))
            self.take(packet)
        if hoped is None and rewriter.span is not None:
            self._reference = (source.reception, rewriter.span.timestamp_by)

    def _stand_on(self, source: Source) -> None:
        if self.source is not None:
            self.source.lines.remove(self)
        self.source = source
        source.lines.append(self)
        self._await([one for one in self._awaited if one.index > source.index][-1:])
        self._temporal = self._wanted_temporal

    def _stamp(self, packets: list[Packet], now: float) -> None:
        """They leave only now, and say so."""
        marks = marks_of(now, None)
        for packet in packets:
            packet.marks = marks

    def halt(self) -> None:
        """The source was muted, or has become another stream: wait for its next beginning."""
        self._leave()
        self._aim()

    # -- packets

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
            redundant = bool(packet.redundant and self.red_type)
            if redundant:
                second = bytes((packet.marker | self.red_type,))
                head = written[:1] + second + written[2 : 12 + len(block)]
                written = head + packet.redundant
            self.packets += 1
            self.octets += len(packet.payload)
            self.send(written)
            if not self.video:
                for earlier in self.twins.behind(written, redundant=redundant):
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

    # -- probes and figures

    @property
    def pads(self) -> bool:
        """Whether padding can be sent here: beside a picture that runs, where RTX was agreed."""
        return self.source is not None and super().pads

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
