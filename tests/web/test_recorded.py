"""That a session is recorded: said before one joins, while it runs, and on the screens of rooms."""

import pytest
from playwright.async_api import expect

from tests.fakes.browsers import Chromium
from tests.fakes.looking import faults, look, overflows, picture, until
from tests.fakes.pages import PagedService
from tests.fakes.story import CODE
from tests.web.test_kiosk import JOIN, order, paired

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
TERMS = {
    "keeper": "le Département de la Lozère",
    "purpose": "les archives de l'inauguration",
    "basis": "public_task",
    "days": 30,
}
MAY = {**TERMS, "on": False, "until": None}
ON = {**TERMS, "on": True, "until": "2026-12-24T09:20:00Z"}
SAID = (
    "Cette session est enregistrée par le Département de la Lozère pour : les archives de "
    "l'inauguration (base légale : une mission d'intérêt public). L'enregistrement est conservé "
    "jusqu'au 24 décembre 2026."
)


async def changed(service: PagedService, recording: object) -> None:
    service.session["recording"] = recording
    await service.tell(type="session.changed", session=service.session)


async def test_who_joins_knows_before_and_who_is_in_is_told(
    service: PagedService, browser: Chromium
) -> None:
    service.join["recording"] = MAY
    page = await look(browser, service, f"/join/{CODE}", width=320)
    await expect(page.get_by_text("peut être enregistrée par le Département")).to_be_visible()
    assert await faults(page) == []
    assert not await overflows(page)
    await page.get_by_label("Votre nom").fill("Camille")
    await page.get_by_role("button", name="Rejoindre").click()
    await until(page, "window.margeride?.model.in.value")
    await expect(page.locator(".recorded p")).to_have_count(0)
    await changed(service, ON)
    await expect(page.get_by_role("status").get_by_text(SAID)).to_be_visible()
    assert await faults(page) == []
    assert not await overflows(page)
    await page.set_viewport_size({"width": 1280, "height": 800})
    await picture(page, "recorded")
    await changed(service, MAY)
    await expect(page.get_by_text(SAID)).to_have_count(0)


async def test_who_comes_later_and_a_rooms_screen_are_told_too(
    service: PagedService, browser: Chromium
) -> None:
    service.join["recording"] = service.session["recording"] = ON
    page = await look(browser, service, f"/join/{CODE}")
    await expect(page.get_by_text(SAID)).to_be_visible()
    screen = await paired(browser, service)
    await order(screen, service, "call.join", 1, **JOIN)
    await expect(screen.get_by_text(SAID)).to_be_visible()
    assert await faults(screen) == []
