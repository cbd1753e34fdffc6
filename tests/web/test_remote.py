"""The remote of a room: the state in words, big buttons, and what became of each order."""

import pytest
from playwright.async_api import expect

from tests.fakes.browsers import Chromium
from tests.fakes.looking import faults, look, overflows, picture, small_targets, tab_walk
from tests.fakes.pages import PagedService
from tests.fakes.story import ANNE, a_week

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
REMOTE = "/rooms/villefort-visio/remote"


async def test_the_microphone_is_cut_and_the_remote_says_it_is_done(
    service: PagedService, browser: Chromium
) -> None:
    service.person, service.busy = ANNE, a_week()
    page = await look(browser, service, REMOTE)
    await expect(page.get_by_text("En session")).to_be_visible()
    assert await faults(page) == []
    assert await small_targets(page) == []
    await picture(page, "remote")
    service.state["audio"]["mic_muted"] = True
    await page.get_by_role("button", name="Couper le micro").click()
    await expect(page.locator("#main").get_by_text("Micro : fait.")).to_be_visible()
    await expect(page.get_by_role("button", name="Ouvrir le micro")).to_be_visible()
    assert service.asked[-1][1:] == (
        "rooms/villefort-visio/commands",
        {"command": "audio.mic.set", "on": False},
    )
    assert await faults(page) == []


async def test_an_order_that_fails_says_what_to_try(
    service: PagedService, browser: Chromium
) -> None:
    service.person, service.order = ANNE, {"state": "failed", "error": "no_media"}
    page = await look(browser, service, REMOTE)
    await page.get_by_role("button", name="Couper la caméra").click()
    await expect(page.locator("#main").get_by_text("vérifiez le câble USB")).to_be_visible()
    assert await faults(page) == []


async def test_a_room_that_is_offline_and_idle_says_so_on_a_phone(
    service: PagedService, browser: Chromium
) -> None:
    service.person, service.presence, service.busy = ANNE, "offline", a_week()
    service.state["call"] = {"state": "idle", "session": None}
    page = await look(browser, service, REMOTE, 320, 568)
    await expect(page.get_by_text("L'écran de la salle ne répond pas")).to_be_visible()
    await expect(page.get_by_role("button", name="Rejoindre la session")).to_be_visible()
    assert await overflows(page) <= 0
    assert await faults(page) == []


async def test_what_becomes_of_an_order_is_followed_as_it_happens(
    service: PagedService, browser: Chromium
) -> None:
    service.person, service.order = ANNE, {"state": "running", "error": None}
    page = await look(browser, service, REMOTE)
    await page.get_by_role("button", name="Couper la caméra").click()
    main = page.locator("#main")
    await expect(main.get_by_text("Caméra : en cours…")).to_be_visible()
    facts = {"room": "villefort-visio", "command": "cm-1", "state": "timed_out"}
    await service.happen("room.command.timed_out", **facts, error="timeout")
    await expect(main.get_by_text("la salle n'a pas répondu à temps")).to_be_visible()


async def test_the_doors_are_opened_from_the_remote(
    service: PagedService, browser: Chromium
) -> None:
    service.person, service.busy = ANNE, a_week()
    service.session["state"] = "booked"
    service.state["call"] = {"state": "idle", "session": None}
    page = await look(browser, service, REMOTE)
    await expect(page.get_by_role("button", name="Ouvrir les portes")).to_be_visible()
    await expect(page.get_by_role("button", name="Rejoindre la session")).to_have_count(0)
    assert await faults(page) == []
    await page.get_by_role("button", name="Ouvrir les portes").click()
    await expect(page.get_by_role("button", name="Rejoindre la session")).to_be_visible()
    assert await faults(page) == []


async def test_a_trainer_who_comes_too_early_reads_when_the_room_will_be_his(
    service: PagedService, browser: Chromium
) -> None:
    service.person, service.barred, service.busy = ANNE, True, a_week()[4:]
    page = await look(browser, service, REMOTE)
    await expect(page.get_by_text("Vous commanderez cette salle à partir de 13:45")).to_be_visible()
    assert await page.get_by_role("button", name="Couper").count() == 0
    assert await faults(page) == []


async def test_a_stranger_is_asked_to_log_in(service: PagedService, browser: Chromium) -> None:
    page = await look(browser, service, REMOTE)
    await expect(page.get_by_text("Connectez-vous pour commander cette salle.")).to_be_visible()
    assert await page.get_by_role("button", name="Couper").count() == 0
    assert await faults(page) == []


async def test_the_remote_is_driven_by_keyboard_alone(
    service: PagedService, browser: Chromium
) -> None:
    service.person = ANNE
    page = await look(browser, service, REMOTE)
    await expect(page.get_by_role("button", name="Raccrocher")).to_be_visible()
    await page.locator("#main").focus()
    walk = await tab_walk(page, 5)
    assert walk[0] == "Raccrocher"
    assert "Couper le micro" in walk[1]
    await page.get_by_label("Message à l'écran").fill("On commence")
    await page.keyboard.press("Enter")
    await expect(page.locator("#main").get_by_text("Message : fait.")).to_be_visible()
    assert service.asked[-1][2]["text"] == "On commence"


async def test_the_hand_is_raised_from_the_remote_while_the_room_is_in_session(
    service: PagedService, browser: Chromium
) -> None:
    service.person = ANNE
    service.state["able"] = ["call.hand.set"]
    page = await look(browser, service, REMOTE)
    await page.get_by_role("button", name="Lever la main").click()
    await expect(page.locator("#main").get_by_text("Main : fait.")).to_be_visible()
    asked = {"command": "call.hand.set", "on": True}
    assert service.asked[-1][1:] == ("rooms/villefort-visio/commands", asked)
    service.state["call"]["hand"] = True
    await service.happen("room.state.changed", room="villefort-visio")
    await expect(page.get_by_role("button", name="Baisser la main")).to_be_visible()
    assert await faults(page) == []
    service.state["call"] = {"state": "idle", "session": None}
    await page.reload()
    await expect(page.get_by_role("button", name="Couper le micro")).to_be_visible()
    await expect(page.get_by_role("button", name="Baisser la main")).to_have_count(0)


def with_agent(service: PagedService, *commands: str) -> None:
    """The agent of the room is on the line and says what it can."""
    document = {"power": "ready", "devices": [], "commands": list(commands), "scene": None}
    service.devices = {"version": 1, "document": document, "presence": "online", "at": ""}


@pytest.mark.parametrize(("width", "height"), [(1280, 1024), (320, 568)])
async def test_the_line_is_measured_from_the_room_by_whoever_sees_to_its_machine(
    service: PagedService, browser: Chromium, width: int, height: int
) -> None:
    service.person, service.order = ANNE, {"state": "running", "error": None}
    with_agent(service, "system.line.test")
    page = await look(browser, service, REMOTE, width, height)
    button = page.get_by_role("button", name="Mesurer la ligne")
    await button.click()
    main = page.locator("#main")
    await expect(main.get_by_text("Mesure de la ligne : en cours…")).to_be_visible()
    await expect(button).to_be_disabled()  # one test at a time
    history = page.get_by_role("link", name="Voir les mesures")
    assert await history.get_attribute("href") == "/lines/villefort"
    assert await overflows(page) <= 0
    assert await faults(page) == []
    assert await small_targets(page) == []
    facts = {"room": "villefort-visio", "command": "cm-1", "state": "failed"}
    await service.happen("room.command.failed", **facts, error="line_held")
    await expect(main.get_by_text("est en session, ou réservée")).to_be_visible()
    await expect(button).to_be_enabled()
    assert await faults(page) == []


async def test_who_does_not_see_to_the_machine_is_not_offered_its_line(
    service: PagedService, browser: Chromium
) -> None:
    service.person = {**ANNE, "role": "trainer"}
    with_agent(service, "system.line.test")
    page = await look(browser, service, REMOTE)
    await expect(page.get_by_role("button", name="Raccrocher")).to_be_visible()
    await expect(page.get_by_role("button", name="Mesurer la ligne")).to_have_count(0)
