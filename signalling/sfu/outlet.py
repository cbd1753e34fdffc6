"""How packets leave to one subscriber's m-line: header extensions, repeats and probes."""

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
from signalling.sfu.reports import Echo, Meter
from signalling.sfu.rewrite import Rewriter
from signalling.sfu.twins import Twins

ALL_TEMPORAL = 3
SHORTEST_REPEAT = 0.02
ASKED_MOST = 1024
# Repeats may take half of what the packets themselves take, and so many octets more at once: where
# a line is full, each of them is asked for again and again, and makes it fuller.
REPEATED, AT_ONCE = 0.5, 32_000
# A probe repeats what has just left; more of it would be too old to be of use.
PROBE_BACK = 64
PROBE_WHOLE = 1250


class Outlet:
    """`send` takes a whole RTP packet. `echo` is what the subscriber says of what he got."""

    __slots__ = (
        "_after",
        "_asked",
        "_before",
        "_meter",
        "_repeated",
        "_takes",
        "_temporal",
        "echo",
        "octets",
        "packets",
        "red_type",
        "rewriter",
        "send",
        "twins",
        "video",
    )

    def __init__(self, *, video: bool, rewriter: Rewriter, send: Callable[[bytes], None]) -> None:
        self.video = video
        self.rewriter = rewriter
        self.send = send
        self.echo = Echo()
        self.packets = 0
        self.octets = 0
        self.red_type = 0
        self.twins = Twins()
        self._temporal = ALL_TEMPORAL
        self._asked: dict[int, float] = {}
        self._repeated = -float(AT_ONCE)
        self._meter = Meter()
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

    def block(self, packet: Packet) -> bytes:
        """The extension block for this packet."""
        return self._before + packet.marks[self._takes] + self._after

    # -- repeats and probes

    def repeat(self, lost: tuple[int, ...], now: float, rtt: float | None = None) -> int:
        """Answer a NACK, the same packet at most once in a round trip; how many were sent."""
        wait = max(self.echo.rtt or rtt or SHORTEST_REPEAT, SHORTEST_REPEAT)
        asked = self._asked
        if len(asked) > ASKED_MOST:
            self._asked = asked = {n: at for n, at in asked.items() if now - at < wait}
        count, allowed = 0, self.octets * REPEATED
        # What was not used does not add up.
        self._repeated = max(self._repeated, allowed - AT_ONCE)
        for sequence in lost:
            if self._repeated >= allowed:
                break
            before = asked.get(sequence)
            if before is not None and now - before < wait:
                continue
            written = self.rewriter.again(sequence, self._block_at(now), self._temporal)
            if written is not None:
                asked[sequence] = now
                count += 1
                self._repeated += len(written)
                self.send(written)
        return count

    def _block_at(self, now: float) -> bytes:
        """The block of a repeat: its stamp is new. Firefox drops what comes on an SSRC of
        repeats without a mid, and goes on asking."""
        return self._before + marks_of(now, None)[self._takes] + self._after

    @property
    def pads(self) -> bool:
        """Whether padding can be sent here: RTX was agreed, and something has left."""
        return bool(self.rewriter.rtx_payload_type and self.packets)

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

    def kbps(self, now: float) -> float:
        """What was sent over about the last second. To be asked several times a second."""
        return self._meter.kbps(self.octets, now)
