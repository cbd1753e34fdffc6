"""Many WebSocket clients in one process: they dial at once, listen, and are cut off at once."""

import asyncio
import base64
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from aiohttp import ClientSession, ClientWebSocketResponse, TCPConnector, WSMsgType

PATIENCE, BEAT = 120.0, 4.0
SMALLEST = 4096


@dataclass(slots=True)
class Client:
    """One of them. `hello` gives its first words, `hears` is told every frame."""

    url: str
    hello: Callable[[], str | None]
    hears: Callable[[str], bool | str]  # True: it is in; a text: what it answers
    headers: Mapping[str, str] = field(default_factory=dict)
    welcome: float = 0.0  # when; 0 while it is not
    socket: ClientWebSocketResponse | None = None

    async def dial(self, http: ClientSession) -> None:
        """Until it is welcome."""
        self.welcome = 0.0
        self.socket = await http.ws_connect(self.url, headers=self.headers, max_msg_size=0)
        words = self.hello()
        if words is not None:
            await self.socket.send_str(words)
        while not self.welcome:
            heard = self.hears(await self.socket.receive_str())
            if isinstance(heard, str):
                await self.socket.send_str(heard)
            elif heard:
                self.welcome = time.perf_counter()

    async def listen(self) -> None:
        assert self.socket is not None
        async for message in self.socket:
            if message.type is WSMsgType.TEXT:
                self.hears(message.data)


class Crowd:
    """All clients of one server."""

    def __init__(self, clients: Sequence[Client], beat: str = "") -> None:
        self.clients = clients
        self._beat = beat
        self._tasks: list[asyncio.Task[None]] = []
        self._http: ClientSession | None = None

    async def dial(self) -> list[float]:
        """All at once; seconds from the beginning until each was welcome."""
        self._http = ClientSession(connector=TCPConnector(limit=0))
        began = time.perf_counter()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(client.dial(self._http) for client in self.clients))
        self._tasks = [asyncio.create_task(client.listen()) for client in self.clients]
        if self._beat:
            self._tasks.append(asyncio.create_task(self._keep_alive()))
        return [client.welcome - began for client in self.clients]

    async def cut(self) -> None:
        """Every line at once, without a word."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.close()

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            for client in self.clients:
                assert client.socket is not None
                await client.socket.send_str(self._beat)


class Ears:
    """Counts who has heard a word."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self._word = "\0"
        self._wanted = 0
        self._all = asyncio.Event()

    def expect(self, word: str, count: int) -> None:
        self.times, self._word, self._wanted = [], word, count
        self._all.clear()

    def hear(self, text: str) -> None:
        if self._word in text:
            self.times.append(time.perf_counter())
            if len(self.times) == self._wanted:
                self._all.set()

    async def all(self) -> float:
        """When the last one heard it."""
        async with asyncio.timeout(PATIENCE):
            await self._all.wait()
        return self.times[-1]


def frozen(url: str, headers: Mapping[str, str]) -> socket.socket:
    """A client that opens a WebSocket and never reads again, with the smallest of buffers."""
    place = urlsplit(url)
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALLEST)
    made.connect((place.hostname, place.port))
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {place.path or '/'} HTTP/1.1", f"Host: {place.netloc}", "Upgrade: websocket",
        "Connection: Upgrade", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]  # fmt: skip
    made.sendall("\r\n".join([*lines, "", ""]).encode())
    return made
