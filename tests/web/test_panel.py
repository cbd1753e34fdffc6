"""The panel at a door: read from the corridor, obeyed at a touch, honest when the line is cut."""

from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from tests.fakes.browsers import Chromium
from tests.fakes.door import held
from tests.fakes.looking import (
    faults,
    look,
    overflows,
    picture,
    small_targets,
    tab_walk,
)
from tests.fakes.pages import PagedService
from tests.fakes.story import NOW, PAIRING_CODE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
PANEL = "/rooms/villefort-visio/panel"
COUNCIL = held("10:00", "11:00", "Conseil communautaire")
TRAINING = held("14:00", "17:00", "Formation : créer son activité", booking="bk-2")
CONTRASTS = """
[...document.querySelectorAll(".glance h1, .glance p")].map((each) => {
  const colours = [getComputedStyle(each.closest(".glance")).backgroundColor,
                   getComputedStyle(each).color];
  const light = (colour) => colour.match(/[0-9.]+/g).slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const [dark, bright] = colours.map(light).sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
})
"""


async def paired(
    browser: Chromium, service: PagedService, width: int = 1280, height: int = 800
) -> Page:
    """A panel that has been paired."""
    page = await look(browser, service, PANEL, width, height)
    await page.get_by_label("Code d'appairage").fill(PAIRING_CODE)
    await page.keyboard.press("Enter")
    await expect(page.locator(".panel")).to_be_visible()
    return page


async def test_a_panel_is_paired_for_its_room_and_remembers(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, PANEL, 320, 568)
    assert await faults(page) == []
    assert await overflows(page) <= 0
    await picture(page, "panel-pairing")
    await page.get_by_label("Code d'appairage").fill(PAIRING_CODE)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Libre")).to_be_visible()
    sent = [body for _, path, body in service.asked if path == "pairings/claim"]
    assert sent == [{"room": "villefort-visio", "code": PAIRING_CODE, "kind": "panel"}]
    await page.reload()
    await expect(page.get_by_role("heading", name="Libre")).to_be_visible()


@pytest.mark.parametrize(
    ("plan", "word", "until", "name"),
    [
        ([TRAINING], "Libre", "jusqu'à 14:00", "panel-free"),
        ([held("10:30", "12:00", "Entretien"), TRAINING], "Bientôt occupée", "à partir de 10:30",
         "panel-soon"),
        ([COUNCIL, TRAINING], "Occupée", "jusqu'à 11:00", "panel-held"),
    ],
)  # fmt: skip
async def test_the_room_is_read_from_the_corridor_by_word_and_shape_and_colour(
    service: PagedService, browser: Chromium, plan: list[dict[str, object]],
    word: str, until: str, name: str,
) -> None:  # fmt: skip
    service.door.held = plan
    page = await paired(browser, service)
    await expect(page.get_by_role("heading", name=word, exact=True)).to_be_visible()
    await expect(page.get_by_text(until, exact=True)).to_be_visible()
    assert min(await page.evaluate(CONTRASTS)) >= 4.5
    high = await page.locator(".glance h1").evaluate("(each) => each.offsetHeight")
    assert high >= 90, "too small for the end of a corridor"
    assert await faults(page) == []
    assert await small_targets(page) == []
    await picture(page, name)
    for width, height in ((320, 568), (640, 400), (800, 1280)):  # 640 × 400: 200 % of 1280 × 800
        await page.set_viewport_size({"width": width, "height": height})
        assert await overflows(page) <= 0, width
        assert await faults(page) == []


async def test_each_state_has_a_shape_of_its_own(service: PagedService, browser: Chromium) -> None:
    page = await paired(browser, service)
    shapes = set()
    for state, plan in (
        ("free", [TRAINING]),
        ("soon", [held("10:30", "12:00", "Entretien")]),
        ("held", [COUNCIL]),
    ):
        service.door.held = plan
        await page.reload()
        await expect(page.locator(f".panel-{state}")).to_be_visible()
        shapes.add(await page.locator(".shape").inner_html())
    assert len(shapes) == 3


async def test_a_free_room_is_taken_extended_and_given_back_at_the_door(
    service: PagedService, browser: Chromium
) -> None:
    service.door.held = [{**TRAINING}]
    page = await paired(browser, service)
    await page.get_by_role("button", name="30 min").click()
    await expect(page.get_by_role("heading", name="Occupée", exact=True)).to_be_visible()
    await expect(page.get_by_text("jusqu'à 10:50", exact=True)).to_be_visible()
    await page.get_by_role("button", name="15 min de plus").click()
    await expect(page.get_by_text("jusqu'à 11:05", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Terminer").click()
    await expect(page.get_by_role("button", name="Non, continuer")).to_be_focused()
    assert await faults(page) == []
    await page.get_by_role("button", name="Oui, libérer").click()
    await expect(page.get_by_role("heading", name="Libre", exact=True)).to_be_visible()
    verbs = [path.removeprefix("rooms/villefort-visio/panel/") for _, path, _ in service.asked[1:]]
    assert [verb.rsplit("/", 1)[-1] for verb in verbs] == ["bookings", "extend", "release"]


async def test_only_lengths_that_fit_are_offered(service: PagedService, browser: Chromium) -> None:
    service.door.held = [held("10:55", "12:00", "Entretien")]
    page = await paired(browser, service)
    offered = page.locator(".verb-row button")
    await expect(offered).to_have_count(2)
    await expect(offered.last).to_contain_text("jusqu'à 10:50")


async def test_people_say_that_they_are_here(service: PagedService, browser: Chromium) -> None:
    service.door.held = [{**COUNCIL}]
    page = await paired(browser, service)
    await expect(page.get_by_text("Arrivée à confirmer")).to_be_visible()
    await page.get_by_role("button", name="Nous sommes là").click()
    await expect(page.get_by_text("Arrivée à confirmer")).to_have_count(0)
    await expect(page.get_by_role("button", name="Nous sommes là")).to_have_count(0)
    await expect(page.locator("#announce")).to_have_text("Arrivée confirmée.")


async def test_a_refusal_is_said_with_its_reason(service: PagedService, browser: Chromium) -> None:
    page = await paired(browser, service)
    service.door.refusal = {"type": "rooms-refused", "reasons": ["Villefort : salle occupée."]}
    service.door.held = [{**COUNCIL}]
    await page.get_by_role("button", name="15 min").click()
    await expect(page.get_by_role("alert")).to_contain_text("salle occupée")
    await expect(page.get_by_role("heading", name="Occupée", exact=True)).to_be_visible()
    assert await faults(page) == []


async def test_what_holds_several_rooms_is_not_ended_here(
    service: PagedService, browser: Chromium
) -> None:
    service.door.held = [{**COUNCIL, "own": False, "checked_in": True}]
    page = await paired(browser, service)
    await expect(page.get_by_text("plusieurs salles")).to_be_visible()
    assert await page.locator(".verbs button").count() == 0
    assert await faults(page) == []


async def test_a_panel_without_its_line_keeps_the_last_plan_and_says_since_when(
    service: PagedService, browser: Chromium
) -> None:
    service.door.held = [held("11:00", "12:00", "Entretien", checked_in=True)]
    page = await paired(browser, service)
    await page.context.set_offline(True)
    await page.get_by_role("button", name="15 min").click()
    await expect(page.get_by_text("Hors ligne")).to_be_visible()
    await expect(page.get_by_text("Programme connu à 10:20")).to_be_visible()
    assert await page.locator(".verbs").count() == 0
    assert await faults(page) == []
    await picture(page, "panel-offline")
    await page.clock.set_fixed_time(NOW + timedelta(minutes=45))
    await expect(page.get_by_role("heading", name="Occupée", exact=True)).to_be_visible()
    await page.clock.set_fixed_time(NOW)
    await page.context.set_offline(False)
    await expect(page.get_by_text("Hors ligne")).to_have_count(0)
    await expect(page.get_by_role("button", name="15 min")).to_be_visible()


async def test_a_panel_that_was_put_out_asks_for_a_code_again(
    service: PagedService, browser: Chromium
) -> None:
    page = await paired(browser, service)
    service.door.out = True
    await page.get_by_role("button", name="15 min").click()
    await expect(page.get_by_label("Code d'appairage")).to_be_visible()
    assert await page.evaluate("Object.keys(localStorage).length") == 0


async def test_a_panel_is_driven_by_keyboard_alone(
    service: PagedService, browser: Chromium
) -> None:
    service.door.held = [{**COUNCIL}]
    page = await paired(browser, service)
    await page.locator("#main").focus()
    walk = await tab_walk(page, 4)
    assert walk == ["Nous sommes là", "15 min de plus", "30 min de plus", "Terminer"]
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Non, continuer")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Terminer")).to_be_visible()
