"""The hour of a booking, from its details: people come, stay longer, leave early."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import update

from orchestrator import keys
from orchestrator.store import tables
from tests.fakes.browsers import Chromium, needs_chromium
from tests.fakes.looking import faults, log_in, look, overflows, small_targets
from tests.fakes.pages import PagedService
from tests.fakes.service import RunningService, running_service
from tests.fakes.story import ANNE, a_week
from tests.orchestrator.api.test_booking_changes import at, busy
from tests.orchestrator.api.test_booking_changes import book as book_soon

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90), needs_chromium]
PARIS = ZoneInfo("Europe/Paris")
BOOKING = "bk-00000000000000000001"


def later(instant: str, minutes: float) -> str:
    """So many minutes after an instant, as the API writes it."""
    moment = datetime.fromisoformat(instant) + timedelta(minutes=minutes)
    return moment.isoformat().replace("+00:00", "Z")


def clock(instant: str) -> str:
    """An hour of Paris, as the page writes it."""
    return datetime.fromisoformat(instant).astimezone(PARIS).strftime("%H:%M")


async def details(page: Page, service: RunningService, booking: dict[str, Any]) -> None:
    """Open the details of a booking by its address, as a link of another page does."""
    day = datetime.fromisoformat(booking["from"]).astimezone(PARIS).date().isoformat()
    await page.goto(f"{service.url}/?view=day&date={day}&booking={booking['id']}")
    await expect(page.get_by_role("dialog")).to_be_visible()


async def test_people_check_in_and_stay_until_somebody_else_comes(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        anne = await service.log_in("anne")
        made = await book_soon(anne, 10)
        end = made["to"]
        next_one: dict[str, Any] = {"from": later(end, 30), "to": later(end, 90)}
        await book_soon(await service.log_in("tom"), **next_one)
        page = (await browser.new_page()).page
        await log_in(page, service, "/")
        await details(page, service, made)
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Confirmer l'arrivée").press("Enter")
        await expect(dialog.get_by_text("Arrivée confirmée à")).to_be_visible()
        await expect(dialog.get_by_text(f"libres jusqu'à {clock(later(end, 30))}")).to_be_visible()
        assert await faults(page) == []
        await dialog.get_by_role("button", name="15 min de plus").press("Enter")
        await expect(dialog.get_by_text(clock(later(end, 15))).first).to_be_visible()
        await dialog.get_by_role("button", name="Choisir l'heure").press("Enter")
        await dialog.get_by_label("Garder les salles jusqu'à").fill(clock(later(end, 60)))
        assert await faults(page) == []
        await page.keyboard.press("Enter")
        await expect(dialog.get_by_role("alert")).to_contain_text("occupée")
        assert await faults(page) == []
        await dialog.get_by_label("Garder les salles jusqu'à").fill(clock(later(end, 30)))
        await page.keyboard.press("Enter")
        await expect(dialog.get_by_text("ne sont pas libres après")).to_be_visible()
        ends = sorted(ends for _, _, ends in await busy(service))
        assert ends == [later(end, 30), later(end, 90)]


async def test_what_is_going_on_is_ended_now_and_the_room_free_at_once(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        anne = await service.log_in("anne")
        made = await book_soon(anne, 1)
        started = int(datetime.now(UTC).timestamp()) - 1800
        await service.app[keys.DATABASE].write(
            lambda conn: conn.execute(update(tables.occurrences).values(starts_at=started))
        )
        page = (await browser.new_page()).page
        await log_in(page, service, "/")
        await details(page, service, made)
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Terminer et libérer").press("Enter")
        assert await faults(page) == []
        await dialog.get_by_role("button", name="Oui, libérer").press("Enter")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        [(_, _, end)] = await busy(service)
        assert end <= at(2)


async def test_it_is_not_offered_before_its_time_nor_to_others(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        tom = await service.log_in("tom")
        far = await book_soon(tom, 120)
        page = (await browser.new_page()).page
        await log_in(page, service, "/")
        await details(page, service, far)
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_text("Organisée par Tom")).to_be_visible()
        await expect(dialog.get_by_role("button", name="Déplacer")).to_be_visible()
        await expect(dialog.get_by_text("Sur place")).to_have_count(0)
        soon = await book_soon(tom, 10)
        await page.get_by_role("button", name="Fermer").last.click()
        await page.get_by_role("button", name="Se déconnecter").click()
        await expect(page.get_by_role("link", name="Se connecter").first).to_be_visible()
        await page.goto(f"{service.url}/login")
        await page.get_by_label("Identifiant").fill("bea")
        await page.get_by_label("Mot de passe").fill("un long mot de passe")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()
        await details(page, service, soon)
        await expect(dialog.get_by_text("Organisée par Tom")).to_be_visible()
        assert await dialog.get_by_role("button").count() == 2  # close, copy the link


@pytest.mark.parametrize("width", [1280, 320])
async def test_the_details_of_the_hour_fit(
    service: PagedService, browser: Chromium, width: int
) -> None:
    service.person, service.busy = ANNE, a_week()
    page = await look(browser, service, f"/?date=2026-11-24&booking={BOOKING}", width, 568)
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("libres jusqu'à 12:30")).to_be_visible()
    await dialog.get_by_role("button", name="Choisir l'heure").click()
    await dialog.get_by_role("button", name="Terminer et libérer").click()
    assert await overflows(page) <= 0
    assert await small_targets(page) == []
    assert await faults(page) == []
