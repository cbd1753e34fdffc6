"""Where alerts are posted to, real HTTP on loopback, each named by how it fails.

async with listening(Webhook()) as hook:
    hook.url
"""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import web

KEY = b"0123456789abcdef0123456789abcdef"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
TOKEN = "tk_villefort"
T = TypeVar("T", bound="Webhook")


@dataclass
class Webhook:
    """Takes everything that is signed with KEY; `taken` is what it said 204 to."""

    taken: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0
    port: int = 0
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        assert request.method == "POST"
        assert signed(request.headers, body)
        self.taken.append(json.loads(body))
        return web.Response(status=204)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        async with self.arrived:
            self.asked += 1
            try:
                return await self.answer(request)
            finally:
                self.arrived.notify_all()

    async def until(self, number: int, seconds: float = 20) -> None:
        """Wait until that many different ones were taken: a stop may send the same one twice."""

        def different() -> int:
            return len({one.get("id", index) for index, one in enumerate(self.taken)})

        async with asyncio.timeout(seconds), self.arrived:
            await self.arrived.wait_for(lambda: different() >= number)


def signed(headers: Any, body: bytes) -> bool:
    """As a receiver checks it."""
    said = b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body))
    wanted = "v1," + base64.b64encode(hmac.digest(KEY, said, hashlib.sha256)).decode()
    return hmac.compare_digest(headers["webhook-signature"], wanted)


@dataclass
class SilentWebhook(Webhook):
    """Takes the call and never answers."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        await asyncio.get_running_loop().create_future()
        raise AssertionError


@dataclass
class StumblingWebhook(Webhook):
    """Is broken at first."""

    falls: int = 2

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if self.asked <= self.falls:
            return web.Response(status=500, text="traceback\x1b[31m of\nsomebody else")
        return await super().answer(request)


@dataclass
class PickyWebhook(Webhook):
    """Refuses some alerts for good, by their ids; `status` is what it says."""

    refused: tuple[str, ...] = ()
    status: int = 400

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if json.loads(await request.read())["id"] in self.refused:
            return web.Response(status=self.status, text="no such field")
        return await super().answer(request)


@dataclass
class GarbledWebhook(Webhook):
    """Answers what is no HTTP."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.write(b"HTTP/1.1 2x4 what\r\n\r\n")
        request.transport.close()
        return web.Response()


@dataclass
class BusyWebhook(Webhook):
    """Asks to be left alone for two minutes, once."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if self.asked == 1:
            return web.Response(status=429, headers={"Retry-After": "120"})
        return await super().answer(request)


@dataclass
class EndlessWebhook(Webhook):
    """Refuses, and goes on explaining for ever; `said` is how much it could say."""

    said: int = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=500)
        await response.prepare(request)
        try:
            while True:
                await response.write(b"no " * 4000)
                self.said += 12_000
        except (ConnectionError, asyncio.CancelledError):
            return response


@dataclass
class WanderingWebhook(Webhook):
    """Sends everybody on, to where nobody has listed."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPTemporaryRedirect(f"http://127.0.0.1:{self.port}/elsewhere")


@dataclass
class Ntfy(Webhook):
    """Publishes what comes with TOKEN, as docs.ntfy.sh/publish has it."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.refusal()
        assert request.path == "/"
        self.taken.append(await request.json())
        return web.json_response({"id": "hwQ2YpKdmg", "event": "message"})

    def refusal(self) -> web.Response:
        error = {"code": 40301, "http": 403, "error": "forbidden"}
        return web.json_response(error, status=403)


@dataclass
class RefusingNtfy(Ntfy):
    """Lets nobody publish."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        return self.refusal()


@asynccontextmanager
async def listening(server: T) -> AsyncIterator[T]:
    """On a port of its own until the end of the block."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", server.port)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        await runner.cleanup()
