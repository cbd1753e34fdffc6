"""From packets back to what was encoded: sounds and whole pictures, in order, nothing decoded.

What is missing is asked for (`wanted`) and waited for; what is given up is said with the next frame
(`lost`), and pictures then begin again with a key picture (`wants_key`). RFC 7741, RFC 7587.
"""

from typing import NamedTuple

from signalling.engine import Kind
from signalling.sfu.nack import PICTURES, SOUNDS, Missing
from signalling.sfu.packet import BadPacket
from signalling.sfu.vp8 import EXTENDED, KEYIDX, LONG, PICTURE_ID, TID, TL0, parse_vp8

# A jump of the numbers beyond this is another stream, not a loss.
JUMP = 3_000
MOST_HELD = 2_048
# From here the numbers are counted, so that what comes before the first is no negative number.
FIRST = 1 << 16


class Encoded(NamedTuple):
    """A sound or a picture. `timestamp` counts on over the wrap of RTP, in ticks of its clock.

    `arrived` is when its first packet came, by the clock of `take`. `lost` packets before it never
    came. `size` is (width, height) of a key picture.
    """

    timestamp: int
    arrived: float
    key: bool
    data: bytes
    lost: int = 0
    size: tuple[int, int] | None = None


class _Packet(NamedTuple):
    timestamp: int
    marker: bool
    payload: bytes
    arrived: float


class Depacketiser:
    """One stream: packets in, in whatever order, and frames out."""

    def __init__(self, kind: Kind) -> None:
        self._video = kind is Kind.VIDEO
        self.packets = 0
        self._lost = 0
        self._stamp = FIRST << 16
        self._afresh(-1)

    def _afresh(self, place: int) -> None:
        self._missing = Missing(worth=PICTURES if self._video else SOUNDS)
        self._held: dict[int, _Packet] = {}
        self._next = self._highest = place
        self._break()

    @property
    def wants_key(self) -> bool:
        """Whether nothing can come before a key picture."""
        return self._video and self._waits

    def take(
        self, sequence: int, timestamp: int, marker: bool, payload: bytes, now: float
    ) -> list[Encoded]:
        """A packet came, perhaps late, perhaps again; the frames that it completes, in order."""
        self.packets += 1
        place = self._place(sequence)
        self._missing.arrived(place, now)
        if place < self._next or place in self._held:
            return []
        self._highest = max(self._highest, place)
        self._held[place] = _Packet(self._unwrapped(timestamp), marker, payload, now)
        if self._missing.overflowed or len(self._held) > MOST_HELD:
            self._missing.overflowed = False
            self._skip_to(min(self._held))
        return self._drain()

    def wanted(self, now: float) -> list[int]:
        """The sequence numbers to ask for again, now."""
        return self._missing.due(now)

    def tick(self) -> list[Encoded]:
        """The frames behind what was given up."""
        if self._held and self._missing.given_up >= self._next:
            self._skip_to(min(place for place in self._held if place > self._next))
        return self._drain()

    def _place(self, sequence: int) -> int:
        if self._highest < 0:
            self._next = self._highest = FIRST + sequence
            return FIRST + sequence
        ahead = (sequence - self._highest + 0x8000 & 0xFFFF) - 0x8000
        if abs(ahead) > JUMP:
            self._lost += 1
            self._afresh(FIRST + sequence)
            return FIRST + sequence
        return self._highest + ahead

    def _unwrapped(self, timestamp: int) -> int:
        ahead = (timestamp - self._stamp + 0x8000_0000 & 0xFFFF_FFFF) - 0x8000_0000
        self._stamp += ahead
        return self._stamp

    def _skip_to(self, place: int) -> None:
        self._lost += place - self._next
        self._next = place
        self._break()

    def _break(self) -> None:
        self._waits = True
        self._parts: list[bytes] = []
        self._began: _Packet | None = None

    def _drain(self) -> list[Encoded]:
        frames = []
        while (packet := self._held.pop(self._next, None)) is not None:
            self._next += 1
            frame = self._follow(packet) if packet.payload else None  # else it is padding
            if frame is not None:
                frames.append(frame)
        return frames

    def _follow(self, packet: _Packet) -> Encoded | None:
        if not self._video:
            return self._frame(packet, key=True, data=packet.payload)
        try:
            picture, body = parse_vp8(packet.payload), packet.payload[body_at(packet.payload) :]
        except (BadPacket, IndexError):
            self._break()
            return None
        if picture.start:
            self._parts, self._began = [], packet
            self._key = picture.key
        if self._began is None or packet.timestamp != self._began.timestamp:
            self._break()
            return None
        self._parts.append(body)
        return self._picture(self._began) if packet.marker else None

    def _picture(self, began: _Packet) -> Encoded | None:
        data = b"".join(self._parts)
        self._parts, self._began = [], None
        if self._waits and not self._key:
            return None
        self._waits = False
        return self._frame(began, key=self._key, data=data)

    def _frame(self, packet: _Packet, *, key: bool, data: bytes) -> Encoded:
        lost, self._lost = self._lost, 0
        size = size_of(data) if self._video and key else None
        return Encoded(packet.timestamp, packet.arrived, key, data, lost, size)


def body_at(payload: bytes) -> int:
    """Where the VP8 payload descriptor ends; IndexError when it is cut short."""
    if not payload[0] & EXTENDED:
        return 1
    flags, at = payload[1], 2
    if flags & PICTURE_ID:
        at += 2 if payload[at] & LONG else 1
    return at + bool(flags & TL0) + bool(flags & (TID | KEYIDX))


def size_of(picture: bytes) -> tuple[int, int] | None:
    """Width and height of a key picture; None when its header is cut short."""
    if len(picture) < 10:
        return None
    width, height = (int.from_bytes(picture[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    return width, height
