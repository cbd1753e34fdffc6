"""The VP8 payload descriptor (RFC 7741): which picture, is it a key picture, how to renumber it."""

from signalling.sfu.packet import BadPacket

EXTENDED, PICTURE_ID, TL0, TID, KEYIDX = 0x80, 0x80, 0x40, 0x20, 0x10
START = 0x10


class Picture:
    """What the descriptor says. Numbers are -1 and positions 0 where it says nothing."""

    __slots__ = ("bits", "key", "number", "number_at", "start", "tl0", "tl0_at")

    def __init__(self) -> None:
        self.number = -1
        self.number_at = 0
        self.bits = 0
        self.tl0 = -1
        self.tl0_at = 0
        self.start = False
        self.key = False


def parse_vp8(payload: bytes) -> Picture:
    """Read the descriptor, or refuse with `BadPacket`."""
    try:
        return _read(payload)
    except IndexError:
        raise BadPacket("VP8 descriptor cut short") from None


def _read(payload: bytes) -> Picture:
    picture = Picture()
    first = payload[0]
    at = 1
    if first & EXTENDED:
        flags = payload[1]
        at = 2
        if flags & PICTURE_ID:
            at = _read_number(payload, at, picture)
        if flags & TL0:
            picture.tl0, picture.tl0_at = payload[at], at
            at += 1
        if flags & (TID | KEYIDX):
            at += 1
    # The first partition begins here; a key picture says so in its first bit.
    picture.start = bool(first & START) and not first & 7
    picture.key = picture.start and not payload[at] & 1
    return picture


def _read_number(payload: bytes, at: int, picture: Picture) -> int:
    picture.number_at = at
    number = payload[at]
    if number & 0x80:
        picture.bits = 15
        picture.number = (number & 0x7F) << 8 | payload[at + 1]
        return at + 2
    picture.bits = 7
    picture.number = number
    return at + 1


def renumber(payload: bytes, picture: Picture, number_by: int, tl0_by: int) -> bytes:
    """The payload with picture id and TL0PICIDX moved on by these amounts."""
    changed = bytearray(payload)
    at = picture.number_at
    if picture.bits == 15:
        number = (picture.number + number_by) & 0x7FFF
        changed[at] = 0x80 | number >> 8
        changed[at + 1] = number & 0xFF
    elif picture.bits == 7:
        changed[at] = (picture.number + number_by) & 0x7F
    if picture.tl0 >= 0:
        changed[picture.tl0_at] = (picture.tl0 + tl0_by) & 0xFF
    return bytes(changed)
