"""One instant for six endpoints: three pages here, two behind 300 ± 80 ms, one behind 600 ms.

All are the pages the product ships, in Chromium, in one session of the real service, each with its
microphone on; their lines are carried between network namespaces. A picture is loaded, everybody
acknowledges it by its hash, and it is fired ten seconds ahead. When it is seen is noted in each
page by the clock of this one machine, at the frame that draws it. Half of the rounds cut one of the
lines five seconds before the instant. The spread of a round is from the first page to the last; the
worst round is told. Each page has a browser of its own, at a higher priority than what else this
machine does. A round during which the host took much of the processors away is taken again, and
both are shown. Needs root, /dev/net/tun and Chromium.
"""

import argparse
import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench import machine, peers
from orchestrator.demo.stage import Stage, set_up
from signalling.transport.seam import host_addresses
from tests.fakes.apart import Apart, ApartPage, apart
from tests.fakes.far import NEAR, FarSide, far_side
from tests.fakes.links import Line, line
from tests.fakes.scene import until
from tests.fakes.service import Browser

PROBE = (Path(__file__).parents[1] / "tests/fakes/cue_probe.js",)
PICTURE = Path(__file__).parents[1] / "docs/pictures/session-rooms.png"
FAR: dict[str, Line] = {
    "300 ± 80 ms, a": line(0, 0, 300, jitter_ms=80),
    "300 ± 80 ms, b": line(0, 0, 300, jitter_ms=80),
    "600 ms": line(20_000, 2_000, 600),
}
NEAR_PAGES = ("here, a", "here, b", "here, c")
CUT_LINE = "300 ± 80 ms, b"
AHEAD, CUT_BEFORE, AFTER, READY_WITHIN, BACK_WITHIN = 10.0, 5.0, 2.0, 90.0, 90.0
STOLEN = 0.05
NICE = -10
JOIN = """(() => {
  const field = document.querySelector('#name');
  field.value = NAME;
  field.dispatchEvent(new Event('input', {bubbles: true}));
  document.querySelector('form.lobby button[type=submit]').click();
  return true;
})()"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=3, help="of each kind")
    parser.add_argument(
        "--again", type=int, default=2, help=f"tries more where over {STOLEN:.0%} was stolen"
    )
    parser.add_argument(
        "--patience", type=float, default=60.0, help="seconds to wait for a host that steals less"
    )


@dataclass(slots=True)
class Parts:
    """In ms after the instant: the frame that shows it, that frame's turn on the page's own
    thread, and when the page noted by itself that it is shown."""

    drawn: float
    turn: float
    fired: float


@dataclass(slots=True)
class Round:
    """How many ms after its instant each page drew it, and by how many its clock was wrong."""

    late_ms: dict[str, float]
    clock_ms: dict[str, float]
    stolen: float

    @property
    def spread_ms(self) -> float:
        return round(max(self.late_ms.values()) - min(self.late_ms.values()), 1)


@dataclass(slots=True)
class Theatre:
    """The pages, the lines of those that are far, and who fires."""

    pages: dict[str, ApartPage]
    lines: dict[str, FarSide]
    operator: Browser
    session: str

    async def ask(self, method: str, path: str, **more: Any) -> Any:
        url = f"/api/v1/sessions/{self.session}/{path}"
        async with self.operator.request(method, url, **more) as answer:
            if answer.status >= 400:
                raise RuntimeError(f"{method} {path}: {await answer.text()}")
            return await answer.json() if answer.content_type == "application/json" else None

    async def load(self, cue: str) -> float:
        """Until everybody keeps it; how many ms the worst of them may be wrong."""
        body = await asyncio.to_thread(PICTURE.read_bytes)
        made = await self.ask("POST", "contents", data=body, headers={"Content-Type": "image/png"})
        sent = {"kind": "picture", "title": "Le ruban", "contents": [made["sha256"]], "lead": 3}
        await self.ask("PUT", f"cues/{cue}", json=sent)
        async with asyncio.timeout(READY_WITHIN):
            while True:
                (one,) = (await self.ask("GET", "cues"))["cues"]
                kept = one["kept"]
                if [each["standing"] for each in kept] == ["ready"] * len(self.pages):
                    return float(max(each["error_ms"] for each in kept))
                await asyncio.sleep(0.2)


async def play(theatre: Theatre, cue: str, cut: bool, wanted: argparse.Namespace) -> Round:
    """One round."""
    error = await theatre.load(cue)
    await machine.calm(STOLEN, wanted.patience)
    stolen = machine.Stolen()
    at = datetime.now(UTC) + timedelta(seconds=AHEAD)
    fired = await theatre.ask("POST", f"cues/{cue}/fire", json={"at": at.isoformat()})
    instant = datetime.fromisoformat(fired["execute_at"]).timestamp()
    side = theatre.lines[CUT_LINE]
    if cut:
        await asyncio.sleep(instant - CUT_BEFORE - time.time())
        await side.cut(True)
    await asyncio.sleep(instant + AFTER - time.time())
    parts = {name: await drawn(page, cue, instant) for name, page in theatre.pages.items()}
    late = {name: one.drawn for name, one in parts.items()}
    clocks = {name: await astray(page) for name, page in theatre.pages.items()}
    one = Round(late, clocks, stolen.share)
    for name, part in parts.items():
        machine.say(
            f"    {name}: frame {part.drawn:+.0f}, turn {part.turn:+.0f}, noted {part.fired:+.0f}"
        )
    machine.say(
        f"  {cue}: spread {one.spread_ms} ms, clocks known to {error:.0f} ms and wrong by "
        f"{max(map(abs, clocks.values())):.0f} ms at most, "
        f"stolen {one.stolen:.0%}; " + ", ".join(f"{who} {ms:+.0f}" for who, ms in late.items())
    )
    await side.cut(False)
    for name, page in theatre.pages.items():
        await back(name, page)
    await theatre.ask("DELETE", f"cues/{cue}")
    return one


async def astray(page: ApartPage) -> float:
    """By how many ms its idea of the service's clock is wrong: both are clocks of this machine."""
    return float(await page.evaluate("window.margeride.model.cues.now * 1000 - Date.now()"))


async def back(name: str, page: ApartPage) -> None:
    """Until its line stands again."""
    try:
        await until(page, "window.margeride.model.line.open", BACK_WITHIN)
    except TimeoutError:
        state = await page.evaluate("window.margeride.model.lineState.value")
        raise TimeoutError(f"{name} did not come back: {state}") from None


async def drawn(page: ApartPage, cue: str, instant: float) -> Parts:
    """How many ms after its instant it was seen, and when its page had the time to know it."""
    await until(page, f"Boolean(window.cueProbe.seen['{cue}']?.drawn)", 15)
    seen = await page.evaluate(f"window.cueProbe.seen['{cue}']")
    at = {part: float(seen[part] or 0) - instant * 1000 for part in ("drawn", "turn", "fired")}
    return Parts(**at)


async def measured(theatre: Theatre, name: str, cut: bool, wanted: argparse.Namespace) -> Round:
    """The try during which the host stole least; one that was calm is the last."""
    tries: list[Round] = []
    for number in range(wanted.again + 1):
        tries.append(await play(theatre, f"cu-{name}-{number}", cut, wanted))
        if tries[-1].stolen <= STOLEN:
            break
    return min(tries, key=lambda each: each.stolen)


async def bench(wanted: argparse.Namespace, home: Path) -> dict[str, Any]:
    rounds: dict[bool, list[Round]] = {False: [], True: []}
    async with theatre(home) as made:
        for number in range(wanted.rounds):
            for cut, word in ((False, "whole"), (True, "cut")):
                rounds[cut].append(await measured(made, f"{word}-{number}", cut, wanted))
    tell(rounds)
    return {
        "spread_ms": max(one.spread_ms for one in rounds[False]),
        "spread_cut_ms": max(one.spread_ms for one in rounds[True]),
    }


def tell(rounds: dict[bool, list[Round]]) -> None:
    machine.say(f"\nms after the instant at which each page drew it; load {machine.load()}")
    names = [*NEAR_PAGES, *FAR]
    rows: list[list[object]] = []
    for cut, played in rounds.items():
        for number, one in enumerate(played):
            late = [f"{one.late_ms[name]:+.0f}" for name in names]
            what = f"{'cut 5 s before' if cut else 'all lines whole'}, {number + 1}"
            rows.append([what, *late, one.spread_ms, f"{one.stolen:.0%}"])
            wrong = [f"{one.clock_ms[name]:+.0f}" for name in names]
            rows.append(["  its clock is wrong by", *wrong, "", ""])
    machine.table(["round", *names, "spread", "stolen"], rows)


@contextlib.asynccontextmanager
async def theatre(home: Path) -> AsyncIterator[Theatre]:
    """Six pages in one session."""
    async with contextlib.AsyncExitStack() as stack:
        stage = await stack.enter_async_context(
            set_up(home / "data", port=0, media_port=0, media_host=NEAR)
        )
        answer = await stage.book("Inauguration", lasts=timedelta(hours=3))
        code, port = answer.link.rpartition("/")[2], stage.service.port
        operator = await logged_in(stage, stack)
        session = await session_of(operator)
        made = Theatre({}, {}, operator, session)
        for name in NEAR_PAGES:  # each in front of a browser of its own, as on a machine of its own
            near = await stack.enter_async_context(apart("chromium", first=PROBE))
            made.pages[name] = await entered(near, f"{stage.service.url}/join/{code}", name)
        origin = f"http://{NEAR}:{port}"
        for number, (name, one) in enumerate(FAR.items()):
            relays = [f"{NEAR}:{port}=127.0.0.1:{port}"] if number == 0 else []
            side = await stack.enter_async_context(
                far_side(one, number=number, seed=2 * number + 1, relays=relays)
            )
            browser = await stack.enter_async_context(
                apart("chromium", inside=side.inside, origin=origin, first=PROBE)
            )
            made.lines[name] = side
            made.pages[name] = await entered(browser, f"{origin}/join/{code}", name)
        machine.say(f"{len(made.pages)} pages are in")
        yield made


async def logged_in(stage: Stage, stack: contextlib.AsyncExitStack) -> Browser:
    player = stage.cast.trainer
    browser = await stack.enter_async_context(Browser(stage.service.url))
    sent = {"login": player.login, "password": player.password}
    async with browser.post("/api/v1/login", sent) as answer:
        browser.csrf = (await answer.json())["csrf"]
    return browser


async def session_of(operator: Browser) -> str:
    now = datetime.now(UTC)
    hours = {"from": now - timedelta(hours=1), "to": now + timedelta(hours=1)}
    params = {name: at.isoformat() for name, at in hours.items()}
    async with operator.get("/api/v1/sessions", params=params) as answer:
        (one,) = (await answer.json())["sessions"]
    return str(one["id"])


async def entered(browser: Apart, url: str, name: str) -> ApartPage:
    page = await browser.new_page(url)
    await until(page, "document.querySelector('#name') !== null", 60)
    await until(page, "window.margerideDevices?.() ?? true", 60)
    await page.evaluate(JOIN.replace("NAME", repr(name)))
    await until(page, "Boolean(window.margeride?.model.in.value)", 60)
    return page


def run(wanted: argparse.Namespace) -> dict[str, Any]:
    if NEAR not in host_addresses():
        machine.again_in_a_network_of_its_own()
    os.setpriority(os.PRIO_PROCESS, 0, NICE)
    with peers.folder() as home:
        return asyncio.run(bench(wanted, Path(home)))
