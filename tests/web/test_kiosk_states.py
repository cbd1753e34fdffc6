"""The screen of a room between sessions, its layouts, and what it says when something is wrong."""

from datetime import timedelta

import pytest
from playwright.async_api import expect

from tests.fakes.browsers import Chromium
from tests.fakes.looking import faults, overflows, paint, picture, until
from tests.fakes.pages import PagedService
from tests.fakes.story import NOW, held
from tests.web.test_kiosk import JOIN, document, order, paired

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
CAMERA_LOST = "La caméra ne répond pas. Vérifiez qu'elle est allumée et que son câble est branché."


async def test_the_minutes_before_a_booking_are_counted_down(
    service: PagedService, browser: Chromium
) -> None:
    service.busy = [held("villefort", 0, "10:32", "12:00", "Entretien")]
    page = await paired(browser, service)
    await expect(page.get_by_role("timer")).to_have_text("dans 12 minutes")
    assert await faults(page) == []
    await picture(page, "kiosk-countdown")
    await page.clock.set_fixed_time(NOW + timedelta(minutes=11, seconds=30))
    await expect(page.get_by_role("timer")).to_have_text("dans 1 minute")
    for width, height in ((320, 568), (640, 400)):
        await page.set_viewport_size({"width": width, "height": height})
        assert await overflows(page) <= 0


async def test_after_a_session_nothing_of_it_stays_and_the_screen_goes_black(
    service: PagedService, browser: Chromium
) -> None:
    page = await paired(browser, service)
    await order(page, service, "call.join", 1, **JOIN)
    await order(page, service, "call.leave", 2)
    await expect(page.get_by_text("La session est terminée.")).to_be_visible()
    await expect(page.get_by_text("Inauguration")).to_have_count(0)
    assert await faults(page) == []
    await picture(page, "kiosk-over")
    await page.clock.set_fixed_time(NOW + timedelta(minutes=2))
    await expect(page.get_by_role("heading", name="Aujourd'hui")).to_be_visible()
    await page.clock.set_fixed_time(NOW + timedelta(minutes=12))
    await expect(page.locator(".kiosk-asleep")).to_be_visible()
    assert await page.locator("main").inner_text() == "Salle visio de Villefort, écran en veille"
    black = "getComputedStyle(document.querySelector('.kiosk')).backgroundColor"
    assert await page.evaluate(black) == "rgb(0, 0, 0)"
    assert await faults(page) == []
    await picture(page, "kiosk-asleep")


async def test_a_sleeping_screen_wakes_for_a_hand_a_message_and_the_next_booking(
    service: PagedService, browser: Chromium
) -> None:
    page = await paired(browser, service)
    asleep = page.locator(".kiosk-asleep")
    await page.clock.set_fixed_time(NOW + timedelta(minutes=12))
    await expect(asleep).to_be_visible()
    await page.keyboard.press("Shift")
    await expect(page.get_by_role("heading", name="Aujourd'hui")).to_be_visible()
    await page.clock.set_fixed_time(NOW + timedelta(minutes=30))
    await expect(asleep).to_be_visible()
    await order(page, service, "room.message.show", 1, text="On commence")
    await expect(page.get_by_role("alert")).to_have_text("On commence")
    await order(page, service, "room.message.clear", 2)
    await expect(page.get_by_role("alert")).to_have_count(0)
    service.busy = [held("villefort", 0, "11:10", "12:00", "Entretien")]
    await page.reload()
    await page.clock.set_fixed_time(NOW + timedelta(minutes=38))
    await expect(page.get_by_role("timer")).to_have_text("dans 12 minutes")


async def test_what_is_wrong_is_told_to_the_people_in_the_room(
    service: PagedService, browser: Chromium
) -> None:
    service.troubles, service.busy = (
        [CAMERA_LOST],
        [held("villefort", 0, "10:00", "11:30", "Cours")],
    )
    page = await paired(browser, service)
    await expect(page.get_by_role("alert")).to_have_text(CAMERA_LOST)
    assert await faults(page) == []
    await picture(page, "kiosk-trouble")
    await order(page, service, "call.join", 1, **JOIN)
    await expect(page.get_by_role("alert")).to_have_text(CAMERA_LOST)
    assert await faults(page) == []


async def test_the_layout_is_the_one_that_was_chosen(
    service: PagedService, browser: Chromium
) -> None:
    page = await paired(browser, service)
    await order(page, service, "call.join", 1, **JOIN)
    await paint(page)
    await page.evaluate("margeride.model.speaking.value = 'pa-st-chely-d-apcher'")
    for number, layout in enumerate(("speaker", "content", "pip"), start=2):
        done = await order(page, service, "video.layout.set", number, layout=layout)
        assert done["result"] == {"layout": layout}
        large = page.locator(".tile-large")
        await expect(large).to_have_count(1)
        await expect(large).to_contain_text("Saint-Chély-d'Apcher")
        widths = await page.locator(".tile").evaluate_all("(all) => all.map((t) => t.offsetWidth)")
        assert max(widths) > 3 * min(widths)
        assert await faults(page) == []
        if layout == "speaker":
            await picture(page, "kiosk-speaker")
    await page.evaluate("margeride.model.speaking.value = null")
    await expect(page.locator(".tile-large")).to_contain_text("Saint-Chély-d'Apcher")
    await order(page, service, "video.layout.set", 5, layout="grid")
    await expect(page.locator(".tile-large")).to_have_count(0)
    await page.set_viewport_size({"width": 320, "height": 568})
    await order(page, service, "video.layout.set", 6, layout="pip")
    assert await overflows(page) <= 0


async def test_the_screen_says_what_it_can_and_obeys_it(
    service: PagedService, browser: Chromium
) -> None:
    page = await paired(browser, service)
    await order(page, service, "call.join", 1, **JOIN)
    await order(page, service, "audio.volume.set", 2, volume=20)
    await order(page, service, "video.selfview.set", 3, on=False)
    await until(page, "document.querySelector('.self').hidden")
    await expect(page.get_by_text("Retour d'image masqué")).to_be_visible()
    state = document(service)
    assert state["audio"]["volume"] == 20
    assert state["audio"]["speaker_on"] is True
    assert {"video.layout.set", "room.message.clear"} <= set(state["able"])
