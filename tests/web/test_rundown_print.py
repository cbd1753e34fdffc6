"""The run of show on paper: as the browser prints it, on A4, and as it stands on a small screen."""

import asyncio
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.async_api import Page, expect

from tests.fakes.browsers import Chromium, needs_chromium
from tests.fakes.looking import faults, log_in, overflows, picture, small_targets
from tests.fakes.service import RunningService, running_service
from tests.web.test_stage import RIBBON, ROOMS, ask, at_the_desk, booked

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120), needs_chromium]
A4 = (595.3, 841.9)
RIBBON_CUE = {
    "number": "7",
    "title": RIBBON,
    "kind": "simultaneous_action",
    "duration": 90,
    "people": "les quatre maires",
    "substitute": ROOMS[1],
    "slate": "Liaison interrompue",
    "notes": "Ciseaux sur le pupitre",
    "on_air": list(ROOMS),
    "layout": "two",
}
SPEECH = {
    "title": "Discours",
    "kind": "speech",
    "duration": 300,
    "notes": "Relire la veille. " * 12,
}


async def written(service: RunningService, session: str, cues: list[dict[str, Any]]) -> None:
    admin = await service.log_in("admin")
    path = f"/api/v1/sessions/{session}/rundown"
    async with admin.request("PUT", path, json={"cues": cues}, headers={"If-Match": "*"}) as answer:
        assert answer.status == 200, await answer.text()


def read(paper: bytes) -> tuple[list[tuple[float, float]], list[str]]:
    """The size of each page in points, and its text."""
    pdf = pypdfium2.PdfDocument(paper)
    try:
        pages = [(page.get_size(), page.get_textpage().get_text_bounded()) for page in pdf]
    finally:
        pdf.close()
    return [size for size, _ in pages], [" ".join(text.split()) for _, text in pages]


async def opened(page: Page, service: RunningService, session: str, language: str) -> None:
    await page.goto(f"{service.url}/sessions/{session}/rundown/print?lang={language}")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Inauguration des télécentres")


async def test_a_run_of_show_is_printed_on_a4_with_all_that_is_needed_when_screens_are_dark(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        session = await booked(service)
        await written(service, session, [RIBBON_CUE])
        page = await at_the_desk(service, browser, session)
        await page.get_by_role("link", name="Imprimer le conducteur").press("Enter")
        await expect(page.get_by_role("rowheader", name=RIBBON)).to_be_visible()
        await expect(page.get_by_role("button", name="Imprimer")).to_be_visible()
        assert await faults(page) == []
        await picture(page, "rundown-print")
        sizes, [text] = await asyncio.to_thread(read, await page.pdf(prefer_css_page_size=True))
        assert sizes == [pytest.approx(A4, abs=1)]
        for words in (
            *("Inauguration des télécentres", "Régie", "Villefort", "Meyrueis", "accueille"),
            *("Couper le ruban", "Geste simultané · Deux images", "Qui : les quatre maires"),
            *("Suppléant : Meyrueis", "Ciseaux sur le pupitre", "1:30", "Version 1", "1 / 1"),
        ):
            assert words in text.replace("\xa0", " "), words
        assert "Retour à la régie" not in text
        assert "Se déconnecter" not in text


async def test_a_row_is_never_broken_and_each_page_says_which_it_is(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        session = await booked(service)
        cues = [
            {**SPEECH, "title": f"Top {n:02}", "people": f"Fin de {n:02}"} for n in range(1, 31)
        ]
        await written(service, session, cues)
        page = (await browser.new_page()).page
        await log_in(page, service, f"/sessions/{session}/stage")
        await opened(page, service, session, "en")
        sizes, texts = await asyncio.to_thread(read, await page.pdf(prefer_css_page_size=True))
        assert len(sizes) >= 2
        assert all(size == pytest.approx(A4, abs=1) for size in sizes)
        for place, text in enumerate(texts, 1):
            assert f"{place} / {len(texts)}" in text
            assert "What happens" in text, "the headings stand on every page"
        for n in range(1, 31):
            [whole] = [text for text in texts if f"Top {n:02}" in text]
            assert f"Who: Fin de {n:02}" in whole
            assert whole.count("Relire la veille.") % 12 == 0
        assert await faults(page) == []
        await page.set_viewport_size({"width": 320, "height": 900})
        assert await overflows(page) == 0
        assert await small_targets(page) == []


async def test_who_does_not_run_the_ceremony_gets_no_paper(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        session = await booked(service)
        tom = await service.log_in("tom")
        path = f"/api/v1/sessions/{session}/rundown/head"
        async with tom.get(path) as answer:
            assert answer.status == 404
        async with service.browser().get(path) as answer:
            assert answer.status == 401
        head = await ask(await service.log_in("admin"), "GET", path.removeprefix("/api/v1"))
        assert [site["room"] for site in head["sites"]] == sorted(ROOMS, key=ROOMS.index)
        assert head["director"] == "Administration"
        page = (await browser.new_page()).page
        await log_in(page, service, "/sessions/se-00000000000000000009/rundown/print")
        await expect(page.get_by_role("alert")).to_be_visible()
        assert await faults(page) == []
