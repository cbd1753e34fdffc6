"""The menu leads everybody to the pages he may see, and to no others."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.fakes.browsers import Chromium, needs_chromium
from tests.fakes.looking import faults, overflows, small_targets
from tests.fakes.service import PASSWORD, RunningService, running_service

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90), needs_chromium]
EVERYBODY = ["Planning", "Réseau", "Mes agendas"]
ATTENDANTS = ["Planning", "Réseau", "Visio-accueil", "Mes agendas"]


async def log_in(page: Page, service: RunningService, login: str) -> None:
    await page.goto(f"{service.url}/login?next=/centres")
    await page.get_by_label("Identifiant").fill(login)
    await page.get_by_label("Mot de passe").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()


@pytest.mark.parametrize(
    ("login", "offered"),
    [("anne", ATTENDANTS), ("admin", ATTENDANTS), ("tom", EVERYBODY), ("bea", EVERYBODY)],
)
async def test_the_reception_desks_are_offered_to_who_attends_them(
    tmp_path: Path, browser: Chromium, login: str, offered: list[str]
) -> None:
    async with running_service(tmp_path) as service:
        page = (await browser.new_page()).page
        await log_in(page, service, login)
        entries = page.get_by_role("navigation").get_by_role("link")
        await expect(entries).to_have_text(offered)


async def test_an_animateur_goes_to_the_desks_by_the_menu_on_a_telephone(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        page = (await browser.new_page()).page
        await page.set_viewport_size({"width": 320, "height": 640})
        await log_in(page, service, "anne")
        assert await overflows(page) == 0
        assert await small_targets(page) == []
        entry = page.get_by_role("navigation").get_by_role("link", name="Visio-accueil")
        await entry.press("Enter")
        await expect(page.get_by_role("heading", name="Visio-accueil", level=1)).to_be_visible()
        await expect(entry).to_have_attribute("aria-current", "page")
        await expect(page.get_by_role("heading", name="Ma permanence")).to_be_visible()
        assert await faults(page) == []
