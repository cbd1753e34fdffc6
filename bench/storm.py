"""A thousand clients come back at once, and a thousand are told at once while ten never read.

First the participants: each round cuts every line and lets all dial again, resuming. Then the
audience: each round one thing happens, and the time runs until the last of those who read has
heard it. A bare aiohttp server goes through the same, in turn, with the same clients.
"""

import argparse
import asyncio
import resource
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from bench import machine, peers
from bench.crowd import frozen
from bench.storm_servers import Bare, Margeride, Server

Times = dict[str, list[float]]
AWAY = 1.0  # seconds between the cut and the return
CALM_WITHIN = 40  # seconds at most until a server has nothing to do
QUIET = 150_000_000  # ns of CPU in a second


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clients", type=int, default=1000, help="WebSocket clients")
    parser.add_argument("--frozen", type=int, default=10, help="clients that never read")
    parser.add_argument("--rounds", type=int, default=3, help="returns of everybody")
    parser.add_argument("--tellings", type=int, default=10, help="things told to everybody")


async def come_back(servers: Sequence[Server], rounds: int) -> tuple[Times, Times]:
    whole: Times = defaultdict(list)
    first: Times = defaultdict(list)
    for number in range(rounds + 1):
        for server in servers:
            await server.crowd.cut()
            await asyncio.sleep(AWAY)
            waits = await server.crowd.dial()
            (whole if number else first)[server.name].append(max(waits))
            machine.say(f"  {server.name}: the last of {len(waits)} after {max(waits):.2f} s")
            await calm(server)
    for server in servers:
        await server.crowd.cut()
        await calm(server)
    return first, whole


async def calm(server: Server) -> None:
    """Until the server has done what it had to: one round is not to pay for another."""
    for _ in range(CALM_WITHIN):
        before = machine.cpu_ns(server.pid)
        await asyncio.sleep(1.0)
        if machine.cpu_ns(server.pid) - before < QUIET:
            return


async def be_told(servers: Sequence[Server], tellings: int, still: int) -> Times:
    times: Times = defaultdict(list)
    sleepers = []
    for server in servers:
        await server.audience.dial()
        for _ in range(still):
            sleepers.append(
                await asyncio.to_thread(frozen, server.audience_url, server.audience_headers)
            )
    for server in servers:
        await calm(server)
    for number in range(tellings):
        for server in servers:
            word = str(int(time.time()) * 1000 + number)
            server.ears.expect(word, len(server.audience.clients))
            began = time.perf_counter()
            await server.tell(word)
            times[server.name].append((await server.ears.all() - began) * 1000)
            await asyncio.sleep(0.2)
    for sleeper in sleepers:
        sleeper.close()
    for server in servers:
        await server.audience.cut()
    return times


async def bench(wanted: argparse.Namespace, home: Path) -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        servers: list[Server] = []
        for server in (Margeride(), Bare()):
            await server.start(home / "data", wanted.clients)
            stack.push_async_callback(server.stop)
            machine.say(f"  {server.name}: {server.settings}")
            servers.append(server)
        first, back = await come_back(servers, wanted.rounds)
        memory = {server.name: machine.rss_mb(server.pid) for server in servers}
        heard = await be_told(servers, wanted.tellings, wanted.frozen)
        return told(wanted, {"first": first, "back": back, "heard": heard}, memory)


def told(
    wanted: argparse.Namespace, times: dict[str, Times], memory: dict[str, float]
) -> dict[str, Any]:
    names = list(memory)
    spreads = {row: {n: machine.spread(times[row][n]) for n in names} for row in times}
    titles = {
        "first": f"{wanted.clients} dial for the first time, s",
        "back": f"{wanted.clients} come back at once, s",
        "heard": f"{wanted.clients} are told, {wanted.frozen} never read, ms",
    }
    rows: list[list[object]] = [
        [titles[row], *(f"{s['min']:g} / {s['median']:g} / {s['p95']:g}" for s in one.values())]
        for row, one in spreads.items()
    ]
    rows.append(["memory of the server after it, MB", *memory.values()])
    machine.say("\nuntil the last one; least / median / p95 of the rounds")
    machine.table(["", *names], rows)
    return {
        "reconnect_s": {name: spreads["back"][name]["median"] for name in names},
        "fan_out_ms": {name: spreads["heard"][name]["median"] for name in names},
        "rss_mb": memory,
        "clients": wanted.clients,
        "frozen": wanted.frozen,
        "load": machine.load(),
    }


def run(wanted: argparse.Namespace) -> dict[str, Any]:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # inherited by the servers
    with peers.folder() as home:
        return asyncio.run(bench(wanted, Path(home)))
