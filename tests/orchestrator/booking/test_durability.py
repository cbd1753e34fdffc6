"""What was acknowledged survives `kill -9`, two hundred times over."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession, encode_basic_auth

from orchestrator.settings import DEMO, load_settings
from orchestrator.store.database import Database
from tests.fakes.dav import Client, event, rows_of, soon
from tests.fakes.ledgers import Look

KILLS = 200
WRITERS = 4
AT_LEAST = 2  # acknowledged before each kill
ROOM = "villefort-visio"


def a_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Nursery:
    """Servers one after the other on the same data, each to be killed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def start(self, port: int) -> int:
        """The process id of a server on this port."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{port}\n".encode())
        return int(await self.process.stdout.readline())


@asynccontextmanager
async def nursery(data: Path) -> AsyncIterator[Nursery]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.dav_server",
        str(data / "dav.sqlite3"), str(data / "passwords.json"),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    try:
        yield Nursery(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.communicate()


async def until_it_answers(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            await writer.wait_closed()
            return


class Load:
    """Clients that book as fast as they are answered; remembers what was acknowledged."""

    def __init__(self) -> None:
        self.acknowledged: set[str] = set()
        self.number = 0
        self.enough = asyncio.Event()
        self.goal = 0

    async def write(self, client: Client, contested: datetime) -> None:
        while True:
            self.number += 1
            name = f"{self.number}"
            slot = self.number // 2  # two events for each slot: one of them is refused
            start = contested + timedelta(minutes=30 * slot)
            body = event(name, start=start, minutes=30, rooms=[ROOM])
            try:
                answer = await client.put(f"calendar/{name}.ics", body)
            except (ClientError, OSError):
                return
            assert answer.status == 201, answer.text
            self.acknowledged.add(name)
            if len(self.acknowledged) >= self.goal:
                self.enough.set()


async def one_life(nursery: Nursery, data: Path, load: Load, start: datetime) -> None:
    port = a_port()
    load.goal, load.enough = len(load.acknowledged) + AT_LEAST, asyncio.Event()
    server = await nursery.start(port)
    async with ClientSession() as http:
        await until_it_answers(port)
        passwords = json.loads(await asyncio.to_thread((data / "passwords.json").read_text))
        auth = encode_basic_auth("tom", passwords["tom"], encoding="utf-8")
        client = Client(http, f"http://127.0.0.1:{port}", "tom", auth)
        writers = [asyncio.create_task(load.write(client, start)) for _ in range(WRITERS)]
        enough = asyncio.create_task(load.enough.wait())
        await asyncio.wait([enough, *writers], return_when=asyncio.FIRST_COMPLETED)
        enough.cancel()
        os.kill(server, signal.SIGKILL)
        await asyncio.gather(*writers)


@pytest.mark.timeout(180)
async def test_two_hundred_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    load, start = Load(), soon()
    async with nursery(tmp_path) as servers:
        for _ in range(KILLS):
            await one_life(servers, tmp_path, load, start)
    assert len(load.acknowledged) >= KILLS * AT_LEAST
    await asyncio.to_thread(check, tmp_path, load.acknowledged)


def check(data: Path, acknowledged: set[str]) -> None:
    database, network = Database(data / "dav.sqlite3"), load_settings(DEMO).network

    def look(conn: Any) -> None:
        items = {row["uid"]: row for row in rows_of(conn, "items")}
        bookings = {row["uid"]: row for row in rows_of(conn, "bookings")}
        made = rows_of(conn, "outbox", topic="booking.made")
        told = {row["payload"]["booking"] for row in made}
        sessions = {row["booking_id"] for row in rows_of(conn, "sessions")}
        assert acknowledged <= items.keys() & bookings.keys()
        confirmed = {row["id"] for row in bookings.values() if row["state"] == "confirmed"}
        assert confirmed == told == sessions
        for uid, row in bookings.items():
            answer = b"ACCEPTED" if row["id"] in confirmed else b"DECLINED"
            assert answer in items[uid]["body"]
        held = sorted(
            (row["starts_at"], row["ends_at"]) for row in rows_of(conn, "occurrences", room_id=ROOM)
        )
        assert all(one[1] <= two[0] for one, two in zip(held, held[1:], strict=False))
        Look(conn, network).all()
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"

    database.read_now(look)
    database.close()
