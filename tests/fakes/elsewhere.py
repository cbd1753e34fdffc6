"""A CalDAV calendar on another server, in memory, named by how it fails.

    async with calendar_elsewhere(DeafCalendar()) as calendar: ...

`HonestCalendar` does what the RFCs say. `ForgetfulCalendar` forgets its sync tokens, or all it
held. `DeafCalendar` does what it is asked and drops the line before it says so. `SlowCalendar`
answers when it is told to. `CarelessCalendar` keeps none of the conditions it is given.
`FullCalendar` has, while `full`, no room for one object more.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from aiohttp import web
from aiohttp.test_utils import TestServer

ROOT = "/dav/salle/"
NAMES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" ' \
        'xmlns:S="http://calendarserver.org/ns/"'  # fmt: skip
LOGIN = "Basic c2FsbGU6c2VjcmV0"  # salle:secret


class HonestCalendar:
    """Objects by name, with what changed at each revision."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[str, bytes]] = {}
        self.history: list[str] = []
        self.epoch = 1
        self.url = ""
        self.away = False
        self.requests: list[str] = []

    # what people do there

    def put(self, name: str, body: bytes) -> None:
        self.history.append(name)
        self.objects[name] = (f'"{self.epoch}-{len(self.history)}"', body)

    def remove(self, name: str) -> None:
        self.history.append(name)
        del self.objects[name]

    def text(self, name: str) -> str:
        return self.objects[name][1].decode().replace("\r\n ", "").replace("\r\n", "\n")

    # what the server answers

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request.method)
        if self.away:
            raise web.HTTPServiceUnavailable
        if request.headers.get("Authorization") != LOGIN:
            raise web.HTTPUnauthorized
        name = request.match_info["name"]
        match request.method:
            case "PROPFIND":
                return self._propfind(request)
            case "REPORT":
                return self._report(await request.read())
            case "GET":
                return self._get(name)
            case "PUT":
                return self._put(name, await request.read(), request)
            case "DELETE":
                return self._delete(name, request)
            case _:
                raise web.HTTPMethodNotAllowed(request.method, ["GET"])

    @property
    def token(self) -> str:
        return f"http://tokens.example/{self.epoch}/{len(self.history)}"

    def _propfind(self, request: web.Request) -> web.Response:
        own = f"<D:sync-token>{self.token}</D:sync-token><S:getctag>{self.token}</S:getctag>"
        answers = [_answer("", own)]
        if request.headers.get("Depth") == "1":
            answers = [_answer("", "<D:displayname>Salle</D:displayname>")]
            answers += [_answer(name, _etag(etag)) for name, (etag, _) in self.objects.items()]
        return _multistatus(answers)

    def _report(self, raw: bytes) -> web.Response:
        root = ET.fromstring(raw)
        if root.tag == "{DAV:}sync-collection":
            return self._delta(root.findtext("{DAV:}sync-token") or "")
        answers = []
        for href in root.iter("{DAV:}href"):
            name = (href.text or "").removeprefix(ROOT)
            if name in self.objects:
                etag, body = self.objects[name]
                data = f"<C:calendar-data>{escape(body.decode())}</C:calendar-data>"
                answers.append(_answer(name, _etag(etag) + data))
        return _multistatus(answers)

    def _delta(self, token: str) -> web.Response:
        epoch, _, since = token.removeprefix("http://tokens.example/").partition("/")
        if epoch != str(self.epoch):
            raise web.HTTPForbidden
        changed = dict.fromkeys(self.history[int(since) :])
        answers = [
            _answer(name, _etag(self.objects[name][0])) if name in self.objects else _gone(name)
            for name in changed
        ]
        return _multistatus(answers, f"<D:sync-token>{self.token}</D:sync-token>")

    def _get(self, name: str) -> web.Response:
        if name not in self.objects:
            raise web.HTTPNotFound
        etag, body = self.objects[name]
        return web.Response(body=body, headers={"ETag": etag})

    def _put(self, name: str, body: bytes, request: web.Request) -> web.Response:
        self._check(name, request)
        self.put(name, body)
        return web.Response(status=201, headers={"ETag": self.objects[name][0]})

    def _delete(self, name: str, request: web.Request) -> web.Response:
        self._check(name, request)
        if name not in self.objects:
            raise web.HTTPNotFound
        self.remove(name)
        return web.Response(status=204)

    def _check(self, name: str, request: web.Request) -> None:
        held = self.objects.get(name)
        if request.headers.get("If-None-Match") == "*" and held:
            raise web.HTTPPreconditionFailed
        wanted = request.headers.get("If-Match")
        if wanted is not None and held is not None and wanted != held[0]:
            raise web.HTTPPreconditionFailed
        if wanted is not None and held is None and request.method == "PUT":
            raise web.HTTPPreconditionFailed


class ForgetfulCalendar(HonestCalendar):
    """Restored from a backup, or made anew."""

    def forget_tokens(self) -> None:
        self.epoch += 1

    def forget_everything(self) -> None:
        self.epoch += 1
        self.objects.clear()
        self.history.clear()


class DeafCalendar(HonestCalendar):
    """While `deaf`, drops the line after the deed (a client may try again by itself)."""

    deaf = False

    async def answer(self, request: web.Request) -> web.StreamResponse:
        try:
            return await super().answer(request)
        finally:
            if self.deaf and request.method in ("PUT", "DELETE"):
                assert request.transport is not None
                request.transport.abort()


class HangsUp(HonestCalendar):
    """Hangs up without a word on the first request of a method, as a server whose worker ended."""

    def __init__(self, method: str) -> None:
        super().__init__()
        self.method, self.asked = method, 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.method == self.method:
            self.asked += 1
            if self.asked == 1:
                assert request.transport is not None
                request.transport.close()
        return await super().answer(request)


class SlowCalendar(HonestCalendar):
    """Answers a write only when `free` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.free = asyncio.Event()
        self.asked = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.method == "PUT":
            self.asked.set()
            await self.free.wait()
        return await super().answer(request)


class FullCalendar(HonestCalendar):
    """While `full`, 507 for every PUT."""

    full = False

    def _put(self, name: str, body: bytes, request: web.Request) -> web.Response:
        if self.full:
            raise web.HTTPInsufficientStorage
        return super()._put(name, body, request)


class CarelessCalendar(HonestCalendar):
    """Overwrites and deletes whatever the conditions; says no ETag; rewrites what it is given."""

    def _check(self, name: str, request: web.Request) -> None:
        pass

    def _put(self, name: str, body: bytes, request: web.Request) -> web.Response:
        self.put(name, body.replace(b"END:VEVENT", b"X-SERVER:1\r\nEND:VEVENT"))
        return web.Response(status=201)


def _answer(name: str, props: str) -> str:
    found = f"<D:propstat><D:prop>{props}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
    return f"<D:response><D:href>{ROOT}{name}</D:href>{found}</D:response>"


def _gone(name: str) -> str:
    status = "<D:status>HTTP/1.1 404 Not Found</D:status>"
    return f"<D:response><D:href>{ROOT}{name}</D:href>{status}</D:response>"


def _etag(etag: str) -> str:
    return f"<D:getetag>{escape(etag)}</D:getetag>"


def _multistatus(answers: list[str], more: str = "") -> web.Response:
    text = f"<D:multistatus {NAMES}>{''.join(answers)}{more}</D:multistatus>"
    return web.Response(status=207, text=text, content_type="application/xml")


Calendar = TypeVar("Calendar", bound=HonestCalendar)


@asynccontextmanager
async def calendar_elsewhere(calendar: Calendar) -> AsyncIterator[Calendar]:
    app = web.Application()
    app.router.add_route("*", ROOT + "{name:.*}", calendar.answer)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    calendar.url = str(server.make_url(ROOT))
    yield calendar
    await server.close()
