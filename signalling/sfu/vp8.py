"""The VP8 payload descriptor (RFC 7741): which picture, which layer, how to renumber it."""

from signalling.sfu.packet import BadPacket

EXTENDED, PICTURE_ID, TL0, TID, KEYIDX = 0x80, 0x80, 0x40, 0x20, 0x10
START, SYNC, LONG = 0x10, 0x20, 0x80
NUMBERS = 0x7FFF
START_CODE = b"\x9d\x01\x2a"


class Picture:
    """What the descriptor says. Numbers are -1 and positions 0 where it says nothing.

    `temporal` is the temporal layer; `sync` says that it depends on the lowest one only. `height`
    is in the header of a key picture: 0 elsewhere, and where that header is encrypted.
    """

    __slots__ = (
        "height",
        "key",
        "key_index",
        "layer_at",
        "number",
        "number_at",
        "short",
        "start",
        "sync",
        "temporal",
        "tl0",
        "tl0_at",
    )

    def __init__(self) -> None:
        self.number = -1
        self.number_at = 0
        self.short = False
        self.tl0 = -1
        self.tl0_at = 0
        self.layer_at = 0
        self.temporal = 0
        self.sync = False
        self.key_index = -1
        self.start = False
        self.key = False
        self.height = 0


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
            _read_layer(payload[at], flags, picture)
            picture.layer_at = at
            at += 1
    # The first partition begins here; a key picture says so in its first bit.
    picture.start = bool(first & START) and not first & 7
    picture.key = picture.start and not payload[at] & 1
    if picture.key and payload[at + 3 : at + 6] == START_CODE and len(payload) >= at + 10:
        picture.height = int.from_bytes(payload[at + 8 : at + 10], "little") & 0x3FFF
    return picture


def _read_number(payload: bytes, at: int, picture: Picture) -> int:
    picture.number_at = at
    number = payload[at]
    if number & LONG:
        picture.number = (number & 0x7F) << 8 | payload[at + 1]
        return at + 2
    picture.short = True
    picture.number = number
    return at + 1


def _read_layer(byte: int, flags: int, picture: Picture) -> None:
    if flags & TID:
        picture.temporal = byte >> 6
        picture.sync = bool(byte & SYNC)
    if flags & KEYIDX:
        picture.key_index = byte & 31


def widen(payload: bytes, picture: Picture, near: int) -> bytes:
    """The payload with a picture id of 15 bits for one of 7; `picture` is changed to say so.

    `near` is a recent number of the same stream: 7 bits alone do not tell which one is meant.
    """
    number = near + ((picture.number - near + 64) & 127) - 64
    at = picture.number_at
    picture.number = number & NUMBERS
    picture.short = False
    picture.tl0_at += 1 if picture.tl0_at else 0
    picture.layer_at += 1 if picture.layer_at else 0
    return payload[:at] + (0x8000 | picture.number).to_bytes(2, "big") + payload[at + 1 :]


def renumber(payload: bytes, picture: Picture, number_by: int, tl0_by: int, key_by: int) -> bytes:
    """The payload with picture id (15 bits), TL0PICIDX and KEYIDX moved on by these amounts."""
    changed = bytearray(payload)
    if picture.number >= 0:
        at, number = picture.number_at, (picture.number + number_by) & NUMBERS
        changed[at] = LONG | number >> 8
        changed[at + 1] = number & 0xFF
    if picture.tl0 >= 0:
        changed[picture.tl0_at] = (picture.tl0 + tl0_by) & 0xFF
    if picture.key_index >= 0:
        at = picture.layer_at
        changed[at] = changed[at] & 0xE0 | (picture.key_index + key_by) & 31
    return bytes(changed)
