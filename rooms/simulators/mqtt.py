"""A plug with a presence sensor that announces itself over MQTT, and the broker it stands behind.

The broker is as small as can be (MQTT 3.1.1: connect, subscribe, publish with QoS 0 and 1,
ping); it keeps what is retained and delivers to whoever subscribed to exactly that topic.
"""

import asyncio
import json
from collections.abc import Iterator

from rooms.simulators.base import TcpSimulator

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14
RETAIN = 1
NAME = "prise-1"
CONFIG = f"homeassistant/device/{NAME}/config"
COMMAND, STATE = f"maison/{NAME}/set", f"maison/{NAME}/state"
OCCUPIED, THERE = f"maison/{NAME}/occupied", f"maison/{NAME}/there"
ANNOUNCEMENT = {
    "~": f"maison/{NAME}",
    "dev": {"ids": [NAME], "name": "Prise 1"},
    "o": {"name": "margeride"},
    "avty_t": "~/there",
    "cmps": {
        "plug": {"p": "switch", "cmd_t": "~/set", "stat_t": "~/state", "unique_id": f"{NAME}-plug"},
        "eye": {
            "p": "binary_sensor",
            "dev_cla": "occupancy",
            "stat_t": "~/occupied",
            "unique_id": f"{NAME}-eye",
        },
    },
}


class Plug(TcpSimulator):
    """Off at first, and nobody in the room."""

    def __init__(self) -> None:
        super().__init__()
        self._subscribed: dict[asyncio.StreamWriter, set[str]] = {}
        self.retained = {
            CONFIG: json.dumps(ANNOUNCEMENT).encode(),
            THERE: b"online",
            STATE: b"OFF",
            OCCUPIED: b"OFF",
        }

    def settings(self) -> dict[str, object]:
        """As `Simulator` says."""
        return {**super().settings(), "announced_as": NAME}

    def publish(self, topic: str, payload: bytes) -> None:
        """The plug tells something, and the broker keeps it."""
        self.retained[topic] = payload
        for writer, topics in self._subscribed.items():
            if topic in topics:
                self._send(writer, topic, payload, 0)

    def switch(self, payload: bytes) -> None:
        """Somebody commanded it."""
        self.publish(STATE, payload)

    def welcome(self) -> bytes | None:
        """What a connection is answered."""
        return bytes([CONNACK << 4, 2, 0, 0])

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Packet after packet."""
        self._subscribed[writer] = set()
        try:
            while True:
                head = (await reader.readexactly(1))[0]
                body = await reader.readexactly(await _length(reader))
                if not self._take(head, body, writer):
                    return
                await writer.drain()
        finally:
            del self._subscribed[writer]

    def _take(self, head: int, body: bytes, writer: asyncio.StreamWriter) -> bool:
        kind = head >> 4
        if kind == CONNECT:
            writer.write(self.welcome() or b"")
        elif kind == SUBSCRIBE:
            self._subscribe(body, writer)
        elif kind == PUBLISH:
            self._published(head, body, writer)
        elif kind == PINGREQ:
            writer.write(bytes([PINGRESP << 4, 0]))
        return kind != DISCONNECT

    def _subscribe(self, body: bytes, writer: asyncio.StreamWriter) -> None:
        topics = list(_topics(body[2:]))
        writer.write(bytes([SUBACK << 4, 2 + len(topics)]) + body[:2] + bytes(len(topics)))
        for topic in topics:
            self.note(f"subscribe {topic}")
            self._subscribed[writer].add(topic)
            if topic in self.retained:
                self._send(writer, topic, self.retained[topic], RETAIN)

    def _published(self, head: int, body: bytes, writer: asyncio.StreamWriter) -> None:
        end = 2 + int.from_bytes(body[:2], "big")
        topic, rest = body[2:end].decode(), body[end:]
        if head & 0b110:
            writer.write(bytes([PUBACK << 4, 2]) + rest[:2])
            rest = rest[2:]
        self.note(f"publish {topic} {rest.decode('utf-8', 'replace')}")
        if topic == COMMAND:
            self.switch(rest)

    def _send(
        self, writer: asyncio.StreamWriter, topic: str, payload: bytes, retained: int
    ) -> None:
        self.told(f"publish {topic} {payload.decode('utf-8', 'replace')}")
        name = topic.encode()
        body = len(name).to_bytes(2, "big") + name + payload
        writer.write(bytes([PUBLISH << 4 | retained]) + _of_length(len(body)) + body)


class DeafPlug(Plug):
    """A broker that takes the connection and never says a word."""

    def welcome(self) -> bytes | None:
        """Nothing."""
        return None


class StuckPlug(Plug):
    """Hears the command and does not switch."""

    def switch(self, payload: bytes) -> None:
        """Not at all."""


class GarbagePlug(Plug):
    """Announces what is no announcement."""

    def __init__(self) -> None:
        super().__init__()
        self.retained[CONFIG] = b"{"


async def _length(reader: asyncio.StreamReader) -> int:
    value = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value
        shift += 7


def _of_length(value: int) -> bytes:
    found = bytearray()
    while True:
        value, low = divmod(value, 0x80)
        found.append(low | (0x80 if value else 0))
        if not value:
            return bytes(found)


def _topics(body: bytes) -> Iterator[str]:
    while body:
        end = 2 + int.from_bytes(body[:2], "big")
        yield body[2:end].decode()
        body = body[end + 1 :]
