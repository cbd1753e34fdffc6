"""What one subscriber's m-line sees: one stream without seams, whatever stands behind it.

A *span* is a run of the publisher's packets that keep their distances. A mute, a dropped packet or
another source begins a new span; numbers, timestamps and VP8 ids go on where the last one ended.
Earlier spans are remembered, because a repeat may be asked for after the seam.
"""

import random
from collections import deque

from signalling.sfu.cache import Ring
from signalling.sfu.packet import RTP, Packet
from signalling.sfu.vp8 import Picture, renumber

KEPT = 32
MASK16, MASK32 = 0xFFFF, 0xFFFFFFFF


class Span:
    """Source places `first` (included) to `end` (excluded; -1 while open), and their offsets."""

    __slots__ = ("end", "first", "number_by", "place_by", "ring", "timestamp_by", "tl0_by")

    def __init__(self, ring: Ring, first: int, place_by: int, timestamp_by: int) -> None:
        self.ring = ring
        self.first = first
        self.end = -1
        self.place_by = place_by
        self.timestamp_by = timestamp_by
        self.number_by = 0
        self.tl0_by = 0

    def holds(self, place: int) -> bool:
        """Whether this source place belongs here."""
        return place >= self.first and (self.end < 0 or place < self.end)


class Rewriter:
    """Headers of one outgoing stream. Not a value: it goes forward with each packet."""

    __slots__ = (
        "_earlier",
        "_number",
        "_start",
        "_tl0",
        "_when",
        "clock",
        "highest",
        "payload_type",
        "rtx_payload_type",
        "rtx_sequence",
        "rtx_ssrc",
        "span",
        "ssrc",
        "timestamp",
    )

    def __init__(self, *, clock: int, ssrc: int, rtx_ssrc: int) -> None:
        self.clock = clock
        self.ssrc = ssrc
        self.rtx_ssrc = rtx_ssrc
        self.payload_type = 0
        self.rtx_payload_type = 0
        # The first number lies below 32,768: SRTP guesses the rollover from it.
        self.highest = 0x10000 + random.getrandbits(14)
        self.rtx_sequence = random.getrandbits(14)
        self.timestamp = random.getrandbits(31)
        self.span: Span | None = None
        self._earlier: deque[Span] = deque(maxlen=KEPT)
        self._start = True
        self._when = 0.0
        self._number = 0
        self._tl0 = 0

    def begin(self, packet: Packet, ring: Ring, now: float) -> Span:
        """Start a span with this packet, closing the one before."""
        before = self.span
        timestamp_by = self._timestamp_by(packet, ring, now)
        self._close()
        span = Span(ring, packet.place, self.highest + 1 - packet.place, timestamp_by)
        picture = packet.picture
        if before is not None and before.ring is ring:
            span.number_by, span.tl0_by = before.number_by, before.tl0_by
        elif before is None:
            # The first source keeps its numbers: nothing is copied until the line changes hands.
            if isinstance(picture, Picture):
                self._number, self._tl0 = (picture.number - 1) & 0x7FFF, picture.tl0
        elif isinstance(picture, Picture):
            span.number_by = (self._number + 1 - picture.number) & 0x7FFF
            span.tl0_by = (self._tl0 + 1 - picture.tl0) & 0xFF
        self.span = span
        return span

    def _close(self) -> None:
        if self.span is not None:
            self.span.end = self.highest + 1 - self.span.place_by
            self._earlier.append(self.span)

    def _timestamp_by(self, packet: Packet, ring: Ring, now: float) -> int:
        before = self.span
        if before is not None and before.ring is ring:
            return before.timestamp_by
        ahead = 0 if self._start else max(int((now - self._when) * self.clock), 1)
        return (self.timestamp + ahead - packet.timestamp) & MASK32

    def skip(self, packet: Packet) -> None:
        """Leave a packet out, so that no hole is seen; a late one leaves its hole."""
        span = self.span
        if span is None or packet.place != self.highest + 1 - span.place_by:
            return
        following = Span(span.ring, packet.place + 1, span.place_by - 1, span.timestamp_by)
        following.number_by, following.tl0_by = span.number_by, span.tl0_by
        self._close()
        self.span = following

    def write(self, packet: Packet, block: bytes, now: float) -> bytes | None:
        """The outgoing packet, or None for one that came too late for its span."""
        span = self.span
        place = packet.place
        if span is None or place < span.first:
            return self._write_late(packet, block)
        out = place + span.place_by
        timestamp = (packet.timestamp + span.timestamp_by) & MASK32
        if out > self.highest:
            self.highest = out
            self.timestamp = timestamp
            self._when = now
            self._start = False
        first = 0x90 if block else 0x80
        second = packet.marker | self.payload_type
        payload = packet.payload
        picture = packet.picture
        if isinstance(picture, Picture):
            payload = self._picture(payload, picture, span)
        return RTP.pack(first, second, out & MASK16, timestamp, self.ssrc) + block + payload

    def _picture(self, payload: bytes, picture: Picture, span: Span) -> bytes:
        number = (picture.number + span.number_by) & 0x7FFF
        if 0 < ((number - self._number) & 0x7FFF) < 0x4000:
            self._number = number
            self._tl0 = (picture.tl0 + span.tl0_by) & 0xFF
        if span.number_by or span.tl0_by:
            return renumber(payload, picture, span.number_by, span.tl0_by)
        return payload

    def _write_late(self, packet: Packet, block: bytes) -> bytes | None:
        ring = self.span.ring if self.span is not None else None
        for span in self._earlier:
            if span.ring is ring and span.holds(packet.place):
                return self._rebuild(packet, span, block)
        return None

    def _rebuild(self, packet: Packet, span: Span, block: bytes) -> bytes:
        out = packet.place + span.place_by
        return self._header(packet, span, block, out, self.payload_type, self.ssrc) + _payload(
            packet, span
        )

    def _header(
        self, packet: Packet, span: Span, block: bytes, number: int, kind: int, ssrc: int
    ) -> bytes:
        timestamp = (packet.timestamp + span.timestamp_by) & MASK32
        first = 0x90 if block else 0x80
        return RTP.pack(first, packet.marker | kind, number & MASK16, timestamp, ssrc) + block

    def again(self, sequence: int, block: bytes) -> bytes | None:
        """The packet that left with this number once more: as RTX where that was agreed."""
        out = self.highest - ((self.highest - sequence) & MASK16)
        found = self._find(out)
        if found is None:
            return None
        packet, span = found
        if not self.rtx_payload_type:
            return self._rebuild(packet, span, block)
        self.rtx_sequence = (self.rtx_sequence + 1) & MASK16
        header = self._header(
            packet, span, block, self.rtx_sequence, self.rtx_payload_type, self.rtx_ssrc
        )
        return header + sequence.to_bytes(2, "big") + _payload(packet, span)

    def _find(self, out: int) -> tuple[Packet, Span] | None:
        spans = [*self._earlier, self.span] if self.span is not None else []
        for span in reversed(spans):
            place = out - span.place_by
            if span.holds(place):
                packet = span.ring.get(place)
                return (packet, span) if packet is not None else None
        return None

    def moved(self, timestamp: int) -> int:
        """The publisher's RTP time as the subscriber counts it."""
        return (timestamp + self.span.timestamp_by) & MASK32 if self.span is not None else 0


def _payload(packet: Packet, span: Span) -> bytes:
    picture = packet.picture
    if isinstance(picture, Picture) and (span.number_by or span.tl0_by):
        return renumber(packet.payload, picture, span.number_by, span.tl0_by)
    return packet.payload
