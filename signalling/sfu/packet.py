"""RTP packets: bytes in, facts out; what is not one is refused as `BadPacket`.

Only what forwarding needs: the fixed header, the extension block undecoded, the payload without
its padding. Contributing sources are dropped: we never mix.
"""

from struct import Struct

RTP = Struct("!BBHLL")
EXTENSION = Struct("!HH")
ONE_BYTE = 0xBEDE
TWO_BYTES = 0x1000
HALF = 0x8000
MASK = 0xFFFF

# The ids under which we offer header extensions; an answer keeps them (RFC 8285, 6).
MID_ID, LEVEL_ID, STAMP_ID = 1, 2, 3
SILENT = 127


# Which of `Packet.marks` a line takes: nothing, the stamp, the level, or both.
PLAIN, STAMPED, LEVELLED = 0, 1, 2
NO_MARKS = (b"", b"", b"", b"")


class BadPacket(ValueError):
    """These bytes are no RTP or RTCP packet that we understand."""


class Packet:
    """One RTP packet after decryption, and what its source learned of it.

    `place` is its unwrapped sequence number, `arrived` when it came, `temporal` its temporal layer,
    `redundant` its RED payload where `payload` is the sound alone, and `marks` are the extension
    elements that every subscriber gets alike, by what he takes (`PLAIN`, `STAMPED`, `LEVELLED`).
    """

    __slots__ = (
        "arrived",
        "extension",
        "level",
        "marker",
        "marks",
        "payload",
        "payload_type",
        "picture",
        "place",
        "profile",
        "redundant",
        "sequence",
        "ssrc",
        "temporal",
        "timestamp",
    )

    def __init__(
        self,
        *,
        payload_type: int,
        sequence: int,
        timestamp: int,
        ssrc: int,
        payload: bytes,
        marker: int = 0,
        profile: int = 0,
        extension: bytes = b"",
    ) -> None:
        self.payload_type = payload_type
        self.marker = marker
        self.sequence = sequence
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.payload = payload
        self.profile = profile
        self.extension = extension
        self.place = -1
        self.arrived = 0.0
        self.level = SILENT
        self.temporal = 0
        self.redundant = b""
        self.marks = NO_MARKS
        self.picture: object = None


def parse_rtp(data: bytes) -> Packet:
    """The packet in these bytes, or `BadPacket`."""
    size = len(data)
    if size < 12:
        raise BadPacket("shorter than an RTP header")
    first, second, sequence, timestamp, ssrc = RTP.unpack_from(data)
    if first >> 6 != 2:
        raise BadPacket("not RTP version 2")
    start = 12 + 4 * (first & 15)
    profile, extension = 0, b""
    if first & 16:
        if size < start + 4:
            raise BadPacket("extension header cut short")
        profile, words = EXTENSION.unpack_from(data, start)
        end = start + 4 + 4 * words
        extension, start = data[start + 4 : end], end
    end = size
    if first & 32:
        end -= data[-1]
        if not data[-1]:
            raise BadPacket("padding of no length")
    if start > end:
        raise BadPacket("header longer than the packet")
    return Packet(
        payload_type=second & 127,
        marker=second & 128,
        sequence=sequence,
        timestamp=timestamp,
        ssrc=ssrc,
        payload=data[start:end],
        profile=profile,
        extension=extension,
    )


def extension_of(packet: Packet, wanted: int) -> bytes | None:
    """The value of the header extension with this id, in either form of RFC 8285."""
    if packet.profile == ONE_BYTE:
        return _find(packet.extension, wanted, header=1)
    if packet.profile & 0xFFF0 == TWO_BYTES:
        return _find(packet.extension, wanted, header=2)
    return None


def _find(data: bytes, wanted: int, *, header: int) -> bytes | None:
    at, end = 0, len(data)
    while at < end:
        if not data[at]:
            at += 1
            continue
        if header == 1:
            name, length = data[at] >> 4, (data[at] & 15) + 1
        elif at + 1 < end:
            name, length = data[at], data[at + 1]
        else:
            return None
        at += header
        if name == wanted:
            return data[at : at + length] if at + length <= end else None
        at += length
    return None


def one_byte_block(elements: list[tuple[int, bytes]]) -> bytes:
    """A one-byte extension block, with its header, for these (id, value) pairs."""
    if not elements:
        return b""
    body = b"".join(bytes([(name << 4) | (len(value) - 1)]) + value for name, value in elements)
    body += bytes(-len(body) % 4)
    return EXTENSION.pack(ONE_BYTE, len(body) // 4) + body


def marks_of(now: float, level: int | None) -> tuple[bytes, bytes, bytes, bytes]:
    """The abs-send-time of this instant and the audio level (RFC 6464), each an element."""
    stamp = bytes((STAMP_ID << 4 | 2,)) + (int(now * 262_144) & 0xFFFFFF).to_bytes(3, "big")
    # Where the publisher tells no level there is padding of its length: lines count on it.
    loudness = bytes(2) if level is None else bytes((LEVEL_ID << 4, level))
    return b"", stamp, loudness, stamp + loudness


def undo_rtx(packet: Packet, ssrc: int, payload_type: int) -> Packet | None:
    """The packet that this retransmission (RFC 4588) repeats; None when it carries nothing."""
    if len(packet.payload) <= 2:
        return None
    return Packet(
        payload_type=payload_type,
        marker=packet.marker,
        sequence=int.from_bytes(packet.payload[:2], "big"),
        timestamp=packet.timestamp,
        ssrc=ssrc,
        payload=packet.payload[2:],
        profile=packet.profile,
        extension=packet.extension,
    )


class Unwrapper:
    """Numbers that never wrap, from 16-bit ones that do."""

    __slots__ = ("highest",)

    def __init__(self) -> None:
        self.highest = -1

    def place(self, sequence: int) -> int:
        """The unwrapped number nearest to the highest seen so far."""
        highest = self.highest
        if highest < 0:
            self.highest = sequence + 0x10000
            return self.highest
        value = highest + ((sequence - highest + HALF) & MASK) - HALF
        if value > highest:
            self.highest = value
        return value
