"""A computer asleep: it hears its magic packet, boots, and then takes connections."""

import asyncio
import socket
from typing import Self

from rooms.simulators.base import HOST, Simulator

MAC = bytes.fromhex("02004d415247")


class SleepingComputer(Simulator, asyncio.DatagramProtocol):
    """`port` is the one it opens when it is awake, `wake_port` where it hears packets."""

    boot = 0.1

    def __init__(self) -> None:
        super().__init__()
        self.wake_port = 0
        self.awake = False
        self._listener: asyncio.DatagramTransport | None = None
        self._reserved: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._booting: asyncio.Task[None] | None = None

    @property
    def busiest(self) -> int:
        """As `Simulator` says."""
        return 1

    def settings(self) -> dict[str, object]:
        """As `Simulator` says."""
        there = {"host": HOST, "probe": self.port}
        return {"mac": MAC.hex(":"), "broadcast": HOST, "port": self.wake_port, **there}

    async def start(self, host: str = HOST, port: int = 0) -> Self:
        """Listen for packets on any port; reserve the port of connections."""
        loop = asyncio.get_running_loop()
        self._reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind((host, port))
        self.port = self._reserved.getsockname()[1]
        self._listener, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, 0))
        self.wake_port = self._listener.get_extra_info("sockname")[1]
        return self

    async def stop(self) -> None:
        """As `Simulator` says."""
        if self._booting is not None:
            self._booting.cancel()
            await asyncio.gather(self._booting, return_exceptions=True)
        if self._listener is not None:
            self._listener.close()
        if self._server is not None:
            self._server.close()
        elif self._reserved is not None:
            self._reserved.close()

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Its own packet wakes it, others do not."""
        self.note(data.hex(" "))
        if data == b"\xff" * 6 + MAC * 16 and self._booting is None:
            self._booting = asyncio.create_task(self._wake(), name="simulated boot")

    async def _wake(self) -> None:
        await asyncio.sleep(self.boot)
        self._server = await asyncio.start_server(self._greet, sock=self._reserved)
        self.awake = True

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()


class SoundSleeper(SleepingComputer):
    """No packet wakes it."""

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Heard, and slept on."""
        self.note(data.hex(" "))
