"""The code for phones on a screen, the call for help, the remote of who has no account."""

from datetime import timedelta

import pytest
from playwright.async_api import expect

from tests.fakes.browsers import Chromium
from tests.fakes.looking import faults, look, overflows, paint, picture, small_targets, until
from tests.fakes.pages import PagedService
from tests.fakes.story import ANNE, NOW, Json, a_week, held
from tests.web.test_kiosk import JOIN, order, paired

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
REMOTE = "/rooms/villefort-visio/remote"
OVERLAPS = """
[".idle > *", ".idle-foot > *", ".idle-line > *", ".phone-code > *"].flatMap((these) => {
  const all = [...document.querySelectorAll(these)]
    .map((each) => [each, each.getBoundingClientRect()]);
  return all.flatMap(([one, a], at) => all.slice(at + 1)
    .filter(([, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
    .map(([other]) => `${one.className} over ${other.className}`));
})
"""
LOST = "La caméra ne répond pas. Vérifiez qu'elle est allumée et que son câble est branché."
ASKED = {"asked_at": "2026-11-24T10:19:00Z", "answered": False, "helper": None}


async def test_an_idle_screen_shows_a_code_to_scan_or_to_type(
    service: PagedService, browser: Chromium
) -> None:
    service.busy = a_week()
    page = await paired(browser, service)
    await expect(page.get_by_text("3141 5901")).to_be_visible()
    scanned = page.get_by_role("img", name="Code à scanner")
    await until(page, "document.querySelector('.phone-qr').naturalWidth > 0")
    await expect(scanned).to_be_visible()
    assert await faults(page) == []
    assert await small_targets(page) == []
    await picture(page, "kiosk-phone-code")
    for width, height in ((320, 568), (640, 400)):
        await page.set_viewport_size({"width": width, "height": height})
        assert await overflows(page) <= 0
        assert await faults(page) == []


@pytest.mark.parametrize(
    ("busy", "troubles", "part"),
    [
        (a_week(), [], 0.2),
        ([held("villefort", 0, "10:32", "12:00", "Entretien")], [], 0.18),  # counted down
        ([held("villefort", 0, f"{at}:00", f"{at}:45", "Cours") for at in (12, 13, 14)], [], 0.15),
        ([held("villefort", 0, "10:00", "11:30", "Cours")], [LOST], 0.11),
    ],
)
async def test_the_code_is_large_enough_for_a_room_and_covers_nothing(
    service: PagedService, browser: Chromium, busy: list[Json], troubles: list[str], part: float
) -> None:
    service.busy, service.troubles = busy, troubles
    page = await paired(browser, service)
    await page.get_by_role("button", name="Appeler à l'aide").click()
    await expect(page.locator("main").get_by_text("Votre appel est affiché")).to_be_visible()
    await until(page, "document.querySelector('.phone-qr').naturalWidth > 0")
    for width, height in ((1280, 800), (1920, 1080)):
        await page.set_viewport_size({"width": width, "height": height})
        box = await page.locator(".phone-qr").bounding_box()
        assert box is not None
        assert box["width"] == box["height"] > part * width
        assert await page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0
        assert await page.evaluate(OVERLAPS) == []


async def test_a_code_that_was_used_gives_way_to_a_new_one(
    service: PagedService, browser: Chromium
) -> None:
    page = await paired(browser, service)
    await expect(page.get_by_text("3141 5901")).to_be_visible()
    service.visitors.phones = 1
    await page.get_by_role("button", name="Appeler à l'aide").click()  # the screen asks anew
    await expect(page.get_by_text("1 téléphone commande la salle")).to_be_visible()
    await expect(page.get_by_text("3141 5902")).to_be_visible()


async def test_a_code_that_strangers_guessed_at_gives_way_at_once_to_a_longer_one(
    service: PagedService, browser: Chromium
) -> None:
    page = await paired(browser, service)
    await expect(page.get_by_text("3141 5901")).to_be_visible()
    service.visitors.guessed = True
    for wire in service.wires:
        await wire.send_json({"type": "code.burnt", "seq": 1})
    await expect(page.get_by_text("3141 5902 5358")).to_be_visible()
    await until(page, "document.querySelector('.phone-qr').naturalWidth > 0")
    for width, height in ((1280, 800), (320, 568), (640, 400)):
        await page.set_viewport_size({"width": width, "height": height})
        assert await overflows(page) <= 0
        assert await faults(page) == []
    assert await page.evaluate(OVERLAPS) == []


async def test_a_screen_that_gets_no_code_shows_the_address_alone(
    service: PagedService, browser: Chromium
) -> None:
    service.visitors.silent = True
    page = await paired(browser, service)
    await expect(page.get_by_text("/rooms/villefort-visio/remote")).to_be_visible()
    await expect(page.locator(".phone-qr")).to_have_count(0)
    assert await faults(page) == []


async def test_in_a_session_the_code_is_shown_on_demand_and_not_for_long(
    service: PagedService, browser: Chromium
) -> None:
    page = await paired(browser, service)
    await order(page, service, "call.join", 1, **JOIN)
    await paint(page)
    await expect(page.locator(".phone-qr")).to_have_count(0)
    show = page.get_by_role("button", name="Télécommande")
    await show.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".phone-qr")).to_be_visible()
    assert await show.get_attribute("aria-expanded") == "true"
    assert await faults(page) == []
    await picture(page, "kiosk-phone-code-in-session")
    await page.keyboard.press("Escape")
    await expect(page.locator(".phone-qr")).to_have_count(0)
    await show.click()
    await order(page, service, "call.leave", 2)
    await order(page, service, "call.join", 3, **JOIN)
    await expect(page.locator(".phone-qr")).to_have_count(0)


async def test_a_sleeping_screen_asks_for_no_code(service: PagedService, browser: Chromium) -> None:
    page = await paired(browser, service)
    await expect(page.get_by_text("3141 5901")).to_be_visible()
    await page.clock.set_fixed_time(NOW + timedelta(minutes=12))
    await expect(page.locator(".kiosk-asleep")).to_be_visible()
    await expect(page.locator(".phone-qr")).to_have_count(0)
    shown = service.visitors.codes
    await page.keyboard.press("Shift")
    await expect(page.locator(".phone-qr")).to_be_visible()
    assert service.visitors.codes == shown + 1


async def test_help_is_called_from_the_screen_and_the_answer_is_read_there(
    service: PagedService, browser: Chromium
) -> None:
    page = await paired(browser, service)
    await page.get_by_role("button", name="Appeler à l'aide").click()
    await expect(page.locator("main").get_by_text("Votre appel est affiché")).to_be_visible()
    assert await faults(page) == []
    service.visitors.help = {**ASKED, "answered": True, "helper": "Anne Martin"}
    await expect(page.get_by_text("Anne Martin arrive.")).to_be_visible(timeout=15_000)
    assert await faults(page) == []
    await order(page, service, "call.join", 1, **JOIN)
    await expect(page.get_by_text("Anne Martin arrive.")).to_be_visible()
    await page.get_by_role("button", name="Télécommande").click()
    await page.get_by_role("button", name="C'est réglé").click()
    await expect(page.get_by_text("Anne Martin arrive.")).to_have_count(0)
    assert ("DELETE", "rooms/villefort-visio/help", {}) in service.asked


async def test_help_is_called_from_the_remote(service: PagedService, browser: Chromium) -> None:
    service.person = ANNE
    page = await look(browser, service, REMOTE, 360, 640)
    await page.get_by_role("button", name="Appeler à l'aide").click()
    await expect(page.locator("#main").get_by_text("Votre appel est affiché")).to_be_visible()
    assert await faults(page) == []
    await page.get_by_role("button", name="Ce n'est plus la peine").click()
    await expect(page.get_by_role("button", name="Appeler à l'aide")).to_be_visible()


async def test_who_runs_the_room_sees_its_phones_and_puts_them_out(
    service: PagedService, browser: Chromium
) -> None:
    service.person, service.visitors.phones = ANNE, 2
    page = await look(browser, service, REMOTE, 320, 568)
    await expect(page.get_by_text("2 téléphones commandent aussi cette salle")).to_be_visible()
    assert await faults(page) == []
    assert await overflows(page) <= 0
    await page.get_by_role("button", name="Retirer tous les téléphones").click()
    await expect(page.get_by_text("commandent aussi")).to_have_count(0)
    assert service.visitors.phones == 0


async def test_a_stranger_may_type_the_code_of_the_screen(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, REMOTE, 320, 568)
    await page.get_by_label("Code à 8 chiffres").fill("0000 0000")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text(
        "Prenez celui que l'écran montre maintenant."
    )
    assert service.asked[-1][2] == {"code": "00000000"}
    assert await faults(page) == []
    assert await overflows(page) <= 0
    assert await small_targets(page) == []
    await picture(page, "remote-code-form")
