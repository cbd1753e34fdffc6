"""The animateur pairs the devices of his centre from its page, and puts them out."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from orchestrator.settings import DEMO, Settings, load_settings
from rooms.ids import CentreId
from rooms.room import Desk, DeskId
from tests.fakes.browsers import Chromium, needs_chromium
from tests.fakes.looking import faults, log_in, overflows, picture, small_targets
from tests.fakes.service import RunningService, running_service

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90), needs_chromium]
ROOM, DESK = "villefort-visio", "villefort-accueil"


def with_a_desk() -> Settings:
    settings = load_settings(DEMO)
    desk = Desk(id=DeskId(DESK), centre=CentreId("villefort"), name="Accueil de Villefort")
    return replace(settings, network=replace(settings.network, desks=(desk,)))


async def opened(service: RunningService, browser: Chromium) -> Page:
    page = (await browser.new_page()).page
    await log_in(page, service, "/centres/villefort")
    await expect(page.get_by_role("heading", name="Appareils associés")).to_be_visible()
    return page


async def code_on(page: Page) -> str:
    """As it is typed: the digits alone."""
    shown = await page.locator("code.code").inner_text()
    return re.sub(r"\D", "", shown)


async def test_a_screen_is_paired_by_the_code_of_the_page_and_put_out_again(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path, settings=with_a_desk) as service:
        page = await opened(service, browser)
        room = page.get_by_role("group", name="Salle visio de Villefort", exact=True)
        await expect(room.get_by_text("Rien n'est associé.")).to_be_visible()
        await room.get_by_role("button", name="Faire un code").press("Enter")
        await expect(room.get_by_text(f"/rooms/{ROOM}/screen")).to_be_visible()
        assert await faults(page) == []
        await room.scroll_into_view_if_needed()
        await picture(page, "centre-devices")
        sent = {"room": ROOM, "code": await code_on(page)}
        async with service.browser().post("/api/v1/pairings/claim", sent) as answer:
            assert answer.status == 201
        await expect(room.get_by_role("button", name="Retirer Écran de la salle")).to_be_visible()
        await expect(page.locator("#announce")).to_have_text("Écran de la salle : associé.")
        await expect(room.locator("code")).to_have_count(0)  # it is good for nothing any more
        await page.set_viewport_size({"width": 320, "height": 900})
        assert await overflows(page) == 0
        assert await small_targets(page) == []
        await room.get_by_role("button", name="Retirer Écran de la salle").click()
        await expect(room.get_by_text("Il faudra un nouveau code")).to_be_visible()
        assert await faults(page) == []
        await room.get_by_role("button", name="Non, garder").click()
        await room.get_by_role("button", name="Retirer Écran de la salle").click()
        await room.get_by_role("button", name="Oui, retirer").click()
        await expect(room.get_by_text("Rien n'est associé.")).to_be_visible()
        await expect(page.locator("#announce")).to_contain_text("Écran de la salle : retiré")


async def test_a_desk_is_paired_from_the_page_of_its_centre(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path, settings=with_a_desk) as service:
        page = await opened(service, browser)
        desk = page.get_by_role("group", name="Accueil de Villefort")
        await desk.get_by_role("button", name="Faire un code").click()
        await expect(desk.get_by_text(f"/desks/{DESK}")).to_be_visible()
        sent = {"code": await code_on(page)}
        path = f"/api/v1/desks/{DESK}/pairings/claim"
        async with service.browser().post(path, sent) as answer:
            assert answer.status == 201
        await expect(desk.get_by_role("button", name="Retirer Écran de l'accueil")).to_be_visible(
            timeout=20_000
        )
