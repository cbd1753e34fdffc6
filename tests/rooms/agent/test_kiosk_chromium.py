"""A real Chromium under the managed policy, kept alive from outside. Waits are measured generously:
what is asked is that nobody has to touch it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest
from aiohttp import web

from tests.conftest import cannot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
WITHIN = 120.0  # on a machine that does ten other things; 10 s on a mini-PC of its own
PAGE = """<!doctype html><title>screen</title><script>
const say = (word) => fetch("/told?" + new URLSearchParams({word}), {method: "POST"});
(async () => {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({audio: true, video: true});
    const sound = new AudioContext();
    await new Promise((done) => setTimeout(done, 200));
    await say(`${stream.getTracks().length} tracks, sound ${sound.state}`);
  } catch (error) { await say(error.name); }
})();
setInterval(async () => {
  const order = await (await fetch("/order")).text();
  if (order === "hang") for (;;);
}, 200);
</script>"""


class Site:
    """The page, and what it says. `order` is what it is told to do next."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[str] = asyncio.Queue()
        self.order = ""
        self.url = ""

    async def page(self, request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def told(self, request: web.Request) -> web.Response:
        self.said.put_nowait(request.query["word"])
        return web.Response()

    async def ordered(self, request: web.Request) -> web.Response:
        order, self.order = self.order, ""
        return web.Response(text=order)

    async def next(self) -> str:
        async with asyncio.timeout(WITHIN):
            return await self.said.get()


@asynccontextmanager
async def serving(site: Site, port: int = 0) -> AsyncIterator[int]:
    app = web.Application()
    app.router.add_get("/screen", site.page)
    app.router.add_post("/told", site.told)
    app.router.add_get("/order", site.ordered)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        where = web.TCPSite(runner, "127.0.0.1", port, reuse_address=True)
        await where.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def kept(url: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A keeper with its browser, both gone at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.kept_browser", url, str(folder),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(WITHIN):
            await process.wait()


async def seen_here(process: asyncio.subprocess.Process) -> bytes:
    """The keeper has asked the page, and the page has answered; which browser it is in."""
    assert process.stdout is not None
    async with asyncio.timeout(WITHIN):
        async for line in process.stdout:
            if line.startswith(b"here "):
                return line
    raise AssertionError("the keeper ended")


def browsers_of(folder: Path, kind: str, *, first: bool = False) -> list[int]:
    """The processes of this test's Chromium, or only the `first`, which started the others: they
    may have lower numbers, and carry its flags. Blocking."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        ours = entry.name.isdigit() and f"--user-data-dir={folder}/profile" in line
        if ours and kind in line and not (first and "--type=" in line):
            found.append(int(entry.name))
    return found


def kill_renderers(folder: Path, number: signal.Signals = signal.SIGKILL) -> int:
    """Blocking."""
    found = browsers_of(folder, "--type=renderer")
    for process in found:
        os.kill(process, number)
    return len(found)


async def test_a_screen_needs_no_click_and_nobody_to_mend_it(
    tmp_path: Path, chromium_path: str
) -> None:
    if os.geteuid() != 0:
        cannot("the policy can only be tried by root, in a mount namespace of its own")
    site, good = Site(), "2 tracks, sound running"
    async with serving(site) as port:
        url = f"http://localhost:{port}/screen"
        async with kept(url, tmp_path) as keeper:
            assert await site.next() == good  # camera and sound, without a click
            first = await seen_here(keeper)
            began = monotonic()
            assert await asyncio.to_thread(kill_renderers, tmp_path) > 0
            assert await site.next() == good
            print(f"renderer killed: back after {monotonic() - began:.1f} s")
            await seen_here(keeper)
            site.order, began = "hang", monotonic()
            assert await site.next() == good
            print(f"page hung: back after {monotonic() - began:.1f} s")
            assert await seen_here(keeper) == first  # the browser was left alone
            began = monotonic()
            assert await asyncio.to_thread(kill_renderers, tmp_path, signal.SIGSTOP) > 0
            assert await site.next() == good
            print(f"page stopped: back after {monotonic() - began:.1f} s")
            await seen_here(keeper)
            (browser,) = await asyncio.to_thread(browsers_of, tmp_path, "", first=True)
            began = monotonic()
            await asyncio.to_thread(os.kill, browser, signal.SIGKILL)
            assert await site.next() == good
            print(f"browser killed: back after {monotonic() - began:.1f} s")
        assert await asyncio.to_thread(browsers_of, tmp_path, "") == []
