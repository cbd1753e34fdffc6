"""A Cisco RoomOS codec, by the xAPI over a WebSocket that is kept."""

import asyncio
import base64
import itertools
from contextlib import suppress
from dataclasses import dataclass

import aiohttp

from rooms.control import Command
from rooms.drivers.link import ANSWER_WITHIN, CLOSE_WITHIN, persistently
from rooms.drivers.moving import MovingDevice
from rooms.drivers.port import (
    Accepted,
    AuthFailed,
    BadParameter,
    Capabilities,
    DeviceFailure,
    DeviceKind,
    DeviceUnreachable,
    DriverError,
    Patch,
    Unsupported,
    Value,
)
from rooms.drivers.wire import xapi as wire
from rooms.ids import DeviceId

HEARTBEAT = 20.0
WATCHED = ("Standby", "Audio", "SystemUnit", "RoomAnalytics")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecSettings:
    """`fingerprint`: SHA-256 of the codec's own certificate, in hexadecimal; without it the
    certificate must be one that the machine trusts."""

    id: DeviceId
    host: str
    user: str
    password: str
    port: int = 443
    tls: bool = True
    fingerprint: str = ""
    camera: int = 1
    answer_within: float = ANSWER_WITHIN


class Codec(MovingDevice):
    """The driver `xapi`."""

    def __init__(self, settings: CodecSettings) -> None:
        super().__init__(settings.id)
        self._settings = settings
        self._numbers = itertools.count(1)
        self._session: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._listening: asyncio.Task[None] | None = None
        self._waiting: dict[str, asyncio.Future[object]] = {}

    def capabilities(self) -> Capabilities:
        """What the xAPI has words for."""
        return Capabilities(
            kind=DeviceKind.CODEC, commands=wire.COMMANDS, presets=wire.HIGHEST_PRESET + 1
        )

    async def perform(self, command: Command, accepted: Accepted) -> Patch:
        """Call after call. The codec only says when it has done one: taken means sent."""
        for method, params in wire.steps(command, self._settings.camera):
            await self._call(method, params, accepted, within=None)
        return wire.outcome(command)

    async def read(self) -> Patch:
        """The state; what this model does not have is left out."""
        patch: dict[str, Value] = {}
        for path in wire.QUESTIONS:
            with suppress(Unsupported, BadParameter):
                patch.update(wire.state(path, await self._question("xGet", {"Path": [*path]})))
        return patch

    async def hang_up(self) -> None:
        """Close the WebSocket and its session."""
        listening, self._listening = self._listening, None
        session, self._session = self._session, None
        socket, self._socket = self._socket, None
        if listening is not None:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        if socket is not None:
            await socket.close()
        if session is not None:
            await session.close()

    async def _question(self, method: str, params: wire.Params) -> object:
        return await self._call(method, params, _nothing, self._settings.answer_within)

    async def _call(
        self, method: str, params: wire.Params, sent: Accepted, within: float | None
    ) -> object:
        async def once() -> object:
            try:
                socket = await self._open() if self._gone() else self._socket
                assert socket is not None
                return await self._ask(socket, method, params, sent, within)
            except OSError:
                await self.hang_up()
                raise

        return await persistently(once)

    async def _ask(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        method: str,
        params: wire.Params,
        sent: Accepted,
        within: float | None,
    ) -> object:
        name = str(next(self._numbers))
        future = self._waiting[name] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(within):
                await socket.send_str(wire.request(name, method, params))
                self.presence.sent()
                sent()
                return await future
        except TimeoutError:
            raise DeviceUnreachable("silent") from None
        finally:
            del self._waiting[name]

    async def _open(self) -> aiohttp.ClientWebSocketResponse:
        settings = self._settings
        scheme = "wss" if settings.tls else "ws"
        self._session = aiohttp.ClientSession()
        secret = base64.b64encode(f"{settings.user}:{settings.password}".encode()).decode()
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                self._socket = socket = await self._session.ws_connect(
                    f"{scheme}://{settings.host}:{settings.port}/ws",
                    headers={"Authorization": f"Basic {secret}"},
                    max_msg_size=wire.LONGEST,
                    heartbeat=HEARTBEAT,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_WITHIN),
                    ssl=self._trusted(),
                )
        except aiohttp.WSServerHandshakeError as error:
            if error.status == 401:
                raise AuthFailed("the codec refuses user and password") from error
            raise DeviceFailure(f"HTTP {error.status}") from error
        except aiohttp.ClientError as error:
            raise ConnectionError(type(error).__name__) from error
        self._listening = asyncio.create_task(self._listen(socket), name=f"{self.device} listens")
        for name in WATCHED:
            with suppress(Unsupported, BadParameter):
                query = {"Query": ["Status", name]}
                await self._ask(
                    socket, "xFeedback/Subscribe", query, _nothing, settings.answer_within
                )
        return socket

    def _gone(self) -> bool:
        return self._socket is None or self._socket.closed

    def _trusted(self) -> aiohttp.Fingerprint | bool:
        fingerprint = self._settings.fingerprint
        return aiohttp.Fingerprint(bytes.fromhex(fingerprint)) if fingerprint else True

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        error: DriverError | OSError = ConnectionResetError("hung up")
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            self.presence.heard()
            try:
                self._take(wire.receive(message.data))
            except DeviceFailure as failure:
                error = failure
                break
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(error)

    def _take(self, said: wire.Reply | wire.Fault | wire.Event) -> None:
        if isinstance(said, wire.Event):
            self.tell(said.patch)
            return
        future = self._waiting.get(said.id)
        if future is None or future.done():
            return
        if isinstance(said, wire.Fault):
            future.set_exception(said.error)
        else:
            future.set_result(said.result)


def _nothing() -> None:
    """Nobody waits for a question to be taken."""
