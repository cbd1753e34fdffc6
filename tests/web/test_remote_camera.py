"""The remote offers what the room can, and a camera moves only while a hand is on it."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.fakes.browsers import Chromium
from tests.fakes.looking import faults, look, overflows, picture, small_targets
from tests.fakes.pages import PagedService
from tests.fakes.story import ANNE, a_week

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
REMOTE = "/rooms/villefort-visio/remote"
CAMERA = [
    "camera.home",
    "camera.move",
    "camera.preset.recall",
    "camera.preset.store",
    "camera.stop",
]
BY_AGENT = [*CAMERA, "audio.volume.set", "room.preset.apply", "share.start", "share.stop"]
WITHIN = 15.0


def device(name: str) -> dict[str, Any]:
    """A camera, as the agent reports it."""
    return {"id": name, "kind": "camera", "driver": "visca", "here": True, "commands": CAMERA,
            "facts": {}}  # fmt: skip


def furnished(service: PagedService, *cameras: str) -> None:
    """A room whose agent drives cameras, sound and scenes."""
    service.person, service.busy = ANNE, a_week()
    service.state["able"] = ["call.join", "call.leave", "video.layout.set"]
    document = {
        "devices": [device(name) for name in cameras or ("camera",)],
        "commands": BY_AGENT,
        "scene": "reunion",
    }
    service.devices = {"version": 1, "document": document, "presence": "online", "at": ""}


def told(service: PagedService) -> list[dict[str, Any]]:
    """The commands given, in order."""
    return [body for _, path, body in service.asked if path.endswith("/commands")]


async def until_told(service: PagedService, command: str, times: int = 1) -> None:
    """Wait until a command was given so many times."""
    async with asyncio.timeout(WITHIN):
        while [each["command"] for each in told(service)].count(command) < times:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def press(page: Page, what: Locator, right: float = 0.5, down: float = 0.5) -> None:
    """Put the finger on it, so far to the right and down, and leave it there."""
    await what.scroll_into_view_if_needed()
    box = await what.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] * right, box["y"] + box["height"] * down)
    await page.mouse.down()


async def test_a_camera_moves_while_it_is_held_and_is_stopped_on_release(
    service: PagedService, browser: Chromium
) -> None:
    furnished(service)
    page = await look(browser, service, REMOTE)
    await press(page, page.get_by_role("button", name="Vers la gauche"))
    await until_told(service, "camera.move", 3)
    await page.mouse.up()
    await until_told(service, "camera.stop")
    moves = [each for each in told(service) if each["command"] == "camera.move"]
    assert {(each["pan"], each["tilt"], each["zoom"]) for each in moves} == {(-60, 0, 0)}
    assert all(0 < each["ttl_ms"] <= 1000 for each in moves)
    await press(page, page.get_by_role("button", name="Plus près"))
    await until_told(service, "camera.move", len(moves) + 1)
    await page.mouse.up()
    assert next(each for each in told(service)[::-1] if each["command"] == "camera.move")["zoom"]


async def test_the_stick_goes_the_way_it_is_leant_and_no_farther_than_the_hand(
    service: PagedService, browser: Chromium
) -> None:
    furnished(service)
    page = await look(browser, service, REMOTE)
    await press(page, page.get_by_role("button", name="Manette"), right=0.9, down=0.25)
    await until_told(service, "camera.move")
    move = told(service)[0]
    assert 70 <= move["pan"] <= 90
    assert 40 <= move["tilt"] <= 60
    await page.mouse.up()
    await until_told(service, "camera.stop")


async def test_the_camera_is_moved_and_stopped_by_keyboard_alone(
    service: PagedService, browser: Chromium
) -> None:
    furnished(service)
    page = await look(browser, service, REMOTE)
    await page.get_by_role("button", name="Manette").focus()
    await page.keyboard.down("ArrowUp")
    await until_told(service, "camera.move", 2)
    await page.keyboard.up("ArrowUp")
    await until_told(service, "camera.stop")
    assert told(service)[0]["tilt"] > 0
    await page.get_by_role("button", name="Vers la droite").focus()
    await page.keyboard.down("Enter")
    await until_told(service, "camera.move", 3)
    await page.keyboard.press("Tab")
    await until_told(service, "camera.stop", 2)


async def test_a_hand_that_leaves_the_page_stops_the_camera(
    service: PagedService, browser: Chromium
) -> None:
    furnished(service)
    page = await look(browser, service, REMOTE)
    await press(page, page.get_by_role("button", name="Vers le haut"))
    await until_told(service, "camera.move")
    assert "camera.stop" not in {each["command"] for each in told(service)}
    await page.evaluate("dispatchEvent(new Event('blur'))")
    await until_told(service, "camera.stop")


async def test_presets_scenes_layout_and_share_are_one_touch_each(
    service: PagedService, browser: Chromium
) -> None:
    furnished(service)
    page = await look(browser, service, REMOTE)
    for name in ("Vue 2", "Formation", "Qui parle en grand", "Montrer", "Vue de départ"):
        await page.get_by_role("button", name=name, exact=True).click()
    await page.get_by_text("Retenir la vue actuelle").click()
    await page.get_by_role("button", name="Retenir en 3").click()
    await page.get_by_label("Volume de la salle").fill("35")
    await until_told(service, "audio.volume.set")
    await until_told(service, "camera.preset.store")
    given = {each.pop("command"): each for each in told(service)}
    assert given["camera.preset.recall"] == {"preset": 2}
    assert given["room.preset.apply"] == {"preset": "formation"}
    assert given["video.layout.set"] == {"layout": "speaker"}
    assert given["camera.preset.store"] == {"preset": 3}
    assert given["audio.volume.set"] == {"volume": 35}
    assert {"share.start", "camera.home"} <= given.keys()
    now = page.get_by_role("button", name="Réunion")
    await expect(now).to_have_attribute("aria-pressed", "true")
    assert await faults(page) == []
    assert await small_targets(page) == []


async def test_one_of_two_cameras_is_meant(service: PagedService, browser: Chromium) -> None:
    furnished(service, "salle", "tableau")
    page = await look(browser, service, REMOTE)
    await page.get_by_label("Quelle caméra").select_option("tableau")
    await page.get_by_role("button", name="Vue 1").click()
    await until_told(service, "camera.preset.recall")
    assert told(service)[-1]["device"] == "tableau"


async def test_only_what_the_room_can_is_offered(service: PagedService, browser: Chromium) -> None:
    furnished(service)
    assert service.devices is not None
    service.devices["presence"] = "offline"
    del service.state["able"]
    page = await look(browser, service, REMOTE)
    await expect(page.get_by_role("button", name="Couper le micro")).to_be_visible()
    for name in ("Mouvements de la caméra", "Ambiance de la salle", "Images à l'écran"):
        await expect(page.get_by_role("heading", name=name)).to_have_count(0)
    await expect(page.get_by_role("button", name="Montrer")).to_have_count(0)


async def test_what_is_wrong_is_said_in_words(service: PagedService, browser: Chromium) -> None:
    furnished(service)
    service.troubles = ["La caméra ne répond pas. Vérifiez qu'elle est allumée."]
    page = await look(browser, service, REMOTE)
    await expect(page.get_by_text("La caméra ne répond pas.")).to_be_visible()
    assert await faults(page) == []


@pytest.mark.parametrize(("width", "height"), [(320, 568), (640, 400), (800, 1280)])
async def test_the_whole_remote_fits_a_phone_and_twice_the_size(
    service: PagedService, browser: Chromium, width: int, height: int
) -> None:
    furnished(service, "salle", "tableau")
    page = await look(browser, service, REMOTE, width, height)
    await expect(page.get_by_role("button", name="Manette")).to_be_visible()
    assert await overflows(page) <= 0
    assert await small_targets(page) == []
    assert await faults(page) == []
    if width == 800:
        await page.get_by_role("heading", name="Montrer un document").scroll_into_view_if_needed()
        await picture(page, "remote-camera")
