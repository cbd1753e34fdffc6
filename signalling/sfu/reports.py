"""Reports: how a stream arrives, the publisher's clock, and the round trip told by a receiver."""

from collections import deque

from signalling.sfu.packet import Packet
from signalling.sfu.rtcp import Block, SenderReport

NTP_UNIT = 1 << 32
NTP_MASK = (1 << 64) - 1
SHORT = 65536
REMEMBERED = 8
WINDOW, STEP = 1.0, 0.05


class Reception:
    """RFC 3550, A.3 and A.8, for one incoming stream of `clock` Hz."""

    __slots__ = (
        "_base",
        "_clock",
        "_expected_before",
        "_highest",
        "_jitter",
        "_received",
        "_received_before",
        "_report",
        "_transit",
        "fraction",
        "octets",
        "reported_at",
    )

    def __init__(self, clock: int) -> None:
        self._clock = clock
        self._base = self._highest = -1
        self._received = self._received_before = self._expected_before = 0
        self._jitter = 0.0
        self._transit = 0.0
        self._report: SenderReport | None = None
        self.reported_at = 0.0
        self.fraction = 0
        self.octets = 0

    @property
    def received(self) -> int:
        """Packets so far, repeats not counted."""
        return self._received

    @property
    def first(self) -> int:
        """The place of the first packet; beyond every place while none has come."""
        return self._base if self._base >= 0 else 1 << 62

    def arrived(self, packet: Packet, now: float) -> None:
        """Count a packet that is not a repeat."""
        place = packet.place
        if self._base < 0:
            self._base = place
        if place > self._highest:
            self._highest = place
        self._received += 1
        self.octets += len(packet.payload)
        transit = now * self._clock - packet.timestamp
        if self._received > 1:
            change = abs(transit - self._transit)
            # A wrapped timestamp is no jitter.
            if change < 1 << 31:
                self._jitter += (change - self._jitter) / 16
        self._transit = transit

    def reported(self, report: SenderReport, now: float) -> None:
        """The publisher told its clock."""
        self._report, self.reported_at = report, now

    def clock_at(self, now: float) -> tuple[int, int] | None:
        """The publisher's NTP and RTP time of this instant, once it has reported."""
        if self._report is None:
            return None
        gone = now - self.reported_at
        return self._report.ntp + int(gone * NTP_UNIT), self._report.timestamp + int(
            gone * self._clock
        )

    def ntp_of(self, timestamp: int) -> int | None:
        """The publisher's NTP time of one of this stream's RTP times, once it has reported."""
        told = self._report
        if told is None:
            return None
        return told.ntp + _signed(timestamp - told.timestamp) * NTP_UNIT // self._clock

    def timestamp_of(self, ntp: int) -> int | None:
        """This stream's RTP time of the publisher's NTP time, once it has reported."""
        told = self._report
        if told is None:
            return None
        apart = (ntp - told.ntp + (1 << 63) & NTP_MASK) - (1 << 63)
        return told.timestamp + apart * self._clock // NTP_UNIT & 0xFFFFFFFF

    def block(self, ssrc: int, now: float) -> Block:
        """The report block for the publisher; loss is counted since the last one."""
        expected = self._highest - self._base + 1 if self._base >= 0 else 0
        lately = expected - self._expected_before
        lost = lately - (self._received - self._received_before)
        self._expected_before, self._received_before = expected, self._received
        self.fraction = min(255, 256 * lost // lately) if lost > 0 and lately else 0
        told = self._report
        total = min(max(expected - self._received, -0x800000), 0x7FFFFF)
        return Block(
            ssrc=ssrc,
            fraction=self.fraction,
            lost=total,
            highest=self._highest & 0xFFFFFFFF if self._base >= 0 else 0,
            jitter=int(self._jitter),
            lsr=told.ntp >> 16 & 0xFFFFFFFF if told else 0,
            dlsr=min(int((now - self.reported_at) * SHORT), 0xFFFFFFFF) if told else 0,
        )


def aligned(timestamp: int, new: Reception, old: Reception) -> int | None:
    """An RTP time of `new` as `old` counts it, where both streams have told their clock.

    Both must be of one publisher: the clocks of two know nothing of each other.
    """
    ntp = new.ntp_of(timestamp)
    return None if ntp is None else old.timestamp_of(ntp)


def _signed(difference: int) -> int:
    return ((difference + 0x80000000) & 0xFFFFFFFF) - 0x80000000


class Meter:
    """kbit/s over about the last second, from a total that grows. To be asked now and then."""

    __slots__ = ("_samples",)

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def kbps(self, octets: int, now: float) -> float:
        """The rate by which the total has come to `octets`."""
        samples = self._samples
        if not samples or now - samples[-1][0] >= STEP:
            samples.append((now, octets))
        while len(samples) > 1 and samples[1][0] <= now - WINDOW:
            samples.popleft()
        at, before = samples[0]
        # A burst in no time at all is no rate.
        return (octets - before) * 8 / 1000 / (now - at) if now - at >= STEP else 0.0


class Echo:
    """What a subscriber says of one stream we send: the round trip, and what he lost."""

    __slots__ = ("_judged", "_lost", "_sent", "_weighed", "fraction", "rtt")

    def __init__(self) -> None:
        self._sent: deque[tuple[int, float]] = deque(maxlen=REMEMBERED)
        self.rtt: float | None = None
        self.fraction = 0
        # Packets sent when he last reported; since `take`: those he reported of, and of them lost.
        self._judged = self._weighed = 0
        self._lost = 0.0

    def sent(self, ntp: int, now: float) -> None:
        """A sender report with this NTP time left."""
        self._sent.append((ntp >> 16 & 0xFFFFFFFF, now))

    def heard(self, block: Block, now: float, packets: int) -> float | None:
        """A report block came back when so many packets had been sent; the round trip it tells
        of, if it does. What it says of loss is of the packets since the block before, once."""
        self.fraction = block.fraction
        self._weighed += packets - self._judged
        self._lost += (packets - self._judged) * block.fraction / 256
        self._judged = packets
        at = self._answered(block.lsr)
        if at is None:
            return None
        sample = max(now - at - block.dlsr / SHORT, 0.0)
        self.rtt = sample if self.rtt is None else self.rtt + (sample - self.rtt) / 4
        return sample

    def _answered(self, short: int) -> float | None:
        """When the report left that this is the first answer to; another tells nothing new."""
        if not short or short not in (one for one, _ in self._sent):
            return None
        while True:
            one, at = self._sent.popleft()
            if one == short:
                return at

    def take(self) -> tuple[int, float]:
        """The packets he reported of since this was last asked, and how many of them were lost."""
        taken = self._weighed, self._lost
        self._weighed, self._lost = 0, 0.0
        return taken
