"""VISCA over IP: the header of eight bytes, and a message sent again until it is answered.

Sony, "VISCA over IP": UDP port 52381; payload type, length, sequence number, payload. A message
that is repeated keeps its sequence number, and the camera repeats its answer without moving twice.
"""

from dataclasses import dataclass

from rooms.drivers.port import DeviceFailure, DeviceUnreachable
from rooms.drivers.wire import visca
from rooms.drivers.wire.visca import Answer, Said

PORT = 52381
COMMAND = b"\x01\x00"
INQUIRY = b"\x01\x10"
REPLY = b"\x01\x11"
CONTROL = b"\x02\x00"
CONTROL_REPLY = b"\x02\x01"
RESET = b"\x01"
HEADER = 8
LAST_SEQUENCE = 0xFFFFFFFF

AGAIN_AFTER = 0.25
TRIES = 5
ASK_AFTER = 1.0
"""While a taken command runs it is asked after: the word that it is done may have been lost."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One datagram."""

    kind: bytes
    sequence: int
    payload: bytes

    def __bytes__(self) -> bytes:
        length = len(self.payload).to_bytes(2, "big")
        return self.kind + length + self.sequence.to_bytes(4, "big") + self.payload


def parse(datagram: bytes) -> Packet:
    """The packet, or DeviceFailure."""
    length = int.from_bytes(datagram[2:4], "big")
    if not HEADER < len(datagram) == HEADER + length <= HEADER + visca.LONGEST:
        raise DeviceFailure("not a packet of VISCA over IP")
    return Packet(datagram[:2], int.from_bytes(datagram[4:8], "big"), datagram[HEADER:])


class Exchange:
    """One message until it is done. `now` is any clock in seconds; look again when it is `due`."""

    def __init__(self, packet: Packet, now: float) -> None:
        self.sequence = packet.sequence
        self.taken = False
        self.socket = 0
        self.due = now
        self.sent = 0
        self._packet = packet

    def to_send(self, now: float) -> bytes | None:
        """The datagram that has to go out now; DeviceUnreachable when it went out in vain."""
        if now < self.due:
            return None
        if not self.taken and self.sent == TRIES:
            raise DeviceUnreachable(f"no answer to {TRIES} datagrams")
        self.sent += 1
        self.due = now + (ASK_AFTER if self.taken else AGAIN_AFTER)
        return bytes(self._packet)

    def receive(self, packet: Packet, now: float) -> Answer | None:
        """The answer that ends it, None when there is more to come; a refusal is raised."""
        if packet.sequence != self.sequence:
            return None
        if self._packet.kind == CONTROL:
            return Answer(Said.DONE, 0, b"") if packet.kind == CONTROL_REPLY else None
        if packet.kind != REPLY:
            return None
        answer = visca.answer(packet.payload)
        if answer.said is Said.REFUSED:
            raise visca.refusal(answer)
        if answer.said is Said.DONE:
            return answer
        self.taken, self.socket = True, answer.socket
        self.due = now + ASK_AFTER
        return None
