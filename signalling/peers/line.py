"""A client's end of the wire: it dials, says hello, keeps the beat, and redials when it breaks."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

import aiohttp

from rooms.errors import MargerideError
from signalling.messages import (
    VERSION,
    ClientMessage,
    Error,
    Heartbeat,
    Hello,
    ServerMessage,
    Welcome,
    body,
    understand,
)
from signalling.peer import Closing

log = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT, JITTER = 0.5, 15.0, 0.3
LONGEST = 2**20
PATIENCE = aiohttp.ClientWSTimeout(ws_close=2.0)
FINAL = (Closing.REFUSED, Closing.BAD_TOKEN, Closing.ELSEWHERE)

Hear = Callable[[ServerMessage], Awaitable[None]]
Welcomed = Callable[[Welcome], Awaitable[None]]


class Refused(Exception):
    """The service does not want us: the close code, and the last error it said."""

    def __init__(self, code: int, error: str) -> None:
        super().__init__(f"{code} {error}".strip())
        self.code = code


def wait_before(tries: int, chance: float) -> float:
    """Seconds before the next dial: 0.5 doubling to 15, ± 30 % (`chance` in 0..1)."""
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(tries, 10))
    return float(wait * (1 + JITTER * (2 * chance - 1)))


class WireLine:
    """One identity on the wire, over as many sockets as it takes."""

    def __init__(self, url: str, token: str, client: str, welcomed: Welcomed, hear: Hear) -> None:
        self._url = url
        self._token = token
        self._client = client
        self._welcomed = welcomed
        self._hear = hear
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._resume: str | None = None
        self._seq: int | None = None
        self._tries = 0
        self._last_error = ""
        self._inbox: asyncio.Queue[ServerMessage] = asyncio.Queue()
        self.dials = 0

    @property
    def connected(self) -> bool:
        """Whether the service is listening now."""
        return self._socket is not None

    async def run(self) -> None:
        """Stay on the wire until cancelled, or `Refused` for good."""
        async with aiohttp.ClientSession() as http:
            worker = asyncio.create_task(self._work(), name="wire inbox")
            try:
                while True:
                    code = await self._dial(http)
                    if code in FINAL:
                        raise Refused(code, self._last_error)
                    if code != Closing.RESTART or self._tries:
                        await asyncio.sleep(wait_before(self._tries, random.random()))
                    self._tries += 1
            finally:
                worker.cancel()
                await asyncio.gather(worker, return_exceptions=True)

    async def say(self, message: ClientMessage) -> bool:
        """Say it if somebody listens; what is lost with the line is said again after `welcome`."""
        if self._socket is None:
            return False
        try:
            await self._socket.send_str(body(message))
        except (ConnectionError, aiohttp.ClientError):
            return False
        return True

    async def drop(self) -> None:
        """Break the line, as a network does."""
        if self._socket is not None:
            await self._socket.close(code=Closing.SILENT)

    async def _dial(self, http: aiohttp.ClientSession) -> int | None:
        self.dials += 1
        try:
            async with http.ws_connect(self._url, max_msg_size=LONGEST, timeout=PATIENCE) as socket:
                return await self._converse(socket)
        except (aiohttp.ClientError, OSError, TimeoutError) as trouble:
            log.debug("no line: %s", trouble)
            return None
        finally:
            self._socket = None

    async def _converse(self, socket: aiohttp.ClientWebSocketResponse) -> int | None:
        hello = Hello(
            versions=(VERSION,),
            token=self._token,
            client=self._client,
            last_seq=self._seq,
            resume=self._resume,
        )
        await socket.send_str(body(hello))
        beat, dead_after = 5.0, 15.0
        beating: asyncio.Task[None] | None = None
        try:
            while True:
                async with asyncio.timeout(dead_after):
                    frame = await socket.receive()
                if frame.type is not aiohttp.WSMsgType.TEXT:
                    return socket.close_code
                message = self._read(frame.data)
                if isinstance(message, Welcome):
                    self._socket, self._tries, self._resume = socket, 0, message.resume
                    beat, dead_after = message.heartbeat, message.dead_after
                    beating = asyncio.create_task(self._beat(beat), name="heartbeat")
                if message is not None and not isinstance(message, Heartbeat):
                    self._inbox.put_nowait(message)
        finally:
            if beating is not None:
                beating.cancel()
                await asyncio.gather(beating, return_exceptions=True)

    def _read(self, text: str) -> ServerMessage | None:
        try:
            seq, message = understand(text)
        except MargerideError as refusal:
            log.warning("the service said nonsense: %s", refusal)
            return None
        if seq is not None:
            self._seq = seq
        if isinstance(message, Error):
            self._last_error = message.code
        return message

    async def _beat(self, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            await self.say(Heartbeat())

    async def _work(self) -> None:
        while True:
            message = await self._inbox.get()
            try:
                if isinstance(message, Welcome):
                    await self._welcomed(message)
                else:
                    await self._hear(message)
            except Exception:
                log.exception("could not act on %s", message.type)
