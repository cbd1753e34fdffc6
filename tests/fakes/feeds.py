"""Somebody else's ICS file on loopback, named by how it fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer


class TownHall:
    """Serves `body` at /council.ics and remembers what it was asked."""

    def __init__(self) -> None:
        self.body = b""
        self.etag = '"1"'
        self.asked: list[str | None] = []
        self.url = ""
        self.way = "well"  # slow, endless, broken, moved, moved-away, circling, gone
        self.free = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.headers.get("If-None-Match"))
        match self.way:
            case "slow":
                await self.free.wait()
            case "endless":
                return await self._endless(request)
            case "gone":
                raise web.HTTPGone
            case "moved":
                self.way = "well"
                raise web.HTTPFound("/council.ics?moved")
            case "moved-away":
                raise web.HTTPFound("http://169.254.169.254/latest/meta-data/")
            case "circling":
                raise web.HTTPFound("/council.ics")
            case _:
                pass
        if request.headers.get("If-None-Match") == self.etag:
            raise web.HTTPNotModified
        return web.Response(body=self.body, headers={"ETag": self.etag})

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            for _ in range(10_000):
                await response.write(b"X" * 65536)
        except ConnectionError:
            pass
        return response


@asynccontextmanager
async def town_hall() -> AsyncIterator[TownHall]:
    hall = TownHall()
    app = web.Application()
    app.router.add_get("/council.ics", hall.answer)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    hall.url = str(server.make_url("/council.ics"))
    yield hall
    hall.free.set()
    await server.close()
