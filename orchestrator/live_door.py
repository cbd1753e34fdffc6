"""The stream through the service's own port, for where no other port and no proxy line is.

Each request is passed on to the broadcaster of that code; so many at a time, the others are told
503, since whoever speaks with the rooms comes first.
"""

import asyncio
import re
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from orchestrator import keys
from orchestrator.broadcast.order import EVERYBODY
from orchestrator.broadcast.playlist import SEGMENT
from rooms.errors import MargerideError

MOST = 400
WITHIN = aiohttp.ClientTimeout(total=4 * SEGMENT)
FILE = re.compile(r"[a-z0-9.-]{1,32}")
PASSED = ("Content-Type", "Cache-Control")
DOOR: "web.AppKey[Door]" = web.AppKey("live_door")


class Door:
    """Passes viewers on."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self._inside = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One request for a file of the stream."""
        name, code = request.match_info["file"], request.match_info["code"]
        if not FILE.fullmatch(name) or len(request.query_string) > 200:
            return _refused(404)
        if self._inside >= MOST:
            return _refused(503)
        self._inside += 1
        try:
            return await self._passed(request, code, name)
        finally:
            self._inside -= 1

    async def _passed(self, request: web.Request, code: str, name: str) -> web.StreamResponse:
        try:
            port = await request.app[keys.PUBLIC_PAGES].port_of(code)
        except MargerideError:
            return _refused(404)
        if port is None:
            return _refused(503)
        url = f"http://127.0.0.1:{port}/live/{code}/media/{name}"
        try:
            async with self._http.get(url, params=request.query, timeout=WITHIN) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError):
            return _refused(503)
        headers = {each: answer.headers[each] for each in PASSED if each in answer.headers}
        return web.Response(status=answer.status, body=body, headers=headers | EVERYBODY)


def _refused(status: int) -> web.Response:
    return web.Response(status=status, headers=EVERYBODY | {"Cache-Control": "no-store"})


def setup(app: web.Application) -> None:
    """Open it."""

    async def opened(app: web.Application) -> AsyncIterator[None]:
        connector = aiohttp.TCPConnector(limit=MOST)
        async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as http:
            app[DOOR] = Door(http)
            yield
        await asyncio.sleep(0)

    async def answer(request: web.Request) -> web.StreamResponse:
        return await request.app[DOOR].answer(request)

    app.cleanup_ctx.append(opened)
    app.router.add_get("/live/{code:[a-z0-9-]{1,64}}/media/{file}", answer, name="live-media")
