"""The planning: read by anybody, booked by those who may."""

import pytest
from playwright.async_api import expect

from tests.fakes.browsers import Chromium
from tests.fakes.looking import faults, look, overflows, picture, small_targets, tab_walk
from tests.fakes.pages import PagedService
from tests.fakes.story import ANNE, CODE, MARKUP, a_week

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]


async def test_a_full_week_reads_without_a_fault(service: PagedService, browser: Chromium) -> None:
    service.person, service.busy = ANNE, a_week()
    page = await look(browser, service, "/")
    await expect(page.get_by_role("button", name="Inauguration").first).to_be_visible()
    assert await faults(page) == []
    assert await small_targets(page) == []
    await picture(page, "planning")
    await page.emulate_media(color_scheme="dark")
    assert await faults(page) == []
    await page.emulate_media(forced_colors="active", reduced_motion="reduce")
    # axe reads the colours of the style sheet, not those the system forces
    assert await faults(page, "color-contrast") == []


async def test_strangers_see_when_a_room_is_held_but_not_for_what(
    service: PagedService, browser: Chromium
) -> None:
    service.busy = a_week()
    page = await look(browser, service, "/")
    await expect(page.get_by_text("Occupée").nth(1)).to_be_visible()
    assert "Inauguration" not in await page.content()
    assert await page.get_by_role("button", name="Réserver").count() == 0
    assert await faults(page) == []


@pytest.mark.parametrize("width", [320, 768])
async def test_a_small_screen_shows_the_day_without_scrolling_sideways(
    service: PagedService, browser: Chromium, width: int
) -> None:
    service.person, service.busy = ANNE, a_week()
    page = await look(browser, service, "/", width, 600)
    await expect(page.get_by_role("heading", name="Villefort")).to_be_visible()
    assert await overflows(page) <= 0
    assert await faults(page) == []
    await page.get_by_role("button", name="Jour suivant").click()
    await expect(page.get_by_text("Mercredi 25 novembre")).to_be_visible()


async def test_the_day_view_draws_rooms_by_the_hour(
    service: PagedService, browser: Chromium
) -> None:
    service.person, service.busy = ANNE, a_week()
    page = await look(browser, service, "/?view=day&date=2026-11-24")
    await expect(page.locator(".block").first).to_be_visible()
    assert await page.locator(".strip-now").count() == 5
    assert await faults(page) == []
    await page.goto(service.url + "/?view=day&date=2026-11-26")
    await expect(page.get_by_text("Fermé : Neige")).to_be_visible()
    assert await faults(page) == []


async def test_a_refused_booking_says_why_and_takes_the_free_slot_in_one_press(
    service: PagedService, browser: Chromium
) -> None:
    service.person, service.busy, service.refusing = ANNE, a_week(), True
    page = await look(browser, service, "/")
    await page.get_by_role("button", name="Réserver").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Réserver").click()
    await expect(dialog.get_by_text("Donnez un titre.")).to_be_visible()
    assert await faults(page) == []
    await dialog.get_by_label("Titre").fill("Réunion")
    await dialog.get_by_label("Villefort").check()
    await dialog.get_by_label("Marvejols").check()
    await dialog.get_by_label("De", exact=True).fill("10:00")
    await dialog.get_by_label("À", exact=True).fill("11:00")
    await dialog.get_by_role("button", name="Réserver").click()
    await expect(dialog.get_by_text("salle occupée de 10 h à 11 h 30")).to_be_visible()
    assert await faults(page) == []
    await dialog.get_by_role("button", name="Prendre ce créneau").click()
    await expect(dialog.get_by_role("heading", name="C'est réservé")).to_be_visible()
    assert await faults(page) == []
    sent = [body for _, path, body in service.asked if path == "bookings"]
    assert [(body["from"], body["to"]) for body in sent] == [
        ("2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z"),
        ("2026-11-24T11:30:00Z", "2026-11-24T12:30:00Z"),
    ]
    assert sent[0]["rooms"] == ["villefort-visio", "marvejols-visio"]


async def test_the_booking_dialogue_fits_a_phone_and_closes_with_escape(
    service: PagedService, browser: Chromium
) -> None:
    service.person = ANNE
    page = await look(browser, service, "/", 320, 568)
    await page.get_by_role("button", name="Réserver").click()
    assert await overflows(page) <= 0
    assert await faults(page) == []
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_the_keyboard_reaches_everything_in_reading_order(
    service: PagedService, browser: Chromium
) -> None:
    service.person, service.busy = ANNE, a_week()
    page = await look(browser, service, "/")
    walk = await tab_walk(page, 14)
    assert walk[0] == "Aller au contenu"
    assert walk[2:4] == ["Planning", "Réseau"]
    order = ["Préparer une inauguration", "Réserver", "Semaine précédente", "Semaine suivante"]
    assert [one for one in walk if one in order] == order


async def test_a_booking_shows_its_link_and_is_given_back_only_after_asking(
    service: PagedService, browser: Chromium
) -> None:
    service.person, service.busy = ANNE, a_week()
    page = await look(browser, service, "/")
    await page.get_by_role("button", name="Inauguration").first.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("link", name="Rejoindre")).to_be_visible()
    await dialog.get_by_role("button", name="Annuler la réservation").click()
    assert await faults(page) == []
    await dialog.get_by_role("button", name="Oui, annuler").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert ("DELETE", "bookings/bk-00000000000000000001", {}) in service.asked


async def test_a_session_that_is_on_shows_its_state_and_its_door(
    service: PagedService, browser: Chromium
) -> None:
    service.person, service.busy = ANNE, a_week()
    page = await look(browser, service, "/")
    await expect(page.get_by_text("En direct")).to_have_count(4)
    door = page.get_by_role("link", name="Rejoindre Inauguration").first
    assert await door.get_attribute("href") == f"{service.url}/join/{CODE}"
    service.session["state"] = "paused"
    await service.happen("session.changed", session=service.session["id"])
    await expect(page.get_by_text("En pause")).to_have_count(4)
    assert await faults(page) == []


async def test_whoever_runs_a_session_opens_starts_and_ends_it_from_the_planning(
    service: PagedService, browser: Chromium
) -> None:
    service.person, service.busy = ANNE, a_week()
    service.session["state"] = "booked"
    page = await look(browser, service, "/", 320, 568)
    await page.get_by_role("button", name="Inauguration").first.click()
    hand = page.get_by_role("dialog").get_by_label("Conduite de la session")
    await hand.get_by_role("button", name="Ouvrir les portes").click()
    await expect(hand.get_by_text("Marvejols : l'écran de la salle n'est pas")).to_be_visible()
    await expect(hand.get_by_text("Demandez sur place")).to_be_visible()
    assert await faults(page) == []
    assert await overflows(page) <= 0
    await hand.get_by_role("button", name="Commencer").click()
    await hand.get_by_role("button", name="Mettre en pause").click()
    await hand.get_by_role("button", name="Reprendre").click()
    await hand.get_by_role("button", name="Terminer").click()
    assert await faults(page) == []
    await hand.get_by_role("button", name="Oui, terminer").click()
    await expect(hand.get_by_text("Terminée")).to_be_visible()
    moves = [path.split("/")[2] for _, path, _ in service.asked if path.startswith("sessions/")]
    assert moves == ["open", "start", "pause", "start", "end"]


async def test_whoever_does_not_run_a_session_gets_no_hand_on_it(
    service: PagedService, browser: Chromium
) -> None:
    service.person, service.busy, service.running = ANNE, a_week(), False
    page = await look(browser, service, "/")
    await page.get_by_role("button", name="Inauguration").first.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("link", name="Rejoindre")).to_be_visible()
    await expect(dialog.get_by_label("Conduite de la session")).to_have_count(0)


async def test_markup_in_a_title_stays_text(service: PagedService, browser: Chromium) -> None:
    service.person, service.busy = ANNE, a_week()
    for each in service.busy:
        each["title"] = MARKUP
    for centre in service.centres:
        centre["name"] = MARKUP
    page = await look(browser, service, "/")
    await expect(page.get_by_text(MARKUP).first).to_be_visible()
    assert await page.evaluate("window.hacked") is None
    assert await page.locator("main img").count() == 0
