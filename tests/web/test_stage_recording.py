"""The recording of a ceremony from its desk: on what terms, begun and ended, by keyboard."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.fakes.browsers import Chromium, needs_chromium
from tests.fakes.looking import faults, overflows, picture, small_targets
from tests.fakes.service import running_service
from tests.web.test_stage import at_the_desk, booked

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120), needs_chromium]


async def test_a_session_is_recorded_from_the_desk_once_its_terms_are_said(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        page = await at_the_desk(service, browser, await booked(service))
        card = page.locator("details.recording")
        await card.locator("summary").press("Enter")
        await expect(page.get_by_label("Qui garde l'enregistrement")).to_be_visible()
        await expect(page.get_by_role("button", name="Enregistrer maintenant")).to_have_count(0)
        await page.get_by_label("Qui garde l'enregistrement").fill("Département de la Lozère")
        await page.get_by_label("Dans quel but").fill("archives de l'inauguration")
        await page.get_by_role("button", name="Retenir ces conditions").press("Enter")
        begin = page.get_by_role("button", name="Enregistrer maintenant")
        await expect(begin).to_be_visible()
        assert await faults(page) == []
        await begin.press("Enter")
        stop = page.get_by_role("button", name="Arrêter l'enregistrement")
        await expect(stop).to_be_visible()
        said = card.get_by_text("est enregistrée par Département de la Lozère")
        await expect(said).to_be_visible()
        assert await faults(page) == []
        assert await small_targets(page) == []
        await page.set_viewport_size({"width": 320, "height": 800})
        assert not await overflows(page)
        await page.set_viewport_size({"width": 1366, "height": 900})
        await card.scroll_into_view_if_needed()
        await picture(page, "stage-recording")
        await stop.press("Enter")
        await expect(card.get_by_text("Enregistré le")).to_be_visible()
        await expect(card.get_by_text("est enregistrée")).to_have_count(0)
        assert await faults(page) == []
