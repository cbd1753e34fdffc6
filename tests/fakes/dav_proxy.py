"""Between us and another calendar server: carries everything, and at one moment swallows an answer.

async with swallowing(server.url) as proxy:
    proxy.swallow("PUT", then)   # the server has done it and says so; nobody hears it

`then` is awaited at that moment, before the line to us drops: who dies of it is for the test.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

CHUNK = 65536
Then = Callable[[], Awaitable[None]]


@dataclass
class SwallowingProxy:
    """Carries one request a connection, as the servers it stands before want it."""

    host: str
    port: int
    url: str = ""  # of the calendar, by way of here
    method: str = ""
    then: Then | None = None
    talks: set[asyncio.Task[None] | None] = field(default_factory=set)

    def swallow(self, method: str, then: Then) -> None:
        """The answer to the next request of this method."""
        self.method, self.then = method, then

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side drops it."""
        self.talks.add(asyncio.current_task())
        try:
            there, to_there = await asyncio.open_connection(self.host, self.port)
        except OSError:
            writer.transport.abort()
            self.talks.discard(asyncio.current_task())
            return
        asking: asyncio.Task[None] | None = None
        try:
            head = await reader.read(CHUNK)
            doomed = bool(self.method) and head.startswith(f"{self.method} ".encode())
            to_there.write(head)
            asking = asyncio.create_task(_pour(reader, to_there))
            if doomed:
                self.method = ""
                await there.read(1)  # it answers: it is done
                if self.then is not None:
                    await self.then()
                writer.transport.abort()
            else:
                await _pour(there, writer)
        except OSError:
            writer.transport.abort()
        finally:
            if asking is not None:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
            for line in (writer, to_there):
                line.close()
            self.talks.discard(asyncio.current_task())


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while chunk := await source.read(CHUNK):
        target.write(chunk)
        await target.drain()


@asynccontextmanager
async def swallowing(url: str) -> AsyncIterator[SwallowingProxy]:
    """A proxy before the server of this URL, until the end of the block."""
    parts = urlsplit(url)
    proxy = SwallowingProxy(host=parts.hostname or "", port=parts.port or 80)
    listener = await asyncio.start_server(proxy.carry, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    proxy.url = urlunsplit(parts._replace(netloc=f"127.0.0.1:{port}"))
    try:
        yield proxy
    finally:
        listener.close()
        talks = [talk for talk in proxy.talks if talk is not None]
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await listener.wait_closed()
