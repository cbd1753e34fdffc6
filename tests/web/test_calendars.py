"""The page of one's own calendars: how to connect, app passwords, colleagues."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.fakes.browsers import Chromium, needs_chromium
from tests.fakes.looking import faults, log_in, look, overflows, picture, small_targets
from tests.fakes.pages import PagedService
from tests.fakes.service import running_service
from tests.fakes.story import ANNE
from tests.orchestrator.api.test_own_access import opens, sees

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90), needs_chromium]


async def test_an_app_password_is_made_used_and_revoked_by_keyboard(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        page = (await browser.new_page()).page
        await log_in(page, service, "/calendars")
        await expect(page.get_by_text(f"{service.url}/dav/")).to_be_visible()
        await expect(page.get_by_text("Aucun appareil n'est connecté.")).to_be_visible()
        await page.get_by_role("button", name="Créer un mot de passe").press("Enter")
        await expect(page.get_by_text("Nommez l'appareil.")).to_be_visible()
        assert await faults(page) == []
        await page.get_by_label("Pour quel appareil ?").fill("Téléphone")
        await page.get_by_role("button", name="Créer un mot de passe").press("Enter")
        secret = page.locator(".secret")
        await expect(secret).to_be_visible()
        assert await faults(page) == []
        password = await secret.inner_text()
        assert await opens(service, "anne", password)
        await page.reload()
        await expect(page.get_by_text("utilisé le")).to_be_visible()
        assert password not in await page.content()
        await page.get_by_role("button", name="Retirer Téléphone").press("Enter")
        assert await faults(page) == []
        await page.get_by_role("button", name="Oui, retirer").press("Enter")
        await expect(page.get_by_text("Aucun appareil n'est connecté.")).to_be_visible()
        assert not await opens(service, "anne", password)


async def test_the_secret_goes_to_the_clipboard_and_a_name_is_given_once(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        await browser.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = (await browser.new_page()).page
        await log_in(page, service, "/calendars")
        await page.get_by_label("Pour quel appareil ?").fill("Téléphone")
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="Copier le mot de passe").click()
        await expect(page.locator("#announce")).to_have_text("Copié.")
        copied = await page.evaluate("navigator.clipboard.readText()")
        assert copied == await page.locator(".secret").inner_text()
        await page.get_by_label("Pour quel appareil ?").fill("Téléphone")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("s'appelle déjà")
        assert await faults(page) == []


async def test_calendars_are_lent_to_a_colleague_and_taken_back(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        secret = await service.app_password("bea")
        assert await opens(service, "anne", await service.app_password("anne"))
        page = (await browser.new_page()).page
        await log_in(page, service, "/calendars")
        await page.get_by_label("Collègue").fill("personne")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("personne")
        await page.get_by_label("Collègue").fill("béa")
        await page.get_by_role("button", name="Partager", exact=True).press("Enter")
        rights = page.get_by_label("Ce que Béa peut faire")
        await expect(rights).to_have_value("read")
        assert await faults(page) == []
        assert await sees(service, "bea", secret, "anne~calendar")
        await rights.select_option("write")
        await expect(page.locator("#announce")).to_have_text("Béa peut lire et écrire vos agendas.")
        await page.get_by_role("button", name="Ne plus partager Béa").press("Enter")
        await expect(page.get_by_text("Vos agendas ne sont partagés avec")).to_be_visible()
        assert not await sees(service, "bea", secret, "anne~calendar")


async def test_a_stranger_is_sent_to_log_in_first(service: PagedService, browser: Chromium) -> None:
    page = await look(browser, service, "/calendars", 320, 568)
    door = page.get_by_role("link", name="Se connecter").last
    assert await door.get_attribute("href") == "/login?next=%2Fcalendars"
    assert await faults(page) == []


@pytest.mark.parametrize("width", [1280, 640, 320])
async def test_the_page_of_calendars_reads_at_every_width(
    service: PagedService, browser: Chromium, width: int
) -> None:
    service.person = ANNE
    page = await look(browser, service, "/calendars", width, 800)
    await expect(page.get_by_text("Marc Pradeilles").first).to_be_visible()
    assert await overflows(page) <= 0
    assert await small_targets(page) == []
    assert await faults(page) == []
    if width == 1280:
        await picture(page, "calendars")
        await page.emulate_media(color_scheme="dark")
        assert await faults(page) == []
    await page.get_by_text("Logiciel par logiciel").click()
    await page.get_by_role("button", name="Retirer Téléphone").click()
    assert await overflows(page) <= 0
    assert await faults(page) == []
