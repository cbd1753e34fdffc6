"""The desk sees the wings and speaks to them: real pictures, and sound that the air never hears."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from signalling.engines.python import PythonEngine
from tests.fakes.browsers import Chromium
from tests.fakes.looking import faults, overflows, picture, small_targets, until
from tests.fakes.service import RunningService, running_service
from tests.web.test_stage import ask, at_the_desk, booked

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
HEARD = """async (from) => {
  const { call } = window.margeride.model;
  const rows = [...(await call.subscribe.pc.getStats()).values()];
  const mids = call.media().filter((each) => each.participant === from).map((each) => each.mid);
  return rows.filter((row) => row.kind === "audio" && mids.includes(row.mid))
    .reduce((sum, row) => sum + (row.packetsReceived ?? 0), 0);
}"""
SEEN = """[...document.querySelectorAll(".stage-thumb video")]
  .filter((one) => one.videoWidth > 0).length"""
DESK = "window.margeride.model.you.value"


@asynccontextmanager
async def with_media(data: Path) -> AsyncIterator[RunningService]:
    engine = PythonEngine("127.0.0.1")
    try:
        async with running_service(data, engine=engine) as service:
            yield service
    finally:
        engine.stop()


async def guest(service: RunningService, browser: Chromium, session: str, name: str) -> Page:
    """Somebody who comes by the link, with camera and microphone."""
    admin = await service.log_in("admin")
    link = (await ask(admin, "GET", f"/sessions/{session}"))["session"]["join_url"]
    page = (await browser.new_page()).page
    await page.goto(link)
    await until(page, "window.margerideDevices?.()", within=30)
    await page.get_by_label("Votre nom").fill(name)
    await page.get_by_role("button", name="Rejoindre").click()
    await until(page, "window.margeride?.model.in.value", within=30)
    return page


async def test_the_desk_sees_the_wings_and_speaks_to_one_of_them_alone(
    tmp_path: Path, browser: Chromium
) -> None:
    async with with_media(tmp_path) as service:
        session = await booked(service)
        anne = await service.log_in("anne")
        await ask(anne, "PUT", f"/sessions/{session}/stage")
        marie, paul = [await guest(service, browser, session, one) for one in ("Marie", "Paul")]
        page = await at_the_desk(service, browser, session)
        wings = page.get_by_role("region", name="En coulisses et à l'antenne")
        of_marie = wings.get_by_role("listitem", name="Marie")
        await of_marie.scroll_into_view_if_needed()
        await until(page, f"({SEEN}) === 2", within=40)
        await expect(of_marie).to_contain_text("Prêt", timeout=30_000)
        assert await faults(page) == []
        await of_marie.get_by_role("button", name="À suivre").press("Enter")
        await page.get_by_role("button", name="Passer à l'antenne").press("Enter")
        on_air = page.get_by_role("group", name="À l'antenne")
        await expect(on_air.locator("video")).to_have_count(1)
        await expect(marie.locator(".tally")).to_contain_text("À L'ANTENNE")
        await expect(paul.locator(".tally")).to_contain_text("En coulisses")
        await expect(paul.locator(".spot video")).to_have_count(1)
        talk = wings.get_by_role("listitem", name="Paul").get_by_role("button", name="Parler")
        await talk.focus()
        await page.keyboard.down("Space")
        await expect(paul.locator(".tally")).to_contain_text("La régie vous parle.")
        desk = await page.evaluate(DESK)
        await until(paul, f"({HEARD})('{desk}').then((many) => many > 25)", within=40)
        await expect(marie.get_by_text("La régie vous parle.")).to_have_count(0)
        assert await faults(page) == []
        await page.set_viewport_size({"width": 1366, "height": 1240})
        await page.evaluate("scrollTo(0, 0)")
        await picture(page, "stage-talk")
        await page.keyboard.up("Space")
        await expect(paul.get_by_text("La régie vous parle.")).to_have_count(0)
        assert await marie.evaluate(HEARD, desk) == 0
        await expect(marie.get_by_text("Anne")).to_have_count(0)
        await page.keyboard.press("F9")
        await expect(marie.locator(".spot")).to_have_count(0)
        await expect(marie.locator(".tally")).to_contain_text("À suivre : vous")
        assert await faults(page) == []
        await page.set_viewport_size({"width": 320, "height": 900})
        assert await overflows(page) == 0
        assert await small_targets(page) == []


async def test_the_desk_comes_in_when_the_doors_open_and_is_in_one_window_at_a_time(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        session = await booked(service, doors=False)
        await ask(await service.log_in("anne"), "PUT", f"/sessions/{session}/stage")
        page = await at_the_desk(service, browser, session)
        await expect(page.get_by_role("button", name="Secours")).to_be_visible()
        assert await page.evaluate("window.margeride === undefined")  # nobody may come in yet
        await ask(await service.log_in("admin"), "POST", f"/sessions/{session}/open")
        await until(page, "window.margeride?.model.in.value", within=30)
        other = await at_the_desk(service, browser, session)
        await until(other, "window.margeride?.model.in.value", within=30)
        await expect(page.get_by_text("dans une autre fenêtre")).to_be_visible(timeout=30_000)
        assert await faults(page) == []
        await expect(page.get_by_role("button", name="Reprendre ici")).to_be_visible()
