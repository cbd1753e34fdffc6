"""A real call between a desk and an animateur: a paper sent, turned, signed, printed and shown."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Locator, Page, expect

from orchestrator.papers.kept import PDF, Press
from signalling.engines.python import PythonEngine
from signalling.transport.seam import LOOPBACK
from tests.fakes import papers
from tests.fakes.attending import FLOWING, PATIENCE, WITHIN, attend, fits, kiosk, seen
from tests.fakes.browsers import Chromium, chromium
from tests.fakes.desks import Reception, reception
from tests.fakes.looking import faults, overflows, picture, until
from tests.fakes.pictures import painted

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
PRINTED = "window.printed = 0; window.print = () => { window.printed += 1; };"
COMING = 90.0  # seconds that a first picture may take on a machine that is busy
ONE, TWO = (f"--use-fake-device-for-media-stream=device-count={many}" for many in (1, 2))
SENT = "margeride.model.call.own.get('video')"
PAPER_IS_DRAWN = "document.querySelector('.desk-paper')?.naturalWidth > 0"


@dataclass
class Talking:
    """Both pages, and whom they belong to."""

    hall: Reception
    desk: Page
    anne: Page

    async def send(self, name: str, kind: str, body: bytes) -> None:
        sent = FilePayload(name=name, mimeType=kind, buffer=body)
        await self.anne.locator("input[type=file]").set_input_files([sent])
        await seen(self.anne.get_by_text("Le document est à l'écran de l'accueil.").last)
        for page in (self.desk, self.anne):
            await until(page, PAPER_IS_DRAWN, WITHIN)

    async def ask(self, name: str) -> None:
        await self.anne.get_by_role("button", name=name).click(timeout=PATIENCE)


@asynccontextmanager
async def talking(
    folder: Path, browser: Chromium, at_the_desk: Chromium | None = None
) -> AsyncIterator[Talking]:
    engine = PythonEngine(host=LOOPBACK, announce=[LOOPBACK])
    try:
        async with reception(folder, engine=engine) as hall:
            desk = await kiosk(at_the_desk or browser, hall, PRINTED)
            anne = await attend(browser, hall)
            await desk.get_by_role("button", name="Appeler").click(timeout=PATIENCE)
            await anne.get_by_role("button", name="Répondre").click(timeout=PATIENCE)
            for page in (desk, anne):
                await until(page, FLOWING, COMING)
            yield Talking(hall, desk, anne)
    finally:
        engine.stop()


async def both(talk: Talking) -> None:
    """The pages of both are clean, and fit a small screen."""
    await fits(talk.desk)
    assert await faults(talk.anne) == []
    await talk.anne.set_viewport_size({"width": 320, "height": 568})
    assert await overflows(talk.anne) <= 0
    await talk.anne.set_viewport_size({"width": 1280, "height": 800})


async def test_a_real_call_with_a_document_sent(tmp_path: Path, browser: Chromium) -> None:
    async with talking(tmp_path, browser) as talk:
        await both(talk)
        end = await edges(talk.desk.get_by_role("button", name="Terminer"))
        assert (await edges(talk.desk.locator(".tile")))[1] <= end[0] < end[1] <= 800
        await picture(talk.desk, "desk-call")
        await talk.send("plan.png", "image/png", painted())
        paper = talk.desk.get_by_role("img", name="Document envoyé par l'animateur")
        await seen(paper)
        await fits(talk.desk)
        await talk.ask("Retirer le document")
        await expect(paper).to_have_count(0, timeout=PATIENCE)
        await talk.send("plan.png", "image/png", painted())
        await seen(paper)
        await talk.desk.get_by_role("button", name="Terminer").click()
        await seen(talk.desk.get_by_role("heading", name="Merci"))
        await expect(paper).to_have_count(0)
        await seen(talk.desk.get_by_role("button", name="Appeler"))
        await seen(talk.anne.get_by_text("Ma permanence"))


async def test_a_pdf_is_sent_turned_signed_and_taken_away(
    tmp_path: Path, browser: Chromium
) -> None:
    async with talking(tmp_path, browser) as talk:
        desk, anne = talk.desk, talk.anne
        await talk.send("lettre.pdf", PDF, papers.letter(3))
        await both(talk)
        await picture(desk, "desk-paper")
        await desk.get_by_role("button", name="Page d'après").click()
        for page in (desk, anne):
            await seen(page.get_by_role("img", name="page 2 sur 3"))
        await anne.get_by_role("button", name="Page d'avant").click()
        await seen(desk.get_by_role("img", name="page 1 sur 3"))
        await anne.get_by_label("Où signer").select_option("bottom-left")
        await talk.ask("Faire signer cette page")
        await signed_by_hand(desk)
        await both(talk)
        await picture(desk, "desk-sign")
        await desk.get_by_role("button", name="Je signe").click()
        await seen(anne.get_by_text("Le visiteur a signé.").last)
        await expect(desk.get_by_role("button", name="Je signe")).to_have_count(0)
        await until(anne, PAPER_IS_DRAWN, WITHIN)
        await both(talk)
        await well_set(anne)
        await picture(anne, "desks-signed")
        file = await downloaded(anne, "Télécharger le document signé")
        before, after = [await Press().pages(each) for each in (papers.letter(3), file)]
        assert [a == b for a, b in zip(before, after, strict=True)] == [False, True, True]


async def edges(what: Locator) -> tuple[float, float]:
    """Where it begins and ends, downwards, in pixels."""
    box = await what.bounding_box()
    assert box is not None
    return box["y"], box["y"] + box["height"]


async def well_set(anne: Page) -> None:
    """What is said stands apart; what is chosen and what is touched end at one line."""
    signed, shown = anne.locator("#papers ~ .actions .state"), anne.locator("#papers ~ .state")
    assert (await edges(shown))[0] - (await edges(signed))[1] >= 8
    ends = [
        (await edges(anne.locator(each).first))[1] for each in ("#place", ".desks-asks .button")
    ]
    assert ends[0] == ends[1]


async def signed_by_hand(desk: Page) -> None:
    """A zigzag across the pad."""
    pad = desk.get_by_role("img", name="Signez ici")
    await seen(pad)
    assert await desk.get_by_role("button", name="Je signe").is_disabled()
    box = await pad.bounding_box()
    assert box is not None
    x, y, wide, high = box["x"], box["y"], box["width"], box["height"]
    await desk.mouse.move(x + 0.1 * wide, y + 0.7 * high)
    await desk.mouse.down()
    for step in range(1, 9):
        await desk.mouse.move(x + (0.1 + 0.1 * step) * wide, y + (0.3 + 0.4 * (step % 2)) * high)
    await desk.mouse.up()
    await expect(desk.get_by_role("button", name="Je signe")).to_be_enabled()


async def downloaded(page: Page, name: str) -> bytes:
    async with page.expect_download() as download:
        await page.get_by_role("button", name=name).click()
    path = await (await download.value).path()
    return await asyncio.to_thread(path.read_bytes)


async def test_a_visitor_types_his_name_or_will_not_sign(tmp_path: Path, browser: Chromium) -> None:
    async with talking(tmp_path, browser) as talk:
        desk, anne = talk.desk, talk.anne
        await talk.send("lettre.pdf", PDF, papers.letter(1))
        await talk.ask("Faire signer cette page")
        await desk.get_by_role("button", name="Non").click(timeout=PATIENCE)
        await seen(anne.get_by_text("Le visiteur n'a pas signé.").last)
        await talk.ask("Faire signer cette page")
        await desk.get_by_role("button", name="Écrire").click(timeout=PATIENCE)
        await desk.get_by_label("Nom").fill("Hélène Rey")
        await both(talk)
        await desk.get_by_role("button", name="Je signe").press("Enter")
        await seen(anne.get_by_text("Le visiteur a signé.").last)
        assert "Hélène" not in await desk.content()


async def test_a_paper_is_printed_and_refused_ones_are_said_in_words(
    tmp_path: Path, browser: Chromium
) -> None:
    async with talking(tmp_path, browser) as talk:
        locked = FilePayload(name="secret.pdf", mimeType=PDF, buffer=papers.locked())
        await talk.anne.locator("input[type=file]").set_input_files([locked])
        await seen(talk.anne.get_by_text("protégé par un mot de passe"))
        await talk.send("lettre.pdf", PDF, papers.letter(2))
        await talk.ask("Imprimer à l'accueil")
        await seen(talk.anne.get_by_text("Envoyé à l'imprimante de l'accueil.").last)
        assert await talk.desk.evaluate("window.printed") == 1


@pytest.mark.parametrize("cameras", [ONE, TWO])
async def test_a_paper_is_shown_to_the_camera_and_a_still_stays_with_the_animateur(
    tmp_path: Path, browser: Chromium, cameras: str
) -> None:
    async with chromium(cameras) as own, talking(tmp_path, browser, own) as talk:
        desk, anne = talk.desk, talk.anne
        main = await desk.evaluate(f"{SENT}.label")
        await talk.ask("Voir un papier")
        await seen(desk.get_by_role("heading", name="Montrez le papier"))
        await seen(anne.get_by_text("La caméra de l'accueil est sur le papier.").last)
        await until(desk, f"{SENT}?.getSettings().width === 1920", WITHIN)
        assert (await desk.evaluate(f"{SENT}.label") == main) is (cameras == ONE)
        await until(anne, FLOWING, WITHIN)
        await both(talk)
        await picture(desk, "desk-camera")
        await talk.ask("Prendre une photo")
        still = anne.get_by_role("img", name="Photo du papier")
        await seen(still)
        await until(
            anne, "document.querySelector('.desks-still img').naturalWidth === 1920", WITHIN
        )
        await both(talk)
        assert (await downloaded(anne, "Télécharger la photo"))[:3] == b"\xff\xd8\xff"
        await talk.ask("Revenir au visiteur")
        await expect(desk.get_by_role("heading", name="Montrez le papier")).to_have_count(0)
        await until(desk, f"{SENT}?.getSettings().width < 1920", WITHIN)
        assert await desk.evaluate(f"{SENT}.label") == main
        await talk.ask("Jeter la photo")
        await expect(still).to_have_count(0)
        await talk.ask("Voir un papier")
        await desk.get_by_role("button", name="Fini").click(timeout=PATIENCE)
        await seen(anne.get_by_text("Le visiteur a fini de montrer le papier.").last)


async def test_no_camera_is_left_open_when_a_call_ends_before_the_paper(
    tmp_path: Path, browser: Chromium
) -> None:
    async with talking(tmp_path, browser) as talk:
        await talk.desk.evaluate(WATCHED)
        await talk.ask("Voir un papier")
        await seen(talk.desk.get_by_role("heading", name="Montrez le papier"))
        await talk.desk.get_by_role("button", name="Terminer").click()
        await seen(talk.desk.get_by_role("heading", name="Merci"))
        await seen(talk.desk.get_by_role("button", name="Appeler"))
        await until(talk.desk, "window.tracks.length > 0", WITHIN)
        await until(talk.desk, "window.tracks.every((each) => each.readyState === 'ended')", WITHIN)


WATCHED = """() => {
  window.tracks = [];
  const media = navigator.mediaDevices, ask = media.getUserMedia.bind(media);
  media.getUserMedia = async (wish) => {
    const stream = await ask(wish);
    window.tracks.push(...stream.getTracks());
    return stream;
  };
}"""
