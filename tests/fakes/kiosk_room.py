"""A room whose screen is a real Chromium under the managed policy, kept by the room's own agent.

It stands behind a line of its own (`far`), in a session with another room, which is a program that
decodes what it is sent. Nobody touches the screen once it has its token.

    async with room_in_session(tmp_path) as room:
        before = await room.seen()
        await room.evaluate("void setTimeout(() => {for (;;);})")
        await room.comes_back(after=before)
"""

import asyncio
import json
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from orchestrator.demo.stage import Stage, set_up
from orchestrator.demo.verdict import Heard, Site
from rooms.agent import disk
from rooms.ids import RoomId
from signalling.peers.endpoint import Endpoint
from signalling.transport.seam import gather_on_loopback
from tests.fakes.far import NEAR, ROOT, FarSide, far_side
from tests.fakes.links import LINES

HERE, OTHER = "villefort-visio", "meyrueis-visio"
GIVE_UP = 90.0
PICTURES, SOUNDS = 10, 25  # 0.4 and 0.5 s of them
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # it is root here
    "--use-fake-device-for-media-stream",
    "--disable-gpu",
    "--disable-dev-shm-usage",
)
APART = ("unshare", "-m", sys.executable, "-m", "tests.fakes.kept_room")
PAIRED = """(localStorage.setItem("margeride.room.{room}", "{token}"), location.reload())"""
SEEN = """(async () => {
  const {model} = margeride, rows = [...(await model.call.subscribe.pc.getStats()).values()];
  const all = (kind, what) => rows.filter((row) => row.type === "inbound-rtp" && row.kind === kind)
    .reduce((sum, row) => sum + (row[what] ?? 0), 0);
  const played = all("audio", "totalSamplesReceived") - all("audio", "concealedSamples");
  return {page: performance.timeOrigin, line: model.line.open, sounds: played / 960,
    pictures: all("video", "framesDecoded"), energy: all("audio", "totalAudioEnergy")};
})()"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Pictures and sounds of 20 ms decoded so far, of the other room here and of this one there.
    `page` tells one loading of the page from the next; 0: it says nothing, or is in no session."""

    page: float = 0.0
    line: bool = False
    here: tuple[float, float] = (0.0, 0.0)
    there: tuple[float, float] = (0.0, 0.0)
    heard: bool = False

    def flows_since(self, before: "Seen") -> bool:
        """Sound and picture went both ways."""
        ways = ((self.here, before.here), (self.there, before.there))
        return all(
            now[0] - then[0] >= PICTURES and now[1] - then[1] >= SOUNDS for now, then in ways
        )


class KioskRoom:
    """The room, and all that a test may do to it."""

    def __init__(
        self,
        stage: Stage,
        side: FarSide,
        folder: Path,
        process: asyncio.subprocess.Process,
        other: Endpoint,
    ) -> None:
        self.stage, self.side, self.folder = stage, side, folder
        self._process, self._other = process, other
        self._site = Site(room=OTHER, name="Meyrueis")
        self._turn = asyncio.Lock()

    async def evaluate(self, expression: str) -> Any:
        """What the page answers; None when it does not."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        async with self._turn:
            stdin.write(json.dumps(expression).encode() + b"\n")
            words = await stdout.readline()
        assert words, await self.log()
        return json.loads(words)

    async def seen(self) -> Seen:
        """Now."""
        self._site.report(await self._other.figures())
        heard = self._site.others.get(HERE, Heard())
        there = (float(heard.frames), float(heard.sounds))
        said = await self.evaluate(SEEN)
        if not said:
            return Seen(there=there)
        return Seen(
            page=said["page"],
            line=said["line"],
            here=(said["pictures"], said["sounds"]),
            there=there,
            heard=heard.heard and said["energy"] > 0,
        )

    async def comes_back(self, *, after: Seen | None = None) -> None:
        """Sound and picture go both ways from now on; `after`: in a page loaded since then."""
        if after is not None:
            await self._until(lambda now: now.page not in (0.0, after.page))
        before = await self._until(lambda now: now.page != 0.0)
        await self._until(lambda now: now.line and now.flows_since(before))

    async def goes_on(self) -> None:
        """Sound and picture go both ways, whatever becomes of the line to the service."""
        before = await self.seen()
        await self._until(lambda now: now.flows_since(before))

    async def heard(self) -> None:
        """Both rooms have heard a sound, and not silence."""
        await self._until(lambda now: now.heard)

    async def _until(self, so: Callable[[Seen], bool]) -> Seen:
        deadline = time.monotonic() + GIVE_UP
        while not so(now := await self.seen()):
            assert time.monotonic() < deadline, (now, await self.log())
            await asyncio.sleep(0.1)
        return now

    async def log(self) -> str:
        """What the agent wrote down."""
        return await asyncio.to_thread((self.folder / "agent.log").read_text)

    async def processes(self, kind: str = "") -> list[int]:
        """Those of its Chromium, or of one kind: `--type=renderer`."""
        return await asyncio.to_thread(processes_of, self.folder / "profile", kind)


def processes_of(profile: Path, kind: str = "") -> list[int]:
    """The processes of the Chromium with this profile. Blocking."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if entry.name.isdigit() and f"--user-data-dir={profile}" in line and kind in line:
            found.append(int(entry.name))
    return found


@asynccontextmanager
async def room_in_session(home: Path) -> AsyncIterator[KioskRoom]:
    """Both rooms in session, seen and heard; nothing of it is left at the end."""
    folder = home / "mini-pc"
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(
            set_up(home / "data", port=0, media_port=0, media_host=NEAR)
        )
        port = stage.service.port
        side = await stack.enter_async_context(
            far_side(LINES["good"], relays=[f"{NEAR}:{port}=127.0.0.1:{port}"])
        )
        origin = f"http://{NEAR}:{port}"
        await paired(stage, folder)
        process = await stack.enter_async_context(kept(side, origin, folder))
        other = await stack.enter_async_context(endpoint(stage))
        room = KioskRoom(stage, side, folder, process, other)
        await begin(room)
        yield room
    assert not await room.processes()


async def paired(stage: Stage, folder: Path) -> None:
    """The agent has its token, by a code as at its installation."""
    async with stage.person(stage.cast.animateur) as paul:
        code = (await paul.call("POST", "pairings", {"room": HERE}))["code"]
        wanted = {"room": HERE, "code": code, "kind": "agent"}
        token = (await paul.call("POST", "pairings/claim", wanted))["token"]
    await asyncio.to_thread((folder / "state").mkdir, parents=True)
    await asyncio.to_thread(disk.write_token, folder / "state", token)


@asynccontextmanager
async def kept(side: FarSide, origin: str, folder: Path) -> AsyncIterator[Process]:
    """The agent and the browser it keeps, on the far side."""
    trusted = f"--unsafely-treat-insecure-origin-as-secure={origin}"
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *side.inside, *APART, origin, HERE, str(folder), *FLAGS, trusted,
        stdin=pipe, stdout=pipe, cwd=ROOT,
    )  # fmt: skip
    assert process.stdin is not None
    try:
        yield process
    finally:
        process.stdin.close()
        async with asyncio.timeout(GIVE_UP):
            await process.wait()


@asynccontextmanager
async def endpoint(stage: Stage) -> AsyncIterator[Endpoint]:
    """The other room."""
    gather_on_loopback()
    wire = f"{stage.service.url.replace('http', 'ws', 1)}/ws/v1"
    other = Endpoint(wire, stage.cast.screens[RoomId(OTHER)], name="Meyrueis", key=OTHER)
    task = asyncio.create_task(other.run(), name=OTHER)
    try:
        yield other
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def begin(room: KioskRoom) -> None:
    """The screen gets its token, and the session its two rooms."""
    token = room.stage.cast.screens[RoomId(HERE)]
    asks = f"location.origin === 'http://{NEAR}:{room.stage.service.port}'"
    async with asyncio.timeout(GIVE_UP):
        while not await room.evaluate(asks):  # noqa: ASYNC110  another process's page
            await asyncio.sleep(0.2)
    await room.evaluate(PAIRED.format(room=HERE, token=token))
    answer = await room.stage.book("Panne", lasts=timedelta(hours=1))
    assert answer.accepted, answer
    await room.comes_back()
    await room.heard()
