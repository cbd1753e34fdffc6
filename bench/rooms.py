"""A room command from the POST to `done`, with every room's agent, screens and panels connected.

`margeride serve` with a network of N rooms. Each room has its agent (the real one, over its socket,
with a camera that answers at once) and its screen on /ws/v1; the others are door panels that listen
to the events of their room. The clock runs from the moment the request is sent until the person who
sent it hears `room.command.done`: HTTP, rights, three commits on the disk, agent, and back.
"""

import argparse
import asyncio
import gc
import json
import resource
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import Connection

from bench import machine, peers
from bench.crowd import Client, Crowd
from bench.storm_servers import HEARTBEAT, hello_of
from orchestrator import wiring
from orchestrator.demo import cast
from orchestrator.demo.service import Service
from orchestrator.store import agents
from orchestrator.store.database import Database
from rooms.agent import disk
from rooms.agent.config import AgentConfig
from rooms.agent.run import Agent
from rooms.control import Command
from rooms.drivers.port import Accepted, Capabilities, DeviceKind, Patch
from rooms.ids import DeviceId, RoomId

CENTRES = 10
READY_WITHIN = 60.0
DONE_WITHIN = 30.0
WARM = 20
ACCEPTED = 202
OPEN = ("accepted", "running")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rooms", type=int, default=100, help="rooms, each with its agent")
    parser.add_argument("--screens", type=int, default=1000, help="screens and panels together")
    parser.add_argument("--commands", type=int, default=1000, help="commands, one after the other")


class Camera:
    """A camera that has looked straight ahead as soon as it is told."""

    device = DeviceId("camera")

    def capabilities(self) -> Capabilities:
        return Capabilities(kind=DeviceKind.CAMERA, commands=frozenset({"camera.home"}))

    async def execute(self, command: Command, deadline: float, accepted: Accepted) -> Patch:
        accepted()
        return {"pan": 0, "tilt": 0}

    async def poll(self) -> Patch:
        return {"pan": 0, "tilt": 0}

    async def events(self) -> AsyncIterator[Patch]:
        await asyncio.get_running_loop().create_future()
        yield {}

    async def close(self) -> None:
        return None


def network(rooms: int) -> dict[str, Any]:
    """A network of so many rooms."""
    days = ["lun", "mar", "mer", "jeu", "ven", "sam", "dim"]
    hours = [{"days": days, "from": "00:00", "to": "24:00"}]
    line = {"technology": "adsl", "down_kbps": 8000, "up_kbps": 800, "rtt_ms": 45}
    centres = [
        {"id": f"c-{n}", "name": f"Centre {n}", "level": "telecentre", "opening_hours": hours,
         "premises": "-", "address": "-", "line": line, "languages": ["fr"]}
        for n in range(CENTRES)
    ]  # fmt: skip
    kinds = ["screen", "camera", "microphone", "speaker"]
    return {
        "network": {"name": "Banc", "zone": "Europe/Paris", "mail_domain": "banc.example",
                    "languages": ["fr"]},
        "service": {"connections_per_address": 5000},
        "centres": centres,
        "rooms": [
            {"id": room_id(n), "centre": f"c-{n % CENTRES}", "name": f"Salle {n}",
             "capacity": 8, "equipment": kinds, "bookable_by": ["admin"], "direct_put": "mark"}
            for n in range(rooms)
        ],
    }  # fmt: skip


def room_id(number: int) -> RoomId:
    return RoomId(f"room-{number}")


class House:
    """The service, and everybody who is connected to it."""

    def __init__(self, wanted: argparse.Namespace, home: Path) -> None:
        self._wanted = wanted
        self._home = home
        self._stack = AsyncExitStack()
        self._done: dict[str, asyncio.Future[float]] = {}

    async def start(self) -> None:
        config = self._home / "network.yaml"
        config.write_text(json.dumps(network(self._wanted.rooms)))  # JSON is YAML
        data = self._home / "data"
        rooms = [room_id(n) for n in range(self._wanted.rooms)]
        centres = [f"c-{n}" for n in range(CENTRES)]
        self._cast = await asyncio.to_thread(cast.gather, data, rooms, centres)
        self.service = Service(data, config, port=0, media_port=0)
        await self.service.start()
        self._stack.push_async_callback(self.service.stop)
        self._http = await self._stack.enter_async_context(
            aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        )
        await self._log_in()
        tokens = await self._devices(data)
        await self._connect_screens(tokens)
        await self._connect_agents(tokens)
        await self._listen()

    async def stop(self) -> None:
        await self._stack.aclose()

    async def _log_in(self) -> None:
        admin = self._cast.admin
        sent = {"login": admin.login, "password": admin.password}
        async with self._http.post(f"{self.service.url}/api/v1/login", json=sent) as answer:
            answer.raise_for_status()
            self._csrf = (await answer.json())["csrf"]
            self._cookie = "; ".join(f"{c.key}={c.value}" for c in answer.cookies.values())

    async def _devices(self, data: Path) -> list[tuple[str, str]]:
        store = await asyncio.to_thread(Database, data / wiring.STORE)

        def pair(conn: Connection) -> list[tuple[str, str]]:
            now = datetime.now(UTC)
            screens = self._cast.screens.items()
            return [(agents.add(conn, room, now)[1], token) for room, token in screens]

        try:
            return await store.write(pair)
        finally:
            await asyncio.to_thread(store.close)

    async def _connect_screens(self, tokens: list[tuple[str, str]]) -> None:
        """A screen for each room, and panels for the rest."""
        wire = self.service.url.replace("http", "ws")

        def screen(token: str) -> Client:
            words = hello_of(token)
            return Client(f"{wire}/ws/v1", lambda: words, lambda text: '"welcome"' in text)

        def panel(number: int) -> Client:
            url = f"{wire}/api/v1/events?room={room_id(number % self._wanted.rooms)}"
            return Client(url, lambda: None, lambda text: True, {"Cookie": self._cookie})

        rooms = self._wanted.rooms
        screens = Crowd([screen(token) for _, token in tokens], HEARTBEAT)
        panels = Crowd([panel(n) for n in range(self._wanted.screens - rooms)])
        for crowd in (screens, panels):
            await crowd.dial()
            self._stack.push_async_callback(crowd.cut)

    async def _connect_agents(self, tokens: list[tuple[str, str]]) -> None:
        running = []
        for number, (token, _) in enumerate(tokens):
            state = self._home / f"agent-{number}"
            await asyncio.to_thread(disk.write_token, state, token)
            config = AgentConfig(service=self.service.url, room=room_id(number), state=state)
            agent = Agent(config, "bench", drivers=[Camera()])
            running.append(asyncio.create_task(agent.run(), name=f"agent {number}"))

        async def end() -> None:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

        self._stack.push_async_callback(end)
        async with asyncio.timeout(READY_WITHIN):
            while True:
                async with self._http.get(f"{self.service.url}/api/v1/agents") as answer:
                    known = (await answer.json())["agents"]
                if sum(one["presence"] == "online" for one in known) == len(tokens):
                    break
                await asyncio.sleep(0.5)

    async def _listen(self) -> None:
        url = self.service.url.replace("http", "ws") + "/api/v1/events"
        self._events = await self._http.ws_connect(url)
        await self._events.receive_str()
        task = asyncio.create_task(self._hear(), name="events")
        self._stack.push_async_callback(self._events.close)
        self._stack.callback(task.cancel)

    async def _hear(self) -> None:
        async for message in self._events:
            heard = json.loads(message.data)
            if heard["kind"].startswith("room.command.") and heard["state"] not in OPEN:
                future = self._done.setdefault(heard["command"], _future())
                if not future.done():
                    if heard["state"] == "done":
                        future.set_result(time.perf_counter())
                    else:
                        future.set_exception(RuntimeError(str(heard)))

    async def command(self, number: int) -> float:
        """Milliseconds until it is done."""
        url = f"{self.service.url}/api/v1/rooms/{room_id(number % self._wanted.rooms)}/commands"
        headers = {"X-CSRF-Token": self._csrf, "Origin": self.service.url}
        began = time.perf_counter()
        sent = {"command": "camera.home"}
        async with self._http.post(url, json=sent, headers=headers) as answer:
            taken = await answer.json()
            if answer.status != ACCEPTED:
                raise RuntimeError(str(taken))
        future = self._done.setdefault(taken["id"], _future())
        async with asyncio.timeout(DONE_WITHIN):
            return (await future - began) * 1000


def _future() -> "asyncio.Future[float]":
    return asyncio.get_running_loop().create_future()


async def bench(wanted: argparse.Namespace, home: Path) -> dict[str, Any]:
    house = House(wanted, home)
    try:
        await house.start()
        machine.say(f"  {wanted.rooms} rooms, {wanted.screens} screens and panels connected")
        for number in range(WARM):
            await house.command(number)
        _keep_what_stays()
        before = machine.cpu_ns(house.service.pid)
        stolen = machine.Stolen()
        times = [await house.command(number) for number in range(wanted.commands)]
        machine.say(f"  stolen by the host meanwhile: {stolen.share:.1%}")
        spent = (machine.cpu_ns(house.service.pid) - before) / 1e6 / wanted.commands
    finally:
        await house.stop()
    disk_ms = await asyncio.to_thread(one_commit, home)
    return told(wanted, times, disk_ms, spent)


def _keep_what_stays() -> None:
    """A thousand screens and a hundred agents are here in one process, as nowhere else: the
    collector would stop them all now and then for 0.2 s, and with them the clock of a command."""
    gc.collect()
    gc.freeze()


def one_commit(home: Path) -> list[float]:
    """The floor: a commit of one line on this disk, as the store does it, three to a command."""
    store = Database(home / "floor.sqlite3")
    store.write_now(lambda conn: conn.exec_driver_sql("CREATE TABLE t (n INTEGER)").rowcount)
    times = []
    for number in range(200):
        began = time.perf_counter()
        add = f"INSERT INTO t VALUES ({number})"
        store.write_now(lambda conn, add=add: conn.exec_driver_sql(add).rowcount)  # type: ignore[misc]
        times.append((time.perf_counter() - began) * 1000)
    store.close()
    return times


def told(
    wanted: argparse.Namespace, times: list[float], floor: list[float], spent: float
) -> dict[str, Any]:
    shares = (0.5, 0.95, 0.99)
    rows: list[list[object]] = [
        [name, *(round(machine.percentile(values, share), 2) for share in shares)]
        for name, values in (
            ("POST to done", times),
            ("floor: three commits", [3 * f for f in floor]),
        )
    ]
    machine.table(["ms", "p50", "p95", "p99"], rows)
    machine.say(f"  CPU of the service for a command {spent:.2f} ms; load {machine.load()}")
    done = {name: round(machine.percentile(times, share), 2)
            for name, share in (("p50", 0.5), ("p99", 0.99))}  # fmt: skip
    return {"done_ms": done, "rooms": wanted.rooms, "screens": wanted.screens}


def run(wanted: argparse.Namespace) -> dict[str, Any]:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # inherited by the service
    with peers.folder() as home:
        return asyncio.run(bench(wanted, Path(home)))
