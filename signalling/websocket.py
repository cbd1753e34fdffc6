"""The aiohttp shell around a peer: frames in, frames out, and a queue that never waits for anybody.

A client that lets 256 kB pile up is closed with 1013. A page of another origin is refused before
the WebSocket opens; a program, which sends no Origin, must say who it is like everybody else.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection

from aiohttp import ClientError, WSMessage, WSMsgType, web

from signalling.messages import MAX_SERVER_BYTES
from signalling.peer import Closing
from signalling.switchboard import Caller, Switchboard

log = logging.getLogger(__name__)

PATH = "/ws/v1"
QUEUE = 262_144
LANGUAGES = ("fr", "en")
CLOSE_WITHIN = 2.0

FindSwitchboard = Callable[[web.Request], Switchboard]
FindOrigins = Callable[[web.Request], Collection[str]]


def routes(switchboard: FindSwitchboard, allowed_origins: FindOrigins) -> list[web.RouteDef]:
    """The one route of the wire."""

    async def wire(request: web.Request) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if origin is not None and origin not in allowed_origins(request):
            return web.json_response(
                {"type": "foreign-origin", "title": "foreign origin", "status": 403},
                status=403,
                content_type="application/problem+json",
            )
        return await Connection(request, switchboard(request)).run()

    return [web.get(PATH, wire)]


def locale_of(request: web.Request) -> str:
    """The language of the sentences: `?lang=`, else the first of Accept-Language that we speak."""
    asked = [request.query.get("lang", ""), *request.headers.get("Accept-Language", "").split(",")]
    spoken = (language.strip()[:2].lower() for language in asked)
    return next((language for language in spoken if language in LANGUAGES), LANGUAGES[0])


class Connection:
    """A WebSocket as the switchboard's Line."""

    def __init__(self, request: web.Request, switchboard: Switchboard) -> None:
        self._request = request
        self._switchboard = switchboard
        self._ws = web.WebSocketResponse(
            max_msg_size=MAX_SERVER_BYTES, compress=False, timeout=CLOSE_WITHIN, autoping=True
        )
        self._queue: deque[str] = deque()
        self._queued = 0
        self._awake = asyncio.Event()
        self._code: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._writer: asyncio.Task[None] | None = None

    async def run(self) -> web.StreamResponse:
        """The connection from its opening to its end."""
        await self._ws.prepare(self._request)
        caller = self._switchboard.connect(self, locale_of(self._request))
        self._writer = asyncio.create_task(self._write(), name="frames out")
        try:
            self._pulse(caller)
            await self._read(caller)
        finally:
            caller.gone()
            await self._end()
        return self._ws

    def send(self, text: str) -> None:
        """Queue a frame; a client that reads too slowly is let go."""
        if self._code is not None:
            return
        self._queue.append(text)
        self._queued += len(text)
        if self._queued > QUEUE:
            self._queue.clear()
            self._let_go()
        self._awake.set()

    def close(self, code: int) -> None:
        """Close after what is queued."""
        if self._code is None:
            self._code = code
            self._awake.set()

    async def _read(self, caller: Caller) -> None:
        async for message in self._ws:
            if self._code is not None:
                continue
            await self._heard(caller, message)

    async def _heard(self, caller: Caller, message: WSMessage) -> None:
        if message.type is WSMsgType.TEXT:
            await caller.receive(message.data)
        elif message.type is WSMsgType.BINARY:
            caller.refuse("bad-message")

    async def _write(self) -> None:
        try:
            while self._queue or self._code is None:
                if not self._queue:
                    self._awake.clear()
                    await self._awake.wait()
                    continue
                text = self._queue.popleft()
                await self._ws.send_str(text)
                self._queued -= len(text)
            await self._ws.close(code=self._code)
        except (ConnectionError, ClientError):
            log.debug("a client went while it was spoken to")

    def _let_go(self) -> None:
        """The writer is stuck: give the close frame a moment to pass, then cut the line."""
        self._code = Closing.TOO_SLOW
        if self._writer is not None:
            self._writer.cancel()
        asyncio.get_running_loop().call_later(CLOSE_WITHIN, self._abort)
        self._writer = asyncio.create_task(self._close_now(), name="too slow")

    async def _close_now(self) -> None:
        try:
            await self._ws.close(code=Closing.TOO_SLOW)
        except (ConnectionError, ClientError):
            self._abort()

    def _abort(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()

    def _pulse(self, caller: Caller) -> None:
        """Let time pass for the peer, whenever it is due."""
        clock = self._switchboard.clock
        caller.tick(clock())
        wait = max(0.01, (caller.due - clock()).total_seconds())
        self._timer = asyncio.get_running_loop().call_later(wait, self._pulse, caller)

    async def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        # A cancelled task remembers where it was, which is here: without this both would wait for
        # the collector, with the request and its buffers.
        writer, self._writer = self._writer, None
        if writer is not None:
            if self._code is None:
                writer.cancel()
            await asyncio.wait([writer], timeout=CLOSE_WITHIN)
            writer.cancel()
