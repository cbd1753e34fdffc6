"""The animateur's page of his centre says what is wrong in its rooms, for as long as it is."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from rooms.agent import hands
from rooms.drivers.port import DeviceUnreachable, Patch
from tests.fakes.agents import QuickDevice, agent_of
from tests.fakes.browsers import Chromium, needs_chromium
from tests.fakes.looking import faults, log_in, look, overflows, picture, small_targets
from tests.fakes.pages import PagedService
from tests.fakes.service import running_service
from tests.fakes.story import ANNE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90), needs_chromium]


class UnpluggedCamera(QuickDevice):
    """Does not answer until somebody has plugged it in."""

    plugged = False

    async def poll(self) -> Patch:
        if not self.plugged:
            raise DeviceUnreachable("nobody there")
        return {"power": "on"}


async def test_a_lost_camera_stands_on_the_page_with_what_to_do_until_it_is_back(
    tmp_path: Path, browser: Chromium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "LOST_EVERY", 0.2)
    camera = UnpluggedCamera("camera")
    async with running_service(tmp_path) as service:
        page = (await browser.new_page()).page
        await log_in(page, service, "/centres/villefort")
        wrong = page.get_by_role("region", name="Ce qui ne va pas")
        await expect(page.get_by_role("heading", name="Salle visio de Villefort")).to_be_visible()
        await expect(wrong).to_be_hidden()
        async with agent_of(service, "villefort-visio", [camera], tmp_path / "agent"):
            await expect(wrong).to_contain_text("La caméra ne répond pas.", timeout=20_000)
            await expect(wrong).to_contain_text("Faites vérifier sur place")
            await expect(wrong).to_contain_text("Salle visio de Villefort")
            assert await faults(page) == []
            camera.plugged = True
            await expect(wrong).to_be_hidden(timeout=20_000)


LOST = {
    "room": "villefort-visio", "centre": "villefort", "key": "device_lost", "device": "cam",
    "text": "La caméra ne répond pas.", "suggestion": "Faites vérifier sur place.",
    "since": "2026-11-24T09:12:00Z", "session": None,
}  # fmt: skip


@pytest.mark.parametrize("width", [320, 1280])
async def test_the_page_names_who_was_told(
    service: PagedService, browser: Chromium, width: int
) -> None:
    service.person = ANNE
    service.alerts = [
        {**LOST, "told": ["Anne Martin", "Zoé Roux", "astreinte"]},
        {**LOST, "device": "projector", "text": "Le projecteur ne répond pas.", "told": []},
    ]
    page = await look(browser, service, "/centres/villefort", width, 800)
    wrong = page.get_by_role("region", name="Ce qui ne va pas")
    await expect(wrong.get_by_text("Prévenu : Anne Martin, Zoé Roux, astreinte")).to_be_visible()
    await expect(wrong.get_by_text("Le projecteur ne répond pas.")).to_be_visible()
    await expect(wrong.get_by_text("Prévenu")).to_have_count(1)
    assert await overflows(page) <= 0
    assert await small_targets(page) == []
    assert await faults(page) == []
    if width == 1280:
        await picture(page, "centre-alerts")
