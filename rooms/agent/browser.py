"""One Chromium and the words exchanged with it, over the pipe of `--remote-debugging-pipe`: no port
is opened, no page can reach it. How it is mended is `rooms.agent.watch`'s to say.
"""

import asyncio
import contextlib
import json
import os
import signal
from itertools import count
from typing import Any

END_WITHIN = 2.0
CRASHES_WITHIN = 1.0
LARGEST = 4 * 1024 * 1024
CRASHED = ("Inspector.targetCrashed", "Target.targetCrashed")
DETACHED = "Target.detachedFromTarget"
ASK = "String(globalThis.margerideScreen?.() ?? 'line')"
"""What the page wants (docs/agent.md). One that did not even load wants its line."""


class Browser:
    """One Chromium, from its start to its end."""

    def __init__(self, process: asyncio.subprocess.Process, out: int, into: int) -> None:
        self.process = process
        self._out = out
        self._into = into
        self._numbers = count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._session: str | None = None
        self._crashed = asyncio.Event()
        self._reloading = False
        self._mute = False
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, line: list[str]) -> "Browser":
        """Start it in a process group of its own; it reads what we say on 3 and speaks on 4."""
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        os.set_blocking(ours_out, False)
        ends = {"MARGERIDE_IN": str(theirs_in), "MARGERIDE_OUT": str(theirs_out)}
        with contextlib.ExitStack() as stack:
            stack.callback(os.close, theirs_in)
            stack.callback(os.close, theirs_out)
            shell = 'exec "$@" 3<&"$MARGERIDE_IN" 4>&"$MARGERIDE_OUT"'
            process = await asyncio.create_subprocess_exec(
                "/bin/bash", "-c", shell, "kiosk", *line,
                pass_fds=(theirs_in, theirs_out),
                env={**os.environ, **ends},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        browser = cls(process, ours_out, ours_in)
        browser._reading = asyncio.create_task(browser._read(), name="kiosk: pipe")
        return browser

    @property
    def dead(self) -> bool:
        """Whether the browser ended, lost its page, or speaks no more."""
        return self._mute or self.process.returncode is not None

    @property
    def crashed(self) -> bool:
        """Whether its page did, and is not being loaded again."""
        return self._crashed.is_set() and not self._reloading

    async def alive(self) -> str | None:
        """Ask the page what it wants; None when it did not answer."""
        answer = await self.evaluate(ASK)
        if "result" not in answer:
            return None
        word = answer["result"].get("result", {}).get("value")
        return word if isinstance(word, str) else ""

    async def evaluate(self, expression: str) -> dict[str, Any]:
        """What the page answers to an expression, or why it does not."""
        if self._session is None:
            await self._attach()
        return await self._call("Runtime.evaluate", {"expression": expression}, self._session)

    async def value(self, expression: str) -> object:
        """What the page answers at last, when the answer is a promise; None for what it throws."""
        if self._session is None:
            await self._attach()
        words = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        answer = await self._call("Runtime.evaluate", words, self._session)
        found = answer.get("result", {}).get("result", {})
        return found.get("value") if isinstance(found, dict) else None

    async def reload(self, url: str) -> str | None:
        """End the page's process, whatever it is at, and load the page in its place; what it then
        wants, None when it does not answer. The tab stays, and with it what the page keeps there
        of the session it is in."""
        self._reloading = True
        try:
            if self._session is None:
                await self._attach()
            if not self._crashed.is_set():
                await self._end_renderers()
            async with asyncio.timeout(CRASHES_WITHIN):
                await self._crashed.wait()
        finally:
            self._reloading = False
            self._crashed.clear()
        await self._call("Page.navigate", {"url": url}, self._session)
        return await self.alive()

    async def _end_renderers(self) -> None:
        """From outside: a process that hangs, or was stopped, obeys nothing else."""
        told = await self._call("SystemInfo.getProcessInfo")
        for one in told["result"]["processInfo"]:
            if one["type"] == "renderer":
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one["id"], signal.SIGKILL)

    async def _attach(self) -> None:
        targets = (await self._call("Target.getTargets"))["result"]["targetInfos"]
        page = next(one for one in targets if one["type"] == "page")
        wanted = {"targetId": page["targetId"], "flatten": True}
        answer = await self._call("Target.attachToTarget", wanted)
        self._session = answer["result"]["sessionId"]
        await self._call("Inspector.enable", {}, self._session)

    async def _call(
        self, method: str, params: dict[str, Any] | None = None, session: str | None = None
    ) -> dict[str, Any]:
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": params or {}}
        if session is not None:
            message["sessionId"] = session
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        try:
            os.write(self._out, json.dumps(message).encode() + b"\0")
            return await answer
        finally:
            self._answers.pop(number, None)

    async def _read(self) -> None:
        reader = asyncio.StreamReader(limit=LARGEST)
        protocol = asyncio.StreamReaderProtocol(reader)
        loop = asyncio.get_running_loop()
        pipe = os.fdopen(self._into, "rb", buffering=0)
        transport, _ = await loop.connect_read_pipe(lambda: protocol, pipe)
        try:
            while True:
                frame = await reader.readuntil(b"\0")
                self._heard(json.loads(frame[:-1]))
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            self._mute = True
        finally:
            transport.close()

    def _heard(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method in CRASHED:
            self._crashed.set()
        elif method == DETACHED:
            self._mute = True
        answer = self._answers.get(message.get("id", 0))
        if answer is not None and not answer.done():
            answer.set_result(message)

    async def end(self) -> None:
        """It and all its children, now."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_WITHIN):
                await self.process.wait()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        for answer in self._answers.values():
            answer.cancel()
        os.close(self._out)
