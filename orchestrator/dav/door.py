"""The CalDAV door on aiohttp: who is it, is it small enough, then off to a store thread.

/dav/…                         the calendars (docs/calendars.md)
/.well-known/caldav, carddav   where they are (RFC 6764)
"""

import asyncio
import base64
import binascii
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from aiohttp import web
from sqlalchemy import Connection

from calendars.server import limits
from calendars.server.mount import DavServer, refusal, whole
from calendars.server.request import PREFIX, DavAnswer, DavRequest
from orchestrator import keys
from orchestrator.api.problems import TooSlow
from orchestrator.auth.app_passwords import Uses, person_for
from orchestrator.auth.people import Person
from orchestrator.booking import Bookings, own_calendar
from orchestrator.booking.event import Prepared
from orchestrator.booking.ledger import Entry
from orchestrator.dav.port import DavPort
from orchestrator.dav.reading import read
from orchestrator.gate import known
from rooms.errors import Invalid, MargerideError

log = logging.getLogger(__name__)
Authenticate = Callable[[Connection, str, str], Person | None]
BODY_WITHIN = 120.0  # seconds; a megabyte on a line of 100 kbit/s
WRITES = frozenset({"PUT", "DELETE", "PROPPATCH", "MKCALENDAR", "MKCOL", "COPY", "MOVE"})
CHALLENGE = 'Basic realm="Margeride", charset="UTF-8"'
DOOR: "web.AppKey[DavDoor]" = web.AppKey("dav_door")


class _Refused(Exception):
    """Carries an answer out of a transaction that must not be kept."""

    def __init__(self, answer: DavAnswer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class DavDoor:
    """The door of one service."""

    bookings: Bookings
    authenticate: Authenticate
    uses: Uses | None = None
    clock: Callable[[], datetime] = _now
    server: DavServer = field(default_factory=DavServer)
    _housed: set[str] = field(default_factory=set)  # who has his calendar: it is never deleted

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        person = await self._person(request)
        if person is None:
            return web.Response(
                status=401, headers={"WWW-Authenticate": CHALLENGE, "DAV": "1, calendar-access"}
            )
        known(request)
        try:
            body = await _read(request)
        except MargerideError as error:
            answer = self._refusal(error, person)
        else:
            answer = await self._answer(request, person, body)
        return web.Response(
            status=answer.status,
            reason=answer.reason,
            headers=_headers(answer),
            body=answer.body,
        )

    async def _answer(self, request: web.Request, person: Person, body: bytes) -> DavAnswer:
        dav = DavRequest(
            method=request.method, raw_path=request.rel_url.raw_path, headers=request.headers,
            body=body,
        )  # fmt: skip
        now = self.clock()
        try:
            event = await self._event(dav, person, now)
        except MargerideError as error:
            return self._refusal(error, person)
        if dav.method in WRITES:
            return await self._write(dav, person, now, event)
        return await self.bookings.database.read(
            lambda conn: self.server.answer(self._port(conn, person, now), dav)
        )

    async def _event(self, dav: DavRequest, person: Person, now: datetime) -> Prepared | None:
        """Parse and expand before the transaction, so that nobody waits for it."""
        place = _place(dav.match_info["path_info"])
        if place is None or dav.method not in ("PUT", "COPY", "MOVE"):
            return None
        if dav.method == "PUT":
            return await self._prepare(dav.body, place[0], now)
        body = await self.bookings.database.read(
            lambda conn: _body(self._port(conn, person, now), *place)
        )
        goal = _place(unquote(urlsplit(dav.headers.get("Destination", "")).path)[len(PREFIX) :])
        if body is None or goal is None:
            return None
        return await self._prepare(body, goal[0], now)

    async def _prepare(self, body: bytes, calendar: str, now: datetime) -> Prepared:
        network = self.bookings.rules.network
        room = next((room.id for room in network.rooms if room.id == calendar), None)
        return await asyncio.to_thread(read, network, body, room, now)

    async def _write(
        self, dav: DavRequest, person: Person, now: datetime, event: Prepared | None
    ) -> DavAnswer:
        def work(entry: Entry) -> DavAnswer:
            entry.know(person)
            replies = dav.headers.get("Schedule-Reply", "T").strip().upper() != "F"
            port = DavPort(entry=entry, event=event, replies=replies)
            answer = self.server.answer(port, dav)
            if answer.status >= 400:
                raise _Refused(answer)
            return answer

        try:
            return await self.bookings.write(person, now, work)
        except _Refused as refused:
            return refused.answer

    def _port(self, conn: Connection, person: Person, now: datetime) -> DavPort:
        entry = Entry(rules=self.bookings.rules, conn=conn, now=now, person=person)
        return DavPort(entry=entry)

    def _refusal(self, error: MargerideError, person: Person) -> DavAnswer:
        text = self.bookings.rules.words(error.key, person.locale, error.fields)
        return whole(refusal(error, text))

    async def _person(self, request: web.Request) -> Person | None:
        login, password = _credentials(request.headers.get("Authorization", ""))
        if not login:
            return None

        person = await self.bookings.database.read(
            lambda conn: self.authenticate(conn, login, password)
        )
        if person is not None and person.id not in self._housed:
            newcomer = person
            await self.bookings.database.write(lambda conn: own_calendar(conn, newcomer))
            self._housed.add(newcomer.id)
        note = self.uses.note(password, self.clock()) if person and self.uses else None
        if note is not None:
            await self.bookings.database.write(note)
        return person


def _place(path: str) -> tuple[str, str] | None:
    """Calendar and name of an event's path below the prefix."""
    match path.split("/"):
        case ["", "principals", _, "calendars", calendar, name]:
            return calendar, name
        case _:
            return None


def _body(port: DavPort, calendar: str, name: str) -> bytes | None:
    info = port.calendar(calendar)
    found = port.item(info, name) if info else None
    return found.body if found else None


def _credentials(header: str) -> tuple[str, str]:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "basic" or len(token) > 1000:
        return "", ""
    try:
        text = base64.b64decode(token, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return "", ""
    login, _, password = text.partition(":")
    return login, password


async def _read(request: web.Request) -> bytes:
    """The body, refused as soon as it is too long, or too long in coming."""
    limits.check_head(
        request.method, request.content_length, request.headers.get("Content-Encoding")
    )
    try:
        async with asyncio.timeout(BODY_WITHIN):
            return await _counted(request)
    except TimeoutError:
        raise TooSlow("body-too-slow", seconds=int(BODY_WITHIN)) from None


async def _counted(request: web.Request) -> bytes:
    most, chunks, size = limits.largest(request.method), [], 0
    try:
        async for chunk in request.content.iter_chunked(65536):
            size += len(chunk)
            if size > most:
                raise limits.TooLarge("body-too-large", limit=most)
            chunks.append(chunk)
    except web.RequestPayloadError as error:
        raise Invalid("body-is-broken") from error
    return b"".join(chunks)


def _headers(answer: DavAnswer) -> list[tuple[str, str]]:
    own = ("content-length", "content-encoding")
    kept = [pair for pair in answer.headers if pair[0].lower() not in own]
    return [*kept, ("Cache-Control", "private, no-cache"), ("X-Content-Type-Options", "nosniff")]


async def _well_known(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPMovedPermanently(f"{PREFIX}/")


def routes(door: Callable[[web.Application], DavDoor]) -> list[web.AbstractRouteDef]:
    """Where the door stands; it is looked up at each request, for it needs the store open."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return await door(request.app).handle(request)

    return [
        web.route("*", PREFIX, handle),
        web.route("*", PREFIX + "/{path_info:.*}", handle),
        web.route("*", "/.well-known/caldav", _well_known),
        web.route("*", "/.well-known/carddav", _well_known),
    ]


def setup(app: web.Application) -> None:
    """Open the door on an application that has its store, keyring and bookings by then."""
    app.add_routes(routes(_door))
    app.cleanup_ctx.append(_opened)


@asynccontextmanager
async def _opened(app: web.Application) -> AsyncIterator[None]:
    keyring = app[keys.KEYRING]

    def authenticate(conn: Connection, login: str, password: str) -> Person | None:
        return person_for(conn, keyring, login, password)

    uses = Uses(keyring)
    app[DOOR] = DavDoor(bookings=app[keys.BOOKINGS], authenticate=authenticate, uses=uses)
    yield


def _door(app: web.Application) -> DavDoor:
    return app[DOOR]
