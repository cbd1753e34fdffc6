"""The door of the viewers: `GET /live/{code}/media/{file}` and nothing else.

It speaks HTTP by aiohttp's server alone, without routes: the same few files go to everybody, and
a thousand ask for them at once.
"""

import asyncio
import contextlib
import json
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from orchestrator.broadcast import playlist
from orchestrator.broadcast.order import EVERYBODY
from orchestrator.broadcast.playlist import Unready
from orchestrator.broadcast.shelf import Shelf
from orchestrator.gate import Gate

PATH = re.compile(r"/live/([A-Za-z0-9_-]{1,64})/media/([a-z0-9.-]{1,32})")
TYPES = {
    "json": "application/json",
    "m3u8": "application/vnd.apple.mpegurl",
    "m4s": "video/mp4",
    "mp4": "video/mp4",
}
LIST, MAIN, CAPTION = "live.m3u8", "index.m3u8", "caption.json"
HEAD_WITHIN = 20.0
LONGEST_LINE, LONGEST_FIELD = 2_048, 4_096
MOST_OF_ADDRESS, MOST = 200, 6_000
LOOK, STUCK = 5.0, 20.0


class Listener:
    """Serves one shelf under one code. `bandwidth` tells that of the stream."""

    def __init__(self, code: str, shelf: Shelf, bandwidth: Callable[[], int]) -> None:
        self._code, self._shelf, self._bandwidth = code, shelf, bandwidth
        self._stuck: dict[asyncio.BaseTransport, tuple[int, float]] = {}
        self.server = web.Server(
            self.answer,
            access_log=None,
            keepalive_timeout=HEAD_WITHIN,
            max_line_size=LONGEST_LINE,
            max_field_size=LONGEST_FIELD,
        )

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request."""
        found = PATH.fullmatch(request.rel_url.raw_path)
        if found is None or found[1] != self._code:
            return _refused(404)
        if request.method == "OPTIONS":
            return _refused(204)
        if request.method not in ("GET", "HEAD"):
            return _refused(405)
        try:
            body = await self._body(found[2], request)
        except Unready:
            return _refused(400)
        except TimeoutError:
            return _refused(503)
        if body is None:
            return _refused(404)
        return _file(found[2], body)

    async def _body(self, name: str, request: web.BaseRequest) -> bytes | None:
        if name == LIST:
            return await self._shelf.text(playlist.asked(request.query))
        if name == MAIN:
            await self._shelf.text(playlist.Asked())
            tracks = self._shelf.tracks
            assert tracks is not None  # there is a playlist
            size = (tracks.width, tracks.height)
            return playlist.main(self._bandwidth(), tracks.codecs, size).encode()
        if name == CAPTION:
            return json.dumps({"text": self._shelf.caption}, ensure_ascii=False).encode()
        return await self._shelf.part(name)

    def reap(self, now: float) -> None:
        """Hang up on who has read nothing of what waits for him for `STUCK` seconds."""
        still: dict[asyncio.BaseTransport, tuple[int, float]] = {}
        for connection in self.server.connections:
            transport = connection.transport
            if not isinstance(transport, asyncio.Transport):
                continue
            waiting = transport.get_write_buffer_size()
            before, since = self._stuck.get(transport, (0, now))
            if waiting and waiting >= before:
                if now - since > STUCK:
                    transport.abort()
                    continue
                still[transport] = (waiting, since)
            elif waiting:
                still[transport] = (waiting, now)
        self._stuck = still

    @asynccontextmanager
    async def listening(self, sock: socket.socket) -> AsyncIterator[None]:
        """Accept viewers for as long as the block lasts."""
        gate = _Crowd(MOST_OF_ADDRESS, lambda: len(self.server.connections) < MOST)
        loop = asyncio.get_running_loop()
        made = await loop.create_server(gate.guard(self.server), sock=sock, backlog=1024)
        reaping = asyncio.create_task(self._reap_always(), name="slow readers")
        try:
            yield
        finally:
            reaping.cancel()
            await asyncio.gather(reaping, return_exceptions=True)
            made.close()
            await self.server.shutdown(2.0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(made.wait_closed(), 2.0)

    async def _reap_always(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            self.reap(asyncio.get_running_loop().time())


class _Crowd(Gate):
    """Counts the viewers of each address, and all of them."""

    def __init__(self, most: int, room: Callable[[], bool]) -> None:
        super().__init__(most)
        self._room = room

    def admits(self, transport: asyncio.Transport) -> bool:
        """Whether this connection may stay."""
        return self._room() and super().admits(transport)


def _refused(status: int) -> web.Response:
    return web.Response(status=status, headers=EVERYBODY | {"Cache-Control": "no-store"})


def _file(name: str, body: bytes) -> web.Response:
    kind = TYPES[name.rpartition(".")[2]]
    kept = "max-age=3600, immutable" if kind == "video/mp4" else "no-cache"
    headers = EVERYBODY | {"Cache-Control": kept, "Content-Type": kind}
    return web.Response(body=body, headers=headers)
