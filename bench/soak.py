"""Two hours of comings and goings in ten minutes, over the real service and its worker.

Ten guests send sound and a picture in two layers and receive all the others; every few seconds one
leaves (some without a word) and another comes, pages are rearranged, lines get better and worse,
packets are asked for again. Memory is that of the processes; a task, a thread or a file that stays
behind is seen at the end, when everybody has left.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import Connection

from bench import machine, peers
from bench.soak_guest import Guest
from orchestrator import wiring
from orchestrator.demo.service import worker_pid
from orchestrator.demo.stage import Stage, set_up
from orchestrator.store import participants
from orchestrator.store.database import Database
from rooms.ids import SessionId

TURN = 0.02
WITHIN = Path(__file__).parent / "within"
TELLS_WITHIN = 60  # seconds, on a busy machine
PLACE_KEPT = 65.0  # a place is kept 60 s for him who left without a word


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--guests", type=int, default=10, help="in the session at any time")
    parser.add_argument("--seconds", type=float, default=600.0, help="measured")
    parser.add_argument("--warm-up", type=float, default=120.0, help="seconds before that")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two departures")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-calm", action="store_true", help="do not wait for the end of places")


@dataclass(slots=True)
class Watched:
    """A process and what it held over time."""

    name: str
    pid: int
    place: Path
    memory: list[tuple[float, float]] = field(default_factory=list)

    def weigh(self) -> None:
        self.memory.append((time.monotonic(), machine.rss_mb(self.pid)))

    async def held(self) -> dict[str, Any]:
        """Tasks, threads, files."""
        told = self.place / f"{self.pid}.json"
        told.unlink(missing_ok=True)
        for turn in range(TELLS_WITHIN * 10):
            if turn % 10 == 0:  # it may not be able to tell just now
                os.kill(self.pid, signal.SIGUSR2)
            await asyncio.sleep(0.1)
            if told.exists():
                held: dict[str, Any] = json.loads(told.read_text())
                return held
        raise RuntimeError(f"{self.name} does not tell what it holds")


@dataclass(slots=True)
class Soak:
    """The guests who are there, and what those heard who have left."""

    stage: Stage
    http: aiohttp.ClientSession
    seat: Callable[[str], Awaitable[str]]  # a name -> the token of a place
    chance: random.Random
    guests: list[Guest] = field(default_factory=list)
    received: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    came: int = 0

    async def come(self) -> None:
        self.came += 1
        url = self.stage.service.url
        token = await self.seat(f"Poste {self.came}")
        wire = url.replace("http", "ws") + "/ws/v1"
        guest = Guest(self.http, wire, token, self.chance.randrange(1 << 30))
        await guest.join()
        self.guests.append(guest)

    async def go(self) -> None:
        guest = self.guests.pop(self.chance.randrange(len(self.guests)))
        self.received += await guest.leave(politely=self.chance.random() < 0.7)
        self.said += guest.heard

    async def run(self, seconds: float, every: float, watched: Sequence[Watched]) -> None:
        """Send, and let people come and go."""
        ends = time.monotonic() + seconds
        due = next_second = time.monotonic()
        next_change = due + every
        changing: asyncio.Task[None] | None = None
        while (now := time.monotonic()) < ends:
            for guest in self.guests:
                guest.turn()
            if now >= next_second:
                next_second += 1.0
                await asyncio.gather(*(guest.second() for guest in list(self.guests)))
                for one in watched:
                    one.weigh()
            if now >= next_change and (changing is None or changing.done()):
                if changing is not None:
                    await changing
                next_change = now + every
                changing = asyncio.create_task(self._change())
            due = max(due + TURN, now - 0.1)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        if changing is not None:
            await changing

    async def _change(self) -> None:
        await self.go()
        await self.come()

    @property
    def now_received(self) -> Counter[str]:
        total = Counter(self.received)
        for guest in self.guests:
            for ears in guest.ears.values():
                total += ears.counts
        return total


@asynccontextmanager
async def seats(stage: Stage, code: str) -> AsyncIterator[Callable[[str], Awaitable[str]]]:
    """Places by the store itself: so many guests of one address would be told to wait."""
    url = f"{stage.service.url}/api/v1/join"
    sent = {"code": code, "name": "Poste 0"}
    async with aiohttp.ClientSession() as http, http.post(url, json=sent) as answer:
        session = SessionId((await answer.json())["session"]["id"])
    store = await asyncio.to_thread(Database, stage.service.data / wiring.STORE)

    async def seat(name: str) -> str:
        def add(conn: Connection) -> str:
            return participants.add(conn, datetime.now(UTC), session, name=name, kind="guest")[1]

        return await store.write(add)

    try:
        yield seat
    finally:
        await asyncio.to_thread(store.close)


def slope_mb(memory: Sequence[tuple[float, float]], seconds: float = 600.0) -> float:
    """By least squares, in MB for so many seconds."""
    mean_at = sum(at for at, _ in memory) / len(memory)
    mean = sum(mb for _, mb in memory) / len(memory)
    spread = sum((at - mean_at) ** 2 for at, _ in memory)
    rise = sum((at - mean_at) * (mb - mean) for at, mb in memory)
    return round(rise / spread * seconds, 2) if spread else 0.0


async def bench(wanted: argparse.Namespace, home: Path) -> dict[str, Any]:
    place = home / "held"
    place.mkdir()
    os.environ |= {"MARGERIDE_SOAK": str(place)}
    paths = [str(WITHIN), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(set_up(home / "data", port=0, media_port=0))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        answer = await stage.book("Endurance", lasts=timedelta(hours=3))
        worker = await asyncio.to_thread(worker_pid, stage.service.data)
        assert worker is not None
        watched = [
            Watched("worker", worker, place),
            Watched("service", stage.service.pid, place),
        ]
        chance = random.Random(wanted.seed)
        seat = await stack.enter_async_context(seats(stage, answer.link.rpartition("/")[2]))
        soak = Soak(stage, http, seat, chance)
        empty = {one.name: await one.held() for one in watched}
        for _ in range(wanted.guests):
            await soak.come()
        await soak.run(wanted.warm_up, wanted.every, watched)
        for one in watched:
            one.memory.clear()
        before = soak.now_received
        cpu = machine.cpu_ns(worker)
        await soak.run(wanted.seconds, wanted.every, watched)
        cpu = machine.cpu_ns(worker) - cpu
        received = soak.now_received - before
        refused = soak.now_received["refused"]
        while soak.guests:
            await soak.go()
        await asyncio.sleep(2.0 if wanted.no_calm else PLACE_KEPT)
        after = {one.name: await one.held() for one in watched}
    return told(wanted, soak, watched, received, refused, cpu, empty, after)


def told(
    wanted: argparse.Namespace,
    soak: Soak,
    watched: Sequence[Watched],
    received: Counter[str],
    refused: int,
    cpu: int,
    empty: dict[str, dict[str, Any]],
    after: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    left = {name: left_behind(empty[name], after[name]) for name in empty}
    figures = {
        "slope_mb_per_10_min": {one.name: slope_mb(one.memory) for one in watched},
        "memory_mb": {one.name: course(one.memory) for one in watched},
        "left_behind": left,
        "refused": refused,
        "received": {key: received[key] for key in ("rtp", "rtcp", "type 97")},
        "came": soak.came,
        "said": dict(soak.said),
        "refusals": {k: v for k, v in soak.received.items() if k.startswith("refused ")},
        "worker_cpu": round(cpu / 1e9 / wanted.seconds, 3),
        "seconds": wanted.seconds,
        "load": machine.load(),
    }
    machine.say(f"{soak.came} guests came; {received['rtp']} packets received, {refused} refused")
    rows = []
    for one in watched:
        first, last = figures["memory_mb"][one.name][0], figures["memory_mb"][one.name][-1]
        rows.append([one.name, first, last, slope_mb(one.memory), len(left[one.name]["tasks"])])
    machine.table(["", "MB at first", "MB at last", "slope, MB / 10 min", "tasks left"], rows)
    return figures


def course(memory: Sequence[tuple[float, float]], points: int = 11) -> list[float]:
    """The memory at so many moments, the first and the last among them."""
    step = (len(memory) - 1) / (points - 1)
    return [memory[round(n * step)][1] for n in range(points)]


def left_behind(empty: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What is there at the end and was not at the beginning."""
    tasks = Counter(after["tasks"]) - Counter(empty["tasks"])
    ours = Counter(after["ours"]) - Counter(empty["ours"])
    return {
        "tasks": sorted(tasks.elements()),
        "ours": dict(ours.most_common(20)),
        "threads": after["threads"] - empty["threads"],
        "files": after["files"] - empty["files"],
        "objects": after["objects"] - empty["objects"],
        "waited": after["waited"],
    }


def run(wanted: argparse.Namespace) -> dict[str, Any]:
    with peers.folder() as home:
        return asyncio.run(bench(wanted, Path(home)))
