"""The reception desk: a visitor's one button, and an animateur's page."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.fakes.attending import PATIENCE, WITHIN, attend, fits, kiosk, seen
from tests.fakes.browsers import Chromium
from tests.fakes.desks import (
    DESK,
    OTHER,
    Reception,
    new_code,
    open_never,
    open_on_workdays,
    paired,
    reception,
)
from tests.fakes.looking import picture, until

SLOT = re.compile("24 novembre|25 novembre")
pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]


@pytest_asyncio.fixture(loop_scope="session")
async def hall(tmp_path: Path) -> AsyncIterator[Reception]:
    async with reception(tmp_path, open_on_workdays) as made:
        yield made


async def test_a_desk_is_paired_once_and_then_shows_its_button(
    hall: Reception, browser: Chromium
) -> None:
    page = (await browser.new_page(f"{hall.service.url}/desks/{DESK}")).page
    await seen(page.get_by_label("Code d'appairage"))
    await picture(page, "desk-pairing")
    await page.get_by_label("Code d'appairage").fill("0000 0000")
    await page.keyboard.press("Enter")
    await seen(page.get_by_role("alert"))
    await fits(page)
    await page.get_by_label("Code d'appairage").fill(await new_code(hall.service))
    await page.keyboard.press("Enter")
    await seen(page.get_by_role("button", name="Appeler"))
    await page.reload()
    await seen(page.get_by_role("button", name="Appeler"))
    await fits(page)
    await picture(page, "desk")


async def test_the_camera_starts_with_the_press_and_ends_with_the_call(
    hall: Reception, browser: Chromium
) -> None:
    page = await kiosk(browser, hall)
    await page.evaluate(
        """() => {
          window.tracks = [];
          const media = navigator.mediaDevices, ask = media.getUserMedia.bind(media);
          media.getUserMedia = async (wish) => {
            const stream = await ask(wish);
            window.tracks.push(...stream.getTracks());
            return stream;
          };
        }"""
    )
    await seen(page.get_by_role("button", name="Appeler"))
    assert await page.evaluate("window.tracks.length") == 0
    await page.get_by_role("button", name="Appeler").click()
    await seen(page.get_by_role("heading", name="Appel"))
    await until(page, "window.tracks.length === 2", WITHIN)
    await fits(page)
    await page.get_by_role("button", name="Annuler").click()
    await seen(page.get_by_role("button", name="Appeler"))
    await until(page, "window.tracks.every((each) => each.readyState === 'ended')", WITHIN)


async def test_nobody_answers_and_a_number_is_left(hall: Reception, browser: Chromium) -> None:
    page = await absent(hall, browser)
    await expect(page.get_by_text("Ouvre")).to_have_count(0)  # it is open
    await fits(page)
    await picture(page, "desk-busy")
    await page.get_by_label("Nom").fill("Mme Rey")
    await page.get_by_label("Téléphone").fill("bonjour")
    await page.get_by_role("button", name="Envoyer").click()
    await seen(page.get_by_role("alert"))
    await page.get_by_label("Téléphone").fill("04 66 00 00 00")
    await page.get_by_role("button", name="Envoyer").click()
    await seen(page.get_by_role("heading", name="Merci"))
    await fits(page)
    await seen(page.get_by_role("button", name="Appeler"))  # and nothing of her stays
    assert "Rey" not in await page.content()
    anne = await attend(browser, hall)
    await seen(anne.get_by_text("Mme Rey", exact=True))
    await fits(anne)
    await anne.get_by_role("button", name="Mme Rey : rappelé").click()
    await seen(anne.get_by_text("Personne n'attend d'être rappelé."))


async def test_an_appointment_is_taken_and_given_back(hall: Reception, browser: Chromium) -> None:
    page = await absent(hall, browser)
    await page.get_by_role("button", name=SLOT).first.click()
    await fits(page)
    await picture(page, "desk-appointment")
    await page.get_by_label("Nom").fill("Mme Rey")
    await page.get_by_label("Téléphone").fill("04 66 00 00 00")
    await page.get_by_role("button", name="Prendre ce rendez-vous").click()
    await seen(page.get_by_role("heading", name="Merci"))
    await seen(page.get_by_text(SLOT))
    await fits(page)
    anne = await attend(browser, hall)
    await seen(anne.get_by_text("Mme Rey", exact=True))
    await fits(anne)
    await page.get_by_role("button", name="Annuler").click()
    await seen(page.get_by_role("button", name="Appeler"))
    assert "Rey" not in await page.content()
    await seen(anne.get_by_text("Aucun rendez-vous à venir."))


async def test_an_animateur_gives_an_appointment_to_who_left_a_number(
    hall: Reception, browser: Chromium
) -> None:
    sent = {"name": "Mme Rey", "phone": "04 66 00 00 00"}
    assert (await hall.kiosk("POST", f"/desks/{DESK}/callbacks", sent))[0] == 201
    anne = await attend(browser, hall)
    await anne.get_by_role("button", name="Donner un rendez-vous : Mme Rey").click()
    await seen(anne.get_by_label("Rendez-vous de Mme Rey"))
    await fits(anne)
    await anne.get_by_role("button", name="Donner ce rendez-vous").click()
    await seen(anne.get_by_text("Personne n'attend d'être rappelé."))
    await fits(anne)
    await anne.get_by_role("button", name="Annuler : Mme Rey").click()
    await seen(anne.get_by_text("Aucun rendez-vous à venir."))


async def absent(hall: Reception, browser: Chromium) -> Page:
    """A desk that nobody answers."""
    page = await kiosk(browser, hall)
    await page.get_by_role("button", name="Appeler").click(timeout=PATIENCE)
    await seen(page.get_by_role("heading", name="Appel"))
    while (await hall.view())["call"] is None:  # the press is on its way
        await page.evaluate("new Promise((done) => setTimeout(done, 50))")
    await hall.wait(61)
    await seen(page.get_by_role("heading", name="Occupé"))
    return page


async def test_a_closed_desk_shows_a_lock_and_takes_a_number(
    tmp_path: Path, browser: Chromium
) -> None:
    async with reception(tmp_path, open_never) as hall:
        page = await kiosk(browser, hall)
        await seen(page.get_by_role("heading", name="Fermé"))
        await expect(page.get_by_role("button", name="Appeler")).to_have_count(0)
        await seen(page.get_by_label("Téléphone"))
        await fits(page)


async def test_a_desk_closed_for_the_night_says_when_it_opens(
    hall: Reception, browser: Chromium
) -> None:
    hall.clock.now = hall.clock.now.replace(hour=19)
    page = await kiosk(browser, hall)
    await seen(page.get_by_role("heading", name="Fermé"))
    await seen(page.get_by_text("Ouvre mercredi 25 novembre à 09:00", exact=True))
    await fits(page)
    await picture(page, "desk-closed")


async def test_the_second_visitor_sees_his_place_move_up_until_he_is_answered(
    hall: Reception, browser: Chromium
) -> None:
    first = await kiosk(browser, hall)
    token = await paired(hall.service, OTHER)
    second = await kiosk(browser, hall, desk=OTHER, token=token)
    anne = await attend(browser, hall)
    await first.get_by_role("button", name="Appeler").click(timeout=PATIENCE)
    await seen(anne.get_by_role("heading", name="Accueil de Villefort"))
    await seen(anne.get_by_text("Un visiteur appelle", exact=True))
    await fits(anne)
    await picture(anne, "desks-ringing")
    await hall.wait(1)
    await second.get_by_role("button", name="Appeler").click(timeout=PATIENCE)
    await seen(second.get_by_text("1 avant vous", exact=True))
    await expect(first.get_by_text("avant vous")).to_have_count(0)
    await fits(second)
    await picture(first, "desk-calling")
    await picture(second, "desk-queue")
    await anne.get_by_role("button", name="Répondre").click(timeout=PATIENCE)
    await expect(second.get_by_text("avant vous")).to_have_count(0, timeout=PATIENCE)
    await seen(second.get_by_role("heading", name="Appel"))
    await seen(anne.get_by_role("button", name="Terminer l'appel"))
    await expect(anne.get_by_role("button", name="Répondre")).to_have_count(0)
    await anne.get_by_role("button", name="Terminer l'appel").click(timeout=PATIENCE)
    await seen(first.get_by_role("heading", name="Merci"))
    await hall.wait(11)
    await seen(anne.get_by_role("heading", name="Accueil de Meyrueis"))
    await anne.get_by_role("button", name="Répondre").click(timeout=PATIENCE)
    await expect(second.get_by_role("heading", name="Appel")).to_have_count(0, timeout=PATIENCE)
    await seen(second.get_by_role("button", name="Terminer"))


async def test_what_is_written_and_not_sent_is_forgotten_on_a_closed_desk_too(
    tmp_path: Path, browser: Chromium
) -> None:
    async with reception(tmp_path, open_never) as hall:
        page = await kiosk(browser, hall, clock=True)
        await page.get_by_label("Nom").fill("Mme Rey")
        await page.clock.fast_forward(80_000)
        await page.get_by_label("Téléphone").fill("04 66")
        await page.clock.fast_forward(80_000)
        assert await page.get_by_label("Nom").input_value() == "Mme Rey"
        await page.clock.fast_forward(11_000)
        await expect(page.get_by_label("Nom")).to_have_value("")
        await expect(page.get_by_label("Téléphone")).to_have_value("")


async def test_an_animateur_declines_goes_and_comes_back(
    hall: Reception, browser: Chromium
) -> None:
    anne = await attend(browser, hall)
    await hall.press()
    await seen(anne.get_by_role("button", name="Répondre"))
    await fits(anne)
    await anne.get_by_role("button", name="Refuser").click()
    await expect(anne.get_by_role("button", name="Répondre")).to_have_count(0)
    await anne.get_by_role("button", name="Je m'absente").click()
    await seen(anne.get_by_text("Absent", exact=True))
    await fits(anne)
    await anne.get_by_role("button", name="Je suis de retour").click()
    await seen(anne.get_by_text("Disponible"))
