"""Keeps the browser of the room's screen alive: policy written, started, asked, mended."""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from rooms.agent import policies
from rooms.agent.browser import Browser
from rooms.agent.config import KioskConfig
from rooms.agent.messages import FromService, Screen
from rooms.agent.report import Kiosk
from rooms.agent.watch import Deed, Watch
from rooms.drivers.port import DeviceUnreachable, TimedOut

log = logging.getLogger(__name__)
LOOK = 0.25
WHY = {
    Deed.RELOAD: "crashed or does not answer",
    Deed.REDIAL: "has lost its line and does not find it again",
}


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
        self._asking: asyncio.Task[str | None] | None = None
        self._said: Kiosk = "off"

    @property
    def process(self) -> int | None:
        """The browser now running."""
        return None if self._browser is None else self._browser.process.pid

    async def restart(self) -> None:
        """Begin it again, because somebody asked."""
        self._watch.starts = 0
        self._watch.died(self._now())

    def heard(self, message: FromService) -> None:
        """The service said something over the agent's own line."""
        self._watch.heard(self._now())
        if isinstance(message, Screen):
            self._watch.screen(message.presence == "online")

    def cut(self) -> None:
        """That line broke: nothing is known any more."""
        self._watch.screen(None)

    async def value(self, expression: str, within: float) -> object:
        """What the page answers to an expression; DeviceUnreachable when there is none, or when it
        is ended meanwhile, TimedOut when it says nothing."""
        if self._browser is None or self._watch.kiosk != "here":
            raise DeviceUnreachable("the screen")
        try:
            async with asyncio.timeout(within):
                return await self._browser.value(expression)
        except TimeoutError:
            raise TimedOut("the screen") from None
        except OSError as error:
            raise DeviceUnreachable(str(error.strerror)) from None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise DeviceUnreachable("the screen ended") from None  # and with it what was asked

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
            log.warning("the browser of the screen ended")
            await self._end()
            self._watch.died(now)
        elif self._browser is not None and self._browser.crashed:
            self._watch.crashed = True
        if self._asking is not None and self._asking.done():
            asked, self._asking = self._asking, None
            ended = asked.cancelled() or asked.exception() is not None
            word = None if ended else asked.result()
            if word is None:
                self._watch.unanswered()
            else:
                self._watch.answered(now, word)
        match self._watch.look(now):
            case Deed.START:
                await self._start()
            case (Deed.RELOAD | Deed.REDIAL) as deed if self._browser is not None:
                log.warning("the page of the screen %s: loaded again", WHY[deed])
                await self._forget()
                self._watch.reloaded(now)
                self._ask(self._browser.reload(self._url))
            case Deed.ASK if self._asking is None and self._browser is not None:
                self._watch.asked(now)
                self._ask(self._browser.alive())
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

    def _ask(self, answer: Coroutine[Any, Any, str | None]) -> None:
        self._asking = asyncio.create_task(answer, name="kiosk: ask")

    async def _forget(self) -> None:
        """Wait for no answer any more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
            self._asking = None

    async def _end(self) -> None:
        await self._forget()
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
