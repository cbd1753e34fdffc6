"""Transport-wide feedback: when each packet of a leg arrived, told to the browser that sent it.

draft-holmer-rmcat-transport-wide-cc-extensions-01. The browser estimates its own line from it; we
write down arrivals and send them back, each 100 ms, but for what his radio loses whatever he sends
(`signalling.sfu.radio`). Statuses are one bit or two in vectors,
or runs of the same; times are steps of 250 µs from a reference in units of 64 ms.
"""

from collections.abc import Sequence
from struct import Struct

from signalling.sfu.packet import Unwrapper
from signalling.sfu.radio import Radio

RTPFB, FORMAT = 205, 15
# A little less than 100 ms, so that a timer of 50 ms that comes early loses no turn.
EVERY = 0.095
# An arrival that was told may be told again this long, with one that came late.
BACK = 0.5
# Most of what is lost on a short line has been sent again by then.
REPAIRED_WITHIN = 0.2
MOST_RECEIVED, MOST_STATUSES, MOST_KEPT = 192, 4096, 4096
LOST, SMALL, LARGE = 0, 1, 2
TICKS_A_SECOND, TICKS_A_REFERENCE = 4000, 256
LARGEST_RUN = 8191
START = Struct("!BBHLLHHL")
CHUNK = Struct("!H")
DELTA = Struct("!h")


class Recorder:
    """Arrivals of one leg. `ssrc` is ours, `media` any stream of the leg; numbers are 16 bits."""

    __slots__ = (
        "_count",
        "_due",
        "_judged",
        "_next",
        "_times",
        "_unwrapper",
        "media",
        "radio",
        "ssrc",
    )

    def __init__(self, ssrc: int, media: int = 0) -> None:
        self.ssrc = ssrc
        self.media = media
        self.radio = Radio()
        self._judged = -1
        self._times: dict[int, float] = {}
        self._unwrapper = Unwrapper()
        self._next = -1
        self._due = 0.0
        self._count = 0

    def arrived(self, number: int, now: float) -> None:
        """A packet with this transport-wide number; the first of two counts."""
        place = self._unwrapper.place(number)
        times = self._times
        if place not in times and len(times) < MOST_KEPT:
            times[place] = now
            if place < self._next or self._next < 0:
                self._next = place

    def feedback(self, now: float) -> bytes | None:
        """The RTCP packet that is due, of at most 1,200 octets; None when nothing is."""
        if now < self._due or self._next < 0:
            return None
        waiting = self._decided(sorted(p for p in self._times if p >= self._next), now)
        if not waiting:
            return None
        if self._forgive(waiting, now):
            waiting = sorted(p for p in self._times if self._next <= p <= waiting[-1])
        told = self._portion(waiting)
        # What did not go into this one goes into the next, without waiting.
        self._due = now + EVERY if told[-1] == waiting[-1] else now
        first = self._next if told[0] - self._next < MOST_STATUSES else told[0]
        packet = self._write(first, told)
        self._next = told[-1] + 1
        for place in [p for p, t in self._times.items() if p < self._next and t < now - BACK]:
            del self._times[place]
        return packet

    def _decided(self, waiting: list[int], now: float) -> list[int]:
        """Those that may be told. A browser forgets what it hears has come, and what is forgiven
        too soon is repeated no more: where the radio loses, a hole waits to be filled first."""
        if not self.radio.share:
            return waiting
        known = now
        decided = waiting
        for at in range(len(waiting) - 1, -1, -1):
            # A hole is as old as the first that came from behind it.
            known = min(known, self._times[waiting[at]])
            before = waiting[at - 1] + 1 if at else self._next
            if waiting[at] != before and now - known < REPAIRED_WITHIN:
                decided = waiting[:at]
        return decided

    def _forgive(self, waiting: list[int], now: float) -> bool:
        """Say of what the radio lost by itself that it came with the packet before it; whether
        there was any."""
        first, end = max(self._next, self._judged + 1), waiting[-1] + 1
        self._judged = max(self._judged, end - 1)
        if not 0 < end - first <= MOST_STATUSES:
            return False
        times = self._times
        lost = [place for place in range(first, end) if place not in times]
        forgiven = lost[: self.radio.forgive(end - first, len(lost), now)]
        for place in forgiven:
            times[place] = times.get(place - 1, times[waiting[0]])
        return bool(forgiven)

    def _portion(self, waiting: list[int]) -> list[int]:
        """The first of these that fit into one packet."""
        times = self._times
        first = waiting[0]
        before = _ticks(times[first])
        for at, place in enumerate(waiting):
            ticks = _ticks(times[place])
            far = not -0x8000 <= ticks - before <= 0x7FFF
            if at == MOST_RECEIVED or place - first >= MOST_STATUSES or far:
                return waiting[:at]
            before = ticks
        return waiting

    def _write(self, first: int, told: list[int]) -> bytes:
        reference = _ticks(self._times[told[0]]) // TICKS_A_REFERENCE
        statuses = bytearray(told[-1] - first + 1)
        deltas = b""
        before = reference * TICKS_A_REFERENCE
        for place in told:
            ticks = _ticks(self._times[place])
            delta, before = ticks - before, ticks
            small = 0 <= delta <= 0xFF
            statuses[place - first] = SMALL if small else LARGE
            deltas += bytes((delta,)) if small else DELTA.pack(delta)
        body = chunks(statuses) + deltas
        padding = -len(body) % 4
        if padding:
            body += bytes(padding - 1) + bytes((padding,))
        self._count = (self._count + 1) & 0xFF
        return (
            START.pack(
                0x80 | (0x20 if padding else 0) | FORMAT,
                RTPFB,
                4 + len(body) // 4,
                self.ssrc,
                self.media,
                first & 0xFFFF,
                len(statuses),
                (reference & 0xFFFFFF) << 8 | self._count,
            )
            + body
        )


def _ticks(when: float) -> int:
    return int(when * TICKS_A_SECOND + 0.5)


def chunks(statuses: Sequence[int]) -> bytes:
    """Statuses as runs where they are alike, as vectors of 14 or 7 where they are not."""
    out, at, end = b"", 0, len(statuses)
    while at < end:
        run = _run(statuses, at)
        window = statuses[at : at + 14]
        if run == end - at or run >= (7 if LARGE in window else 14):
            out += CHUNK.pack(statuses[at] << 13 | run)
            at += run
        elif LARGE in window:
            out += CHUNK.pack(0xC000 | _packed(window[:7], 2, 7))
            at += 7
        else:
            out += CHUNK.pack(0x8000 | _packed(window, 1, 14))
            at += 14
    return out


def _run(statuses: Sequence[int], at: int) -> int:
    symbol = statuses[at]
    end = min(len(statuses), at + LARGEST_RUN)
    beyond = at + 1
    while beyond < end and statuses[beyond] == symbol:
        beyond += 1
    return beyond - at


def _packed(symbols: Sequence[int], bits: int, places: int) -> int:
    value = 0
    for symbol in symbols:
        value = value << bits | symbol
    return value << bits * (places - len(symbols))
