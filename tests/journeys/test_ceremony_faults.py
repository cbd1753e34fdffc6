"""A ceremony with real browsers and real processes, and what its audience is shown when one breaks.

docs/failures.md has every fault at every kind of cue, by virtual clock; here the worker and the
service are really killed, a camera really ends, and a line really carries nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator.demo.client import Person
from orchestrator.demo.stage import Stage
from orchestrator.stage_watch import SETTLES
from tests.fakes.browsers import ChromiumPage, chromium
from tests.journeys.ears import AUDIBLE, Views, look
from tests.journeys.test_inauguration import house, join_by_link, pair_screen

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.timeout(300)]

AUDIENCE = (Path(__file__).parent / "audience.js").read_text(encoding="utf-8")
HOST, SUBSTITUTE = "meyrueis-visio", "villefort-visio"
LONGEST_STILL = 2.0
BACK_WITHIN = 30.0


class Ceremony:
    """Two rooms and a guest, directed by REST; `watcher` is the guest's page."""

    def __init__(self, stage: Stage, admin: Person, session: str) -> None:
        self.stage, self.admin, self.session = stage, admin, session
        self.screens: dict[str, ChromiumPage] = {}
        self.watcher: ChromiumPage
        self.heard: Views = {}

    async def does(self, act: str, **more: Any) -> Any:
        sent = {"act": act, **more}
        return (await self.admin.call("POST", f"sessions/{self.session}/stage", sent))["stage"]

    async def sees(self, what: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The desk, once it is so; it goes on saying that it is open."""
        deadline = time.monotonic() + 60
        while True:
            stage: dict[str, Any] = await self.does("here")
            if what(stage):
                return stage
            assert time.monotonic() < deadline, stage
            await asyncio.sleep(0.2)

    async def settles(self) -> None:
        """Silence counts again, some time after the service or its worker is back."""
        for _ in range(round(SETTLES / timedelta(seconds=0.5)) + 2):
            await self.does("here")
            await asyncio.sleep(0.5)

    async def shown(self) -> list[Any]:
        """What the audience was shown since this was asked last."""
        return list(await self.watcher.page.evaluate("audience.seen.splice(0)"))

    async def until_shown(self, what: str, among: list[Any], after: int = 0) -> int:
        """Add what is shown until, after so many looks, the one spot is as told; then how many."""
        deadline = time.monotonic() + BACK_WITHIN
        while True:
            among += await self.shown()
            await look({"watcher": self.watcher}, self.heard)
            for number, (_, _, spots) in enumerate(among[after:], after):
                if [how for _, how in spots] == [what]:
                    return number
            assert time.monotonic() < deadline, (what, among[-20:])
            await asyncio.sleep(0.2)


def state_of(stage: dict[str, Any], room: str) -> str:
    return str(next(one["state"] for one in stage["sources"] if one["id"] == room))


def stands(seen: list[Any]) -> float:
    """For how long at most a picture stood still and was shown all the same, in seconds."""
    longest, since = 0.0, None
    for at, _, spots in seen:
        if any(how == "stands" for _, how in spots):
            since = at if since is None else since
            longest = max(longest, (at - since) / 1000)
        else:
            since = None
    return longest


def gaps(seen: list[Any]) -> float:
    """For how long at most there was no program on the page at all."""
    longest, since = 0.0, None
    for at, there, _ in seen:
        if there:
            since = None
        else:
            since = at if since is None else since
            longest = max(longest, (at - since) / 1000)
    return longest


async def book(admin: Person) -> tuple[str, str]:
    """A ceremony that is about to begin: its session, and the link of its guests."""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=30)
    wish = {"title": "Inauguration", "kind": "ceremony", "rooms": [HOST, SUBSTITUTE]}
    span = {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
    made = (await admin.call("POST", "bookings", wish | span))["booking"]
    return str(made["session"]), str(made["join_url"])


@asynccontextmanager
async def on_air(tmp_path: Path) -> AsyncIterator[Ceremony]:
    """The host is on air, the substitute in the wings, and a guest looks on."""
    async with house(tmp_path) as stage, chromium() as browser:
        await browser.context.add_init_script(AUDIENCE)
        async with stage.person(stage.cast.admin) as admin:
            screens = {
                room: await pair_screen(browser, stage, admin, room) for room in (HOST, SUBSTITUTE)
            }
            session, link = await book(admin)
            made = Ceremony(stage, admin, session)
            made.screens = screens
            await admin.call("PUT", f"sessions/{session}/stage")
            await made.sees(lambda seen: {state_of(seen, room) for room in screens} == {"ready"})
            await made.does("prepare", layout="one", sources=[HOST])
            await made.does("take")
            page = await join_by_link(browser, link, "Camille")
            assert isinstance(page, ChromiumPage)
            made.watcher = page
            await made.until_shown("moves", [])
            yield made


async def lives_through(made: Ceremony, breaks: Awaitable[Any], *stations: str) -> list[Any]:
    """What was shown from the fault on, until each of these was shown, one after the other."""
    await made.shown()
    seen: list[Any] = []
    await breaks
    number = 0
    for station in stations:
        number = await made.until_shown(station, seen, number)
    assert stands(seen) < LONGEST_STILL, seen
    assert gaps(seen) < LONGEST_STILL, seen
    return seen


def loudest(made: Ceremony, place: str) -> float:
    """How loud the audience has heard it."""
    rows = made.heard.get("watcher", {}).items()
    return max((one.loudest for name, one in rows if name.startswith(place)), default=0.0)


async def test_nobody_sees_black_for_two_seconds_when_worker_service_line_camera_or_page_break(
    tmp_path: Path, chromium_path: str
) -> None:
    async with on_air(tmp_path) as made:
        service, host = made.stage.service, made.screens[HOST].page

        async def service_again() -> None:
            await service.kill()
            await asyncio.sleep(1)
            await service.start()

        await lives_through(made, service.kill_worker(), "moves")
        await made.sees(lambda seen: state_of(seen, HOST) == "on_air")
        await lives_through(made, service_again(), "moves")
        await made.sees(lambda seen: state_of(seen, HOST) == "on_air")
        await made.settles()
        await lives_through(made, host.evaluate("audience.cut()"), "slate")
        await host.evaluate("audience.mend()")
        await made.sees(lambda seen: state_of(seen, HOST) == "ready")
        assert {how for _, _, spots in await made.shown() for _, how in spots} == {"slate"}
        await lives_through(made, made.does("restore", source=HOST), "moves")
        await lives_through(made, host.evaluate("audience.unplug()"), "name")
        assert loudest(made, "Meyrueis") > AUDIBLE
        await lives_through(made, host.close(), "slate")
        assert loudest(made, "Villefort") <= AUDIBLE  # from the wings, all the while
        comes = made.does("substitute", source=HOST, substitute=SUBSTITUTE)
        assert (await lives_through(made, comes, "moves"))[-1][2] == [["Villefort", "moves"]]
