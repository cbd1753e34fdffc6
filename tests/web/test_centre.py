"""The animateur's page of his centre: closures, exceptional openings, the rules of its rooms."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, expect

from orchestrator import keys
from orchestrator.store import policies
from rooms.ids import RoomId
from tests.fakes.browsers import Chromium, needs_chromium
from tests.fakes.looking import faults, log_in, look, overflows, picture, small_targets
from tests.fakes.pages import PagedService
from tests.fakes.service import RunningService, running_service
from tests.fakes.story import ANNE, a_week
from tests.web.test_planning_changes import book, day

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90), needs_chromium]
ROOM = RoomId("villefort-visio")
PARIS = ZoneInfo("Europe/Paris")


async def opened(service: RunningService, browser: Chromium) -> Page:
    page = (await browser.new_page()).page
    await log_in(page, service, "/centres/villefort")
    await expect(page.get_by_role("heading", name="Salle visio de Villefort")).to_be_visible()
    return page


async def changed(service: RunningService) -> dict[str, Any]:
    found = await service.app[keys.DATABASE].read(lambda conn: policies.changes(conn, ROOM))
    return found[1]


async def test_a_rule_is_changed_and_given_back_to_the_configuration(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        page = await opened(service, browser)
        await page.get_by_label("Combien de jours à l'avance").fill("30")
        await page.get_by_label("Une série dont des dates").select_option("skip_conflicts")
        who = page.get_by_role("group", name="Qui peut réserver")
        await who.get_by_label("Réservants du centre").uncheck()
        await page.get_by_label("Fermée les jours fériés").press("Space")
        assert await faults(page) == []
        await page.get_by_role("button", name="Enregistrer").press("Enter")
        await expect(page.locator("#announce")).to_have_text("Règles enregistrées.")
        assert await changed(service) == {
            "horizon_days": 30,
            "series": "skip_conflicts",
            "bookable_by": ["admin", "animateur", "trainer"],
            "closed_on_holidays": True,
        }
        await page.reload()
        await expect(page.get_by_text("Configuration : 180 jours.")).to_be_visible()
        await expect(page.get_by_text("Configuration : Animateurs du centre, ")).to_be_visible()
        for name in ("Combien de jours à l'avance", "Une série", "Qui peut réserver"):
            back = page.get_by_role("button", name=f"Revenir à la configuration ({name}")
            await back.press("Enter")
        await expect(page.get_by_label("Combien de jours à l'avance")).to_have_value("180")
        await page.get_by_role("button", name="Enregistrer").press("Enter")
        await expect(page.locator("#announce")).to_have_text("Règles enregistrées.")
        assert await changed(service) == {"closed_on_holidays": True}


async def test_a_number_out_of_bounds_is_told_beside_its_field(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        page = await opened(service, browser)
        await page.get_by_label("Combien de jours à l'avance").fill("500")
        await page.get_by_role("button", name="Enregistrer").click()
        await expect(page.get_by_text("Un nombre entier de 1 à 400.")).to_be_visible()
        await expect(page.get_by_label("Combien de jours à l'avance")).to_be_focused()
        assert await faults(page) == []
        await page.get_by_role("button", name="Abandonner").click()
        await page.get_by_label("Durée minimale").fill("60")
        await page.get_by_label("Durée maximale").fill("30")
        await page.get_by_role("button", name="Enregistrer").click()
        await expect(page.get_by_text("La durée maximale est plus courte")).to_be_visible()
        assert await changed(service) == {}


async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        page = await opened(service, browser)
        network, now = service.app[keys.SETTINGS].network, datetime.now(UTC)
        await service.app[keys.DATABASE].write(
            lambda conn: policies.save(conn, now, network, ROOM, {"longest_minutes": 90}, "marc")
        )
        await page.get_by_label("Combien de jours à l'avance").fill("30")
        await page.get_by_role("button", name="Enregistrer").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await expect(page.get_by_label("Durée maximale")).to_have_value("90")
        assert await faults(page) == []
        assert await changed(service) == {"longest_minutes": 90}


async def test_a_closure_tells_what_it_falls_upon_and_leads_there(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        await book(service, "Conseil")
        page = await opened(service, browser)
        await expect(page.get_by_text("Aucune fermeture prévue")).to_be_visible()
        await page.get_by_role("button", name="Fermer ces jours-là").click()
        await expect(page.get_by_text("Choisissez un jour.")).to_be_visible()
        await page.get_by_label("Premier jour").fill(day(1))
        await expect(page.get_by_text("Une réservation tombe ces jours-là :")).to_be_visible()
        await page.get_by_label("Dernier jour").fill(day(2))
        await page.get_by_label("Motif").fill("Neige")
        assert await faults(page) == []
        await page.get_by_role("button", name="Fermer ces jours-là").press("Enter")
        await expect(page.get_by_text("Cette réservation reste en place")).to_be_visible()
        assert await faults(page) == []
        await page.get_by_role("link", name="Conseil").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_role("heading", name="Conseil")).to_be_visible()
        assert "booking=" not in page.url
        await page.goto(f"{service.url}/centres/villefort")
        row = page.get_by_role("listitem").filter(has_text="Neige")
        await row.get_by_role("button", name="Retirer").press("Enter")
        await expect(page.get_by_text("Aucune fermeture prévue")).to_be_visible()


async def test_a_centre_is_opened_on_a_day_it_is_usually_closed(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        page = await opened(service, browser)
        await page.get_by_label("L'ouvrir exceptionnellement").check()
        await page.get_by_label("Premier jour").fill(day(5))
        await page.get_by_label("Ouvre à").fill("20:00")
        await page.get_by_label("Ferme à").fill("19:00")
        await page.get_by_role("button", name="Ouvrir ces jours-là").click()
        await expect(page.get_by_text("La fin doit venir après le début.")).to_be_visible()
        assert await faults(page) == []
        await page.get_by_label("Ferme à").fill("22:30")
        await page.get_by_role("button", name="Ouvrir ces jours-là").click()
        await expect(page.get_by_text("Ouvert exceptionnellement, 20:00")).to_be_visible()


async def test_only_its_animateur_gets_the_settings_of_a_centre(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        page = (await browser.new_page(f"{service.url}/centres/villefort")).page
        await expect(page.get_by_text("Connectez-vous pour voir cette page.")).to_be_visible()
        assert await faults(page) == []
        await log_in(page, service, "/centres")
        await page.get_by_role("link", name="Réglages et fermetures Villefort").click()
        await expect(page.get_by_role("button", name="Enregistrer")).to_be_visible()
        await page.goto(f"{service.url}/centres/meyrueis")
        await expect(page.get_by_text("Seul l'animateur de ce centre")).to_be_visible()
        assert await page.get_by_role("button", name="Enregistrer").count() == 0
        await page.goto(f"{service.url}/centres/nowhere")
        await expect(page.get_by_role("alert")).to_be_visible()
        assert await faults(page) == []


@pytest.mark.parametrize("width", [1280, 640, 320])
async def test_the_page_of_a_centre_reads_at_every_width(
    service: PagedService, browser: Chromium, width: int
) -> None:
    service.person, service.busy = ANNE, a_week()
    page = await look(browser, service, "/centres/villefort", width, 800)
    await expect(page.get_by_text("Marché de Noël")).to_be_visible()
    await expect(page.get_by_label("Durée minimale")).to_be_visible()
    assert await overflows(page) <= 0
    assert await small_targets(page) == []
    assert await faults(page) == []
    if width == 1280:
        await picture(page, "centre")
        await page.emulate_media(color_scheme="dark")
        assert await faults(page) == []
    await page.get_by_label("Premier jour").fill("2026-11-24")
    await expect(page.get_by_text("2 réservations tombent")).to_be_visible()
    assert await overflows(page) <= 0
    assert await faults(page) == []
