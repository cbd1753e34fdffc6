"""The network page and the login page."""

import pytest
from playwright.async_api import expect

from tests.fakes.browsers import Chromium
from tests.fakes.looking import faults, look, overflows, picture, small_targets
from tests.fakes.pages import PagedService
from tests.fakes.story import ANNE, a_week

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]


async def test_each_centre_shows_what_it_is_and_what_is_on_today(
    service: PagedService, browser: Chromium
) -> None:
    service.person, service.busy = ANNE, a_week()
    page = await look(browser, service, "/centres")
    meyrueis = page.get_by_role("listitem", name="Meyrueis")
    for words in ("Télécentre", "Maison des Services", "ADSL, 8 Mbit/s", "Ouvert", "Inauguration"):
        await expect(meyrueis.get_by_text(words).first).to_be_visible()
    await expect(meyrueis.get_by_text("Rendez-vous")).to_have_count(0)
    bleymard = page.get_by_role("listitem", name="Le Bleymard")
    await expect(bleymard.get_by_text("Comptoir")).to_be_visible()
    await expect(bleymard.get_by_text("Pas de salle de visio")).to_be_visible()
    assert await faults(page) == []
    assert await small_targets(page) == []
    await picture(page, "network")


async def test_the_network_reads_on_a_phone_and_empty(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, "/centres?lang=en", 320, 568)
    await expect(page.get_by_text("Nothing booked today.").first).to_be_visible()
    await page.get_by_text("Hours of the week").first.click()
    assert await overflows(page) <= 0
    assert await faults(page) == []


async def test_a_wrong_password_is_said_and_a_right_one_leads_back(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, "/login?next=/centres", 320, 568)
    assert await overflows(page) <= 0
    await page.get_by_label("Identifiant").fill("anne")
    await page.get_by_label("Mot de passe").fill("faux")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("incorrect")
    assert await faults(page) == []
    await page.get_by_label("Mot de passe").fill("juste")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/centres?lang=fr")
    await expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()


@pytest.mark.parametrize(
    "wish",
    ["https://evil.example/", "//evil.example", "/.//evil.example/x", "javascript:alert(1)"],
)
async def test_login_leads_nowhere_else(
    service: PagedService, browser: Chromium, wish: str
) -> None:
    page = await look(browser, service, f"/login?next={wish}")
    await page.get_by_label("Identifiant").fill("anne")
    await page.get_by_label("Mot de passe").fill("juste")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Planning des salles")).to_be_visible()
    assert page.url.startswith(service.url)
