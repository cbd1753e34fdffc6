"""Whoever runs a session lays out the pictures of its rooms from his own page."""

import pytest
from playwright.async_api import Page, expect

from tests.fakes.browsers import Chromium
from tests.fakes.looking import faults, look, overflows, paint, picture, until
from tests.fakes.pages import PagedService
from tests.fakes.story import ANNE, CODE
from tests.web.test_in_session import enter

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
LINK = f"/join/{CODE}"
VILLEFORT, MEYRUEIS = "villefort-visio", "meyrueis-visio"
ST_CHELY = "st-chely-d-apcher-visio"


async def entered(service: PagedService, browser: Chromium, width: int = 1280) -> Page:
    """In the session, as its animateur."""
    service.person = ANNE
    page = await look(browser, service, LINK, width, 800)
    await enter(page)
    return page


async def test_a_layout_goes_to_all_rooms_and_each_tells_what_it_made_of_it(
    service: PagedService, browser: Chromium
) -> None:
    page = await entered(service, browser)
    await paint(page)
    await page.get_by_role("button", name="Salles").press("Enter")
    await expect(page.get_by_role("heading", name="Images dans les salles")).to_be_focused()
    assert await faults(page) == []
    service.fan_out.refused[MEYRUEIS] = ("unsupported", "Cette salle ne sait pas le faire.")
    service.fan_out.ends[VILLEFORT] = {"state": "running"}
    service.fan_out.ends[ST_CHELY] = {"state": "failed", "error": "agent_unreachable"}
    await page.get_by_role("button", name="Document en grand").press("Enter")
    told = page.get_by_role("list", name="Ce que les salles répondent").get_by_role("listitem")
    await expect(told.filter(has_text="Villefort")).to_contain_text("en cours…")
    assert await faults(page) == []
    service.fan_out.ends[VILLEFORT] = {"state": "done"}
    await expect(told.filter(has_text="Villefort")).to_contain_text("fait.")
    await expect(told.filter(has_text="Meyrueis")).to_contain_text("Cette salle ne sait pas")
    await expect(told.filter(has_text="L'écran n'est pas joignable")).to_contain_text("Saint-Chély")
    await expect(page.locator("#announce")).to_contain_text("Villefort : fait.")
    asked = service.asked[-1]
    assert asked[1] == f"sessions/{service.session['id']}/commands"
    assert asked[2]["layout"] == "content"
    assert sorted(asked[2]["rooms"]) == sorted([VILLEFORT, MEYRUEIS, ST_CHELY])
    assert await faults(page) == []
    await picture(page, "session-rooms")


async def test_a_layout_goes_to_one_room_and_the_panel_is_left_by_keyboard(
    service: PagedService, browser: Chromium
) -> None:
    page = await entered(service, browser, 320)
    button = page.get_by_role("button", name="Salles")
    await button.press("Enter")
    await page.get_by_label("Pour").select_option(VILLEFORT)
    service.fan_out.ends[VILLEFORT] = {"state": "done"}
    await page.get_by_role("button", name="Qui parle en grand").press("Space")
    told = page.get_by_role("list", name="Ce que les salles répondent")
    await expect(told).to_contain_text("fait.")
    assert service.asked[-1][2]["rooms"] == [VILLEFORT]
    assert await overflows(page) <= 0
    assert await faults(page) == []
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("heading", name="Images dans les salles")).to_have_count(0)
    await expect(button).to_be_focused()


async def test_who_does_not_run_the_session_is_offered_nothing(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, LINK)
    await enter(page)
    await expect(page.get_by_role("toolbar")).to_be_visible()
    await expect(page.get_by_role("button", name="Salles")).to_have_count(0)
    service.person, service.running = ANNE, False
    page = await look(browser, service, LINK)
    await enter(page)
    await expect(page.get_by_role("toolbar")).to_be_visible()
    await expect(page.get_by_role("button", name="Salles")).to_have_count(0)


async def test_a_session_without_rooms_says_so(service: PagedService, browser: Chromium) -> None:
    service.participants = []
    page = await entered(service, browser)
    await page.get_by_role("button", name="Salles").press("Enter")
    await expect(page.get_by_text("Aucune salle n'est en session.")).to_be_visible()
    assert await faults(page) == []


async def test_two_presses_in_a_row_are_told_once(service: PagedService, browser: Chromium) -> None:
    page = await entered(service, browser)
    await page.evaluate(
        """() => { window.heard = []; const place = document.getElementById("announce");
        new MutationObserver(() => { if (place.textContent) window.heard.push(place.textContent); })
          .observe(place, { childList: true, characterData: true, subtree: true }); }"""
    )
    await page.get_by_role("button", name="Salles").press("Enter")
    for room in (VILLEFORT, MEYRUEIS, ST_CHELY):
        service.fan_out.ends[room] = {"state": "running"}
    for layout in ("Document en grand", "Qui parle en grand"):
        await page.get_by_role("button", name=layout).press("Enter")
    told = page.get_by_role("list", name="Ce que les salles répondent").get_by_role("listitem")
    await expect(told.filter(has_text="Qui parle en grand")).to_have_count(3)
    for room in (VILLEFORT, MEYRUEIS, ST_CHELY):
        service.fan_out.ends[room] = {"state": "done"}
    await expect(told.filter(has_text="fait.")).to_have_count(3)
    await until(page, "window.heard.some((text) => text.includes('fait.'))")
    # What a second one would say has been said when the next press is answered.
    await page.get_by_role("button", name="Document en grand").press("Enter")
    await expect(told.filter(has_text="Document en grand")).to_have_count(3)
    await until(page, "window.heard.filter((each) => each.includes('fait.')).length > 1")
    heard = await page.evaluate("window.heard")
    assert len([text for text in heard if "fait." in text]) == 2, heard
