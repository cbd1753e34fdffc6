"""Two pages with the complete link see and hear each other; whoever has no key sees nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page

from rooms.ids import ParticipantId, SessionId
from signalling.engine import Kind
from signalling.engines.python import PythonEngine
from tests.fakes.browsers import Chromium
from tests.fakes.looking import until
from tests.fakes.media import Subscriber, closing
from tests.fakes.media import until as connected
from tests.fakes.service import RunningService, running_service

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
KEY = "A" * 43
DECODED = """async () => {
  const figures = await window.margeride.stats();
  const lives = (each) => each.framesDecoded > 20 && each.audioLevel > 0;
  return figures.length > 0 && figures.every(lives);
}"""


async def link(service: RunningService) -> tuple[str, str]:
    """A session with open doors, and the link to it."""
    tom, now = await service.log_in("tom"), datetime.now(UTC)
    sent = {
        "title": "Entretien",
        "kind": "meeting",
        "rooms": ["meyrueis-visio"],
        "from": (now + timedelta(minutes=10)).isoformat(),
        "to": (now + timedelta(minutes=70)).isoformat(),
    }
    async with tom.post("/api/v1/bookings", sent) as answer:
        assert answer.status == 201, await answer.text()
        made = (await answer.json())["booking"]
    async with tom.post(f"/api/v1/sessions/{made['session']}/open") as answer:
        assert answer.status in (200, 409)  # the clock may have been quicker
    return made["session"], made["join_url"]


async def enter(browser: Chromium, url: str, name: str) -> Page:
    page = (await browser.new_page()).page
    await page.goto(url)
    await until(page, "window.margerideDevices?.()", within=30)
    await page.get_by_label("Votre nom").fill(name)
    await page.get_by_role("button", name="Rejoindre").click()
    await until(page, "window.margeride?.model.in.value", within=30)
    return page


async def hears_and_sees(page: Page) -> None:
    async with asyncio.timeout(60):
        while True:
            if await page.evaluate(DECODED):
                return
            await asyncio.sleep(0.2)


async def seen_without_key(engine: PythonEngine, session: str, moment: float) -> dict[str, int]:
    """What somebody decodes of all that the worker forwards, at the worker's own side."""
    name, known = SessionId(session), ParticipantId("pa-worker")
    state = await engine.state()
    tracks = [track for one in state.sessions[name] for track in one.tracks]
    watcher = Subscriber(engine, name, known)
    async with closing(watcher):
        await watcher.want(*(track.id for track in tracks if track.kind is Kind.VIDEO))
        await connected(lambda: watcher.pc.connectionState == "connected", "connected", 30)
        await asyncio.sleep(moment)  # so long is listened: there is no event for "nothing came"
        decoded = dict(watcher.by_mid)
    await engine.remove(name, known)
    return decoded


async def test_what_the_worker_forwards_is_read_by_who_has_the_key_and_by_nobody_else(
    tmp_path: Path, browser: Chromium
) -> None:
    engine = PythonEngine("127.0.0.1", announce=["127.0.0.1"])
    try:
        async with running_service(tmp_path, engine=engine) as service:
            session, url = await link(service)
            anne = await enter(browser, f"{url}#cle={KEY}", "Anne")
            bruno = await enter(browser, f"{url}#cle={KEY}", "Bruno")
            await asyncio.gather(hears_and_sees(anne), hears_and_sees(bruno))
            assert await seen_without_key(engine, session, 4) == {}
            # Somebody leaves: the others make new keys, and go on.
            await bruno.get_by_role("button", name="Quitter").click()
            claire = await enter(browser, f"{url}#cle={KEY}", "Claire")
            await asyncio.gather(hears_and_sees(anne), hears_and_sees(claire))
            generation = await anne.evaluate("margeride.model.call.secrecy.generation")
            assert generation == 2
            # A page without the key is told, and plays nothing.
            daniel = await enter(browser, url, "Daniel")
            await until(daniel, "document.querySelectorAll('.tile-rest').length === 2", within=30)
            assert await daniel.evaluate("document.querySelectorAll('audio').length") == 0
    finally:
        engine.stop()


async def test_the_same_worker_forwards_what_is_not_encrypted_so_that_anybody_may_read_it(
    tmp_path: Path, browser: Chromium
) -> None:
    engine = PythonEngine("127.0.0.1", announce=["127.0.0.1"])
    try:
        async with running_service(tmp_path, engine=engine) as service:
            session, url = await link(service)
            anne = await enter(browser, url, "Anne")
            bruno = await enter(browser, url, "Bruno")
            await asyncio.gather(hears_and_sees(anne), hears_and_sees(bruno))
            decoded = await seen_without_key(engine, session, 4)
            assert len(decoded) == 2
            assert min(decoded.values()) > 0
    finally:
        engine.stop()
