"""How VISCA messages reach a camera: datagrams with a header, or bare on a TCP connection."""

import asyncio
from typing import Protocol

from rooms.drivers.link import Link, persistently
from rooms.drivers.port import Accepted, DeviceFailure
from rooms.drivers.presence import Presence
from rooms.drivers.wire import visca, visca_ip
from rooms.drivers.wire.visca import Answer, Said
from rooms.drivers.wire.visca_ip import Exchange, Packet

TCP_PORT = 5678


def _nothing() -> None:
    """Nobody waits for it to be taken."""


class Line(Protocol):
    """One camera on the wire, one caller at a time; cancelling ends what the camera does."""

    async def command(self, body: bytes, accepted: Accepted = _nothing) -> None:
        """Return when the camera has done it; `accepted` may be called more than once."""

    async def ask(self, body: bytes) -> bytes:
        """The data of the answer."""

    async def hang_up(self) -> None:
        """Close; the next message opens again."""


class UdpLine(asyncio.DatagramProtocol):
    """VISCA over IP: every message numbered, repeated until it is answered."""

    def __init__(self, host: str, port: int, presence: Presence) -> None:
        self._address = (host, port)
        self._presence = presence
        self._transport: asyncio.DatagramTransport | None = None
        self._inbox: asyncio.Queue[bytes] = asyncio.Queue(maxsize=64)
        self._sequence = 0
        self.sent = 0

    async def command(self, body: bytes, accepted: Accepted = _nothing) -> None:
        """As `Line` says."""
        await self._exchange(visca_ip.COMMAND, visca.command(body), accepted)

    async def ask(self, body: bytes) -> bytes:
        """As `Line` says."""
        return (await self._exchange(visca_ip.INQUIRY, visca.inquiry(body), _nothing)).data

    async def hang_up(self) -> None:
        """As `Line` says."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Kept until somebody looks; a flood is dropped, as any network would."""
        self._presence.heard()
        if not self._inbox.full():
            self._inbox.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there yet: the repeats will show whether that lasts."""

    async def _exchange(self, kind: bytes, payload: bytes, accepted: Accepted) -> Answer:
        if self._transport is None:
            await self._open()
        self._sequence = self._sequence % visca_ip.LAST_SEQUENCE + 1
        return await self._run(Packet(kind, self._sequence, payload), accepted)

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        self._inbox = asyncio.Queue(maxsize=64)
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, remote_addr=self._address
        )
        self._sequence = 0
        await self._run(Packet(visca_ip.CONTROL, 0, visca_ip.RESET), _nothing)

    async def _run(self, packet: Packet, accepted: Accepted) -> Answer:
        clock = asyncio.get_running_loop().time
        exchange = Exchange(packet, clock())
        try:
            while True:
                self._send(exchange.to_send(clock()))
                try:
                    async with asyncio.timeout_at(exchange.due):
                        datagram = await self._inbox.get()
                except TimeoutError:
                    continue
                answer = exchange.receive(visca_ip.parse(datagram), clock())
                if exchange.taken:
                    accepted()
                if answer is not None:
                    return answer
        except asyncio.CancelledError:
            if exchange.taken:
                payload = visca.cancel(exchange.socket)
                self._sequence += 1
                self._send(bytes(Packet(visca_ip.COMMAND, self._sequence, payload)))
            raise

    def _send(self, datagram: bytes | None) -> None:
        if datagram is not None and self._transport is not None:
            self._presence.sent()
            self._transport.sendto(datagram)
            self.sent += 1


class TcpLine:
    """The same messages bare on a connection that is kept: PTZOptics and its likes."""

    def __init__(self, host: str, port: int, presence: Presence) -> None:
        self._address = (host, port)
        self._presence = presence
        self._link: Link | None = None

    async def command(self, body: bytes, accepted: Accepted = _nothing) -> None:
        """As `Line` says."""
        await persistently(lambda: self._exchange(visca.command(body), accepted))

    async def ask(self, body: bytes) -> bytes:
        """As `Line` says."""
        return (await persistently(lambda: self._exchange(visca.inquiry(body), _nothing))).data

    async def hang_up(self) -> None:
        """As `Line` says."""
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    async def _exchange(self, message: bytes, accepted: Accepted) -> Answer:
        try:
            link = self._link = self._link or await Link.open(*self._address, self._presence)
            await link.send(message)
            answer = await self._next(link)
            if answer.said is Said.DONE:
                return answer
            accepted()
            return await self._done(link, answer.socket)
        except OSError:
            await self.hang_up()
            raise

    async def _done(self, link: Link, socket: int) -> Answer:
        try:
            while True:
                answer = await self._next(link, within=None)
                if answer.said is Said.DONE and answer.socket == socket:
                    return answer
        except asyncio.CancelledError:
            link.send_at_last(visca.cancel(socket))
            raise

    @staticmethod
    async def _next(link: Link, within: float | None = 3.0) -> Answer:
        message = await link.read_until(visca.END, within)
        if len(message) > visca.LONGEST:
            raise DeviceFailure("a message longer than VISCA knows")
        answer = visca.answer(message)
        if answer.said is Said.REFUSED:
            raise visca.refusal(answer)
        return answer
