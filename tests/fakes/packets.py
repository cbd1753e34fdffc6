"""Packets as browsers make them: a layer's VP8 pictures, sounds plain or with redundancy."""

from collections.abc import Sequence
from dataclasses import dataclass

from signalling.sfu.packet import RTP, Packet, one_byte_block

START_CODE = b"\x9d\x01\x2a"


def vp8(
    number: int,
    tl0: int = 0,
    *,
    key: bool = False,
    start: bool = True,
    temporal: int = 0,
    sync: bool = False,
    key_index: int = 0,
    height: int = 180,
    body: bytes = b"picture",
) -> bytes:
    """A payload with every field of the descriptor, picture id of 15 bits."""
    head = bytes((0x90 if start else 0x80, 0xF0, 0x80 | number >> 8 & 0x7F, number & 0xFF, tl0))
    head += bytes((temporal << 6 | sync << 5 | key_index & 31,))
    if not start:
        return head + body
    if not key:
        return head + b"\x01\x00\x00" + body
    return head + b"\x10\x00\x00" + START_CODE + bytes(2) + height.to_bytes(2, "little") + body


@dataclass
class Camera:
    """One layer: call it for the packets of its next picture. `rate` pictures a second.

    With `pattern`, pictures go through these temporal layers; the first of each upper layer in a
    round depends on the lowest alone (`sync`).
    """

    ssrc: int
    sequence: int = 100
    timestamp: int = 5_000
    number: int = 10
    tl0: int = 0
    key_index: int = 0
    height: int = 180
    payload_type: int = 96
    rate: int = 30
    pattern: Sequence[int] = (0,)
    taken: int = 0

    def __call__(self, packets: int = 2, *, key: bool = False, size: int = 7) -> list[Packet]:
        self.taken = 0 if key else self.taken
        place = self.taken % len(self.pattern)
        temporal = self.pattern[place]
        sync = temporal > 0 and temporal not in self.pattern[:place]
        self.tl0 = (self.tl0 + (temporal == 0)) & 0xFF
        self.key_index += key
        made = [
            self._packet(n, packets, key, temporal, sync, size.to_bytes(4, "big") + bytes(size))
            for n in range(packets)
        ]
        self.taken += 1
        self.number = (self.number + 1) & 0x7FFF
        self.timestamp = (self.timestamp + 90_000 // self.rate) & 0xFFFFFFFF
        return made

    def _packet(
        self, n: int, packets: int, key: bool, temporal: int, sync: bool, body: bytes
    ) -> Packet:
        payload = vp8(
            self.number,
            self.tl0,
            key=key,
            start=not n,
            temporal=temporal,
            sync=sync,
            key_index=self.key_index,
            height=self.height,
            body=body,
        )
        made = Packet(
            payload_type=self.payload_type,
            sequence=self.sequence,
            timestamp=self.timestamp,
            ssrc=self.ssrc,
            payload=payload,
            marker=128 if n == packets - 1 else 0,
        )
        self.sequence = (self.sequence + 1) & 0xFFFF
        return made


def padding(camera: Camera) -> Packet:
    """A packet of the camera's stream that carries nothing."""
    made = Packet(
        payload_type=camera.payload_type,
        sequence=camera.sequence,
        timestamp=camera.timestamp,
        ssrc=camera.ssrc,
        payload=b"",
    )
    camera.sequence = (camera.sequence + 1) & 0xFFFF
    return made


def red(sounds: Sequence[tuple[int, bytes]], own: bytes, payload_type: int = 111) -> bytes:
    """RED (RFC 2198): earlier sounds with how much earlier they are, and the packet's own."""
    heads = b"".join(
        (1 << 31 | payload_type << 24 | before << 10 | len(sound)).to_bytes(4, "big")
        for before, sound in sounds
    )
    return heads + bytes((payload_type,)) + b"".join(sound for _, sound in sounds) + own


def raw(packet: Packet, elements: Sequence[tuple[int, bytes]] = ()) -> bytes:
    """The packet's bytes, with these header extensions."""
    block = one_byte_block(list(elements))
    first = 0x90 if block else 0x80
    header = RTP.pack(
        first,
        packet.marker | packet.payload_type,
        packet.sequence,
        packet.timestamp,
        packet.ssrc,
    )
    return header + block + packet.payload


def as_rtx(packet: Packet, ssrc: int, payload_type: int, sequence: int) -> Packet:
    """The packet as a repeat (RFC 4588)."""
    return Packet(
        payload_type=payload_type,
        sequence=sequence,
        timestamp=packet.timestamp,
        ssrc=ssrc,
        payload=packet.sequence.to_bytes(2, "big") + packet.payload,
        marker=packet.marker,
    )


def a_sound(sequence: int, level: int = -1, payload: bytes = b"opus", kind: int = 111) -> Packet:
    """Twenty milliseconds of a voice, so loud where a level is given."""
    elements = [(4, bytes((level,))), (9, b"x")] if level >= 0 else []
    return Packet(
        payload_type=kind,
        sequence=sequence,
        timestamp=sequence * 960,
        ssrc=1,
        payload=payload,
        marker=128,
        profile=0xBEDE,
        extension=one_byte_block(elements)[4:],
    )
