"""A house with all its doors open, for one client after the other: what came of each request.

with AllDoors(change) as house:
    house.dav("tom", "PUT", "calendar/a.ics", event(...))
    house.rest("tom", "POST", "bookings", {...})
    house.mail(invitation(...), rooms)
    house.elsewhere.put("x.ics", event(...)); house.looks_elsewhere()
    house.hall.body = event(...); house.reads_the_feed()

The handlers, the judge, the store, the mail door and the job of calendars kept elsewhere are the
real ones, over loopback HTTP; nothing runs by itself. One room has its calendar on another server
too (`ELSEWHERE`), one is shared with a town hall (`FED`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self, TypeVar

from aiohttp import ClientSession, encode_basic_auth, web
from aiohttp.test_utils import TestServer
from aiosmtpd.smtp import Envelope
from sqlalchemy import Connection

from orchestrator import keys
from orchestrator.api import bookings as booking_api
from orchestrator.api import closures as closure_api
from orchestrator.api import endpoint, guard
from orchestrator.auth import accounts, web_sessions
from orchestrator.booking import Bookings, own_calendar
from orchestrator.dav import routes
from orchestrator.events import Bus
from orchestrator.mail.door import Mailbox
from orchestrator.mail.receive import Reception
from orchestrator.mail.story import Office
from orchestrator.outside.jobs import Jobs
from orchestrator.settings import DEMO, Settings, load_settings
from orchestrator.settings.model import Network
from orchestrator.settings.outside import FeedSettings, Outside, RemoteSettings
from orchestrator.store import own_calendars
from orchestrator.store.database import Database
from orchestrator.words import words
from rooms.ids import RoomId
from tests.fakes.dav import (
    DOMAIN,
    KEYRING,
    MEMORY,
    PEOPLE,
    Answer,
    Client,
    door_of,
    furnished,
    rows_of,
)
from tests.fakes.elsewhere import ROOT, HonestCalendar
from tests.fakes.feeds import TownHall
from tests.fakes.mail import mail_of

OTHER = "autre"  # everybody's second calendar
URL = "https://visio.test"
ELSEWHERE, FED = RoomId("meyrueis-visio"), RoomId("marvejols-visio")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Told:
    """What REST said."""

    status: int
    document: dict[str, Any]


_settings = cache(lambda: load_settings(DEMO))


class AllDoors:
    """One house. Its methods are for tests without a loop: each is done when it returns."""

    def __init__(self, change: Callable[[Network], Network] = lambda same: same) -> None:
        network, image, self.passwords = furnished(DEMO)
        self.settings = replace(_settings(), network=change(network))
        self.network = self.settings.network
        self.folder = TemporaryDirectory(dir=MEMORY)
        folder = Path(self.folder.name)
        (folder / "store.sqlite3").write_bytes(image)
        (folder / "secret").write_text("secret", encoding="utf-8")
        self.database = Database(folder / "store.sqlite3")
        self.browsers = self.database.write_now(log_in)
        self.elsewhere, self.hall = HonestCalendar(), TownHall()
        self._loop, self._open = asyncio.Runner(), AsyncExitStack()

    def __enter__(self) -> Self:
        self._run(self._start())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        at: TracebackType | None = None,
    ) -> None:
        self._run(self._open.aclose())
        self._loop.close()
        self.database.close()
        self.folder.cleanup()

    def _run(self, deed: Awaitable[Result]) -> Result:
        async def done() -> Result:
            return await deed

        return self._loop.run(done())

    async def _start(self) -> None:
        there = web.Application()
        there.router.add_route("*", ROOT + "{name:.*}", self.elsewhere.answer)
        there.router.add_get("/council.ics", self.hall.answer)
        url = await self._serve(there)
        self.elsewhere.url = url + ROOT
        outside = self._outside(url)
        self.bookings = Bookings(self.database, self.network, URL)
        settings = replace(self.settings, outside=outside)
        self._url = await self._serve(app_of(settings, self.bookings))
        self._http = await self._open.enter_async_context(ClientSession())
        self._jobs = Jobs(self.bookings, outside)
        await self._jobs.prepare()
        office = Office(network=self.network, mail=mail_of(25), public_url=URL, words=words)
        reception = Reception(bookings=self.bookings, office=office)
        self._mailbox = Mailbox(reception=reception, lmtp=False)

    async def _serve(self, app: web.Application) -> str:
        server = TestServer(app, host="127.0.0.1")
        await server.start_server()
        self._open.push_async_callback(server.close)
        return str(server.make_url("/")).rstrip("/")

    def _outside(self, url: str) -> Outside:
        secret = str(Path(self.folder.name) / "secret")
        self._remote = RemoteSettings(
            room=ELSEWHERE, url=url + ROOT, server="nextcloud", login="salle", password_file=secret
        )
        self._feed = FeedSettings(id="council", room=FED, url=f"{url}/council.ics", label="Mairie")
        return Outside(allow=("127.0.0.1",), remotes=(self._remote,), feeds=(self._feed,))

    # the doors

    def dav(
        self, login: str, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> Answer:
        """One request of a calendar client; `to` is where a COPY or MOVE goes."""
        auth = encode_basic_auth(login, self.passwords[login], encoding="utf-8")
        client = Client(self._http, self._url, login, auth)
        sent = {name.replace("_", "-"): value for name, value in headers.items() if name != "to"}
        if "to" in headers:
            home = f"{self._url}/dav/principals/{login}/calendars/"
            sent["Destination"] = home + headers["to"]
        if body is not None:
            sent["Content-Type"] = "text/calendar"
        return self._run(client.ask(method, path, body, sent))

    def rest(self, login: str, method: str, path: str, body: object = None) -> Told:
        """One request of a page of ours."""
        headers = as_browser(self.browsers[login])

        async def asked() -> Told:
            url = f"{self._url}/api/v1/{path}"
            async with self._http.request(method, url, json=body, headers=headers) as answer:
                said = await answer.json(content_type=None) if answer.status != 204 else {}
                return Told(answer.status, said)

        return self._run(asked())

    def mail(self, message: bytes, rooms: Sequence[str], sender: str) -> str:
        """A message for these rooms; what the mailbox says of it."""
        envelope = Envelope()
        envelope.mail_from, envelope.original_content = sender, message
        envelope.rcpt_tos = [f"salle.{room}@{DOMAIN}" for room in rooms]
        said = self._run(self._mailbox.handle_DATA(None, None, envelope))  # type: ignore[arg-type]
        return str(said)

    def looks_elsewhere(self) -> list[str]:
        """Bring the room's two calendars together; the requests that took."""
        self.elsewhere.requests.clear()
        self._run(self._jobs.look(self._remote))
        return list(self.elsewhere.requests)

    def reads_the_feed(self) -> None:
        """What the town hall's file says now."""
        self._run(self._jobs.read(self._feed))

    # what came of it

    def rows(self, table: str, **where: Any) -> list[dict[str, Any]]:
        return self.database.read_now(lambda conn: rows_of(conn, table, **where))


def as_browser(known: tuple[str, str]) -> dict[str, str]:
    """The headers of a page of ours, for somebody who logged in."""
    cookie, csrf = known
    return {"Cookie": f"__Host-margeride={cookie}", "X-CSRF-Token": csrf}


def app_of(settings: Settings, bookings: Bookings) -> web.Application:
    """The doors on HTTP: calendars, bookings, closures."""
    app = web.Application()
    app[keys.SETTINGS], app[keys.PUBLIC_URL] = settings, URL
    app[keys.DATABASE], app[keys.BOOKINGS] = bookings.database, bookings
    app[keys.KEYRING], app[keys.BUS] = KEYRING, Bus()
    guard.setup(app)
    door = door_of(bookings)
    app.add_routes(routes(lambda _: door))
    endpoint.mount(app, booking_api.ROUTES, closure_api.ROUTES)
    return app


def log_in(conn: Connection) -> dict[str, tuple[str, str]]:
    """Everybody's cookie and CSRF token, and a second calendar."""
    now, found = datetime.now(UTC), {}
    for login, *_ in PEOPLE:
        person = accounts.by_login(conn, login)
        assert person is not None
        own_calendar(conn, person)
        own_calendars.make(conn, person.id, OTHER, "Autre", "")
        found[login] = web_sessions.begin(conn, person, now)
    return found
