"""The real service with one browser on a good line and one behind a bad one, both as guests."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from orchestrator.demo.stage import Stage, set_up
from tests.fakes.apart import Apart, ApartPage, apart
from tests.fakes.far import NEAR, FarSide, far_side
from tests.fakes.links import Line
from tests.fakes.lived import Lived

FAKES = Path(__file__).parent
FIRST = tuple(FAKES / name for name in ("probe.js", "camera.js", "lips.js"))
LOBBY_WITHIN = 60.0


@dataclass(slots=True)
class Scene:
    """The service and the join link; browsers are opened on either side."""

    stage: Stage
    code: str

    @property
    def relay(self) -> str:
        port = self.stage.service.port
        return f"{NEAR}:{port}=127.0.0.1:{port}"

    @property
    def far_origin(self) -> str:
        return f"http://{NEAR}:{self.stage.service.port}"

    def near(self, name: str = "chromium") -> AbstractAsyncContextManager[Apart]:
        """A browser on this side: its line is this machine."""
        return apart(name, first=FIRST)

    @asynccontextmanager
    async def far(self, name: str, line: Line, **options: object) -> AsyncIterator["Behind"]:
        """A browser behind a line."""
        async with AsyncExitStack() as stack:
            side = await stack.enter_async_context(
                far_side(line, relays=[self.relay], **options)  # type: ignore[arg-type]
            )
            browser = await stack.enter_async_context(
                apart(name, inside=side.inside, origin=self.far_origin, first=FIRST)
            )
            yield Behind(side, browser)

    async def lobby(self, browser: Apart, origin: str = "") -> ApartPage:
        """Open the join page and wait until one button is left to press."""
        origin = origin or self.stage.service.url
        page = await browser.new_page(f"{origin}/join/{self.code}")
        await until(page, "document.querySelector('#name') !== null", LOBBY_WITHIN)
        await until(page, "window.margerideDevices?.() ?? true", LOBBY_WITHIN)
        return page


@dataclass(slots=True)
class Behind:
    """A browser behind a line, and the line."""

    side: FarSide
    browser: Apart


@asynccontextmanager
async def scene(home: Path) -> AsyncIterator[Scene]:
    """Start the service and book a session that lasts."""
    async with set_up(home / "data", port=0, media_port=0, media_host=NEAR) as stage:
        answer = await stage.book("Lignes", lasts=timedelta(hours=3))
        yield Scene(stage, answer.link.rpartition("/")[2])


async def enter(page: ApartPage, name: str) -> None:
    """Give a name and press the button: there the clock starts."""
    await page.evaluate(
        f"""(() => {{
            const field = document.querySelector('#name');
            field.value = {name!r};
            field.dispatchEvent(new Event('input', {{bubbles: true}}));
        }})()"""
    )
    pressed = "document.querySelector('form.lobby button[type=submit]').click()"
    await page.evaluate(f"(() => {{ probe.begin(); {pressed}; return true; }})()")


async def until(page: ApartPage, condition: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not await page.evaluate(condition):
        if time.monotonic() > deadline:
            raise TimeoutError(f"never true: {condition}")
        await asyncio.sleep(0.1)


async def taken(page: ApartPage) -> Lived:
    return Lived(await page.evaluate("probe.take()"))
