"""A ceremony planned and rehearsed from its pages, by keyboard, by somebody who never saw them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.fakes.browsers import Chromium, needs_chromium
from tests.fakes.looking import faults, log_in, overflows, picture, small_targets
from tests.fakes.service import Browser, RunningService, running_service

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120), needs_chromium]
DAY = (datetime.now(UTC) + timedelta(days=7)).date().isoformat()
BEFORE = (datetime.now(UTC) + timedelta(days=6)).date().isoformat()
HOST, REMOTE, VIEWER = "meyrueis-visio", "st-chely-d-apcher-visio", "villefort-visio"


async def ask(who: Browser, method: str, path: str, sent: Any = None) -> dict[str, Any]:
    async with who.request(method, f"/api/v1{path}", json=sent) as answer:
        assert answer.status < 300, await answer.text()
        return dict(await answer.json())


async def at(service: RunningService, browser: Chromium, path: str) -> Page:
    page = (await browser.new_page()).page
    await page.set_viewport_size({"width": 1280, "height": 900})
    await log_in(page, service, path)
    return page


async def fits(page: Page) -> None:
    """Nothing is cut off or too small on the narrowest of screens."""
    await page.set_viewport_size({"width": 320, "height": 900})
    assert await overflows(page) == 0
    assert await small_targets(page) == []
    await page.set_viewport_size({"width": 1280, "height": 900})


async def test_an_inauguration_is_planned_by_keyboard_and_a_clash_is_told_with_a_free_hour(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        admin = await service.log_in("admin")
        begins = f"{BEFORE}T10:30:00+00:00", f"{BEFORE}T11:30:00+00:00"
        held = {"title": "Conseil", "rooms": [REMOTE], "from": begins[0], "to": begins[1]}
        await ask(admin, "POST", "/bookings", held)
        page = await at(service, browser, "/sessions/new")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Préparer une inauguration")
        book = page.get_by_role("button", name="Tout réserver")
        await book.press("Enter")
        await expect(page.get_by_role("alert")).to_have_text("Donnez un titre.")
        await page.get_by_label("Titre").fill("Inauguration de Meyrueis")
        await page.get_by_label("Jour", exact=True).fill(DAY)
        await page.get_by_label("Début").fill("11:00")
        await page.get_by_label("Fin").fill("13:00")
        await expect(page.get_by_label("Jour de la répétition")).to_have_value(BEFORE)
        await page.get_by_label("Salle visio de Meyrueis").select_option(label="Lieu d'accueil")
        chely = page.get_by_label("Salle visio de Saint-Chély-d'Apcher")
        await chely.select_option(label="Salue et est vu")
        await page.get_by_label("Salle visio de Villefort").select_option(label="Regarde")
        await page.get_by_role("button", name="Ajouter une personne").press("Enter")
        await page.get_by_label("Nom").fill("Mme la Présidente")
        assert await faults(page) == []
        await fits(page)
        await book.press("Enter")
        refused = page.get_by_role("alert")
        await expect(refused).to_contain_text("La répétition")
        await expect(refused).to_contain_text("Saint-Chély-d'Apcher")
        assert await faults(page) == []
        await picture(page, "ceremony-refused")
        await refused.get_by_role("button", name="Prendre plutôt").press("Enter")
        await page.get_by_role("button", name="Vérifier sans réserver").press("Enter")
        await expect(page.get_by_role("status").first).to_contain_text("Tout est libre.")
        assert await faults(page) == []
        await picture(page, "ceremony-new")
        await fits(page)
        await book.press("Enter")
        heading = page.get_by_role("heading", level=1)
        await expect(heading).to_have_text("Inauguration de Meyrueis")
        await expect(page.get_by_text("La répétition garde son créneau")).to_be_visible()
        await expect(page.get_by_text("Mme la Présidente", exact=True)).to_be_visible()
        assert await faults(page) == []


async def test_a_rehearsal_is_begun_ended_and_its_report_read_and_held_against_the_day(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        admin = await service.log_in("admin")
        begins = f"{DAY}T10:00:00+00:00", f"{DAY}T11:00:00+00:00"
        span = {"from": begins[0], "to": begins[1]}
        wish = {"title": "Inauguration", "host": HOST, "viewers": [VIEWER], **span}
        session = (await ask(admin, "POST", "/ceremonies", wish))["ceremony"]["session"]
        page = await at(service, browser, f"/sessions/{session}/ceremony")
        await page.get_by_role("button", name="Répéter maintenant").press("Enter")
        await expect(page.get_by_text("La répétition est en cours")).to_be_visible()
        assert await faults(page) == []
        tests, line = f"/rooms/{HOST}/site-tests", {"down_kbps": 8000, "loss": 0.0, "rtt_ms": 45}
        await ask(admin, "POST", tests, {"line": {"up_kbps": 2400, **line}})
        cues = (await ask(admin, "GET", f"/sessions/{session}/rundown"))["cues"]
        cue = f"/sessions/{session}/rundown/cues/{cues[1]['id']}"
        await ask(admin, "POST", cue, {"act": "arm_anyway"})
        await ask(admin, "POST", cue, {"act": "go_anyway", "lead": 0})
        await page.get_by_role("button", name="Terminer la répétition").press("Enter")
        report = page.get_by_role("region", name="Répétition du")
        await expect(report).to_contain_text("2400 kbit/s montants")
        await expect(report.get_by_role("row").nth(1)).to_contain_text("Mot d'accueil à Meyrueis")
        await ask(admin, "POST", tests, {"line": {"up_kbps": 900, **line}})
        today = page.get_by_role("region", name="Aujourd'hui, à côté de la répétition")
        await expect(today).to_contain_text("900 kbit/s, au lieu de 2400 à la répétition")
        assert await faults(page) == []
        await picture(page, "ceremony")
        await fits(page)
        await page.emulate_media(media="print")
        await expect(page.get_by_role("button", name="Imprimer")).to_have_count(0)
        await expect(report).to_be_visible()


async def test_a_site_is_tested_by_one_press_and_told_in_plain_words(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        page = await at(service, browser, f"/rooms/{VIEWER}/test")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Test du site : Villefort")
        await page.get_by_role("button", name="Tester ce site").press("Enter")
        await expect(page.get_by_role("status").last).to_be_visible()
        result = page.get_by_role("region", name="Résultat de")
        await expect(result).to_be_visible(timeout=60_000)
        await expect(result).to_contain_text("Caméra : ")
        await expect(result).to_contain_text("Horloge : réglée")
        await expect(result).to_contain_text("Ligne : pas essayée.")  # no media in this service
        assert await faults(page) == []
        await picture(page, "site-test")
        await fits(page)


async def test_the_desk_says_what_is_not_ready_before_the_ceremony(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        admin = await service.log_in("admin")
        span = {"from": f"{DAY}T10:00:00+00:00", "to": f"{DAY}T11:00:00+00:00"}
        wish = {"title": "Inauguration", "host": VIEWER, **span}
        session = (await ask(admin, "POST", "/ceremonies", wish))["ceremony"]["session"]
        page = await at(service, browser, f"/sessions/{session}/stage")
        await page.get_by_text("Pas encore prêt : 5 points").press("Enter")
        remedy = page.get_by_text("Faites le test du site depuis l'écran")
        await expect(remedy).to_have_count(2)  # the camera, and the microphone
        assert await faults(page) == []
