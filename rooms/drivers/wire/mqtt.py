"""MQTT 3.1.1 as far as a plug or a sensor needs it: connect, subscribe, publish, ping.

OASIS standard, 29 October 2014; sections in brackets. What is published is sent with QoS 1, what is
subscribed to may come with QoS 0 or 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rooms.drivers.port import AuthFailed, DeviceFailure, DeviceUnreachable

PORT = 1883
LARGEST = 256 * 1024
KEEP_ALIVE = 60
CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP = 2, 3, 4, 9, 13
PING = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"
_CLEAN, _PASSWORD, _USER = 0x02, 0x40, 0x80
_QOS_1 = 0x02


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet of the broker: its type, its flags, the rest."""

    kind: int
    flags: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """Something that was published; `number` is to be acknowledged, 0 when not."""

    topic: str
    payload: bytes
    number: int


def connect(client: str, user: str = "", password: str = "") -> bytes:
    """The first packet [3.1]."""
    flags = _CLEAN | (_USER if user else 0) | (_PASSWORD if user and password else 0)
    head = _string("MQTT") + bytes([4, flags]) + KEEP_ALIVE.to_bytes(2, "big")
    login = [_string(user)] if user else []
    login += [_string(password)] if user and password else []
    return _packet(0x10, head + _string(client) + b"".join(login))


def subscribe(number: int, topics: tuple[str, ...]) -> bytes:
    """Ask for what is published to these topics [3.8]."""
    return _packet(0x82, number.to_bytes(2, "big") + b"".join(_string(t) + b"\x01" for t in topics))


def publish(number: int, topic: str, payload: bytes) -> bytes:
    """Publish with QoS 1 [3.3]."""
    return _packet(PUBLISH << 4 | _QOS_1, _string(topic) + number.to_bytes(2, "big") + payload)


def acknowledge(number: int) -> bytes:
    """Say that a message came [3.4]."""
    return _packet(PUBACK << 4, number.to_bytes(2, "big"))


def check_welcome(packet: Packet) -> None:
    """Raise what the broker's answer to `connect` means, if it is not yes [3.2]."""
    if packet.kind != CONNACK or len(packet.body) != 2:
        raise DeviceFailure("not the welcome of a broker")
    if packet.body[1] in (4, 5):
        raise AuthFailed("the broker refuses user and password")
    if packet.body[1]:
        raise DeviceUnreachable(f"the broker refuses with {packet.body[1]}")


def message(packet: Packet) -> Message:
    """What was published [3.3]."""
    end = 2 + int.from_bytes(packet.body[:2], "big")
    qos = packet.flags >> 1 & 3
    if len(packet.body) < end + (2 if qos else 0) or qos > 1:
        raise DeviceFailure("a message cut short")
    number = int.from_bytes(packet.body[end : end + 2], "big") if qos else 0
    try:
        topic = packet.body[2:end].decode()
    except UnicodeDecodeError:
        raise DeviceFailure("a topic that is not text") from None
    return Message(topic, packet.body[end + (2 if qos else 0) :], number)


def number_of(packet: Packet) -> int:
    """Which of ours is acknowledged [3.4, 3.9]."""
    return int.from_bytes(packet.body[:2], "big")


class Packets:
    """Bytes as they come become packets [2.2]."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Packet]:
        """The packets that are whole now, or DeviceFailure."""
        self._buffer += data
        while (head := self._head()) is not None:
            start, length = head
            if len(self._buffer) < start + length:
                return
            first = self._buffer[0]
            body = bytes(self._buffer[start : start + length])
            del self._buffer[: start + length]
            yield Packet(first >> 4, first & 0x0F, body)

    def _head(self) -> tuple[int, int] | None:
        """Where the body begins and how long it is; None as long as that is not there."""
        length = 0
        for at, byte in enumerate(self._buffer[1:5]):
            length |= (byte & 0x7F) << 7 * at
            if not byte & 0x80:
                if length > LARGEST:
                    raise DeviceFailure("a packet larger than anybody needs")
                return at + 2, length
        if len(self._buffer) >= 5:
            raise DeviceFailure("not a packet")
        return None


def _packet(first: int, body: bytes) -> bytes:
    length, left = bytearray(), len(body)
    while True:
        left, low = divmod(left, 0x80)
        length.append(low | (0x80 if left else 0))
        if not left:
            return bytes([first]) + bytes(length) + body


def _string(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data
