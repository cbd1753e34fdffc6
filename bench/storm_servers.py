"""The two ends of the storm: the real service with its sessions, and a bare aiohttp server."""

import asyncio
import json
import sys
import time
from abc import ABC, abstractmethod
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import Connection

from bench import bare, machine
from bench.crowd import Client, Crowd, Ears
from orchestrator import wiring
from orchestrator.demo.client import Person
from orchestrator.demo.stage import Stage, set_up
from orchestrator.store import participants
from orchestrator.store.database import Database
from orchestrator.store.instants import iso
from rooms.ids import SessionId
from rooms.state import DEFAULT_STATE

SLOTS, SLOT = 3, timedelta(minutes=4)  # all within the quarter of an hour before which doors open
HEARTBEAT = '{"type": "heartbeat"}'


class Server(ABC):
    """`crowd` is who comes back, `audience` is who is told."""

    name: str
    settings: str
    pid: int
    crowd: Crowd
    audience: Crowd
    audience_url: str
    audience_headers: dict[str, str]

    def __init__(self) -> None:
        self.ears = Ears()

    @abstractmethod
    async def start(self, home: Path, clients: int) -> None: ...

    @abstractmethod
    async def tell(self, word: str) -> None:
        """Make it tell the audience something that contains this word."""

    @abstractmethod
    async def stop(self) -> None: ...

    def listener(self, text: str) -> bool:
        self.ears.hear(text)
        return True


class Margeride(Server):
    """`margeride serve`: participants on /ws/v1, and whoever is logged in on /api/v1/events."""

    name = "margeride"

    async def start(self, home: Path, clients: int) -> None:
        self._stack = AsyncExitStack()
        self._stage = await self._stack.enter_async_context(set_up(home, port=0, media_port=0))
        self.pid = self._stage.service.pid
        tokens = await self._tokens(home, clients)
        self.settings = (
            f"{wiring.VERSION}, {clients} participants in {len(self._sessions)} sessions, resumed"
        )
        wire = self._stage.service.url.replace("http", "ws") + "/ws/v1"
        endpoints = [Endpoint(token) for token in tokens]
        self.crowd = Crowd([Client(wire, one.hello, one.hears) for one in endpoints], HEARTBEAT)
        self.audience_headers = {"Cookie": await self._log_in()}
        self.audience_url = wire.replace("/ws/v1", "/api/v1/events")
        self.audience = Crowd(
            [
                Client(self.audience_url, lambda: None, self.listener, self.audience_headers)
                for _ in range(clients)
            ]
        )
        await self._screen_on(wire)

    async def _tokens(self, home: Path, clients: int) -> list[str]:
        """Places in sessions that begin within minutes; all but the first by the store itself."""
        stage = self._stage
        async with stage.person(stage.cast.admin) as admin:
            codes = await self._book(stage, admin)
            entered = [await admin.call("POST", "join", {"code": c, "name": "A"}) for c in codes]
        self._sessions = [SessionId(one["session"]["id"]) for one in entered]
        store = await asyncio.to_thread(Database, home / wiring.STORE)

        def seat(conn: Connection) -> list[str]:
            now, many = datetime.now(UTC), len(self._sessions)
            places = [self._sessions[n % many] for n in range(clients)]
            return [
                participants.add(conn, now, where, name=f"Poste {n}", kind="guest")[1]
                for n, where in enumerate(places)
            ]

        try:
            return await store.write(seat)
        finally:
            await asyncio.to_thread(store.close)

    async def _book(self, stage: Stage, admin: Person) -> list[str]:
        first = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=2)
        codes = []
        for room in stage.network.rooms:
            for slot in range(SLOTS):
                start = first + slot * SLOT
                made = await admin.call(
                    "POST",
                    "bookings",
                    {
                        "title": f"Banc {slot}", "kind": "meeting", "rooms": [room.id],
                        "from": iso(start), "to": iso(start + SLOT),
                    },
                )  # fmt: skip
                codes.append(made["booking"]["join_url"].rpartition("/")[2])
        return codes

    async def _log_in(self) -> str:
        admin, url = self._stage.cast.admin, self._stage.service.url
        sent = {"login": admin.login, "password": admin.password}
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{url}/api/v1/login", json=sent) as answer,
        ):
            return "; ".join(f"{one.key}={one.value}" for one in answer.cookies.values())

    async def _screen_on(self, wire: str) -> None:
        room, token = next(iter(self._stage.cast.screens.items()))
        self._http = await self._stack.enter_async_context(aiohttp.ClientSession())
        self._screen = await self._http.ws_connect(wire)
        await self._screen.send_str(hello_of(token))
        await self._screen.receive_str()
        self._version, self._room = int(time.time()), room
        self._beating = asyncio.create_task(self._keep_alive())

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(4)
            await self._screen.send_str(HEARTBEAT)

    async def tell(self, word: str) -> None:
        """A room's screen reports its state: everybody who is logged in is told the version."""
        document = DEFAULT_STATE.to_json()
        self._version = int(word)
        document["audio"]["volume"] = self._version % 100
        message = {"type": "room.state", "version": self._version, "document": document}
        await self._screen.send_str(json.dumps(message))

    async def stop(self) -> None:
        self._beating.cancel()
        await asyncio.gather(self._beating, return_exceptions=True)
        await self._stack.aclose()


class Endpoint:
    """A participant who comes back with what he remembers."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._resume: str | None = None
        self._seq = 0

    def hello(self) -> str:
        return hello_of(self._token, self._resume, self._seq)

    def hears(self, text: str) -> bool | str:
        """In the session: by `join` the first time, by being resumed later."""
        heard: dict[str, Any] = json.loads(text)
        self._seq = heard.get("seq", self._seq)
        if heard["type"] != "welcome":
            return bool(heard["type"] == "joined")
        again, self._resume = self._resume is not None, heard["resume"]
        if again and not heard["resumed"]:
            raise RuntimeError("a participant came back and was not resumed")
        return again or '{"type": "join"}'


def hello_of(token: str, resume: str | None = None, seq: int = 0) -> str:
    words: dict[str, Any] = {"type": "hello", "versions": [1], "token": token, "client": "bench"}
    if resume is not None:
        words |= {"resume": resume, "last_seq": seq}
    return json.dumps(words)


class Bare(Server):
    """aiohttp alone: it answers the first frame, and sends one frame to all."""

    name = "bare aiohttp"

    async def start(self, home: Path, clients: int) -> None:
        self.settings = f"aiohttp {aiohttp.__version__}, echo and broadcast, nothing else"
        port = machine.free_port()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.bare", str(port)
        )
        self.pid = self._process.pid
        self.audience_url, self.audience_headers = f"ws://127.0.0.1:{port}/", {}
        words = hello_of("x" * 32)
        make = [Client(self.audience_url, lambda: words, self.listener) for _ in range(2 * clients)]
        self.crowd, self.audience = Crowd(make[:clients]), Crowd(make[clients:])
        self._http = aiohttp.ClientSession()
        for _ in range(100):
            try:
                self._teller = await self._http.ws_connect(self.audience_url)
                return
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)
        raise RuntimeError("the bare server does not answer")

    async def tell(self, word: str) -> None:
        await self._teller.send_str(bare.TELL + word + "." * 200)

    async def stop(self) -> None:
        await self._http.close()
        self._process.terminate()
        await self._process.wait()
