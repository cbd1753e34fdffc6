"""A TCP connection to a device: opened with patience, read with limits, always closed.

Many devices take one connection only and refuse the next until the last is really gone.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Self, TypeVar

from rooms.drivers.port import DeviceFailure, DeviceUnreachable
from rooms.drivers.presence import Presence

T = TypeVar("T")
TRIES = 5
FIRST_WAIT = 0.1
CLOSE_WITHIN = 0.5
ANSWER_WITHIN = 3.0
LONGEST = 4096


async def persistently(attempt: Callable[[], Awaitable[T]], tries: int = TRIES) -> T:
    """What `attempt` returns; after a broken line it is made again 0.1 s, 0.2 s, 0.4 s… later.

    Only for what may be said twice: all our commands set, none toggles.
    """
    wait = FIRST_WAIT
    for _ in range(tries - 1):
        try:
            return await attempt()
        except OSError:
            await asyncio.sleep(wait)
            wait *= 2
    try:
        return await attempt()
    except OSError as error:
        raise DeviceUnreachable(f"{type(error).__name__} {tries} times") from error


class Link:
    """One connection. `presence` hears of whatever goes over it."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, presence: Presence
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._presence = presence

    @classmethod
    async def open(cls, host: str, port: int, presence: Presence) -> Self:
        """A new connection, or an OSError."""
        async with asyncio.timeout(ANSWER_WITHIN):
            reader, writer = await asyncio.open_connection(host, port, limit=LONGEST)
        return cls(reader, writer, presence)

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        self._presence.sent()
        self._writer.write(data)
        async with asyncio.timeout(ANSWER_WITHIN):
            await self._writer.drain()

    def send_at_last(self, data: bytes) -> None:
        """Send what nobody waits for, before closing."""
        if not self._writer.is_closing():
            self._writer.write(data)

    async def read_until(self, end: bytes, within: float | None = ANSWER_WITHIN) -> bytes:
        """What comes up to and with `end`; the device is unreachable when it stays silent."""
        try:
            async with asyncio.timeout(within):
                data = await self._reader.readuntil(end)
        except TimeoutError:
            raise DeviceUnreachable(f"silent for {within} s") from None
        except asyncio.IncompleteReadError as error:
            raise ConnectionResetError("hung up") from error
        except asyncio.LimitOverrunError as error:
            raise DeviceFailure("an endless line") from error
        self._presence.heard()
        return data

    async def read_some(self, within: float) -> bytes:
        """Whatever comes next; a device that says nothing for so long is unreachable."""
        try:
            async with asyncio.timeout(within):
                data = await self._reader.read(LONGEST)
        except TimeoutError:
            raise DeviceUnreachable(f"silent for {within} s") from None
        if not data:
            raise ConnectionResetError("hung up")
        self._presence.heard()
        return data

    async def close(self) -> None:
        """Be gone within half a second, whatever the other side does."""
        self._writer.close()
        with contextlib.suppress(OSError):
            async with asyncio.timeout(CLOSE_WITHIN):
                await self._writer.wait_closed()
            return
        self._writer.transport.abort()
