"""Bad lines: the real service, one browser on a good line and one behind a bad one.

Both join by link as guests, in the pages the product ships; a user-space line between two network
namespaces is as slow, far and lossy as its name says. Each page keeps a record of what it saw and
heard (`tests/fakes/probe.js`), counted from the press of the button that joins, which comes after
some seconds in the lobby, as with people: what the page makes there is made before the clock
starts (`--lobby 0` presses at once). Figures without a time of their own are of what follows the
first ten seconds. A measurement during which the host took much of the processors away is taken
again (`--again`), when the host takes less (`--patience`), and both are told. Needs root,
/dev/net/tun and browsers.
"""

import argparse
import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import machine, peers
from bench.lines_figures import HEAD, SETTLES, Figures, figures, row, worst
from signalling.transport.seam import host_addresses
from tests.fakes.apart import Apart
from tests.fakes.far import NEAR, MissingTun
from tests.fakes.links import LINES
from tests.fakes.scene import Behind, Scene, enter, scene, taken

BEFORE, CUT, AFTER = 15.0, 25.0, 15.0  # seconds of the outage
ISSUE = ("adsl-8-1", "adsl-2-0.4", "satellite", "wifi-5", "wifi-20", "outage")
BROWSERS = ("chromium", "firefox")
# Above this a measurement is of the host.
STOLEN = 0.05


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--line", action="append", choices=sorted(LINES), help="only this line")
    parser.add_argument("--browser", action="append", choices=BROWSERS, help="only this browser")
    parser.add_argument("--seconds", type=float, default=40.0, help="of one measurement")
    parser.add_argument(
        "--lobby", type=float, default=5.0, help="seconds he looks at himself before the press"
    )
    parser.add_argument(
        "--again", type=int, default=2, help=f"tries more where over {STOLEN:.0%} was stolen"
    )
    parser.add_argument(
        "--patience", type=float, default=60.0, help="seconds to wait for a host that steals less"
    )
    parser.add_argument("--trace", type=Path, help="a folder for the packets and records")


async def measure(
    stage: Scene, near: Apart, name: str, line: str, wanted: argparse.Namespace
) -> dict[str, Figures]:
    """One line, one browser behind it: what it receives (`down`) and what is received of it."""
    trace = wanted.trace / f"{line}-{name}.packets" if wanted.trace else None
    async with stage.far(name, LINES[line], trace=trace) as behind:
        here = await stage.lobby(near)
        await enter(here, "Près")
        await asyncio.sleep(2.0)  # so that he who comes later finds a picture
        there = await stage.lobby(behind.browser, stage.far_origin)
        await asyncio.sleep(wanted.lobby)
        await enter(there, "Loin")
        began, ended = await pass_time(behind, line, wanted.seconds)
        far, close = await taken(there), await taken(here)
        fate = await behind.side.fate()
        for page in (there, here):
            await page.close()
    if wanted.trace:
        keep(wanted.trace / f"{line}-{name}", far.record, close.record)
    machine.say(f"  {line}, {name}: up {fate['up']}, down {fate['down']}")
    return figures(far, close, cut=(began, ended) if ended else None)


async def measured(
    stage: Scene, near: Apart, name: str, line: str, wanted: argparse.Namespace
) -> dict[str, Figures]:
    """The try during which the host stole least; one that was calm is the last."""
    tries = []
    while True:
        await machine.calm(STOLEN, wanted.patience)
        stolen = machine.Stolen()
        one = await measure(stage, near, name, line, wanted)
        tries.append((stolen.share, one))
        for way, told_of in one.items():
            told_of["stolen"] = tries[-1][0]
            machine.say(f"    {way}: " + ", ".join(map(str, row(told_of))))
        if tries[-1][0] <= STOLEN or len(tries) > wanted.again:
            return min(tries, key=lambda each: each[0])[1]


async def pass_time(behind: Behind, line: str, seconds: float) -> tuple[float, float]:
    """Let it run; the seconds between which the line was cut, if it was."""
    if line != "outage":
        await asyncio.sleep(seconds)
        return 0.0, 0.0
    await asyncio.sleep(BEFORE)
    began: float = (await behind.side.cut(True))["at"]
    await asyncio.sleep(CUT)
    ended: float = (await behind.side.cut(False))["at"]
    await asyncio.sleep(AFTER)
    return began, ended


def keep(stem: Path, far: dict[str, Any], near: dict[str, Any]) -> None:
    for name, record in (("far", far), ("near", near)):
        stem.with_name(f"{stem.name}-{name}.json").write_text(json.dumps(record))


async def bench(wanted: argparse.Namespace, home: Path) -> dict[str, Any]:
    lines, browsers = wanted.line or ISSUE, wanted.browser or BROWSERS
    found: dict[str, dict[str, Any]] = {}
    async with scene(home) as stage, stage.near() as near:
        for line in lines:
            for name in browsers:
                try:
                    one = await measured(stage, near, name, line, wanted)
                except (MissingTun, TimeoutError, RuntimeError, OSError) as reason:
                    machine.say(f"  {line}, {name}: failed, {reason}")
                    continue
                found.setdefault(line, {})[name] = one
    return told(found, wanted)


def told(found: dict[str, dict[str, Any]], wanted: argparse.Namespace) -> dict[str, Any]:
    machine.say(
        f"\nthe first frame is counted from the press, after {wanted.lobby:g} s in the lobby; "
        f"{wanted.seconds:g} s each, figures after the first {SETTLES:g} s; load {machine.load()}"
    )
    machine.table(HEAD, list(rows(found)))
    return {
        "lines": {line: worst(one) | one for line, one in found.items()},
        "lobby_s": wanted.lobby,
        "load": machine.load(),
    }


def rows(found: dict[str, dict[str, Any]]) -> Iterator[list[object]]:
    for line, browsers in found.items():
        for name, ways in browsers.items():
            for way, one in ways.items():
                yield [f"{line}, {name} {way}", *row(one)]


def run(wanted: argparse.Namespace) -> dict[str, Any]:
    if NEAR not in host_addresses():
        machine.again_in_a_network_of_its_own()
    if wanted.trace:
        wanted.trace.mkdir(parents=True, exist_ok=True)
    with peers.folder() as home:
        return asyncio.run(bench(wanted, Path(home)))
