"""The report of a ceremony as a page and as a PDF that says the same."""

import asyncio
import json
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.fakes.browsers import Chromium, needs_chromium
from tests.fakes.looking import faults, log_in, overflows, picture, small_targets
from tests.fakes.service import running_service
from tests.web.test_rundown_print import A4, RIBBON_CUE, read, written
from tests.web.test_stage import RIBBON, ask, at_the_desk, booked, cue

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120), needs_chromium]


async def test_a_report_is_read_on_the_page_and_saved_as_pdf_and_json(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        session = await booked(service)
        await written(service, session, [RIBBON_CUE])
        page = await at_the_desk(service, browser, session)
        await cue(page, RIBBON).get_by_role("button", name="Armer quand même").press("Enter")
        await cue(page, RIBBON).get_by_role("button", name="TOP quand même").press("Enter")
        await expect(cue(page, RIBBON)).to_contain_text("En cours")
        await ask(await service.log_in("admin"), "POST", f"/sessions/{session}/start")
        await ask(await service.log_in("admin"), "POST", f"/sessions/{session}/end")
        await page.get_by_role("link", name="Compte rendu").press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text(
            "Inauguration des télécentres"
        )
        await expect(page.get_by_role("row", name=f"{RIBBON} (les quatre maires)")).to_be_visible()
        assert await faults(page) == []
        await picture(page, "evidence")
        headings = await page.get_by_role("heading").all_inner_texts()
        async with page.expect_download() as found:
            await page.get_by_role("link", name="Enregistrer en PDF").press("Enter")
        file = await asyncio.to_thread(Path(await (await found.value).path()).read_bytes)
        sizes, texts = await asyncio.to_thread(read, file)
        assert all(size == pytest.approx(A4, abs=1) for size in sizes)
        for heading in (*headings, RIBBON, "les quatre maires"):
            assert heading in " ".join(texts), heading
        await page.get_by_role("link", name="Données (JSON)").press("Enter")
        told = json.loads(await page.locator("body").inner_text())
        assert [one["title"] for one in told["cues"]] == [RIBBON]
        await page.go_back()
        await page.set_viewport_size({"width": 320, "height": 900})
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert await overflows(page) == 0
        assert await small_targets(page) == []


async def test_who_does_not_run_the_ceremony_is_told_it_does_not_exist(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        session = await booked(service)
        tom = await service.log_in("tom")
        for path in ("evidence", "evidence/paper", "evidence/pdf"):
            async with tom.get(f"/api/v1/sessions/{session}/{path}") as answer:
                assert answer.status == 404, path
        page = (await browser.new_page()).page
        await log_in(page, service, "/sessions/se-00000000000000000009/evidence")
        await expect(page.get_by_role("alert")).to_be_visible()
        assert await faults(page) == []
