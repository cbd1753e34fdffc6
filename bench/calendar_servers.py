"""The three calendar servers: seeded each in its own way, started as processes, on loopback."""

import asyncio
import base64
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from aiohttp import ClientError, ClientSession
from sqlalchemy import Connection, delete, update

from bench import machine, peers, seeded
from bench.calendar_events import ROOMS, Made
from orchestrator import wiring
from orchestrator.auth import accounts
from orchestrator.auth.people import Person
from orchestrator.booking import Bookings, ensure_rooms
from orchestrator.booking.desk import own_calendar
from orchestrator.booking.event import AHEAD, LATE, prepare
from orchestrator.booking.ledger import Entry
from orchestrator.demo import cast
from orchestrator.demo.service import Service
from orchestrator.demo.stage import NETWORK
from orchestrator.session import State
from orchestrator.settings import load_settings
from orchestrator.store import tables
from orchestrator.store.calendar_items import seconds
from orchestrator.store.database import Database
from rooms.ids import RoomId

RADICALE, XANDIKOS = "3.9.0", "0.4.10"
READY, BATCH = 60.0, 500
BOOKED_BEFORE = timedelta(days=30)


class Server(ABC):
    """One server over a folder of its own; `collection` is the calendar that is measured."""

    name: str
    settings: str
    headers: dict[str, str]
    collection: str
    keeps: bytes = b"BEGIN:VEVENT"  # what an event that was put is read back with

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir()

    @abstractmethod
    async def start(self, seeds: Sequence[Made]) -> None:
        """Store the seeds, then start."""

    @abstractmethod
    async def stop(self) -> None: ...

    @property
    @abstractmethod
    def pid(self) -> int: ...


class Margeride(Server):
    """`margeride serve`; seeded through its own ledger (judge, answers, sessions), no HTTP."""

    name = "margeride"
    keeps = b"PARTSTAT=ACCEPTED"

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.settings = f"{wiring.VERSION}, SQLite WAL synchronous=FULL, every PUT books a room"

    async def start(self, seeds: Sequence[Made]) -> None:
        data = self.home / "data"
        player = await asyncio.to_thread(
            seeded.furnish, data, len(seeds), lambda place: self._seed(place, seeds)
        )
        self._service = Service(data, NETWORK, port=0, media_port=0)
        await self._service.start()
        self.headers = basic(player.login, player.app_password)
        self.collection = f"{self._service.url}/dav/principals/{player.login}/calendars/calendar/"

    def _seed(self, data: Path, seeds: Sequence[Made]) -> cast.Player:
        network = load_settings(NETWORK).network
        centres = [str(centre.id) for centre in network.centres]
        players = cast.gather(data, [RoomId(room) for room in ROOMS], centres)
        store = wiring.open_store(data)
        try:
            store.write_now(lambda conn: ensure_rooms(conn, network))
            self._book(store, Bookings(store, network, "http://127.0.0.1"), seeds)
        finally:
            store.close()
        return players.trainer

    def _book(self, store: Database, desk: Bookings, seeds: Sequence[Made]) -> None:
        today = seconds(datetime.now(UTC))
        reached = seconds(datetime.now(UTC) + AHEAD + LATE)

        def book(conn: Connection, first: int) -> None:
            person: Person | None = accounts.by_login(conn, "claire")
            assert person is not None
            for one in seeds[first : first + BATCH]:
                now = one.start - BOOKED_BEFORE
                entry = Entry(rules=desk.rules, conn=conn, now=now, person=person)
                event = prepare(desk.rules.network, one.body, None, now)
                entry.put(own_calendar(conn, person), one.name, event, strict=True)
            # A service that has been running has long told of them, looked at each series, and
            # put away the sessions that are over.
            conn.execute(delete(tables.outbox))
            series = update(tables.items).where(tables.items.c.placed_until.is_not(None))
            conn.execute(series.values(placed_until=reached))
            over = update(tables.sessions).where(tables.sessions.c.ends_at < today)
            conn.execute(over.values(state=State.ARCHIVED))

        for first in range(0, len(seeds), BATCH):
            store.write_now(lambda conn, first=first: book(conn, first))  # type: ignore[misc]

    async def stop(self) -> None:
        await self._service.stop()

    @property
    def pid(self) -> int:
        return self._service.pid


class Peer(Server):
    """A server that is a program from PyPI."""

    _process: asyncio.subprocess.Process

    async def _launch(self, *command: str, url: str) -> None:
        log: IO[bytes] = await asyncio.to_thread((self.home / "log").open, "wb")
        with log:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdout=log, stderr=log, cwd=self.home
            )
        deadline = time.monotonic() + READY
        async with ClientSession(headers=self.headers) as http:
            while True:
                try:
                    async with http.request("OPTIONS", url):
                        return
                except ClientError:
                    if self._process.returncode is not None or time.monotonic() > deadline:
                        raise peers.Missing((self.home / "log").read_text()[-800:]) from None
                    await asyncio.sleep(0.1)

    async def stop(self) -> None:
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), 10)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid


class Radicale(Peer):
    """Radicale; seeded by files in its storage folder."""

    name = "radicale"
    settings = f"{RADICALE}, multifilesystem with fsync, htpasswd plain, rights owner_only"

    async def start(self, seeds: Sequence[Made]) -> None:
        programs = await asyncio.to_thread(peers.from_pypi, "radicale", RADICALE)
        port = machine.free_port()
        await asyncio.to_thread(self._write, seeds, port)
        self.headers = basic("claire", "secret")
        url = f"http://127.0.0.1:{port}"
        config = str(self.home / "config")
        await self._launch(str(programs / "radicale"), "--config", config, url=f"{url}/")
        self.collection = f"{url}/claire/calendar/"

    def _write(self, seeds: Sequence[Made], port: int) -> None:
        folder = self.home / "store" / "collection-root" / "claire" / "calendar"
        folder.mkdir(parents=True)
        (folder / ".Radicale.props").write_text('{"tag": "VCALENDAR"}')
        for one in seeds:
            (folder / one.name).write_bytes(one.body)
        (self.home / "users").write_text("claire:secret\n")
        (self.home / "config").write_text(
            f"[server]\nhosts = 127.0.0.1:{port}\n"
            f"[auth]\ntype = htpasswd\nhtpasswd_filename = {self.home}/users\n"
            "htpasswd_encryption = plain\n"
            f"[rights]\ntype = owner_only\n[storage]\nfilesystem_folder = {self.home}/store\n"
            "[logging]\nlevel = warning\n"
        )


COMMIT = """
import sys
from dulwich import porcelain
from dulwich.repo import Repo
folder, *names = sys.argv[1], *open(sys.argv[2]).read().split()
repo = Repo(folder)
try:
    repo.get_worktree().stage(names)
except AttributeError:
    repo.stage(names)
porcelain.commit(folder, message=b"Seed", author=b"b <b@b>", committer=b"b <b@b>")
"""


class Xandikos(Peer):
    """Xandikos; seeded by files and one commit in the Git store it has made itself."""

    name = "xandikos"
    settings = f"{XANDIKOS}, Git store, --defaults --eager, no authentication"

    async def start(self, seeds: Sequence[Made]) -> None:
        programs = await asyncio.to_thread(peers.from_pypi, "xandikos", XANDIKOS)
        port, self.headers = machine.free_port(), {}
        command = [
            str(programs / "xandikos"), "serve", "-d", str(self.home / "store"), "--defaults",
            "--current-user-principal", "/claire/", "-l", "127.0.0.1", "-p", str(port),
            "--no-detect-systemd", "--eager", "--state-dir", str(self.home / "state"),
        ]  # fmt: skip
        url = f"http://127.0.0.1:{port}/"
        await self._launch(*command, url=url)
        await self.stop()
        await asyncio.to_thread(self._commit, programs, seeds)
        await self._launch(*command, url=url)
        self.collection = f"{url}claire/calendars/calendar/"

    def _commit(self, programs: Path, seeds: Sequence[Made]) -> None:
        folder = self.home / "store" / "claire" / "calendars" / "calendar"
        for one in seeds:
            (folder / one.name).write_bytes(one.body)
        names, script = self.home / "names", self.home / "commit.py"
        names.write_text("\n".join(one.name for one in seeds))
        script.write_text(COMMIT)
        command = [str(programs / "python"), str(script), str(folder), str(names)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise peers.Missing(f"xandikos cannot be seeded: {done.stderr[-800:]}")


def basic(login: str, password: str) -> dict[str, str]:
    word = base64.b64encode(f"{login}:{password}".encode()).decode()
    return {"Authorization": f"Basic {word}"}


KINDS: tuple[type[Server], ...] = (Margeride, Radicale, Xandikos)
