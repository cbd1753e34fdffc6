"""Real browsers for tests: Chromium by Playwright, Firefox ESR by WebDriver BiDi without a driver.

    async with chromium() as browser:            async with firefox() as browser:
        page = await browser.new_page(url)           page = await browser.new_page(url)
        rows = await page.evaluate("stats()")        rows = await page.evaluate("stats()")

Many tests share one Chromium: `shared_chromium()` once, then `fresh(shared)` for each of them.
Both contexts hand out pages with `goto`, `evaluate` (JSON-able value, or a promise of one) and
`screenshot`. Chromium's `.context` is Playwright's, for whatever else a test wants of it.
Nothing leaves the machine; cameras and microphones are fakes and are granted.
"""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import pytest
from blockbuster import BlockBuster
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

CHROMIUM = shutil.which("chromium") or "chromium"
FIREFOX = shutil.which("firefox-esr") or "firefox-esr"

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-domain-reliability",
    "--disable-breakpad",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--lang=fr-FR",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1 , EXCLUDE 10.*",
]

QUIET = [
    "network.captive-portal-service.enabled",
    "network.connectivity-service.enabled",
    "app.update.enabled",
    "datareporting.healthreport.uploadEnabled",
    "datareporting.policy.dataSubmissionEnabled",
    "toolkit.telemetry.enabled",
    "browser.safebrowsing.malware.enabled",
    "browser.safebrowsing.phishing.enabled",
    "browser.safebrowsing.downloads.enabled",
    "browser.safebrowsing.update.enabled",
    "extensions.update.enabled",
    "extensions.getAddons.cache.enabled",
    "extensions.systemAddon.update.enabled",
    "browser.newtabpage.activity-stream.feeds.system.topstories",
    "network.prefetch-next",
    "dom.push.connection.enabled",
    "geo.enabled",
    "media.gmp-manager.updateEnabled",
    "browser.region.update.enabled",
    "app.normandy.enabled",
    "browser.shell.checkDefaultBrowser",
    "browser.aboutwelcome.enabled",
]
PREFERENCES: dict[str, bool | int | str] = {
    **dict.fromkeys(QUIET, False),
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.navigator.permission.device": False,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.devices.insecure.enabled": True,
    "media.getusermedia.insecure.enabled": True,
    "app.update.disabledForTesting": True,
    "network.dns.disablePrefetch": True,
    "toolkit.telemetry.server": "data:,",
    "media.gmp-manager.url": "data:,",
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "browser.region.network.url": "",
    "network.http.speculative-parallel-limit": 0,
    "network.trr.mode": 5,
    "network.proxy.type": 0,
    "browser.startup.page": 0,
    "remote.prefs.recommended": True,
}

# The fixtures of tests/conftest.py skip where a browser is absent, and fail where all is required.
needs_chromium = pytest.mark.usefixtures("chromium_path")
needs_firefox = pytest.mark.usefixtures("firefox_path")


def let_browsers_start(guard: BlockBuster) -> None:
    """Playwright looks for its driver on the loop: call this from the test's fixture."""
    for name in ("os.stat", "io.TextIOWrapper.read"):
        if name in guard.functions:
            guard.functions[name].can_block_in(
                "playwright/_impl/_driver.py", "compute_driver_executable"
            )


class BrowserPage(Protocol):
    """What a test may ask of a page, whatever the browser."""

    async def goto(self, url: str) -> None: ...
    async def evaluate(self, expression: str) -> Any: ...
    async def screenshot(self) -> bytes: ...


class ChromiumPage:
    """A page of Chromium; `page` is Playwright's."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    async def goto(self, url: str) -> None:
        await self.page.goto(url)

    async def evaluate(self, expression: str) -> Any:
        return await self.page.evaluate(expression)

    async def screenshot(self) -> bytes:
        return await self.page.screenshot()


class Chromium:
    """One Chromium with cookies and storage of its own; `context` is Playwright's."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context

    async def new_page(self, url: str | None = None) -> ChromiumPage:
        page = ChromiumPage(await self.context.new_page())
        if url is not None:
            await page.goto(url)
        return page


@contextlib.asynccontextmanager
async def chromium(*extra: str, **context: Any) -> AsyncIterator[Chromium]:
    """A headless Chromium. `extra` are command-line flags, `context` goes to Playwright."""
    async with contextlib.AsyncExitStack() as stack:
        profile = await stack.enter_async_context(_folder())
        playwright = await stack.enter_async_context(async_playwright())
        opened = await playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            headless=True,
            args=[*CHROMIUM_ARGS, *extra],
            **{"locale": "fr-FR", **context},
        )
        stack.push_async_callback(opened.close)
        yield Chromium(opened)


@contextlib.asynccontextmanager
async def shared_chromium(*extra: str) -> AsyncIterator[Browser]:
    """One process for many tests; each has cookies and storage of its own from `fresh`."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=[*CHROMIUM_ARGS, *extra]
        )
        yield browser
        await browser.close()


@contextlib.asynccontextmanager
async def fresh(browser: Browser, **context: Any) -> AsyncIterator[Chromium]:
    """A visitor nobody knows, in a browser that others use too."""
    opened = await browser.new_context(**{"locale": "fr-FR", **context})
    try:
        yield Chromium(opened)
    finally:
        await opened.close()


@contextlib.asynccontextmanager
async def _folder() -> AsyncIterator[str]:
    name = await asyncio.to_thread(tempfile.mkdtemp, prefix="margeride-browser-")
    try:
        yield name
    finally:
        await asyncio.to_thread(shutil.rmtree, name, ignore_errors=True)


class BiDiError(RuntimeError):
    """Firefox refused a command, or the page threw."""


class BiDi:
    """The WebDriver BiDi conversation: numbered commands over one WebSocket."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self._ws = ws
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reader = asyncio.create_task(self._read(), name="bidi reader")

    async def _read(self) -> None:
        async for message in self._ws:
            answer = json.loads(message.data)
            future = self._waiting.pop(answer.get("id"), None)
            if future is not None and not future.done():
                future.set_result(answer)

    async def command(self, method: str, **params: Any) -> Any:
        """Send a command and wait for its result."""
        number = next(self._ids)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._ws.send_json({"id": number, "method": method, "params": params})
        answer = await asyncio.wait_for(future, 60)
        if answer["type"] == "error":
            raise BiDiError(f"{method}: {answer['error']} {answer['message']}")
        return answer["result"]

    async def close(self) -> None:
        """Quit the browser."""
        with contextlib.suppress(BiDiError, TimeoutError, ConnectionError):
            await self.command("browser.close")
        self._reader.cancel()


class FirefoxPage:
    """A tab of Firefox."""

    def __init__(self, bidi: BiDi, context: str) -> None:
        self.bidi = bidi
        self.context = context

    async def goto(self, url: str) -> None:
        await self.bidi.command(
            "browsingContext.navigate", context=self.context, url=url, wait="complete"
        )

    async def evaluate(self, expression: str) -> Any:
        result = await self.bidi.command(
            "script.evaluate",
            target={"context": self.context},
            awaitPromise=True,
            userActivation=True,
            expression=f"Promise.resolve({expression}).then(v => JSON.stringify(v ?? null))",
        )
        if result["type"] == "exception":
            raise BiDiError(result["exceptionDetails"]["text"])
        return json.loads(result["result"]["value"])

    async def screenshot(self) -> bytes:
        shot = await self.bidi.command("browsingContext.captureScreenshot", context=self.context)
        return base64.b64decode(shot["data"])


class Firefox:
    """One Firefox with a profile of its own."""

    def __init__(self, bidi: BiDi) -> None:
        self.bidi = bidi

    async def new_page(self, url: str | None = None) -> FirefoxPage:
        made = await self.bidi.command("browsingContext.create", type="tab")
        page = FirefoxPage(self.bidi, made["context"])
        if url is not None:
            await page.goto(url)
        return page


@contextlib.asynccontextmanager
async def firefox(**preferences: bool | int | str) -> AsyncIterator[Firefox]:
    """A headless Firefox ESR. `preferences` override ours, with `__` for a dot."""
    wanted = {**PREFERENCES, **{k.replace("__", "."): v for k, v in preferences.items()}}
    async with contextlib.AsyncExitStack() as stack:
        profile = await stack.enter_async_context(_folder())
        text = "".join(f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in wanted.items())
        await asyncio.to_thread(Path(profile, "user.js").write_text, text)
        url = await stack.enter_async_context(_running(profile))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        ws = await stack.enter_async_context(session.ws_connect(f"{url}/session", max_msg_size=0))
        bidi = BiDi(ws)
        stack.push_async_callback(bidi.close)
        await bidi.command("session.new", capabilities={})
        yield Firefox(bidi)


@contextlib.asynccontextmanager
async def _running(profile: str) -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        FIREFOX,
        "--headless",
        "--no-remote",
        "--new-instance",
        "--profile",
        profile,
        "--remote-debugging-port",
        "0",
        "about:blank",
        env={**os.environ, "HOME": profile, "MOZ_HEADLESS": "1", "MOZ_CRASHREPORTER_DISABLE": "1"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stderr is not None
    drain: asyncio.Task[None] | None = None
    try:
        url = await asyncio.wait_for(_address(process.stderr), 60)
        drain = asyncio.create_task(_drain(process.stderr), name="firefox stderr")
        yield url
    finally:
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        if drain is not None:
            await drain


async def _address(stderr: asyncio.StreamReader) -> str:
    async for line in stderr:
        _, found, url = line.decode(errors="replace").partition("WebDriver BiDi listening on ")
        if found:
            return url.strip()
    raise RuntimeError("Firefox ended before it listened")


async def _drain(stderr: asyncio.StreamReader) -> None:
    async for _ in stderr:
        pass
