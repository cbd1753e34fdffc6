"""CalDAV over HTTP, N events stored: Margeride beside Radicale and Xandikos, interleaved.

Every server holds one calendar with the same N events. Each round asks each server the same thing
in turn. At Margeride each PUT also judges and books a room and writes its answer in the event;
the peers store the bytes. What is asked of all is compared: a count that differs is told.
"""

import argparse
import asyncio
import re
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientTimeout, TCPConnector

from bench import calendar_events, machine, peers
from bench.calendar_events import Made, stamp
from bench.calendar_servers import KINDS, Server

NAMES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
RESPONSE = re.compile(rb"<(?:\w+:)?response[ />]")
TOKEN = re.compile(rb"<(?:\w+:)?sync-token[^>]*>([^<]+)<")
BUSY = re.compile(rb"FREEBUSY")
CHANGES = 5
LONGEST = 300.0  # seconds a server may take for an answer
ROWS = {
    "put_ms": "PUT that books a room",
    "week_report_ms": "one-week REPORT with data",
    "freebusy_ms": "free-busy of that week",
    "delta_sync_ms": f"delta sync, {CHANGES} changes",
    "full_sync_ms": "full sync, ETags",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--events", type=events, default=10_000, help="stored before measuring")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved repetitions")
    parser.add_argument("--puts", type=int, default=10, help="PUTs in a round")


def events(text: str) -> int:
    number = int(text)
    if not 20 <= number <= calendar_events.MOST:
        raise argparse.ArgumentTypeError(f"20 to {calendar_events.MOST}")
    return number


class Client:
    """What a calendar client asks, timed."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.times: dict[str, list[float]] = defaultdict(list)
        self.counts: dict[str, int] = {}
        self._http = ClientSession(
            headers=server.headers,
            timeout=ClientTimeout(total=LONGEST),
            connector=TCPConnector(limit=1),
        )

    async def close(self) -> None:
        await self._http.close()

    async def _ask(self, method: str, path: str, body: bytes, kind: str, depth: str = "1") -> bytes:
        headers = {"Content-Type": kind, "Depth": depth}
        url = self.server.collection + path
        async with self._http.request(method, url, data=BytesIO(body), headers=headers) as answer:
            content = await answer.read()
            if answer.status >= 300:
                told = content[:300].decode(errors="replace")
                raise RuntimeError(f"{self.server.name}: {method} {path} {answer.status} {told}")
            return content

    async def put(self, one: Made, row: str = "put_ms") -> None:
        began = time.perf_counter()
        await self._ask("PUT", one.name, one.body, "text/calendar; charset=utf-8")
        self._note(row, began)

    async def check(self, one: Made) -> None:
        """That a PUT did what it is measured for."""
        stored = await self._ask("GET", one.name, b"", "text/calendar")
        if self.server.keeps not in stored:
            raise RuntimeError(f"{self.server.name} did not take {stored.decode()}")

    async def report(self, row: str, body: str, counted: re.Pattern[bytes]) -> bytes:
        began = time.perf_counter()
        content = await self._ask("REPORT", "", body.encode(), "text/xml; charset=utf-8")
        self._note(row, began)
        self.counts[row] = len(counted.findall(content))
        return content

    async def week(self) -> None:
        start, end = map(stamp, calendar_events.week())
        await self.report(
            "week_report_ms",
            f"<C:calendar-query {NAMES}><D:prop><D:getetag/><C:calendar-data/></D:prop>"
            '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
            f'<C:time-range start="{start}" end="{end}"/>'
            "</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>",
            RESPONSE,
        )

    async def free_busy(self) -> None:
        start, end = map(stamp, calendar_events.week())
        await self.report(
            "freebusy_ms",
            f"<C:free-busy-query {NAMES}>"
            f'<C:time-range start="{start}" end="{end}"/></C:free-busy-query>',
            BUSY,
        )

    async def sync(self, row: str, token: str) -> str:
        content = await self.report(
            row,
            f"<D:sync-collection {NAMES}><D:sync-token>{token}</D:sync-token>"
            "<D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>",
            RESPONSE,
        )
        found = TOKEN.search(content)
        return found[1].decode() if found else ""

    def _note(self, row: str, began: float) -> None:
        self.times[row].append((time.perf_counter() - began) * 1000)


async def measure(clients: Sequence[Client], rounds: int, puts: int) -> None:
    number = 0
    for _ in range(rounds):
        for _ in range(puts):
            for client in clients:
                await client.put(calendar_events.fresh(number))
            number += 1
        for client in clients:
            await client.week()
        for client in clients:
            await client.free_busy()
        tokens = [await client.sync("full_sync_ms", "") for client in clients]
        for client, token in zip(clients, tokens, strict=True):
            for more in range(CHANGES):
                await client.put(calendar_events.fresh(number + more), "unshown")
            await client.sync("delta_sync_ms", token)
            await client.check(calendar_events.fresh(number))
        number += CHANGES


async def warm_up(client: Client) -> None:
    """Indexes and caches are built by the first question, which is not what is measured."""
    began = time.perf_counter()
    await client.sync("full_sync_ms", "")
    for _ in range(2):
        await client.week()
        await client.free_busy()
    seconds = time.perf_counter() - began
    client.times.clear()
    machine.say(f"  {client.server.name}: warmed up in {seconds:.1f} s")


async def bench(wanted: argparse.Namespace, home: Path) -> dict[str, Any]:
    seeds = list(calendar_events.seeds(wanted.events))
    async with AsyncExitStack() as stack:
        clients: list[Client] = []
        for kind in KINDS:
            server = kind(home / kind.name)
            began = time.perf_counter()
            try:
                await server.start(seeds)
            except peers.Missing as reason:
                machine.say(f"  {kind.name}: skipped, {reason}")
                continue
            stack.push_async_callback(server.stop)
            seeded = time.perf_counter() - began
            machine.say(f"  {server.name} {server.settings}: {seeded:.0f} s to seed and start")
            clients.append(Client(server))
            stack.push_async_callback(clients[-1].close)
        for client in list(clients):
            try:
                await warm_up(client)
            except TimeoutError:
                machine.say(f"  {client.server.name}: left out, no answer within {LONGEST:.0f} s")
                clients.remove(client)
        await measure(clients, wanted.rounds, wanted.puts)
        return told(clients, wanted)


def told(clients: Sequence[Client], wanted: argparse.Namespace) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    least: dict[str, Any] = {}
    rows = []
    for row, title in ROWS.items():
        spreads = {client.server.name: machine.spread(client.times[row]) for client in clients}
        figures[row] = {name: one["median"] for name, one in spreads.items()}
        least[row] = {name: one["min"] for name, one in spreads.items()}
        if row == "put_ms":
            figures["put_p95_ms"] = {name: one["p95"] for name, one in spreads.items()}
        cells = (f"{one['min']:g} / {one['median']:g} / {one['p95']:g}" for one in spreads.values())
        rows.append([title, *cells])
    figures["rss_mb"] = {one.server.name: machine.rss_mb(one.server.pid) for one in clients}
    rows.append(["memory of the server, MB", *figures["rss_mb"].values()])
    machine.say(f"\n{wanted.events} events stored; ms: least / median / p95")
    machine.table(["", *(client.server.name for client in clients)], rows)
    for row in ROWS:
        counts = {client.server.name: client.counts.get(row) for client in clients}
        if row not in ("put_ms", "freebusy_ms") and len(set(counts.values())) > 1:
            machine.say(f"NOT THE SAME ANSWER: {ROWS[row]} has {counts} rows")
    return figures | {"least": least, "events": wanted.events, "load": machine.load()}


def run(wanted: argparse.Namespace) -> dict[str, Any]:
    with peers.folder() as home:
        return asyncio.run(bench(wanted, Path(home)))
