"""A real Thunderbird, headless, driven by Marionette: scripts run with its own rights.

    async with thunderbird(path, home) as bird:
        names = await bird.run("return cal.manager.getCalendars().map((one) => one.name);")

The wire: `length:json` over TCP, `[0, id, command, parameters]` there, `[1, id, error, result]`
back. No address but loopback is reached: everything else goes to a proxy that is not there.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

STARTS_WITHIN = 90.0
NOBODY = 9  # a port where no proxy listens
SCRIPT = """
let args = [...arguments];
const finish = args.pop();
(async () => { %s })().then(finish, (error) => finish({ failed: String(error), at: error?.stack }));
"""
PRELUDE = """
const { cal } = ChromeUtils.importESModule("resource:///modules/calendar/calUtils.sys.mjs");
const { CalEvent } = ChromeUtils.importESModule("resource:///modules/CalEvent.sys.mjs");
const { CalDavProvider } = ChromeUtils.importESModule("resource:///modules/CalDavProvider.sys.mjs");
const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
async function until(what) {
  for (let tries = 0; tries < 150; tries++) {
    const found = await what();
    if (found) {
      return found;
    }
    await sleep(200);
  }
  throw new Error("waited too long for " + what);
}
"""


class Bird:
    """The application behind its Marionette port."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer, self._last = reader, writer, 0

    async def _receive(self) -> Any:
        length = await self._reader.readuntil(b":")
        return json.loads(await self._reader.readexactly(int(length[:-1])))

    async def greet(self) -> str:
        """Open a session in the application's own context; its version."""
        await self._receive()
        opened = await self.command("WebDriver:NewSession", capabilities={})
        await self.command("Marionette:SetContext", value="chrome")
        await self.command("WebDriver:SetTimeouts", script=60_000)
        return str(opened["capabilities"]["browserVersion"])

    async def command(self, name: str, **parameters: Any) -> Any:
        self._last += 1
        sent = json.dumps([0, self._last, name, parameters]).encode()
        self._writer.write(f"{len(sent)}:".encode() + sent)
        _, _, problem, result = await self._receive()
        assert not problem, problem
        return result

    async def run(self, code: str, *args: Any) -> Any:
        """What the body of an async function returns; it finds its arguments in `args`."""
        answer = await self.command(
            "WebDriver:ExecuteAsyncScript", script=SCRIPT % (PRELUDE + code), args=list(args),
            sandbox="system",
        )  # fmt: skip
        value = answer["value"]
        assert not (isinstance(value, dict) and "failed" in value), value
        return value


def _settle(home: Path) -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    preferences: dict[str, Any] = {
        "marionette.port": port,
        "calendar.timezone.local": "Europe/Paris",
        "calendar.timezone.useSystemTimezone": False,
        "mail.provider.suppress_dialog_on_startup": True,
        "app.update.enabled": False,
        "datareporting.policy.dataSubmissionEnabled": False,
        "toolkit.telemetry.enabled": False,
        "network.connectivity-service.enabled": False,
        "network.proxy.type": 1,
        "network.proxy.http": "127.0.0.1",
        "network.proxy.http_port": NOBODY,
        "network.proxy.ssl": "127.0.0.1",
        "network.proxy.ssl_port": NOBODY,
        "network.proxy.no_proxies_on": "127.0.0.1",
        "network.proxy.allow_hijacking_localhost": False,
    }
    profile = home / "profile"
    profile.mkdir(parents=True)
    lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in preferences.items()]
    (profile / "user.js").write_text("\n".join(lines) + "\n")
    return port


@asynccontextmanager
async def thunderbird(program: str, home: Path) -> AsyncIterator[Bird]:
    """Thunderbird with a profile of its own below `home`, gone at the end."""
    port = await asyncio.to_thread(_settle, home)
    process = await asyncio.create_subprocess_exec(
        program, "--headless", "--marionette", "--remote-allow-system-access",
        "--profile", str(home / "profile"),
        env=os.environ | {"HOME": str(home)}, start_new_session=True,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(STARTS_WITHIN):
            reader, writer = await _connected(port)
            bird = Bird(reader, writer)
            await bird.greet()
        yield bird
    finally:
        if writer is not None:
            writer.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    while True:
        with contextlib.suppress(OSError):
            return await asyncio.open_connection("127.0.0.1", port, limit=16 * 1024 * 1024)
        await asyncio.sleep(0.3)
