"""The pages against the real service, without media: its answers are those the pages expect."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.fakes.browsers import Chromium
from tests.fakes.looking import faults, log_in
from tests.fakes.service import running_service

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]


async def book(page: Page, title: str) -> None:
    """Ask for Villefort tomorrow at ten."""
    await page.get_by_role("button", name="Jour suivant").click()
    await page.get_by_role("button", name="Réserver").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Titre").fill(title)
    await dialog.get_by_label("Villefort").check()
    await dialog.get_by_label("De", exact=True).fill("10:00")
    await dialog.get_by_label("À", exact=True).fill("11:00")
    await dialog.get_by_role("button", name="Réserver").click()


async def test_a_room_is_booked_refused_and_given_back(tmp_path: Path, browser: Chromium) -> None:
    async with running_service(tmp_path) as service:
        page = (await browser.new_page()).page
        await log_in(page, service, "/?view=day")
        await book(page, "Réunion des animateurs")
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_role("link", name="/join/")).to_be_visible()
        await dialog.get_by_role("button", name="Fermer").last.click()
        await expect(page.locator(".block", has_text="Réunion des animateurs")).to_be_visible()
        await page.get_by_role("button", name="Jour précédent").click()
        await book(page, "Trop tard")
        await expect(dialog.get_by_text("salle occupée")).to_be_visible()
        assert await faults(page) == []
        await dialog.get_by_role("button", name="Prendre ce créneau").click()
        await expect(dialog.get_by_role("heading", name="C'est réservé")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.locator(".block", has_text="Trop tard").click()
        await dialog.get_by_role("button", name="Annuler la réservation").click()
        await dialog.get_by_role("button", name="Oui, annuler").click()
        await expect(page.locator(".block", has_text="Trop tard")).to_have_count(0)


async def test_the_remote_cuts_the_microphone_of_a_paired_screen(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        anne = await service.log_in("anne")
        async with anne.post("/api/v1/pairings", {"room": "villefort-visio"}) as answer:
            code = (await answer.json())["code"]
        screen = (await browser.new_page(f"{service.url}/rooms/villefort-visio/screen")).page
        await screen.get_by_label("Code d'appairage").fill(code)
        await screen.keyboard.press("Enter")
        await expect(screen.get_by_text("En ligne")).to_be_visible()
        page = (await browser.new_page()).page
        await log_in(page, service, "/rooms/villefort-visio/remote")
        await page.get_by_role("button", name="Couper le micro").click()
        await expect(page.get_by_role("button", name="Ouvrir le micro")).to_be_visible()
        await expect(page.locator("#main").get_by_text("Micro : fait.")).to_be_visible()
        await page.get_by_label("Message à l'écran").fill("On commence")
        await page.keyboard.press("Enter")
        await expect(screen.get_by_role("alert")).to_have_text("On commence")
        await page.get_by_role("button", name="Se déconnecter").click()
        await expect(page.get_by_text("Connectez-vous pour commander cette salle.")).to_be_visible()
