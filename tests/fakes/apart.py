"""A browser of `browser_agent` as the tests use one: here, or on the far side of a line.

    async with apart("firefox", inside=far.inside, origin="http://10.9.0.1:8080") as browser:
        page = await browser.new_page(url)
        value = await page.evaluate("…")

`origin` is treated as if it were secure: cameras need that, and only localhost is so by itself.
"""

import asyncio
import contextlib
import itertools
import json
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.far import ROOT

LIMIT = 1 << 26  # of one answer: the record of a whole run
START_WITHIN = 90.0


class AgentError(RuntimeError):
    """The browser refused, or the page threw."""


class ApartPage:
    """A page of a browser in another process; see `tests.fakes.browsers.BrowserPage`."""

    def __init__(self, browser: "Apart", number: int) -> None:
        self._browser, self._number = browser, number

    async def goto(self, url: str) -> None:
        await self._browser.ask(do="goto", page=self._number, url=url)

    async def evaluate(self, expression: str) -> Any:
        return await self._browser.ask(do="evaluate", page=self._number, expression=expression)

    async def close(self) -> None:
        await self._browser.ask(do="close", page=self._number)


class Apart:
    """The conversation with one agent."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self._process = process
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._reader = asyncio.create_task(self._read(), name=f"{name} agent")

    async def new_page(self, url: str) -> ApartPage:
        return ApartPage(self, await self.ask(do="open", url=url))

    async def ask(self, **command: Any) -> Any:
        assert self._process.stdin is not None
        number = next(self._ids)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps(command | {"id": number}).encode() + b"\n")
        return await asyncio.wait_for(future, 90)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for words in self._process.stdout:
            answer = json.loads(words)
            future = self._waiting.pop(answer["id"], None)
            if future is None or future.done():
                continue
            if "error" in answer:
                future.set_exception(AgentError(answer["error"]))
            else:
                future.set_result(answer["value"])
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(AgentError("the browser has ended"))

    async def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), 20)
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)


@contextlib.asynccontextmanager
async def apart(
    name: str,
    *,
    inside: Sequence[str] = (),
    origin: str = "",
    first: Sequence[Path] = (),
    flags: Sequence[str] = (),
) -> AsyncIterator[Apart]:
    """Start a browser; `inside` are the words that put it into another network."""
    words = [*inside, sys.executable, "-m", "tests.fakes.browser_agent", name]
    words += [word for one in first for word in ("--first", str(one))]
    if name == "chromium":
        trusted = [f"--unsafely-treat-insecure-origin-as-secure={origin}"] if origin else []
        words += [f"--flag={flag}" for flag in (*flags, *trusted)]
    elif origin:
        host = json.dumps(urlsplit(origin).hostname)
        words += ["--preference", f"dom__securecontext__allowlist={host}"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *words, stdin=pipe, stdout=pipe, cwd=ROOT, limit=LIMIT
    )
    assert process.stdout is not None
    try:
        ready = await asyncio.wait_for(process.stdout.readline(), START_WITHIN)
    except TimeoutError:
        ready = b""
    if not ready:
        process.kill()
        await process.wait()
        raise AgentError(f"{name} did not start")
    browser = Apart(name, process)
    try:
        yield browser
    finally:
        await browser.close()
