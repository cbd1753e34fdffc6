"""The public page with 1,000 viewers: what they cost the stage, and how late they see it.

The media worker forwards one publisher to N subscribers on core 0, as in `bench forwarding`. Beside
it, on the other cores, runs the whole service with a ceremony on air, its broadcaster, and viewers
who follow the stream by blocking reloads. Rounds with and without viewers take turns; the figure is
the worker's CPU for each packet it forwarded, which is its own whatever else the machine does.

Glass to glass: a source draws the time of each of its pictures into it, as light and dark fields;
the page the product ships, in Chromium, reads them off each picture at the moment it is shown.
"""

import argparse
import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from av import VideoFrame

from bench import machine, peers
from bench.forwarding import keep_off_the_servers_core
from bench.media_servers import Margeride
from orchestrator.broadcast import order
from signalling.peers.endpoint import Endpoint
from signalling.peers.test_card import SIZE, Studio, TestCard, Tone
from tests.fakes.broadcasting import Show, show
from tests.fakes.browsers import chromium
from tests.fakes.looking import until

FIELDS, TOP, HIGH, WIDE = 24, 84, 28, 12
LIGHT, DARK = 235, 16
IN_WITHIN = 120.0
READ = """(() => {
  const video = document.querySelector('video');
  const [wide, high] = [320, 180];
  const canvas = Object.assign(document.createElement('canvas'), {width: wide, height: high});
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  window.glass = [];
  let before = 0;
  const look = () => {
    video.requestVideoFrameCallback(look);
    const now = Date.now();
    pen.drawImage(video, 0, 0, wide, high);
    let value = 0;
    for (let at = 0; at < FIELDS; at++) {
      const pixel = pen.getImageData(16 + at * WIDE + WIDE / 2, TOP + HIGH / 2, 1, 1).data;
      value = value * 2 + (pixel[1] > 128 ? 1 : 0);
    }
    if (value !== before) window.glass.push((now % 2 ** FIELDS) - value);
    before = value;
  };
  video.requestVideoFrameCallback(look);
})()"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--viewers", type=int, default=1000)
    parser.add_argument("--subscribers", type=int, default=32, help="of the stage, forwarded to")
    parser.add_argument("--rounds", type=int, default=6, help="of each kind, taking turns")
    parser.add_argument("--seconds", type=float, default=5.0, help="of one round")
    parser.add_argument("--watched", type=float, default=15.0, help="seconds in a browser")


class Clock(TestCard):
    """A test card with the time it is drawn at, in ms, as fields."""

    def _draw(self) -> VideoFrame:
        value = int(time.time() * 1000) % 2**FIELDS
        row = bytearray(bytes(self._base[: SIZE[0]]))
        for number in range(FIELDS):
            lit = value >> (FIELDS - 1 - number) & 1
            at = 16 + number * WIDE
            row[at : at + WIDE] = bytes([LIGHT if lit else DARK]) * WIDE
        whole = bytearray(self._base)
        for line in range(TOP, TOP + HIGH):
            whole[line * SIZE[0] : (line + 1) * SIZE[0]] = row
        kept, self._base = self._base, bytes(whole)
        try:
            return super()._draw()
        finally:
            self._base = kept


class ClockStudio(Studio):
    def tracks(self) -> tuple[Tone, TestCard]:
        return Tone(self), Clock(self)


class ClockSource(Endpoint):
    """Sends that card."""

    def __init__(self, url: str, token: str, *, name: str, **more: Any) -> None:
        super().__init__(url, token, name=name, **more)
        self.studio = ClockStudio(name, name)


@dataclass(slots=True)
class Viewers:
    """The process with the viewers, and the last it told."""

    process: asyncio.subprocess.Process
    told: dict[str, float] = field(default_factory=dict)

    async def read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.told = json.loads(line)


@asynccontextmanager
async def viewers(url: str, count: int) -> AsyncIterator[Viewers]:
    """So many, once all of them have a part."""
    words = [sys.executable, "-m", "bench.viewers", "--url", url, "--count", str(count)]
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    made = Viewers(process)
    reading = asyncio.create_task(made.read(), name="viewers")
    try:
        async with asyncio.timeout(IN_WITHIN):
            while made.told.get("ready", 0) < count or made.told["parts"] < 2 * count:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        yield made
    finally:
        process.kill()
        await process.wait()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


@dataclass(slots=True)
class Round:
    """One measurement of the worker."""

    cpu_us: float
    loss: float
    stolen: float
    parts: float = 0.0
    spread_ms: float = 0.0
    broadcaster: float = 0.0


@asynccontextmanager
async def kept_alive(one: Margeride) -> AsyncIterator[asyncio.Lock]:
    """Its legs are checked while nothing is measured: viewers take long to come."""
    measuring = asyncio.Lock()

    def check() -> None:
        for leg in one.legs:
            leg.drain()
            leg.check()

    async def work() -> None:
        while True:
            async with measuring:
                await asyncio.to_thread(check)
            await asyncio.sleep(3)

    task = asyncio.create_task(work(), name="legs")
    try:
        yield measuring
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def measured(one: Margeride, seconds: float, made: Viewers | None, pid: int) -> Round:
    stolen = await asyncio.to_thread(machine.Stolen)
    began, parts = time.monotonic(), made.told["parts"] if made else 0.0
    before, beside = machine.cpu_ns(one.pid), machine.cpu_ns(pid)
    outcome = await asyncio.to_thread(one.measure, seconds)
    spent, took = machine.cpu_ns(one.pid) - before, time.monotonic() - began
    return Round(
        cpu_us=spent / 1000 / max(1, outcome.packets),
        loss=outcome.loss,
        stolen=await asyncio.to_thread(stolen.taken),
        parts=(made.told["parts"] - parts) / took if made else 0.0,
        spread_ms=made.told["spread_ms"] if made else 0.0,
        broadcaster=(machine.cpu_ns(pid) - beside) / 1e9 / took,
    )


async def glass(made: Show, seconds: float) -> list[float]:
    """How many ms each picture was old when the page showed it."""
    async with chromium() as browser:
        page = (await browser.new_page()).page
        await page.goto(f"{made.stage.service.url}/live/{made.code}")
        await until(page, "document.querySelector('.live-start') !== null", 60)
        await page.click(".live-start")
        await until(page, "(document.querySelector('video')?.currentTime ?? 0) > 0", 60)
        await asyncio.sleep(5)  # until it has caught up
        script = READ
        for name, value in (("FIELDS", FIELDS), ("WIDE", WIDE), ("TOP", TOP), ("HIGH", HIGH)):
            script = script.replace(name, str(value))
        await page.evaluate(script)
        await asyncio.sleep(seconds)
        found = [float(one) for one in await page.evaluate("window.glass")]
    return [one for one in found if 0 < one < 60_000]  # a field on its edge is misread


async def watched(made: Show, seconds: float) -> list[float]:
    """The same on all cores; nothing where the page did not come to play."""
    kept = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        return await glass(made, seconds)
    except TimeoutError:
        machine.say("  the page did not play within its time")
        return []
    finally:
        os.sched_setaffinity(0, kept)


async def bench(wanted: argparse.Namespace, home: Path) -> dict[str, Any]:
    rounds: dict[bool, list[Round]] = {False: [], True: []}
    delays: dict[str, list[float]] = {}
    async with contextlib.AsyncExitStack() as stack:
        made = await stack.enter_async_context(show(home, "Meyrueis", kind=ClockSource))
        await made.on_stage("one", "Meyrueis")
        told = await made.open_page()
        ready = order.read_ready(order.path_of(made.stage.service.data, made.session))
        assert ready is not None
        url = told["media"][0]
        delays["nobody else"] = await watched(made, wanted.watched)
        worker = Margeride(home / "worker", "127.0.0.1")
        await worker.start(wanted.subscribers)
        stack.push_async_callback(worker.stop)
        machine.say(f"  broadcaster at {url}; worker: {worker.settings}")
        lock = await stack.enter_async_context(kept_alive(worker))
        for number in range(wanted.rounds):
            async with lock:
                rounds[False].append(await measured(worker, wanted.seconds, None, ready.pid))
            async with viewers(url, wanted.viewers) as crowd:
                async with lock:
                    rounds[True].append(await measured(worker, wanted.seconds, crowd, ready.pid))
                if number == wanted.rounds - 1:
                    delays["all viewers"] = await watched(made, wanted.watched)
    return figures(wanted, rounds, delays)


def figures(
    wanted: argparse.Namespace, rounds: dict[bool, list[Round]], delays: dict[str, list[float]]
) -> dict[str, Any]:
    rows: list[list[object]] = []
    for number, pair in enumerate(zip(rounds[False], rounds[True], strict=True)):
        for there, one in zip(("nobody", f"{wanted.viewers} viewers"), pair, strict=True):
            worker = [f"{number + 1}, {there}", f"{one.cpu_us:.2f}", f"{one.loss:.2%}"]
            page = [f"{one.parts:.0f}", f"{one.spread_ms:.0f}", f"{one.broadcaster:.0%}"]
            rows.append([*worker, *page, f"{one.stolen:.0%}"])
    head = ["round", "worker µs a packet", "loss", "parts/s", "last − first viewer ms"]
    machine.table([*head, "broadcaster CPU", "stolen"], rows)
    costs = {there: [one.cpu_us for one in found] for there, found in rounds.items()}
    change = {}
    for name, of in (("least", min), ("median", median)):
        change[name] = round(100 * (of(costs[True]) / of(costs[False]) - 1), 1)
        told = f"{of(costs[False]):.2f} µs without, {of(costs[True]):.2f} with"
        machine.say(f"worker, {name}: {told}: {change[name]:+.1f} %")
    seen = {}
    for name, found in delays.items():
        if found:
            seen[name] = {
                "p50": round(machine.percentile(found, 0.5)),
                "p95": round(machine.percentile(found, 0.95)),
            }
            machine.say(f"glass to glass, {name}: {seen[name]} ms of {len(found)} pictures")
    return {
        "viewers": wanted.viewers,
        "worker_us_without": round(min(costs[False]), 2),
        "worker_us_with": round(min(costs[True]), 2),
        "change_percent": change["least"],
        "change_percent_median": change["median"],
        "parts_per_s": round(median(one.parts for one in rounds[True])),
        "broadcaster_cpu": round(median(one.broadcaster for one in rounds[True]), 2),
        "broadcaster_cpu_alone": round(median(one.broadcaster for one in rounds[False]), 2),
        "glass_to_glass_ms": seen,
        "stolen": [one.stolen for pair in rounds.values() for one in pair],
        "load": machine.load(),
    }


def run(wanted: argparse.Namespace) -> dict[str, Any]:
    keep_off_the_servers_core()
    with peers.folder() as home:
        return asyncio.run(bench(wanted, Path(home)))
