"""Our media worker beside Janus VideoRoom and beside the floor: one publisher, N subscribers.

The publisher sends 30 frames a second of 5 packets back to back (1,150 B) and 50 sound packets.
Every server runs as a process on core 0 and the load on the others; each round measures each server
in turn. CPU is that of the whole server process, divided by the packets it forwarded.
"""

import argparse
import asyncio
import os
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from bench import machine, peers
from bench.media_servers import Floor, Forwarder, Janus, Margeride
from signalling.transport.seam import host_addresses

Runs = dict[str, list[dict[str, float]]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--subscribers", type=int, default=64, help="legs the packets go to")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved repetitions")
    parser.add_argument("--seconds", type=float, default=3.0, help="of one measurement")


def forwarders(home: Path) -> list[Forwarder]:
    made: list[Forwarder] = [Margeride(home / "margeride", "127.0.0.1")]
    host = next(iter(host_addresses()), None)  # packets to it never leave the machine
    if host is None:
        machine.say("  janus: skipped, it needs an address other than 127.0.0.1")
    else:
        made.append(Janus(home / "janus", host))
    return [*made, Floor(home / "floor", "127.0.0.1")]


def measure(one: Forwarder, seconds: float) -> dict[str, float]:
    before = machine.cpu_ns(one.pid)
    outcome = one.measure(seconds)
    spent = machine.cpu_ns(one.pid) - before
    delays = outcome.delays_us or [float("nan")]
    return {
        "cpu_us": spent / 1000 / max(1, outcome.packets),
        "p50_ms": machine.percentile(delays, 0.5) / 1000,
        "p99_ms": machine.percentile(delays, 0.99) / 1000,
        "loss": outcome.loss,
    }


async def bench(wanted: argparse.Namespace, home: Path) -> dict[str, Any]:
    runs: Runs = defaultdict(list)
    async with AsyncExitStack() as stack:
        ready: list[Forwarder] = []
        for one in forwarders(home):
            try:
                await one.start(wanted.subscribers)
            except (peers.Missing, TimeoutError) as reason:
                machine.say(f"  {one.name}: skipped, {reason}")
                continue
            stack.push_async_callback(one.stop)
            ready.append(one)
            machine.say(f"  {one.name}: {one.settings}")
        for _ in range(wanted.rounds):
            for one in ready:
                runs[one.name].append(await asyncio.to_thread(measure, one, wanted.seconds))
    return told(runs, wanted.subscribers)


def told(runs: Runs, subscribers: int) -> dict[str, Any]:
    figures: dict[str, Any] = {"cpu_us_per_packet": {}, "p50_ms": {}, "p99_ms": {}, "loss": {}}
    rows = []
    for name, rounds in runs.items():
        best = {key: min(one[key] for one in rounds) for key in rounds[0]}
        cpu = machine.spread([one["cpu_us"] for one in rounds])
        worst = max(one["loss"] for one in rounds)
        figures["cpu_us_per_packet"][name] = cpu["min"]
        figures["p50_ms"][name], figures["p99_ms"][name] = (
            round(best["p50_ms"], 2),
            round(best["p99_ms"], 2),
        )
        figures["loss"][name] = round(worst, 5)
        p50, p99 = figures["p50_ms"][name], figures["p99_ms"][name]
        rows.append([name, cpu["min"], cpu["median"], p50, p99, f"{worst:.2%}"])
    machine.say(f"\n{subscribers} subscribers, {next(iter(map(len, runs.values())), 0)} rounds")
    head = ["", "CPU µs a packet, least", "median", "p50 ms, best", "p99 ms, best", "worst loss"]
    machine.table(head, rows)
    return figures | {"subscribers": subscribers, "load": machine.load()}


def keep_off_the_servers_core() -> Sequence[int]:
    cores = sorted(os.sched_getaffinity(0) - {0}) or [0]
    os.sched_setaffinity(0, cores)
    return cores


def run(wanted: argparse.Namespace) -> dict[str, Any]:
    keep_off_the_servers_core()
    with peers.folder() as home:
        return asyncio.run(bench(wanted, Path(home)))
