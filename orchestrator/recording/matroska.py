"""One source in a WebM file (RFC 9559) that is whole at every moment: only ever added to.

Segment and clusters have no length, so that nothing written earlier has to be corrected: whoever
kills the writer loses what had not reached the file, and nothing else. A clean end, or a repair
(`scan`), fills in the duration, for which room is left in the head.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from mmap import mmap
from struct import pack

CLUSTER, SEGMENT, INFO, TIME, BLOCK = (
    b"\x1f\x43\xb6\x75",
    b"\x18\x53\x80\x67",
    b"\x15\x49\xa9\x66",
    b"\xe7",
    b"\xa3",
)
DURATION, VOID = b"\x44\x89", b"\xec"
NO_LENGTH = b"\x01" + 7 * b"\xff"
NO_DURATION = VOID + b"\x89" + bytes(9)
KEY, TRACK = 0x80, b"\x81"
# A cluster counts its blocks from its own beginning, in 16 bits of milliseconds.
LONGEST = 30_000
EPOCH = datetime(2001, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the head of a file says. `size` (width, height) for pictures, None for sound."""

    name: str
    began_at: datetime
    size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What is whole of a file: up to which byte, how many frames, and the last one's time in ms.

    `duration_at` is where its duration belongs, None when the head is not whole.
    """

    end: int
    frames: int
    last: int
    duration_at: int | None


def head(about: About) -> bytes:
    """The beginning of a file: EBML header, segment, who it is, and the one track."""
    name = about.name.encode()
    ebml = _element(
        b"\x1a\x45\xdf\xa3",
        _number(b"\x42\x86", 1)
        + _number(b"\x42\xf7", 1)
        + _number(b"\x42\xf2", 4)
        + _number(b"\x42\xf3", 8)
        + _element(b"\x42\x82", b"webm")
        + _number(b"\x42\x87", 4)
        + _number(b"\x42\x85", 2),
    )
    since = int((about.began_at - EPOCH).total_seconds() * 1000) * 1_000_000
    info = _element(
        INFO,
        NO_DURATION
        + _number(b"\x2a\xd7\xb1", 1_000_000)
        + _element(b"\x44\x61", pack("!q", since))
        + _element(b"\x7b\xa9", name)
        + _element(b"\x4d\x80", b"margeride")
        + _element(b"\x57\x41", b"margeride"),
    )
    entry = _number(b"\xd7", 1) + _number(b"\x73\xc5", 1) + _number(b"\x9c", 0)
    entry += _element(b"\x53\x6e", name) + (_pictures(about.size) if about.size else _sound())
    tracks = _element(b"\x16\x54\xae\x6b", _element(b"\xae", entry))
    return ebml + SEGMENT + NO_LENGTH + info + tracks


def cluster(at: int) -> bytes:
    """The beginning of a cluster, at so many milliseconds."""
    return CLUSTER + NO_LENGTH + _number(TIME, at)


def block(after: int, data: bytes, *, key: bool) -> bytes:
    """A frame, so many milliseconds after the beginning of its cluster (below `LONGEST`)."""
    return _element(BLOCK, TRACK + pack("!hB", after, KEY if key else 0) + data)


def duration(ms: int) -> bytes:
    """The duration, of the length of the room that is left for it."""
    return _element(DURATION, pack("!d", float(ms)))


def scan(data: bytes | mmap) -> Scan:
    """How far a file is whole; what comes after `end` is half a block."""
    frames, last, began, duration_at = 0, 0, 0, None
    at = end = 0
    while True:
        found = _element_at(data, at)
        if found is None:
            return Scan(end=end, frames=frames, last=last, duration_at=duration_at)
        name, body, size = found
        if name in (SEGMENT, CLUSTER):
            at = body
            continue
        if name == INFO:
            duration_at = body
        elif name == TIME:
            began = int.from_bytes(data[body : body + size], "big")
        elif name == BLOCK:
            frames += 1
            last = began + int.from_bytes(data[body + 1 : body + 3], "big", signed=True)
        at = end = body + size


def _element_at(data: bytes | mmap, at: int) -> tuple[bytes, int, int] | None:
    """Name, where its body begins, and its length (0 for what has none); None: not whole."""
    if at >= len(data) or not data[at]:
        return None
    width = 9 - data[at].bit_length()
    name, at = bytes(data[at : at + width]), at + width
    if at >= len(data) or not data[at]:
        return None
    width = 9 - data[at].bit_length()
    if bytes(data[at : at + width]) == NO_LENGTH:
        return name, at + width, 0
    size = int.from_bytes(data[at : at + width], "big") & ((1 << 7 * width) - 1)
    body = at + width
    return None if body + size > len(data) else (name, body, size)


def _element(name: bytes, body: bytes) -> bytes:
    return name + _length(len(body)) + body


def _length(size: int) -> bytes:
    if size < 0x7F:
        return bytes([0x80 | size])
    return (1 << 28 | size).to_bytes(4, "big")


def _number(name: bytes, value: int) -> bytes:
    return _element(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _pictures(size: tuple[int, int]) -> bytes:
    shape = _number(b"\xb0", size[0]) + _number(b"\xba", size[1])
    return _number(b"\x83", 1) + _element(b"\x86", b"V_VP8") + _element(b"\xe0", shape)


def _sound() -> bytes:
    opus = b"OpusHead" + pack("<BBHIhB", 1, 2, 0, 48_000, 0, 0)
    shape = _element(b"\xb5", pack("!d", 48_000.0)) + _number(b"\x9f", 2)
    return (
        _number(b"\x83", 2)
        + _element(b"\x86", b"A_OPUS")
        + _element(b"\x63\xa2", opus)
        + _number(b"\x56\xaa", 0)
        + _number(b"\x56\xbb", 80_000_000)
        + _element(b"\xe1", shape)
    )
