"""Somebody who means harm, at every door of a real service: what he sends, what he gets back."""

import asyncio
import json
import random
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, TCPConnector, WSMsgType
from aioice import stun
from aiortc import RTCPeerConnection

from signalling.transport.seam import LOOPBACK, peer_connection

WIRE = "/ws/v1"
WAIT = 8.0


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, whole."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def key(self) -> str:
        """Which problem it is."""
        return str(self.json["type"]).rpartition("/")[2]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Stranger:
    """Nobody known, calling from an address of his own (the limits go by address)."""

    def __init__(self, url: str, http: ClientSession) -> None:
        self.url = url
        self._http = http

    async def ask(self, method: str, path: str, **more: Any) -> Reply:
        async with self._http.request(
            method, self.url + path, allow_redirects=False, **more
        ) as answer:
            headers = {name.title(): value for name, value in answer.headers.items()}
            return Reply(answer.status, headers, await answer.text(errors="replace"))

    @asynccontextmanager
    async def wire(self, path: str = WIRE, **more: Any) -> AsyncIterator["Wire"]:
        async with self._http.ws_connect(self.url + path, max_msg_size=0, **more) as opened:
            yield Wire(opened)


@asynccontextmanager
async def stranger(url: str, address: str) -> AsyncIterator[Stranger]:
    connector = TCPConnector(local_addr=(address, 0), limit=0)
    async with ClientSession(connector=connector) as http:
        yield Stranger(url, http)


class Wire:
    """A WebSocket on which anything may be said."""

    def __init__(self, opened: ClientWebSocketResponse) -> None:
        self.raw = opened
        self.heard: list[dict[str, Any]] = []

    async def say(self, kind: str, **members: Any) -> None:
        await self.raw.send_str(json.dumps({"type": kind, **members}))

    async def hello(self, token: str) -> dict[str, Any]:
        await self.say("hello", versions=[1], token=token, client="hostile")
        return await self.hear("welcome")

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next message of that type; what came before is kept in `heard`."""
        async with asyncio.timeout(WAIT):
            while True:
                frame = await self.raw.receive()
                assert frame.type is WSMsgType.TEXT, (kind, frame, self.heard[-3:])
                message: dict[str, Any] = json.loads(frame.data)
                self.heard.append(message)
                if message["type"] == kind:
                    return message

    async def end(self) -> tuple[str | None, int | None]:
        """The code of the fatal error that was said, and how the line was closed."""
        code = None
        async with asyncio.timeout(WAIT):
            async for frame in self.raw:
                message = json.loads(frame.data)
                if message["type"] == "error" and message["fatal"]:
                    code = message["code"]
        return code, self.raw.close_code

    async def end_of_a_flood(self) -> tuple[str | None, int | None]:
        """As `end`, while heartbeats are said a thousand times a second."""

        async def flood() -> None:
            while True:
                await self.say("heartbeat")
                await asyncio.sleep(0.001)

        flooding = asyncio.create_task(flood(), name="flood")
        try:
            return await self.end()
        finally:
            flooding.cancel()
            await asyncio.gather(flooding, return_exceptions=True)


@contextmanager
def datagrams(port: int) -> Iterator[socket.socket]:
    """A UDP socket towards the media port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.connect((LOOPBACK, port))
        yield sender


def rubbish(chance: random.Random, count: int) -> Iterator[bytes]:
    """Datagrams that begin like STUN, DTLS, RTP or RTCP, and go on like nothing at all."""
    firsts = [*range(4), 20, 21, 22, 23, 63, 128, 129, 144, 191, 200, 255]
    cookie = b"\x21\x12\xa4\x42"
    for number in range(count):
        tail = chance.randbytes(chance.choice((0, 1, 3, 7, 11, 12, 19, 20, 28, 100, 1200, 1500)))
        match number % 4:
            case 0:
                yield chance.randbytes(chance.randrange(1, 1500))
            case 1:
                yield bytes([chance.choice(firsts)]) + tail
            case 2:  # STUN with the right cookie and a length that lies
                lie = chance.randrange(65536).to_bytes(2, "big")
                yield b"\x00\x01" + lie + cookie + chance.randbytes(12) + tail
            case _:  # a DTLS record, and a handshake whose lengths lie
                kind = chance.choice((20, 21, 22, 23))
                size = chance.choice((len(tail), 65535, 0)).to_bytes(2, "big")
                yield bytes([kind]) + b"\xfe\xfd" + bytes(8) + size + tail


def check_of(sdp: str, username: str) -> bytes:
    """A connectivity check the service must believe: made with the password of its own answer."""
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{field_of(sdp, 'ice-ufrag')}:{username}"
    request.attributes["PRIORITY"] = 1
    request.attributes["ICE-CONTROLLING"] = 7
    request.attributes["USE-CANDIDATE"] = None
    request.add_message_integrity(field_of(sdp, "ice-pwd").encode())
    return bytes(request)


def field_of(sdp: str, name: str) -> str:
    return next(
        line.partition(":")[2] for line in sdp.splitlines() if line.startswith(f"a={name}:")
    )


@asynccontextmanager
async def offering() -> AsyncIterator[tuple[RTCPeerConnection, str]]:
    """An honest offer of one sound; its maker never connects."""
    made = peer_connection()
    made.addTransceiver("audio", "sendonly")
    await made.setLocalDescription(await made.createOffer())
    try:
        yield made, made.localDescription.sdp
    finally:
        await made.close()
