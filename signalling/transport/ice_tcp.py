"""ICE over TCP: packets in a stream (RFC 4571), and whether one more may join a queue that is late.

A browser whose network lets no UDP out opens a TCP connection to the media port (RFC 6544, we are
`passive`) and says on it what it would have said in datagrams, each after its length.
"""

from collections import deque
from struct import Struct

LENGTH = Struct("!H")
LONGEST = 2048  # as long as what is read of a datagram
# A path that is so late is for sound and reports alone, then for nothing: what would be queued
# behind it is of no use when it arrives.
PICTURES_WITHIN, ANYTHING_WITHIN = 0.4, 2.0
MOST_WAITING = 256 * 1024
SMALL = 400  # octets; sound, reports, checks


class BadFrame(ValueError):
    """Longer than a packet can be: this is not what we speak."""


def framed(data: bytes) -> bytes:
    """A packet as it goes into the stream."""
    return LENGTH.pack(len(data)) + data


class Frames:
    """Cuts a stream into packets; holds at most one that is not complete."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that are complete now, without the empty ones. `BadFrame` ends it."""
        data = self._held + data
        ready: list[bytes] = []
        at = 0
        while at + LENGTH.size <= len(data):
            (size,) = LENGTH.unpack_from(data, at)
            if size > LONGEST:
                raise BadFrame(size)
            end = at + LENGTH.size + size
            if end > len(data):
                break
            if size:
                ready.append(data[at + LENGTH.size : end])
            at = end
        self._held = data[at:]
        return ready


class Outbox:
    """What a slow connection has not taken yet, in order; bounded in time and in octets."""

    def __init__(self) -> None:
        self.octets = 0
        self._frames: deque[tuple[float, bytes]] = deque()

    def __bool__(self) -> bool:
        return bool(self._frames)

    def put(self, data: bytes, now: float, sent: int = 0) -> bool:
        """Queue a packet, of whose frame `sent` octets have left; False when it is given up.

        One that is partly gone must follow whole, or nothing after it would be understood.
        """
        if not sent and not self._has_room(len(data), now):
            return False
        frame = framed(data)[sent:]
        self._frames.append((now, frame))
        self.octets += len(frame)
        return True

    def _has_room(self, size: int, now: float) -> bool:
        late = now - self._frames[0][0] if self._frames else 0.0
        patience = ANYTHING_WITHIN if size <= SMALL else PICTURES_WITHIN
        return late <= patience and self.octets + size <= MOST_WAITING

    def first(self) -> bytes:
        """What should leave next."""
        return self._frames[0][1]

    def left(self, sent: int) -> None:
        """So many octets of the first have left."""
        since, frame = self._frames.popleft()
        self.octets -= sent
        if sent < len(frame):
            self._frames.appendleft((since, frame[sent:]))
