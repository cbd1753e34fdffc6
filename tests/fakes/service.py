"""A whole service on loopback: temporary data directory, seeded people, no media.

    async with running_service(tmp_path) as service:
        anne = await service.log_in("anne")
        async with anne.get("/api/v1/me") as answer: ...

People: `admin`; `anne` (animateur of Villefort); `marc` (animateur of Meyrueis); `tom` (trainer);
`bea` (booker at Villefort). Everybody's password is `PASSWORD`.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self, cast

from aiohttp import ClientSession, CookieJar, web
from aiohttp.client import _RequestContextManager
from argon2 import PasswordHasher
from sqlalchemy import Connection

from orchestrator import keys
from orchestrator.auth import accounts, app_passwords
from orchestrator.auth.people import Person
from orchestrator.settings import DEMO, Settings, load_settings
from orchestrator.store import devices, people
from orchestrator.wiring import STORE, make_app, open_store
from rooms.ids import RoomId
from signalling.engine import MediaEngine
from signalling.engines.silent import SilentEngine

PASSWORD = "un long mot de passe"
PEOPLE: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("admin", "Administration", "admin", ()),
    ("anne", "Anne", "animateur", ("villefort",)),
    ("marc", "Marc", "animateur", ("meyrueis",)),
    ("tom", "Tom", "trainer", ()),
    ("bea", "Béa", "booker", ("villefort",)),
)
demo_settings = cache(lambda: load_settings(DEMO))
# As cheap as Argon2 can be: it is proved by its own tests, and paid at every login of the others.
_password_hash = cache(
    lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
)


class Browser:
    """A person's browser: keeps the cookie, sends the CSRF token and the Origin with writes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.csrf = ""
        self.http = ClientSession(cookie_jar=CookieJar(unsafe=True))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.http.close()

    def request(self, method: str, path: str, **more: Any) -> _RequestContextManager:
        headers = {"Origin": self.url, "Accept-Language": "en"}
        if self.csrf:
            headers["X-CSRF-Token"] = self.csrf
        headers |= more.pop("headers", {})
        return self.http.request(method, self.url + path, headers=headers, **more)

    def get(self, path: str, **more: Any) -> _RequestContextManager:
        return self.request("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> _RequestContextManager:
        return self.request("POST", path, json=json, **more)

    def delete(self, path: str, **more: Any) -> _RequestContextManager:
        return self.request("DELETE", path, **more)


class RunningService:
    """What a test needs of a running service."""

    def __init__(self, app: web.Application, url: str, engine: SilentEngine) -> None:
        self.app = app
        self.url = url
        self.engine = engine
        self.server: web.Server  # once it listens
        self._browsers: list[Browser] = []

    def browser(self) -> Browser:
        """A browser nobody has logged in with yet."""
        browser = Browser(self.url)
        self._browsers.append(browser)
        return browser

    async def log_in(self, login: str, password: str = PASSWORD) -> Browser:
        """The browser of a person."""
        browser = self.browser()
        sent = {"login": login, "password": password}
        async with browser.post("/api/v1/login", sent) as answer:
            assert answer.status == 200, await answer.text()
            browser.csrf = (await answer.json())["csrf"]
        return browser

    async def person(self, login: str) -> Person:
        """Somebody seeded."""
        found = await self.app[keys.DATABASE].read(lambda conn: accounts.by_login(conn, login))
        assert found is not None
        return found

    async def app_password(self, login: str) -> str:
        """An app password for a calendar client."""
        person, keyring = await self.person(login), self.app[keys.KEYRING]
        return await self.app[keys.DATABASE].write(
            lambda conn: app_passwords.create(conn, keyring, person, "a test")
        )

    async def screen(self, room: str) -> str:
        """The token of a screen newly paired with a room."""
        now = datetime.now(UTC)
        made = await self.app[keys.DATABASE].write(
            lambda conn: devices.add(conn, RoomId(room), now)
        )
        return made[1]

    async def close(self) -> None:
        """Close every browser."""
        for browser in self._browsers:
            await browser.http.close()


def seed(conn: Connection) -> None:
    """Put the people in, unless they are there."""
    for login, name, role, centres in PEOPLE:
        if people.by_login(conn, login) is None:
            people.add(
                conn,
                datetime.now(UTC),
                login=login,
                name=name,
                role=role,
                centres=centres,
                password_hash=_password_hash(),
            )


@cache
def furnished() -> bytes:
    """A store with its tables and people, made once: every service begins with a copy. Blocking."""
    with TemporaryDirectory() as folder:
        database = open_store(Path(folder))
        database.write_now(seed)
        database.close()
        return (Path(folder) / STORE).read_bytes()


def furnish(data: Path) -> None:
    """Put the copy where a service starts for the first time. Blocking."""
    if not (data / STORE).exists():
        (data / STORE).write_bytes(furnished())


@asynccontextmanager
async def running_service(
    data: Path,
    *,
    engine: MediaEngine | None = None,
    settings: Callable[[], Settings] = demo_settings,
) -> AsyncIterator[RunningService]:
    """Start it, seed it, and stop it at the end of the block."""
    playing = engine or SilentEngine()

    @asynccontextmanager
    async def media(_: web.Application) -> AsyncIterator[MediaEngine]:
        yield playing

    read = await asyncio.to_thread(settings)
    await asyncio.to_thread(furnish, data)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = make_app(read, data, public_url=url, engine=media)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        try:
            await runner.setup()
            await web.SockSite(runner, listener).start()
            service = RunningService(app, url, cast(SilentEngine, playing))
            assert runner.server is not None
            service.server = runner.server
            yield service
            await service.close()
        finally:
            await runner.cleanup()
