"""The join page, and the session in it."""

import pytest
from playwright.async_api import Page, expect

from tests.fakes.browsers import Chromium
from tests.fakes.looking import (
    faults,
    look,
    overflows,
    paint,
    picture,
    small_targets,
    tab_walk,
    until,
)
from tests.fakes.pages import PagedService
from tests.fakes.story import CODE, MARKUP, guest, instant

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
LINK = f"/join/{CODE}"
ECONOMY = "Ma ligneTout recevoirÉconomiserLe son seul"  # its label and its choices


async def enter(page: Page) -> None:
    """Say a name and come in."""
    await page.get_by_label("Votre nom").fill("Camille")
    await page.get_by_role("button", name="Rejoindre").click()
    await until(page, "window.margeride?.model.in.value")


async def test_the_lobby_says_what_when_and_who_and_shows_oneself(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, LINK)
    await expect(page.get_by_role("heading", name="Inauguration des télécentres")).to_be_visible()
    await expect(page.get_by_text("Organisée par Claire Vidal")).to_be_visible()
    await until(page, "document.querySelector('.preview video')?.videoWidth > 0")
    assert await faults(page) == []
    assert await small_targets(page) == []
    await picture(page, "join")


async def test_a_camera_is_not_needed(service: PagedService, browser: Chromium) -> None:
    page = await look(browser, service, LINK)
    await until(page, "window.margerideDevices()")
    await page.get_by_label("Utiliser ma caméra").uncheck()
    await expect(page.get_by_role("button", name="Rejoindre sans caméra")).to_be_visible()
    await page.get_by_label("Utiliser mon micro").uncheck()
    await expect(page.get_by_role("button", name="Rejoindre en écoute")).to_be_visible()
    assert await faults(page) == []


async def test_a_name_is_asked_for_in_words(service: PagedService, browser: Chromium) -> None:
    page = await look(browser, service, LINK)
    await page.get_by_role("button", name="Rejoindre").click()
    await expect(page.get_by_text("Dites votre nom pour entrer.")).to_be_visible()
    assert await page.evaluate("document.activeElement.id") == "name"
    assert await faults(page) == []


async def test_a_refused_microphone_says_what_to_do(
    service: PagedService, browser: Chromium
) -> None:
    page = (await browser.new_page()).page
    refuse = (
        "navigator.mediaDevices.getUserMedia = () =>"
        " Promise.reject(new DOMException('no', 'NotAllowedError'))"
    )
    await page.add_init_script(refuse)
    await page.clock.set_fixed_time("2026-11-24T09:20:00Z")
    await page.goto(service.url + LINK)
    await expect(page.get_by_text("Le navigateur refuse le micro.")).to_be_visible()
    await expect(page.get_by_role("button", name="Rejoindre en écoute")).to_be_visible()
    assert await faults(page) == []


async def test_before_the_doors_open_one_waits_with_a_countdown(
    service: PagedService, browser: Chromium
) -> None:
    service.join["open_from"] = instant(0, "10:45")
    page = await look(browser, service, LINK)
    await expect(page.get_by_text("Les portes ouvrent dans 25 min")).to_be_visible()
    assert await faults(page) == []
    await page.get_by_label("Votre nom").fill("Camille")
    await page.keyboard.press("Enter")
    assert [path for _, path, _ in service.asked] == []


async def test_a_service_that_is_away_is_waited_for_in_the_lobby(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, LINK)
    await page.route("**/api/v1/join**", lambda route: route.abort())
    await page.get_by_label("Votre nom").fill("Camille")
    await page.get_by_role("button", name="Rejoindre").click()
    await expect(page.get_by_text("Cette page réessaie d'elle-même")).to_be_visible()
    assert await faults(page) == []
    await page.unroute("**/api/v1/join**")
    await expect(page.get_by_text("Le service ne répond pas")).to_have_count(0, timeout=10_000)
    await enter(page)


async def test_an_unknown_link_says_so(service: PagedService, browser: Chromium) -> None:
    page = await look(browser, service, "/join/perdu")
    await expect(page.get_by_text("Ce lien ne mène à aucune session")).to_be_visible()
    assert await faults(page) == []


async def test_a_session_that_is_over_cannot_be_joined(
    service: PagedService, browser: Chromium
) -> None:
    service.join["state"] = "ended"
    page = await look(browser, service, LINK)
    await expect(page.get_by_text("Cette session est terminée.")).to_be_visible()
    assert await page.locator("button[type=submit]").is_disabled()
    assert await faults(page) == []


async def test_a_site_is_a_tile_with_its_name_and_its_state_in_words(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, LINK)
    await enter(page)
    await paint(page)
    await page.evaluate("margeride.model.speaking.value = 'pa-meyrueis'")
    names = [await tile.get_attribute("aria-label") for tile in await page.locator(".tile").all()]
    assert names == [
        "Meyrueis, Parle",
        "Saint-Chély-d'Apcher",
        "Villefort, Micro coupé",
        "Marvejols, Attendu",
        "Camille (vous)",
    ]
    assert await faults(page) == []
    assert await small_targets(page) == []
    await picture(page, "session")


@pytest.mark.parametrize("size", [(320, 568), (768, 1024)])
async def test_the_session_fits_any_screen(
    service: PagedService, browser: Chromium, size: tuple[int, int]
) -> None:
    page = await look(browser, service, LINK, *size)
    assert await overflows(page) <= 0
    await enter(page)
    await paint(page)
    assert await overflows(page) <= 0
    assert await faults(page) == []


async def test_tiles_and_controls_are_reached_by_keyboard(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, LINK)
    await enter(page)
    await page.locator("#main").focus()
    walk = await tab_walk(page, 11)
    assert walk[0].startswith("Meyrueis")
    assert walk[-6:] == [
        "Couper le micro",
        "Couper la caméra",
        "Lever la main",
        "Discussion",
        "Quitter",
        ECONOMY,
    ]
    await page.keyboard.press("Control+d")
    await expect(page.get_by_role("button", name="Ouvrir le micro")).to_be_visible()
    await expect(page.locator("#announce")).to_have_text("Micro coupé.")


async def test_comings_and_goings_are_said_without_moving_the_focus(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, LINK)
    await enter(page)
    await service.tell(type="participant.joined", participant=guest("Denise"))
    await expect(page.locator("#announce")).to_have_text("Denise est arrivé.")
    lost = {**service.participants[2], "state": "lost"}
    await service.tell(type="participant.changed", participant=lost)
    await expect(page.locator("#announce")).to_have_text(
        "Villefort : liaison coupée, retour attendu."
    )
    await service.tell(type="participant.left", participant="pa-guest", reason="left")
    await expect(page.locator("#announce")).to_have_text("Denise est parti.")
    assert await faults(page) == []


async def test_a_broken_line_is_said_and_mends_by_itself(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, LINK)
    await enter(page)
    await paint(page)
    await page.evaluate("margeride.model.lineState.value = { state: 'waiting' }")
    await expect(page.get_by_role("alert")).to_contain_text("Le son et l'image continuent.")
    assert await faults(page) == []
    await page.evaluate("margeride.model.media.value = { publish: 'lost', subscribe: 'lost' }")
    await expect(page.get_by_role("alert")).to_contain_text("votre place est gardée")
    assert await faults(page) == []
    before = len(service.heard)
    await service.cut()
    await until(page, "margeride.model.lineState.value.state === 'open'")
    said = [each["type"] for each in service.heard[before:]]
    assert said[:2] == ["hello", "join"]


async def test_leaving_says_goodbye_and_lets_the_devices_go(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, LINK)
    await enter(page)
    await page.get_by_role("button", name="Quitter").click()
    await expect(page.get_by_role("heading", name="Vous avez quitté la session")).to_be_visible()
    assert await faults(page) == []
    assert service.heard[-1] == {"type": "leave"}


async def test_markup_in_names_stays_text(service: PagedService, browser: Chromium) -> None:
    service.join.update(title=MARKUP, organiser=MARKUP)
    service.session.update(title=MARKUP)
    service.participants.append(guest(MARKUP))
    page = await look(browser, service, LINK)
    await expect(page.get_by_role("heading", name=MARKUP)).to_be_visible()
    await enter(page)
    await expect(page.locator(".tile-name", has_text="<img")).to_be_visible()
    assert await page.evaluate("window.hacked") is None
