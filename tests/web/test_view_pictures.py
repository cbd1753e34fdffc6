"""A view of the camera is stored, the screen says that it takes a picture, the remotes show it."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.fakes.agents import CAMERA, QuickDevice, agent_of
from tests.fakes.browsers import Chromium, needs_chromium
from tests.fakes.looking import faults, log_in, overflows, picture, until
from tests.fakes.pages import PagedService
from tests.fakes.service import running_service
from tests.web.test_kiosk import order, paired
from tests.web.test_phone_remote import ROOM, opened, phone_at, scanned, screen_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150), needs_chromium]
STORES = CAMERA | {"camera.preset.store", "camera.preset.delete"}
PATIENCE = 20_000


async def has_picture(page: Page, view: str) -> None:
    """The view has one that is drawn."""
    await expect(page.get_by_role("button", name=view).locator("img")).to_be_visible(
        timeout=PATIENCE
    )
    await until(page, "document.querySelector('.view-pictured img').naturalWidth === 320")


async def test_a_stored_view_gets_the_picture_that_was_announced(
    tmp_path: Path, browser: Chromium
) -> None:
    camera = QuickDevice("camera", commands=STORES)
    async with (
        running_service(tmp_path) as service,
        agent_of(service, ROOM, [camera], tmp_path / "agent"),
    ):
        anne = await service.log_in("anne")
        screen = await screen_of(service, anne, browser)
        page = (await browser.new_page()).page
        await log_in(page, service, f"/rooms/{ROOM}/remote")
        await page.get_by_text("Retenir la vue actuelle").click()
        await expect(page.get_by_text("en garde une petite image")).to_be_visible()
        await page.get_by_role("button", name="Retenir en 3").click()
        said = screen.get_by_role("alert").get_by_text("Une image de la vue 3 est prise")
        await expect(said).to_be_visible(timeout=PATIENCE)
        await has_picture(page, "Vue 3")
        await expect(page.locator(".view-pictured")).to_have_count(1)
        assert await faults(page) == []
        await page.set_viewport_size({"width": 320, "height": 640})
        assert await overflows(page) <= 0
        await page.get_by_role("heading", name="Vues retenues").scroll_into_view_if_needed()
        plain = await page.get_by_role("button", name="Vue 4").bounding_box()
        assert plain is not None
        assert plain["height"] == 56  # not stretched beside the picture
        await picture(page, "remote-views")
        async with phone_at(browser, await scanned(screen)) as phone:
            await has_picture(phone, "Vue 3")
            await expect(phone.get_by_text("Retenir la vue actuelle")).to_have_count(0)
            assert await faults(phone) == []
        stranger = await opened(browser, f"{service.url}/rooms/meyrueis-visio/remote")
        await expect(stranger.locator("img")).to_have_count(0)


async def test_no_picture_is_taken_while_the_camera_is_cut(
    service: PagedService, browser: Chromium
) -> None:
    page = await paired(browser, service)
    await order(page, service, "video.camera.set", 1, on=False)
    refused = await order(page, service, "video.picture.keep", 2, preset=1)
    assert refused["error"] == "no_media"
    await expect(page.get_by_role("alert")).to_have_count(0)
    assert [path for method, path, _ in service.asked if "/views/" in path] == []
