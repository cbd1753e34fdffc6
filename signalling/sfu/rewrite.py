"""What one subscriber's m-line sees: one stream without seams, whatever stands behind it.

A *span* is a run of the publisher's packets that keep their distances. A mute, a packet left out,
another layer or another source begins a new span; numbers, timestamps and VP8 ids go on where the
last one ended. Earlier spans are remembered: repeats are asked for after the seam.
"""

import random
from collections import deque

from signalling.sfu.cache import Ring
from signalling.sfu.packet import RTP, Packet
from signalling.sfu.vp8 import NUMBERS, Picture, renumber

KEPT = 256
MASK16, MASK32 = 0xFFFF, 0xFFFFFFFF
# Further from the time of arrival than this, two clocks do not belong together.
APART = 2.0
PADDED = 0x20
MOST_PADDING = 255


class Span:
    """Source places `first` (included) to `end` (excluded; -1 while open), and their offsets."""

    __slots__ = (
        "end",
        "first",
        "key_by",
        "moved",
        "number_by",
        "place_by",
        "ring",
        "timestamp_by",
        "tl0_by",
    )

    def __init__(self, ring: Ring, first: int, place_by: int, timestamp_by: int) -> None:
        self.ring = ring
        self.first = first
        self.end = -1
        self.place_by = place_by
        self.timestamp_by = timestamp_by
        self.number(0, 0, 0)

    def number(self, number_by: int, tl0_by: int, key_by: int) -> None:
        """Set by how much picture ids move."""
        self.number_by, self.tl0_by, self.key_by = number_by, tl0_by, key_by
        self.moved = bool(number_by or tl0_by or key_by)

    def holds(self, place: int) -> bool:
        """Whether this source place belongs here."""
        return place >= self.first and (self.end < 0 or place < self.end)

    def payload(self, packet: Packet) -> bytes:
        """The packet's payload as it leaves."""
        picture = packet.picture
        if self.moved and isinstance(picture, Picture):
            return renumber(packet.payload, picture, self.number_by, self.tl0_by, self.key_by)
        return packet.payload


class Rewriter:
    """Headers of one outgoing stream. Not a value: it goes forward with each packet."""

    __slots__ = (
        "_dropped",
        "_earlier",
        "_last",
        "_last_span",
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
        self._last: Packet | None = None
        self._last_span: Span | None = None
        self._dropped = -1

    # -- seams

    def begin(
        self, packet: Packet, ring: Ring, hoped: int | None = None, *, at: int | None = None
    ) -> Span:
        """Start a span with this packet, closing the one before.

        It leaves `at` this time, or when it is `due`.
        """
        timestamp = self.due(packet, ring, hoped) if at is None else at
        timestamp_by = (timestamp - packet.timestamp) & MASK32
        self._close()
        span = Span(ring, packet.place, self.highest + 1 - packet.place, timestamp_by)
        picture = packet.picture
        if isinstance(picture, Picture):
            span.number(*self._numbers(picture))
        self._dropped = -1
        self.span = span
        return span

    def _close(self) -> None:
        if self.span is not None:
            self.span.end = self.highest + 1 - self.span.place_by
            self._earlier.append(self.span)

    def _numbers(self, picture: Picture) -> tuple[int, int, int]:
        last, span = self._last, self._last_span
        if last is None or span is None or not isinstance(last.picture, Picture):
            # The first source keeps its numbers: nothing is copied until the line changes hands.
            return 0, 0, 0
        before = last.picture
        return (
            (before.number + span.number_by + 1 - picture.number) & NUMBERS,
            (before.tl0 + span.tl0_by + 1 - picture.tl0) & 0xFF,
            (before.key_index + span.key_by + 1 - picture.key_index) & 31,
        )

    def due(self, packet: Packet, ring: Ring, hoped: int | None = None) -> int:
        """The outgoing timestamp with which this packet may begin a span.

        `hoped` is what it should be by the publisher's clock; it is held to what has left already
        (never backwards) and to the time of arrival.
        """
        last, span = self._last, self._last_span
        if last is None or span is None:
            return self.timestamp
        if span.ring is ring:
            wanted = (packet.timestamp + span.timestamp_by) & MASK32
        else:
            gone = int((packet.arrived - last.arrived) * self.clock)
            wanted = (self.left() + gone) & MASK32
            if hoped is not None and abs(_signed(hoped - wanted)) <= APART * self.clock:
                wanted = hoped
        return self.later(wanted)

    def later(self, timestamp: int) -> int:
        """This time, or the first one after what has left."""
        left = self.left()
        return timestamp if _signed(timestamp - left) >= 1 else (left + 1) & MASK32

    def retime(self, packet: Packet, timestamp: int) -> None:
        """From this packet of the present span on, other timestamps; all else goes on."""
        span = self.span
        if span is None:
            return
        timestamp_by = (timestamp - packet.timestamp) & MASK32
        following = Span(span.ring, packet.place, span.place_by, timestamp_by)
        following.number(span.number_by, span.tl0_by, span.key_by)
        self._close()
        self.span = following

    def has_left(self, packet: Packet, ring: Ring) -> bool:
        """Whether it, or what came after it, was sent: it is not to be shown twice."""
        last, span = self._last, self._last_span
        return (
            last is not None
            and span is not None
            and span.ring is ring
            and packet.place <= last.place
        )

    def is_behind(self, timestamp: int) -> bool:
        """Whether this outgoing time is not later than what has left already."""
        return self._last is not None and _signed(timestamp - self.left()) < 1

    def left(self) -> int:
        """The outgoing time of what has left last."""
        last, span = self._last, self._last_span
        if last is None or span is None:
            return self.timestamp
        return (last.timestamp + span.timestamp_by) & MASK32

    def skip(self, packet: Packet) -> bool:
        """Leave a packet out, so that no hole is seen; False when later ones have left already.

        What is missing before it keeps its numbers: the gap is the largest there can be.
        """
        span = self.span
        place = packet.place
        if span is None or place < span.first or place + span.place_by <= self.highest:
            return False
        number_by = span.number_by
        if packet.payload and packet.timestamp != self._dropped:
            self._dropped = packet.timestamp
            if not self.is_begun(packet):
                number_by = (number_by - 1) & NUMBERS
        if place == span.first:
            following = span
            span.first = place + 1
            span.place_by -= 1
        else:
            following = Span(span.ring, place + 1, span.place_by - 1, span.timestamp_by)
            span.end = place
            self._earlier.append(span)
            self.span = following
        following.number(number_by, span.tl0_by, span.key_by)
        return True

    def is_begun(self, packet: Packet) -> bool:
        """Whether a packet of the same picture has left just now: it must then be sent whole."""
        last, span = self._last, self._last_span
        return (
            last is not None
            and span is not None
            and self.span is not None
            and span.ring is self.span.ring
            and last.timestamp == packet.timestamp
        )

    # -- packets

    def write(self, packet: Packet, block: bytes) -> bytes | None:
        """The outgoing packet, or None for one that came too late for its span."""
        span = self.span
        place = packet.place
        if span is None or place < span.first:
            return self._write_late(packet, block)
        out = place + span.place_by
        if out > self.highest:
            self.highest = out
            self._last = packet
            self._last_span = span
        payload = span.payload(packet) if span.moved else packet.payload
        return (
            RTP.pack(
                0x90 if block else 0x80,
                packet.marker | self.payload_type,
                out & MASK16,
                (packet.timestamp + span.timestamp_by) & MASK32,
                self.ssrc,
            )
            + block
            + payload
        )

    def _write_late(self, packet: Packet, block: bytes) -> bytes | None:
        span = self._late_span(packet)
        if span is None:
            return None
        out = packet.place + span.place_by
        if out > self.highest:
            # Nothing has left since: what came after it was left out.
            self.highest, self._last, self._last_span = out, packet, span
        return self._write_again(packet, span, block)

    def _late_span(self, packet: Packet) -> Span | None:
        ring = self.span.ring if self.span is not None else None
        found = (s for s in reversed(self._earlier) if s.ring is ring and s.holds(packet.place))
        return next(found, None)

    def fill(self, packet: Packet, block: bytes) -> bytes | None:
        """Padding under the number that was kept for a late packet which is not to be sent."""
        span = self._late_span(packet) or self.span
        if span is None or not span.holds(packet.place):
            return None
        out = packet.place + span.place_by
        header = self._header(packet, span, block, out, self.payload_type, self.ssrc)
        return _padded(header, 1)

    def _header(
        self, packet: Packet, span: Span, block: bytes, number: int, kind: int, ssrc: int
    ) -> bytes:
        timestamp = (packet.timestamp + span.timestamp_by) & MASK32
        first = 0x90 if block else 0x80
        return RTP.pack(first, packet.marker | kind, number & MASK16, timestamp, ssrc) + block

    # -- repeats

    def again(self, sequence: int, block: bytes, most: int = 3) -> bytes | None:
        """The packet that left with this number once more: as RTX where that was agreed.

        One above the temporal layer `most` is answered by nothing but its number.
        """
        found = self._find(self.highest - ((self.highest - sequence) & MASK16))
        if found is None:
            return None
        packet, span = found
        empty = packet.temporal > most
        if not self.rtx_payload_type:
            return self.fill(packet, block) if empty else self._write_again(packet, span, block)
        self.rtx_sequence = (self.rtx_sequence + 1) & MASK16
        header = self._header(
            packet, span, block, self.rtx_sequence, self.rtx_payload_type, self.rtx_ssrc
        )
        return header + sequence.to_bytes(2, "big") + (b"" if empty else span.payload(packet))

    def _write_again(self, packet: Packet, span: Span, block: bytes) -> bytes:
        out = packet.place + span.place_by
        header = self._header(packet, span, block, out, self.payload_type, self.ssrc)
        return header + span.payload(packet)

    def _find(self, out: int) -> tuple[Packet, Span] | None:
        spans = [*self._earlier, self.span] if self.span is not None else []
        for span in reversed(spans):
            place = out - span.place_by
            if span.holds(place):
                packet = span.ring.get(place)
                return (packet, span) if packet is not None else None
        return None

    def pad(self, size: int, block: bytes) -> bytes:
        """Padding of up to 255 octets on the RTX stream, at the time of what left last."""
        self.rtx_sequence = (self.rtx_sequence + 1) & MASK16
        first = 0x90 if block else 0x80
        header = RTP.pack(
            first, self.rtx_payload_type, self.rtx_sequence, self.left(), self.rtx_ssrc
        )
        return _padded(header + block, min(max(size, 1), MOST_PADDING))

    def moved(self, timestamp: int) -> int:
        """The publisher's RTP time as the subscriber counts it."""
        return (timestamp + self.span.timestamp_by) & MASK32 if self.span is not None else 0


def _padded(packet: bytes, size: int) -> bytes:
    return bytes((packet[0] | PADDED,)) + packet[1:] + bytes(size - 1) + bytes((size,))


def _signed(difference: int) -> int:
    return ((difference + 0x80000000) & MASK32) - 0x80000000
