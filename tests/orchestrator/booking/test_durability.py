"""What was acknowledged survives `kill -9`, two hundred times over, at every point of a write."""

import asyncio
import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession, encode_basic_auth

from calendars import ical
from calendars.values import instant, one_moment
from orchestrator.settings import DEMO, load_settings
from orchestrator.store.database import Database
from tests.fakes.dav import MEMORY, Client, event, rows_of, soon
from tests.fakes.dav_doors import OTHER, as_browser
from tests.fakes.dav_server import KEYS, POINTS, STORE
from tests.fakes.ledgers import Look

KILLS = 200
STORES = 4  # side by side: a life is mostly waiting
PEOPLE = ("tom", "anne", "admin")  # each writes by himself, all at once
ROOMS = ("villefort-visio", "meyrueis-visio")
NAMES = 3
SLOTS = 60  # so few that people meet
WEEKLY = ["RRULE:FREQ=WEEKLY;COUNT=3"]
NETWORK = load_settings(DEMO).network


@pytest.fixture
def memory() -> Iterator[Path]:
    with TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


class Nursery:
    """Servers one after the other on the same data, each to be killed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def said(self) -> str:
        assert self.process.stdout is not None
        return (await self.process.stdout.readline()).decode().strip()

    async def start(self, point: str, number: int) -> tuple[int, int]:
        """A server listens: its port, and its process id if it waits to be killed."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{point} {number}\n".encode())
        lines = [await self.said() for _ in range(2 if point == "outside" else 1)]
        said = dict(line.split() for line in lines)
        return int(said["ready"]), int(said.get("process", 0))


@asynccontextmanager
async def nursery(folder: Path) -> AsyncIterator[Nursery]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.dav_server", str(folder),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    made = Nursery(process)
    try:
        assert await made.said() == "settled"
        yield made
    finally:
        process.kill()  # and with it the server of a test that failed
        await process.communicate()


@dataclass
class Known:
    """What was acknowledged, and not put in doubt since by a request that has no answer."""

    objects: dict[tuple[str, str, str], datetime] = field(default_factory=dict)
    gone: set[tuple[str, str, str]] = field(default_factory=set)
    booked: dict[str, datetime] = field(default_factory=dict)
    called_off: set[str] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)
    slot: int = 0

    def start(self) -> datetime:
        """The next hour; every one is asked for twice."""
        self.slot += 1
        return soon(3) + timedelta(minutes=30 * (self.slot // 2 % SLOTS))

    def doubt(self, *keys: Any) -> None:
        for key in keys:
            self.objects.pop(key, None)
            self.booked.pop(key, None)
            self.gone.discard(key)
            self.called_off.discard(key)


class Writer:
    """One person at his calendar client and at our pages, until the line drops."""

    def __init__(self, known: Known, client: Client, browser: dict[str, str]) -> None:
        self.known, self.client, self.browser = known, client, browser
        self.login = client.login
        self.dice = random.Random(known.slot)  # noqa: S311

    async def run(self) -> None:
        deeds: list[Callable[[], Awaitable[bool]]] = [
            self.puts, self.puts_a_series, self.moves, self.moves, self.copies, self.deletes,
            self.books, self.changes, self.cancels,
        ]  # fmt: skip
        while True:
            deed = self.dice.choice(deeds)
            try:
                if await deed():
                    self.known.done[deed.__name__] += 1
            except (ClientError, OSError):
                return

    async def puts(self, more: list[str] | None = None) -> bool:
        name, start = f"{self.login}-{self.dice.randrange(NAMES)}", self.known.start()
        rooms = ROOMS[: self.dice.randint(1, 2)]
        key = (self.login, "calendar", f"{name}.ics")
        self.known.doubt(key)
        body = event(name, start=start, minutes=30, rooms=rooms, more=more or [])
        answer = await self.client.put(f"calendar/{name}.ics", body)
        assert answer.status in (201, 204), answer.text
        self.known.objects[key] = start
        return True

    async def puts_a_series(self) -> bool:
        return await self.puts(WEEKLY)

    async def moves(self, method: str = "MOVE") -> bool:
        mine = [key for key in self.known.objects if key[:2] == (self.login, "calendar")]
        if not mine:
            return False
        source = self.dice.choice(mine)
        target = (self.login, OTHER, source[2])
        start = self.known.objects[source]
        self.known.doubt(source, target)
        home = f"{self.client.url}/dav/principals/{self.login}/calendars"
        headers = {"Destination": f"{home}/{OTHER}/{source[2]}"}
        answer = await self.client.ask(method, f"calendar/{source[2]}", None, headers)
        assert answer.status in (201, 204), answer.text
        self.known.objects[target] = start
        if method == "MOVE":
            self.known.gone.add(source)
        else:
            self.known.objects[source] = start
        return True

    async def copies(self) -> bool:
        return await self.moves("COPY")

    async def deletes(self) -> bool:
        mine = [key for key in self.known.objects if key[0] == self.login]
        if not mine:
            return False
        key = self.dice.choice(mine)
        self.known.doubt(key)
        answer = await self.client.delete(f"{key[1]}/{key[2]}")
        assert answer.status == 204, answer.text
        self.known.gone.add(key)
        return True

    async def books(self) -> bool:
        start = self.known.start()
        body = {"title": "Par REST", "rooms": list(ROOMS), **span(start)}
        status, said = await self.rest("POST", "bookings", body)
        assert status in (201, 409), said
        if status == 201:
            self.known.booked[said["booking"]["id"]] = start
        return True

    async def changes(self) -> bool:
        booking = self.one_of_mine()
        if not booking:
            return False
        before, start = self.known.booked[booking], self.known.start()
        self.known.doubt(booking)
        status, said = await self.rest("PATCH", f"bookings/{booking}", span(start))
        assert status in (200, 409), said
        self.known.booked[booking] = start if status == 200 else before
        return True

    async def cancels(self) -> bool:
        booking = self.one_of_mine()
        if not booking:
            return False
        self.known.doubt(booking)
        status, said = await self.rest("DELETE", f"bookings/{booking}")
        assert status == 204, said
        self.known.called_off.add(booking)
        return True

    def one_of_mine(self) -> str:
        """By tom, who alone books by REST enough."""
        mine = list(self.known.booked) if self.login == "admin" else []
        return self.dice.choice(mine) if mine else ""

    async def rest(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        url = f"{self.client.url}/api/v1/{path}"
        async with self.client.http.request(method, url, json=body, headers=self.browser) as answer:
            return answer.status, await answer.json() if answer.status != 204 else {}


def span(start: datetime) -> dict[str, str]:
    return {"from": start.isoformat(), "to": (start + timedelta(minutes=30)).isoformat()}


async def one_life(servers: Nursery, keys: Any, known: Known, point: str, number: int) -> None:
    port, server = await servers.start(point, number)
    async with ClientSession() as http:
        writers = []
        for login in PEOPLE:
            auth = encode_basic_auth(login, keys["passwords"][login], encoding="utf-8")
            client = Client(http, f"http://127.0.0.1:{port}", login, auth)
            writers.append(Writer(known, client, as_browser(keys["browsers"][login])))
        with suppress(ClientError, OSError):  # who logs in is written down: it may die of that
            await still_shown(writers[0])
        running = [asyncio.create_task(writer.run()) for writer in writers]
        if point == "outside":
            before = known.done.total()
            while (  # noqa: ASYNC110 - the deeds, or a failure
                known.done.total() < before + number and not any(map(_broke, running))
            ):
                await asyncio.sleep(0.002)
            os.kill(server, signal.SIGKILL)
        await asyncio.gather(*running)
    assert await servers.said() == "dead"


def _broke(task: asyncio.Task[None]) -> bool:
    return task.done() and task.exception() is not None


async def still_shown(writer: Writer) -> None:
    """A server that has just been started again shows a client what was acknowledged before."""
    listed = (await writer.client.propfind("calendar/", "D:getetag", depth="1")).text
    for login, calendar, name in writer.known.objects:
        if (login, calendar) == (writer.login, "calendar"):
            assert name in listed
    for login, calendar, name in writer.known.gone:
        if (login, calendar) == (writer.login, "calendar"):
            assert name not in listed


@pytest.mark.timeout(400)
async def test_two_hundred_kills_lose_nothing_that_was_acknowledged(memory: Path) -> None:
    done = await asyncio.gather(*(one_store(memory / str(number)) for number in range(STORES)))
    deeds = sum(done, Counter[str]())
    assert deeds.total() >= KILLS // 2  # many die before anything is done
    assert len(deeds) >= 6, deeds  # of eight kinds


async def one_store(folder: Path) -> Counter[str]:
    """Its share of the lives, one after the other; what was acknowledged in them."""
    await asyncio.to_thread(folder.mkdir)
    known, dice = Known(), random.Random(folder.name)  # noqa: S311
    async with nursery(folder) as servers:
        keys = json.loads(await asyncio.to_thread((folder / KEYS).read_text))
        for kill in range(KILLS // STORES):
            point = POINTS[kill % len(POINTS)]
            number = dice.randint(1, 90) if point == "within" else dice.randint(1, 5)
            await one_life(servers, keys, known, point, number)
            await asyncio.to_thread(check, folder, known)
    await asyncio.to_thread(check_all_told, folder)
    return known.done


def check(folder: Path, known: Known) -> None:
    """Store and calendars agree, and what was acknowledged is what they say."""
    database = Database(folder / STORE)

    def look(conn: Any) -> None:
        calendars = {row["id"]: row for row in rows_of(conn, "calendars")}
        logins = {row["id"]: row["login"] for row in rows_of(conn, "people")}
        stored = {}
        for row in rows_of(conn, "items"):
            home = calendars[row["calendar_id"]]
            stored[logins.get(home["owner_id"], ""), home["name"], row["name"]] = row["body"]
        for key, start in known.objects.items():
            (first, *_) = ical.parse(stored[key], NETWORK.zone, stored=True).parts
            (line,) = first.lines("DTSTART")
            assert instant(one_moment(line), NETWORK.zone) == start, key
        assert not known.gone & stored.keys()
        rows = {row["id"]: row for row in rows_of(conn, "bookings")}
        for booking, start in known.booked.items():
            assert rows[booking]["state"] == "confirmed"
            assert rows[booking]["starts_at"] == int(start.timestamp())
        assert {rows[booking]["state"] for booking in known.called_off} <= {"cancelled"}
        Look(conn, NETWORK).all()

    try:
        database.read_now(look)
    finally:
        database.close()


def check_all_told(folder: Path) -> None:
    database = Database(folder / STORE)

    def look(conn: Any) -> None:
        made = rows_of(conn, "outbox", topic="booking.made")
        told = {row["payload"]["booking"] for row in made}
        confirmed = {row["id"] for row in rows_of(conn, "bookings", state="confirmed")}
        assert confirmed
        assert confirmed <= told
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"

    database.read_now(look)
    database.close()
