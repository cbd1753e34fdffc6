"""The line to the service: dialled outward, again and again, one WebSocket at a time."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol

import aiohttp
from aiohttp import WSMsgType

from rooms.agent.backoff import LONGEST, Backoff
from rooms.agent.messages import LARGEST_FRAME, FromAgent, FromService, read_service, write
from rooms.errors import MargerideError

log = logging.getLogger(__name__)
DIAL_WITHIN = 10.0
SEND_WITHIN = 10.0
MOST_WAITING = 512


class Ears(Protocol):
    """Whoever has the line."""

    def opened(self) -> None:
        """It stands."""

    def heard(self, message: FromService) -> None:
        """The service said something."""

    def closed(self) -> None:
        """It broke."""


class Link:
    """Dials until it is cancelled. `token` is read anew for every call."""

    def __init__(self, url: str, token: Callable[[], Awaitable[str | None]], ears: Ears) -> None:
        self._url = url
        self._token = token
        self._ears = ears
        self._backoff = Backoff()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._queue: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self._reading: asyncio.Task[None] | None = None
        self._said = ""

    def say(self, message: FromAgent) -> None:
        """Send it, if the line stands; who does not read is left."""
        if self._socket is None:
            return
        try:
            self._queue.put_nowait(write(message))
        except asyncio.QueueFull:
            self.hang_up()

    def hang_up(self) -> None:
        """End the line; it is dialled again."""
        if self._reading is not None:
            self._reading.cancel()

    async def run(self) -> None:
        """Dial, talk, wait; for ever."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=DIAL_WITHIN)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            while True:
                await self._once(http)
                wait = self._backoff.wait(datetime.now(UTC), random.random())  # noqa: S311
                await asyncio.sleep(wait)

    async def _once(self, http: aiohttp.ClientSession) -> None:
        token = await self._token()
        if token is None:
            self._tell("not paired yet: margeride agent pair CODE")
            return
        headers = {"Authorization": f"Bearer {token}"}
        try:
            async with asyncio.timeout(DIAL_WITHIN):
                socket = await http.ws_connect(
                    self._url, headers=headers, max_msg_size=LARGEST_FRAME
                )
        except aiohttp.WSServerHandshakeError as error:
            self._tell(f"the service refuses us: {error.status}")
            if error.status in (401, 403, 429):  # asking again at once would not help
                await asyncio.sleep(LONGEST / 2)
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            self._tell(f"no line to the service: {type(error).__name__}")
        else:
            self._tell("the line to the service stands")
            await self._talk(socket)
            self._tell("the line to the service broke")

    async def _talk(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._queue = socket, asyncio.Queue(MOST_WAITING)
        self._backoff.connected(datetime.now(UTC))
        writer = asyncio.create_task(self._write(socket), name="agent: frames out")
        self._ears.opened()
        self._reading = asyncio.create_task(self._read(socket), name="agent: frames in")
        try:
            await asyncio.wait([self._reading])
        finally:
            self._socket = None
            for task in (self._reading, writer):
                task.cancel()
            await asyncio.gather(self._reading, writer, return_exceptions=True)
            self._reading = None
            with contextlib.suppress(OSError, TimeoutError, aiohttp.ClientError):
                async with asyncio.timeout(1.0):
                    await socket.close()
            self._ears.closed()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            message = await socket.receive()
            if message.type is not WSMsgType.TEXT:
                return
            try:
                self._ears.heard(read_service(message.data))
            except MargerideError as error:
                log.warning("the service said what is not understood: %s", error)
                return

    async def _write(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        queue = self._queue
        try:
            while True:
                text = await queue.get()
                async with asyncio.timeout(SEND_WITHIN):
                    await socket.send_str(text)
        except (OSError, TimeoutError, aiohttp.ClientError):
            self.hang_up()

    def _tell(self, words: str) -> None:
        """Once, until it is something else."""
        if words != self._said:
            self._said = words
            log.info("%s", words)
