"""A CalDAV door on loopback over a real store, and a client that speaks to it in raw HTTP.

    async with open_house(tmp_path) as house:
        tom = house.client("tom")
        answer = await tom.put("calendar/a.ics", event(start=..., rooms=["villefort-visio"]))

People: `tom` (trainer), `bea` (booker at Villefort), `anne` (animateur of Villefort), `admin`.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from aiohttp import ClientSession, encode_basic_auth, web
from aiohttp.test_utils import TestServer
from sqlalchemy import Connection, func, select

from orchestrator.auth import accounts, app_passwords
from orchestrator.auth.keyring import Keyring
from orchestrator.auth.people import Person
from orchestrator.booking import Bookings, ensure_rooms
from orchestrator.dav import DavDoor, routes
from orchestrator.settings import DEMO, load_settings
from orchestrator.settings.mail import Guests
from orchestrator.settings.model import Network
from orchestrator.store import facts, people, tables
from orchestrator.store.database import Database
from rooms.ids import RoomId, new_secret

Result = TypeVar("Result")
KEYRING = Keyring(b"k" * 32)
DOMAIN = "visio.lozere.example"
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where a store waits for no disk. It outlives a SIGKILL there too, if not a power cut."""
FOUR = ("meyrueis-visio", "st-chely-d-apcher-visio", "villefort-visio", "marvejols-visio")
PEOPLE = (
    ("tom", "Tom", "trainer", ()),
    ("bea", "Béa", "booker", ("villefort",)),
    ("anne", "Anne", "animateur", ("villefort",)),
    ("admin", "Administration", "admin", ()),
)


def soon(days: int = 1, hour: int = 9) -> datetime:
    """A round hour, some days ahead, in UTC."""
    day = datetime.now(UTC) + timedelta(days=days)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def event(
    uid: str = "e1",
    *,
    start: datetime | None = None,
    minutes: int = 60,
    rooms: Iterable[str] = (),
    title: str = "Réunion",
    more: Iterable[str] = (),
) -> bytes:
    """An event as a plain client writes it."""
    start = start or soon()
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//tests//FR",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{stamp(start)}",
        f"DTSTART:{stamp(start)}",
        f"DTEND:{stamp(start + timedelta(minutes=minutes))}",
        f"SUMMARY:{title}",
        *(f"ATTENDEE;CUTYPE=ROOM;RSVP=TRUE:mailto:salle.{room}@{DOMAIN}" for room in rooms),
        *more,
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(lines).encode()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def unfolded(self) -> str:
        return self.text.replace("\r\n ", "").replace("\r\n", "\n")


@dataclass(slots=True)
class Client:
    """One person's calendar client. Paths are below his home."""

    http: ClientSession
    url: str
    login: str
    auth: str | None  # the Authorization header

    async def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        where = path if path.startswith("/") else f"/dav/principals/{self.login}/calendars/{path}"
        if isinstance(body, bytes):
            body = BytesIO(body)
        sent = dict(headers or {}) | ({"Authorization": self.auth} if self.auth else {})
        async with self.http.request(
            method, self.url + where, data=body, headers=sent, allow_redirects=False
        ) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def put(self, path: str, body: bytes, **headers: str) -> Answer:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.ask("PUT", path, body, {"Content-Type": "text/calendar", **names})

    async def get(self, path: str) -> Answer:
        return await self.ask("GET", path)

    async def delete(self, path: str) -> Answer:
        return await self.ask("DELETE", path)

    async def xml(self, method: str, path: str, body: str, depth: str = "0") -> Answer:
        headers = {"Content-Type": "text/xml; charset=utf-8", "Depth": depth}
        return await self.ask(method, path, body.encode(), headers)

    async def propfind(self, path: str, *names: str, depth: str = "0") -> Answer:
        props = "".join(f"<{name}/>" for name in names)
        return await self.xml(
            "PROPFIND", path, f"<D:propfind {XMLNS}><D:prop>{props}</D:prop></D:propfind>", depth
        )


XMLNS = (
    'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" '
    'xmlns:CS="http://calendarserver.org/ns/" xmlns:A="http://apple.com/ns/ical/"'
)


@dataclass(slots=True)
class OpenHouse:
    """What a test needs of the house."""

    database: Database
    network: Network
    bookings: Bookings
    url: str
    http: ClientSession
    passwords: dict[str, str]
    told: list[str] = field(default_factory=list)

    def client(self, login: str, password: str | None = None) -> Client:
        """A calendar client of this person."""
        secret = self.passwords[login] if password is None else password
        auth = encode_basic_auth(login, secret, encoding="utf-8")
        return Client(self.http, self.url, login, auth)

    def stranger(self) -> Client:
        """Somebody without a password."""
        return Client(self.http, self.url, "tom", None)

    async def person(self, login: str) -> Person:
        found = await self.database.read(lambda conn: accounts.by_login(conn, login))
        assert found is not None
        return found

    async def rows(self, table: str, **where: Any) -> list[dict[str, Any]]:
        """The rows of a table."""
        return await self.database.read(lambda conn: rows_of(conn, table, **where))

    async def held(self, room: str) -> int:
        """How many instances hold a room."""
        query = select(func.count()).where(tables.occurrences.c.room_id == RoomId(room))
        return await self.database.read(lambda conn: int(conn.execute(query).scalar_one()))


def rows_of(conn: Connection, table: str, **where: Any) -> list[dict[str, Any]]:
    found = tables.metadata.tables[table]
    query = select(found).where(*(found.c[name] == value for name, value in where.items()))
    return [dict(row._mapping) for row in conn.execute(query)]


def furnish(database: Database, network: Network) -> dict[str, str]:
    """Tables, rooms and people; the app passwords. Blocking."""

    def work(conn: Connection) -> dict[str, str]:
        tables.metadata.create_all(conn)
        facts.ensure(conn, "store_uuid", new_secret)
        ensure_rooms(conn, network)
        for login, name, role, centres in PEOPLE:
            people.add(
                conn, datetime.now(UTC), login=login, name=name, role=role, centres=centres,
                email=f"{login}@ailleurs.example",
            )  # fmt: skip
        return {login: password_of(conn, login) for login, *_ in PEOPLE}

    return database.write_now(work)


@cache
def furnished(settings: Path) -> tuple[Network, bytes, dict[str, str]]:
    """A furnished store as bytes, made once: every test begins with a copy. Blocking."""
    network = load_settings(settings).network
    with TemporaryDirectory() as folder:
        store = Path(folder) / "dav.sqlite3"
        database = Database(store)
        passwords = furnish(database, network)
        database.close()
        return network, store.read_bytes(), passwords


def password_of(conn: Connection, login: str) -> str:
    person = accounts.by_login(conn, login)
    assert person is not None
    return app_passwords.create(conn, KEYRING, person, "tests")


def door_of(bookings: Bookings) -> DavDoor:
    return DavDoor(
        bookings=bookings,
        authenticate=lambda conn, login, word: app_passwords.person_for(conn, KEYRING, login, word),
    )


@asynccontextmanager
async def open_house(
    data: Path,
    settings: Path = DEMO,
    change: Callable[[Network], Network] = lambda same: same,
    guests: Guests | None = None,
) -> AsyncIterator[OpenHouse]:
    """A furnished house with its CalDAV door open."""
    read, image, passwords = await asyncio.to_thread(furnished, settings)
    network = change(read)
    await asyncio.to_thread((data / "dav.sqlite3").write_bytes, image)
    database = await asyncio.to_thread(Database, data / "dav.sqlite3")
    told: list[str] = []
    bookings = Bookings(
        database,
        network,
        "https://visio.test",
        lambda topic, **_: told.append(topic),
        guests=guests,
    )
    door = door_of(bookings)
    app = web.Application()
    app.add_routes(routes(lambda _: door))
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    async with ClientSession() as http:
        url = str(server.make_url("/")).rstrip("/")
        yield OpenHouse(database, network, bookings, url, http, passwords, told)
    await server.close()
    await asyncio.to_thread(database.close)
