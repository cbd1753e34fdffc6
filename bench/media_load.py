"""The load: a publisher's packets at their times, every arrival by the kernel's clock.

One thread sends and collects; understanding what came is for afterwards, so that it costs the run
nothing. Delay is the kernel's time of arrival less the moment before `sendto`: the server and two
ways over loopback, and nothing of this program's own scheduling on receipt.
"""

import select
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from struct import Struct, pack

RTP = Struct("!BBHLL")
STAMP = Struct("=qq")
MARK = b"\x5f\x0b\xa7\x11"
FRAMES, IN_A_FRAME, AUDIO = 30, 5, 50
VIDEO_SIZE, AUDIO_SIZE = 1150, 100
KEY_PICTURE = b"\x10\x00\x00\x00\x9d\x01\x2a\x80\x02\x68\x01"  # descriptor, then 640 x 360
PICTURE_GOES_ON, PICTURE = b"\x00", b"\x10\x01\x00\x00"
SETTLES = 0.5  # seconds at the beginning that are sent and not counted


@dataclass(slots=True)
class Arrivals:
    """One end of a leg."""

    socket: socket.socket
    unprotect: Callable[[bytes], bytes] = bytes
    heard: list[tuple[int, bytes]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one run showed."""

    expected: int
    received: int  # different packets that were due
    packets: int  # all of them, also those of the first moments
    delays_us: list[float]

    @property
    def loss(self) -> float:
        return 1 - self.received / max(1, self.expected)


class Publisher:
    """Writes the packets of a run; its counters go on from run to run."""

    def __init__(self, ssrcs: dict[str, int]) -> None:
        self.ssrcs = ssrcs
        self._next = {"audio": 100, "video": 100}
        self._clock = {"audio": 1000, "video": 1000}
        self.index = 0

    def run(self, seconds: float) -> list[tuple[float, list[bytes]]]:
        """(second, packets that leave at once), in order."""
        due = [(n / FRAMES, self._frame(n)) for n in range(int(seconds * FRAMES))]
        due += [(n / AUDIO + 0.005, [self._sound()]) for n in range(int(seconds * AUDIO))]
        return sorted(due, key=lambda one: one[0])

    def _frame(self, number: int) -> list[bytes]:
        self._clock["video"] += 90_000 // FRAMES
        begins = KEY_PICTURE if number % FRAMES == 0 else PICTURE
        heads = [begins] + [PICTURE_GOES_ON] * (IN_A_FRAME - 1)
        last = IN_A_FRAME - 1
        return [self._packet("video", h, VIDEO_SIZE, n == last) for n, h in enumerate(heads)]

    def _sound(self) -> bytes:
        self._clock["audio"] += 48_000 // AUDIO
        return self._packet("audio", b"\x78", AUDIO_SIZE, False)

    def _packet(self, kind: str, head: bytes, size: int, marker: bool) -> bytes:
        number = (111 if kind == "audio" else 96) | (0x80 if marker else 0)
        sequence = self._next[kind] = (self._next[kind] + 1) & 0xFFFF
        clock = self._clock[kind] & 0xFFFFFFFF
        payload = head + MARK + pack("!L", self.index)
        self.index += 1
        return RTP.pack(0x80, number, sequence, clock, self.ssrcs[kind]) + payload.ljust(
            size, b"\x55"
        )


def run(
    publisher: Publisher,
    out: socket.socket,
    remote: tuple[str, int],
    protect: Callable[[bytes], bytes],
    subscribers: Sequence[Arrivals],
    seconds: float,
) -> Outcome:
    """Send for so long, collect, and work out what came when."""
    first = publisher.index
    plain = publisher.run(seconds + SETTLES)
    counted = {index_of(one) for at, some in plain if at >= SETTLES for one in some}
    ready = [(at, [(index_of(one), protect(one)) for one in some]) for at, some in plain]
    sent = _send_and_collect(ready, out, remote, subscribers)
    packets = received = 0
    delays: list[float] = []
    for subscriber in subscribers:
        seen: set[int] = set()
        for arrived, data in subscriber.heard:
            index = _index_in(subscriber, data)
            if index is None or index < first or index in seen:
                continue
            seen.add(index)
            packets += 1
            if index in counted:
                received += 1
                delays.append((arrived - sent[index]) / 1000)
        subscriber.heard.clear()
    expected = len(counted) * len(subscribers)
    return Outcome(expected=expected, received=received, packets=packets, delays_us=delays)


def index_of(packet: bytes) -> int:
    at = packet.index(MARK) + len(MARK)
    return int.from_bytes(packet[at : at + 4], "big")


def _index_in(subscriber: Arrivals, data: bytes) -> int | None:
    if not 127 < data[0] < 192 or 192 <= data[1] <= 223:
        return None
    try:
        return index_of(subscriber.unprotect(data))
    except Exception:  # whatever cannot be read counts as lost
        return None


def _send_and_collect(
    ready: Sequence[tuple[float, list[tuple[int, bytes]]]],
    out: socket.socket,
    remote: tuple[str, int],
    subscribers: Sequence[Arrivals],
) -> dict[int, int]:
    by_fd = {one.socket.fileno(): one for one in subscribers}
    sent: dict[int, int] = {}
    with select.epoll() as poll:
        for fd in by_fd:
            poll.register(fd, select.EPOLLIN)
        began = time.monotonic()
        for at, packets in ready:
            while (left := began + at - time.monotonic()) > 0:
                _collect(poll, by_fd, left)
            for index, data in packets:
                sent[index] = time.time_ns()
                out.sendto(data, remote)
        ends = time.monotonic() + 0.5
        while (left := ends - time.monotonic()) > 0:
            _collect(poll, by_fd, left)
    return sent


def _collect(poll: select.epoll, by_fd: dict[int, Arrivals], wait: float) -> None:
    for fd, _ in poll.poll(wait):
        one = by_fd[fd]
        receive, heard = one.socket.recvmsg, one.heard
        try:
            while True:
                data, ancillary, _, _ = receive(2048, 64)
                seconds, nanoseconds = STAMP.unpack_from(ancillary[0][2])
                heard.append((seconds * 1_000_000_000 + nanoseconds, data))
        except BlockingIOError:
            continue
