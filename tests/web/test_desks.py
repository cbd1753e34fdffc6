"""The reception desk: a visitor's one button, an animateur's page, and a real call between them."""

from collections.abc import AsyncIterator
from pathlib import Path
from struct import pack
from zlib import compress, crc32

import pytest
import pytest_asyncio
from playwright.async_api import FilePayload, Locator, Page, expect

from signalling.engines.python import PythonEngine
from signalling.transport.seam import LOOPBACK
from tests.fakes.browsers import Chromium
from tests.fakes.desks import DESK, Reception, new_code, open_never, reception
from tests.fakes.looking import faults, overflows, until
from tests.fakes.service import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]
PATIENCE, WITHIN = 30_000.0, 30.0
FLOWING = "[...document.querySelectorAll('.tile video')].some((video) => video.videoWidth > 0)"


def painted() -> bytes:
    """A grey PNG of eight by eight."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return pack(">I", len(body)) + name + body + pack(">I", crc32(name + body))

    head = pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    rows = compress((b"\0" + bytes([128] * 8)) * 8)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest_asyncio.fixture(loop_scope="session")
async def hall(tmp_path: Path) -> AsyncIterator[Reception]:
    async with reception(tmp_path) as made:
        yield made


async def kiosk(browser: Chromium, hall: Reception) -> Page:
    """The screen of the desk, paired before."""
    page = (await browser.new_page()).page
    key = f"margeride.desk.{DESK}"
    await page.add_init_script(f"localStorage.setItem({key!r}, {hall.token!r})")
    await page.goto(f"{hall.service.url}/desks/{DESK}")
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


async def test_a_desk_is_paired_once_and_then_shows_its_button(
    hall: Reception, browser: Chromium
) -> None:
    page = (await browser.new_page(f"{hall.service.url}/desks/{DESK}")).page
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
    page = await kiosk(browser, hall)
    await page.get_by_role("button", name="Appeler").click(timeout=PATIENCE)
    await seen(page.get_by_role("heading", name="Appel"))
    while (await hall.view())["call"] is None:  # the press is on its way
        await page.evaluate("new Promise((done) => setTimeout(done, 50))")
    await hall.wait(61)
    await seen(page.get_by_role("heading", name="Occupé"))
    await fits(page)
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


async def test_a_closed_desk_shows_a_lock_and_takes_a_number(
    tmp_path: Path, browser: Chromium
) -> None:
    async with reception(tmp_path, open_never) as hall:
        page = await kiosk(browser, hall)
        await seen(page.get_by_role("heading", name="Fermé"))
        await expect(page.get_by_role("button", name="Appeler")).to_have_count(0)
        await seen(page.get_by_label("Téléphone"))
        await fits(page)


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


async def test_a_real_call_with_a_document_sent(tmp_path: Path, browser: Chromium) -> None:
    engine = PythonEngine(host=LOOPBACK, announce=[LOOPBACK])
    try:
        async with reception(tmp_path, engine=engine) as hall:
            await real_call(hall, browser)
    finally:
        engine.stop()


async def real_call(hall: Reception, browser: Chromium) -> None:
    desk, anne = await kiosk(browser, hall), await attend(browser, hall)
    await desk.get_by_role("button", name="Appeler").click(timeout=PATIENCE)
    await anne.get_by_role("button", name="Répondre").click(timeout=PATIENCE)
    for page in (desk, anne):
        await until(page, FLOWING, WITHIN)
    await fits(desk)
    assert await faults(anne) == []
    sent = FilePayload(name="plan.png", mimeType="image/png", buffer=painted())
    await anne.locator("input[type=file]").set_input_files([sent])
    await seen(anne.get_by_text("Le document est à l'écran de l'accueil.").last)
    paper = desk.get_by_role("img", name="Document envoyé par l'animateur")
    await seen(paper)
    await until(desk, "document.querySelector('.desk-paper').naturalWidth > 0", WITHIN)
    await fits(desk)
    await anne.get_by_role("button", name="Retirer le document").click()
    await expect(paper).to_have_count(0, timeout=PATIENCE)
    await anne.locator("input[type=file]").set_input_files([sent])
    await seen(paper)
    await desk.get_by_role("button", name="Terminer").click()
    await seen(desk.get_by_role("heading", name="Merci"))
    await expect(paper).to_have_count(0)
    await seen(desk.get_by_role("button", name="Appeler"))
    await seen(anne.get_by_text("Ma permanence"))
