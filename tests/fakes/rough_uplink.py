"""A browser behind a radio link: it numbers and stamps each packet, and two of ten never arrive."""

import struct
import time

from signalling.sfu.radio import TURN, UNITS
from signalling.transport.sdp import STAMP_URI, TWCC_URI
from tests.fakes.packet_peer import Wire
from tests.fakes.viewers import Browser

TWCC_ID, STAMP_ID = 4, 5
LOST = (6, 7)


class RoughUplink(Browser):
    """`rough` while the link loses."""

    rough = True
    _number = 0

    def _section(self, kind: str, number: int, coding: str, mid: str) -> list[str]:
        return [
            *super()._section(kind, number, coding, mid),
            f"a=extmap:{TWCC_ID} {TWCC_URI}",
            f"a=extmap:{STAMP_ID} {STAMP_URI}",
            f"a=rtcp-fb:{number} transport-cc",
        ]

    def say(self, wire: Wire, packet: bytes) -> None:
        """With its number and the time it leaves, behind the elements it has already."""
        self._number += 1
        if self.rough and self._number % 10 in LOST:
            return
        (words,) = struct.unpack_from("!H", packet, 14)
        own = packet[16 : 16 + 4 * words].rstrip(b"\0")
        stamp = int(time.monotonic() * UNITS) % TURN
        more = struct.pack("!BHB", TWCC_ID << 4 | 1, self._number & 0xFFFF, STAMP_ID << 4 | 2)
        block = own + more + stamp.to_bytes(3, "big")
        block += bytes(-len(block) % 4)
        head = packet[:14] + struct.pack("!H", len(block) // 4)
        super().say(wire, head + block + packet[16 + 4 * words :])
