"""A network cable that can be pulled: TCP on loopback, carried to wherever `to` is now.

async with Cable(port) as cable: dial("127.0.0.1", cable.port); await cable.pull(); cable.plug()
"""

import asyncio
import contextlib
from types import TracebackType
from typing import Self


class Cable:
    """`to` may change, as when a service starts again elsewhere."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.port = 0
        self.pulled = False
        self._server: asyncio.Server | None = None
        self._carrying: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self.pull()

    async def pull(self) -> None:
        """Nothing comes through from now on; what was open is broken."""
        self.pulled = True
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    def plug(self) -> None:
        """Who dials gets through again."""
        self.pulled = False

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                if not self.pulled:
                    await self._join(reader, writer)
        finally:
            self._carrying.discard(task)
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.to)
        ways = [
            asyncio.create_task(_copy(reader, back), name="cable: there"),
            asyncio.create_task(_copy(there, writer), name="cable: back"),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            back.transport.abort()  # first: what follows may be cancelled too
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65_536):
        target.write(data)
        await target.drain()
