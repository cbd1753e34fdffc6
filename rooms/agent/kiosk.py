"""Keeps the browser of the room's screen alive: policy written, started, asked, started again.

The pipe is the one of `--remote-debugging-pipe`: no port is opened, no page can reach it.
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from rooms.agent import policies
from rooms.agent.config import KioskConfig
from rooms.agent.report import Kiosk
from rooms.agent.watch import Deed, Watch

log = logging.getLogger(__name__)
LOOK = 0.25
END_WITHIN = 2.0
LARGEST = 4 * 1024 * 1024
CRASHED = "Inspector.targetCrashed"
GONE = ("Target.targetCrashed", "Target.detachedFromTarget", CRASHED)
ASK = "document.readyState + ' ' + location.origin"


class Browser:
    """One Chromium, from its start to its end, and the words exchanged with it."""

    def __init__(self, process: asyncio.subprocess.Process, out: int, into: int) -> None:
        self.process = process
        self._out = out
        self._into = into
        self._numbers = count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._session: str | None = None
        self.crashed = False
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
        """Whether the browser ended or its page crashed."""
        return self.crashed or self.process.returncode is not None

    async def alive(self) -> bool:
        """Ask the page a word; True when it answered it."""
        if self._session is None:
            await self._attach()
        answer = await self._call("Runtime.evaluate", {"expression": ASK}, self._session)
        return "result" in answer

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
            self.crashed = True
        finally:
            transport.close()

    def _heard(self, message: dict[str, Any]) -> None:
        if message.get("method") in GONE:
            self.crashed = True
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


class Keeper:
    """Keeps one browser on one page until it is cancelled; `told` hears how it is."""

    def __init__(
        self,
        config: KioskConfig,
        url: str,
        told: Callable[[Kiosk], None],
        watch: Watch | None = None,
    ) -> None:
        self._config = config
        self._url = url
        self._told = told
        self._watch = watch or Watch()
        self._browser: Browser | None = None
        self._asking: asyncio.Task[bool] | None = None
        self._said: Kiosk = "off"

    @property
    def process(self) -> int | None:
        """The browser now running."""
        return None if self._browser is None else self._browser.process.pid

    async def restart(self) -> None:
        """Begin it again, because somebody asked."""
        self._watch.starts = 0
        self._watch.died(self._now())

    async def run(self) -> None:
        """Look four times a second."""
        await asyncio.to_thread(write_policy, self._config.policies, self._url)
        try:
            while True:
                await self._look()
                await asyncio.sleep(LOOK)
        finally:
            await self._end()
            self._tell("off")

    async def _look(self) -> None:
        now = self._now()
        if self._browser is not None and self._browser.dead:
            log.warning("the browser of the screen ended or its page crashed")
            await self._end()
            self._watch.died(now)
        if self._asking is not None and self._asking.done():
            asked, self._asking = self._asking, None
            if not asked.cancelled() and asked.exception() is None and asked.result():
                self._watch.answered(now)
            else:
                self._watch.unanswered()
        match self._watch.look(now):
            case Deed.START:
                await self._start()
            case Deed.ASK if self._asking is None and self._browser is not None:
                self._watch.asked(now)
                self._asking = asyncio.create_task(self._browser.alive(), name="kiosk: ask")
            case _:
                pass
        self._tell(self._watch.kiosk)

    async def _start(self) -> None:
        await self._end()
        config = self._config
        await asyncio.to_thread(config.profile.mkdir, 0o700, True, True)
        line = policies.command_line(config.browser, self._url, str(config.profile), config.flags)
        self._watch.started(self._now())
        try:
            self._browser = await Browser.start(line)
        except OSError as error:
            log.error("the browser of the screen does not start: %s", error.strerror)
            self._watch.died(self._now())

    async def _end(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
            self._asking = None
        browser, self._browser = self._browser, None
        if browser is not None:
            await browser.end()

    def _tell(self, kiosk: Kiosk) -> None:
        if kiosk != self._said:
            self._said = kiosk
            self._told(kiosk)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def write_policy(folder: Path, url: str) -> None:
    """Put the policy where Chromium looks for it; the one of another program stays beside it."""
    text = json.dumps(policies.policy(url), indent=2, sort_keys=True) + "\n"
    path = folder / policies.FILE
    try:
        if path.read_text(encoding="utf-8") == text:
            return
    except OSError:
        pass
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
    except OSError as error:
        log.error("the policy of the browser could not be written: %s", error.strerror)
