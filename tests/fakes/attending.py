"""A desk and its animateur in real browsers."""

from playwright.async_api import Locator, Page, expect

from rooms.room import DeskId
from tests.fakes.browsers import Chromium
from tests.fakes.desks import DESK, Reception
from tests.fakes.looking import faults, overflows
from tests.fakes.service import PASSWORD

PATIENCE, WITHIN = 30_000.0, 30.0
FLOWING = "[...document.querySelectorAll('.tile video')].some((video) => video.videoWidth > 0)"


async def kiosk(
    browser: Chromium,
    hall: Reception,
    script: str = "",
    *,
    clock: bool = False,
    desk: DeskId = DESK,
    token: str = "",
) -> Page:
    """The screen of the desk, or of another one with its token, paired before."""
    page = (await browser.new_page()).page
    if clock:
        await page.clock.install()
    key, known = f"margeride.desk.{desk}", token or hall.token
    await page.add_init_script(f"localStorage.setItem({key!r}, {known!r});{script}")
    await page.goto(f"{hall.service.url}/desks/{desk}")
    return page


async def attend(browser: Chromium, hall: Reception) -> Page:
    """The animateur of Villefort at her page."""
    page = (await browser.new_page()).page
    await page.goto(f"{hall.service.url}/login?next=/desks")
    await page.get_by_label("Identifiant").fill("anne")
    await page.get_by_label("Mot de passe").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await seen(page.get_by_text("Disponible"))
    return page


async def seen(what: Locator) -> None:
    """It fails when it does not come."""
    await expect(what).to_be_visible(timeout=PATIENCE)


async def fits(page: Page) -> None:
    """Nothing axe complains of, and nothing beyond the edge of a small screen."""
    assert await faults(page) == []
    await page.set_viewport_size({"width": 320, "height": 568})
    assert await overflows(page) <= 0
    await page.set_viewport_size({"width": 1280, "height": 800})
