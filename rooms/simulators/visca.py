"""Cameras that speak VISCA: over UDP with Sony's header, or bare over TCP; and their troubles."""

import asyncio
from typing import Self

from rooms.drivers.port import DriverError
from rooms.drivers.wire import visca_ip
from rooms.drivers.wire.visca_ip import Packet
from rooms.simulators.base import HOST, Simulator, TcpSimulator
from rooms.simulators.camera import CameraModel

REMEMBERED = 64


class UdpCamera(Simulator, asyncio.DatagramProtocol):
    """A camera with VISCA over IP: a repeated sequence number is answered again, not done again."""

    def __init__(self) -> None:
        super().__init__()
        self.model = CameraModel()
        self._transport: asyncio.DatagramTransport | None = None
        self._answers: dict[int, list[bytes]] = {}
        self._gone = asyncio.Event()

    @property
    def busiest(self) -> int:
        """As `Simulator` says."""
        return self.model.busiest

    async def start(self, host: str = HOST, port: int = 0) -> Self:
        """As `Simulator` says."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(host, port)
        )
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def stop(self) -> None:
        """As `Simulator` says."""
        await self.model.stop()
        if self._transport is not None:
            self._transport.close()
            await self._gone.wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """The port is free again."""
        self._gone.set()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """One packet, unless the network loses it."""
        if self.model.lost():
            return
        try:
            packet = visca_ip.parse(data)
        except DriverError as error:
            self.say(f"← {error}")
            return
        if packet.kind == visca_ip.CONTROL:
            self._answers.clear()
            self.send(Packet(visca_ip.CONTROL_REPLY, packet.sequence, b"\x01"), addr)
        elif packet.sequence in self._answers:
            for answer in self._answers[packet.sequence]:
                self.send(Packet(visca_ip.REPLY, packet.sequence, answer), addr)
        else:
            self.take(packet, addr)

    def take(self, packet: Packet, addr: tuple[str, int]) -> None:
        """A message that was not heard before."""
        self.note(packet.payload.hex(" "))
        given = self._answers[packet.sequence] = []
        while len(self._answers) > REMEMBERED:
            self._answers.pop(next(iter(self._answers)))

        def answer(message: bytes) -> None:
            given.append(message)
            self.told(message.hex(" "))
            self.send(Packet(visca_ip.REPLY, packet.sequence, message), addr)

        self.model.receive(packet.payload, answer)

    def send(self, packet: Packet, addr: tuple[str, int]) -> None:
        """On the wire, unless the network loses it."""
        lost = self.model.lost()
        if self._transport is not None and not lost and not self._transport.is_closing():
            self._transport.sendto(bytes(packet), addr)


class DeafCamera(UdpCamera):
    """Hears everything and never answers."""

    def send(self, packet: Packet, addr: tuple[str, int]) -> None:
        """Not at all."""


class SlowCamera(UdpCamera):
    """Takes ten seconds from one end to the other."""

    def __init__(self) -> None:
        super().__init__()
        self.model.speed = 500


class LossyCamera(UdpCamera):
    """Behind a network that loses a fifth of the datagrams, each way."""

    def __init__(self) -> None:
        super().__init__()
        self.model.lossy = 0.2


class StandbyCamera(UdpCamera):
    """Sleeps until it is woken."""

    def __init__(self) -> None:
        super().__init__()
        self.model.on = False


class GarbageCamera(UdpCamera):
    """Answers with bytes that mean nothing."""

    def send(self, packet: Packet, addr: tuple[str, int]) -> None:
        """Noise."""
        if self._transport is not None:
            self._transport.sendto(b"\x01\x11\x00\x09noise", addr)


class TcpCamera(TcpSimulator):
    """A camera with bare messages over TCP."""

    def __init__(self) -> None:
        super().__init__()
        self.model = CameraModel()

    async def stop(self) -> None:
        """As `Simulator` says."""
        await super().stop()
        await self.model.stop()

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Message after message."""

        def answer(message: bytes) -> None:
            if not writer.is_closing():
                self.told(message.hex(" "))
                writer.write(message)

        while True:
            message = await reader.readuntil(b"\xff")
            self.note(message.hex(" "))
            self.model.receive(message, answer)


class OneConnectionOnly(TcpCamera):
    """Refuses a second connection until the first is really gone."""

    most_connections = 1


class DeafTcpCamera(TcpCamera):
    """Takes the connection and never answers."""

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Only listens."""
        await reader.read()


class GarbageTcpCamera(TcpCamera):
    """Answers with bytes that mean nothing."""

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Noise for each message."""
        while True:
            self.note((await reader.readuntil(b"\xff")).hex(" "))
            writer.write(b"\x00noise\xff")


class SlowTcpCamera(TcpCamera):
    """Takes ten seconds from one end to the other."""

    def __init__(self) -> None:
        super().__init__()
        self.model.speed = 500
