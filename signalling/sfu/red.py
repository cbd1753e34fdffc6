"""Redundant audio (RFC 2198): a packet that carries the sound of earlier ones again.

It goes as it is to whoever took RED; others get the newest sound alone, as plain Opus.
"""

from dataclasses import dataclass

from signalling.sfu.packet import BadPacket

# The payload types under which we offer them.
OPUS_TYPE, RED_TYPE = 111, 63
FOLLOWED = 0x80
MOST_BLOCKS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A sound of the packet; `before` is by how much its RTP time is earlier than the packet's."""

    payload_type: int
    before: int
    payload: bytes


def parse_red(payload: bytes) -> list[Block]:
    """The sounds, oldest first, the packet's own last; `BadPacket` when it is no RED."""
    heads: list[tuple[int, int, int]] = []
    at, size = 0, len(payload)
    while at < size and payload[at] & FOLLOWED:
        if at + 4 > size or len(heads) == MOST_BLOCKS:
            raise BadPacket("RED header cut short or without end")
        word = int.from_bytes(payload[at : at + 4], "big")
        heads.append((word >> 24 & 127, word >> 10 & 0x3FFF, word & 0x3FF))
        at += 4
    if at >= size:
        raise BadPacket("RED without a primary sound")
    own = payload[at]
    at += 1
    blocks = []
    for kind, before, length in heads:
        if at + length > size:
            raise BadPacket("RED block cut short")
        blocks.append(Block(payload_type=kind, before=before, payload=payload[at : at + length]))
        at += length
    return [*blocks, Block(payload_type=own, before=0, payload=payload[at:])]


def relabel(payload: bytes, payload_type: int) -> bytes:
    """The same RED, already parsed once, with this payload type on each of its sounds."""
    changed = bytearray(payload)
    at = 0
    while changed[at] & FOLLOWED:
        changed[at] = FOLLOWED | payload_type
        at += 4
    changed[at] = payload_type
    return bytes(changed)
