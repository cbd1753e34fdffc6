"""The scenes of a room in its animateur's hands: chosen, tried, saved, met by those of others."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from orchestrator import keys
from orchestrator.store import rooms, scenes
from rooms.drivers.port import DeviceBusy, DeviceKind
from rooms.ids import RoomId
from rooms.scenes import DEFAULT_SCENES, Scenes, parse_scenes
from tests.fakes.agents import CAMERA, DISPLAY, QuickDevice, agent_of
from tests.fakes.browsers import Chromium, needs_chromium
from tests.fakes.looking import faults, log_in, overflows, picture, small_targets
from tests.fakes.service import RunningService, running_service
from tests.fakes.story import STATE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90), needs_chromium]
ROOM = RoomId("villefort-visio")
PATH = f"/rooms/{ROOM}/scenes"
BY_SCREEN = [
    *("audio.mic.set", "audio.speaker.set", "audio.volume.set", "video.camera.set"),
    *("video.selfview.set", "video.layout.set", "room.message.clear"),
]


class Furnished:
    """A running service, and the devices its room's agent drives."""

    def __init__(self, service: RunningService) -> None:
        self.service = service
        self.camera = QuickDevice("camera", commands=CAMERA)
        self.screen = QuickDevice("screen", DeviceKind.DISPLAY, DISPLAY)

    async def kept(self) -> Scenes:
        """What the service holds."""
        database = self.service.app[keys.DATABASE]
        return (await database.read(lambda conn: scenes.of_room(conn, ROOM)))[1]

    async def reported(self, call: str) -> None:
        """The room's screen says what it can, and whether it is in a session."""
        session = "se-00000000000000000001" if call == "in_call" else None
        told = {**STATE, "call": {"state": call, "session": session}, "able": BY_SCREEN}
        await self.service.app[keys.DATABASE].write(
            lambda conn: rooms.keep_state(conn, datetime.now(UTC), ROOM, 1, told)
        )

    async def changed_by_marc(self, **parts: Any) -> None:
        """Somebody else was faster."""
        now, wanted = datetime.now(UTC), parse_scenes({**(await self.kept()).to_json(), **parts})
        await self.service.app[keys.DATABASE].write(
            lambda conn: scenes.save(conn, now, ROOM, wanted, "marc", None)
        )


@asynccontextmanager
async def furnished(folder: Path) -> AsyncIterator[Furnished]:
    """A room with a camera that turns and a screen that is switched."""
    async with running_service(folder) as service:
        room = Furnished(service)
        async with agent_of(service, ROOM, [room.camera, room.screen], folder / "agent"):
            await room.reported("idle")
            yield room


async def opened(service: RunningService, browser: Chromium) -> Page:
    page = (await browser.new_page()).page
    await log_in(page, service, PATH)
    await expect(card(page, "Formation").get_by_role("heading")).to_be_visible()
    return page


def card(page: Page, name: str) -> Locator:
    heading = page.get_by_role("heading", name=name, exact=True, level=3)
    return page.get_by_role("listitem").filter(has=heading)


def said(page: Page, name: str, words: str) -> Locator:
    """What the card of a scene says in its sentence."""
    return card(page, name).locator(".scene-sums").get_by_text(words)


async def unfolded(page: Page, name: str) -> Locator:
    """The choices of a scene, opened by keyboard."""
    found = card(page, name)
    await found.locator("summary").press("Enter")
    return found


def steps_of(kept: Scenes, name: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = kept.scene(name).to_json()["steps"]
    return steps


async def saved(page: Page) -> None:
    await page.get_by_role("button", name="Enregistrer").press("Enter")
    await expect(page.get_by_role("button", name="Tout est enregistré")).to_be_visible()
    await expect(page.locator("#announce")).to_have_text("Ambiances enregistrées.")


async def test_a_scene_is_set_choice_by_choice_and_kept_by_the_service(
    tmp_path: Path, browser: Chromium
) -> None:
    async with furnished(tmp_path) as room:
        page = await opened(room.service, browser)
        await expect(said(page, "Formation", "Vue 1")).to_be_visible()
        assert await faults(page) == []
        found = await unfolded(page, "Formation")
        assert await faults(page) == []
        await found.get_by_label("Vue", exact=True).select_option("3")
        await found.get_by_label("Écran", exact=True).select_option("on")
        await found.get_by_label("Entrée", exact=True).select_option("hdmi2")
        await found.get_by_label("Micro", exact=True).select_option("")
        await found.get_by_role("radio", name="En médaillon").press("Space")
        await found.get_by_label("Régler le volume").press("Space")
        await found.get_by_label("Volume", exact=True).fill("45")
        await expect(found.get_by_text("pas encore enregistrée")).to_be_visible()
        assert await faults(page) == []
        await saved(page)
        assert await faults(page) == []
        before, after = steps_of(DEFAULT_SCENES, "formation"), await room.kept()
        steps = steps_of(after, "formation")
        assert {"command": "display.power.set", "on": True} in steps
        assert {"command": "display.input.set", "input": "hdmi2"} in steps
        assert {"command": "audio.volume.set", "volume": 45} in steps
        assert {"command": "camera.preset.recall", "preset": 3} in steps
        assert {"command": "video.layout.set", "layout": "pip"} in steps
        assert not any(step["command"] == "audio.mic.set" for step in steps)
        left_alone = {"room.wake", "display.blank.set", "audio.speaker.set", "video.camera.set"}
        assert [s for s in steps if s["command"] in left_alone] == [
            s for s in before if s["command"] in left_alone
        ]
        assert steps_of(after, "reunion") == steps_of(DEFAULT_SCENES, "reunion")
        await page.reload()
        await expect(said(page, "Formation", "HDMI 2")).to_be_visible()
        found = await unfolded(page, "Formation")
        await found.get_by_role("button", name="Revenir au réglage d'origine").press("Enter")
        await saved(page)
        assert steps_of(await room.kept(), "formation") == before


async def test_only_what_the_room_can_is_offered_and_the_rest_is_said_and_kept(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        page = await opened(service, browser)
        await expect(page.get_by_text("Aucun agent n'est installé")).to_be_visible()
        found = await unfolded(page, "Cérémonie")
        await expect(found.get_by_label("Micro", exact=True)).to_be_visible()
        for name in ("Vue", "Écran", "Entrée", "Appareils"):
            await expect(found.get_by_label(name, exact=True)).to_have_count(0)
        idle = "Sans effet dans cette salle, qui ne sait pas le faire"
        await expect(found.get_by_text(idle)).to_contain_text("Vue de la caméra")
        assert await faults(page) == []
        await found.get_by_label("Micro", exact=True).select_option("off")
        await saved(page)
        kept = await service.app[keys.DATABASE].read(lambda conn: scenes.of_room(conn, ROOM))
        steps = steps_of(kept[1], "ceremonie")
        assert {"command": "audio.mic.set", "on": False} in steps
        assert any(step["command"] == "camera.preset.recall" for step in steps)


async def test_each_of_two_cameras_has_a_view_of_its_own(tmp_path: Path, browser: Chromium) -> None:
    cameras = [QuickDevice("gauche", commands=CAMERA), QuickDevice("droite", commands=CAMERA)]
    async with (
        running_service(tmp_path) as service,
        agent_of(service, ROOM, list(cameras), tmp_path / "agent"),
    ):
        page = await opened(service, browser)
        found = await unfolded(page, "Formation")
        await expect(found.get_by_label("Vue (gauche)")).to_have_value("1")
        await expect(found.get_by_label("Vue (droite)")).to_have_value("")
        await found.get_by_label("Vue (droite)").select_option("5")
        await saved(page)
        kept = await service.app[keys.DATABASE].read(lambda conn: scenes.of_room(conn, ROOM))
        views = [s for s in steps_of(kept[1], "formation") if s["command"].startswith("camera.")]
        assert views == [
            {"command": "camera.preset.recall", "preset": 1},
            {"command": "camera.preset.recall", "preset": 5, "device": "droite"},
        ]
        assert await faults(page) == []


async def test_a_scene_is_tried_as_it_stands_and_each_refusal_is_told(
    tmp_path: Path, browser: Chromium
) -> None:
    async with furnished(tmp_path) as room:
        page = await opened(room.service, browser)
        found = await unfolded(page, "Veille")
        await found.get_by_label("Vue", exact=True).select_option("4")
        await found.get_by_label("Écran", exact=True).select_option("off")
        room.screen.fails = DeviceBusy("warming")
        await found.get_by_role("button", name="Essayer").press("Enter")
        told = found.get_by_role("list", name="Ce que la salle répond")
        await expect(told).to_contain_text("Vue de la caméra : fait.")
        refused = told.get_by_role("listitem").filter(has_text="Écran : cela n'a pas marché.")
        await expect(refused).to_contain_text("laissez-le finir")
        await expect(page.locator("#announce")).to_contain_text("Veille : ")
        assert [getattr(each, "preset", None) for each in room.camera.told] == [4]
        assert await faults(page) == []
        assert steps_of(await room.kept(), "veille") == steps_of(DEFAULT_SCENES, "veille")


async def test_a_scene_is_not_tried_before_a_session_unless_one_means_it(
    tmp_path: Path, browser: Chromium
) -> None:
    async with furnished(tmp_path) as room:
        page = await opened(room.service, browser)
        await room.reported("in_call")
        found = card(page, "Cérémonie")
        await found.get_by_role("button", name="Essayer").press("Enter")
        await expect(found.get_by_text("les autres sites verront")).to_be_visible()
        assert await faults(page) == []
        await found.get_by_role("button", name="Ne pas essayer").press("Enter")
        assert room.camera.told == []
        await found.get_by_role("button", name="Essayer").press("Enter")
        await found.get_by_role("button", name="Essayer quand même").press("Enter")
        told = found.get_by_role("list", name="Ce que la salle répond")
        await expect(told).to_contain_text("Vue de la caméra : fait.")
        away = told.get_by_role("listitem").filter(has_text="Disposition")
        await expect(away).to_contain_text("L'écran n'est pas joignable")
        assert await faults(page) == []


async def test_what_somebody_else_saved_meanwhile_is_met_and_nothing_typed_is_lost(
    tmp_path: Path, browser: Chromium
) -> None:
    async with furnished(tmp_path) as room:
        page = await opened(room.service, browser)
        mine = await unfolded(page, "Réunion")
        await mine.get_by_label("Vue", exact=True).select_option("2")
        await page.get_by_label("Minutes d'avance").fill("10")
        await page.get_by_label("Nouvelle ambiance").fill("Conseil du soir")
        await page.get_by_label("Nouvelle ambiance").press("Enter")
        theirs = (await room.kept()).to_json()["scenes"]
        theirs[0]["steps"] = [{"command": "room.wake"}]
        theirs[1]["steps"] = [{"command": "audio.mic.set", "on": False}]
        await room.changed_by_marc(scenes=theirs, end=None)
        await page.get_by_role("button", name="Enregistrer").press("Enter")
        alert = page.get_by_role("alert")
        await expect(alert).to_contain_text("Rien de ce que vous avez saisi n'est perdu")
        await expect(alert).to_contain_text("touché tous les deux à ceci : Réunion.")
        await expect(page.locator("#conflict")).to_be_focused()
        await expect(mine.get_by_label("Vue", exact=True)).to_have_value("2")
        await expect(page.get_by_label("Minutes d'avance")).to_have_value("10")
        await expect(said(page, "Formation", "coupé")).to_be_visible()
        await expect(page.get_by_label("Fin de réservation")).to_have_value("")
        assert await faults(page) == []
        await picture(page, "scenes-conflict")
        await saved(page)
        kept = await room.kept()
        assert (kept.end, kept.before_minutes) == (None, 10)
        assert kept.scene("conseil-du-soir").label == "Conseil du soir"
        assert steps_of(kept, "formation") == [{"command": "audio.mic.set", "on": False}]
        assert any(step.get("preset") == 2 for step in steps_of(kept, "reunion"))


async def test_a_scene_is_added_begins_bookings_and_is_removed_only_when_they_do_without(
    tmp_path: Path, browser: Chromium
) -> None:
    async with furnished(tmp_path) as room:
        page = await opened(room.service, browser)
        await page.get_by_role("button", name="Ajouter").press("Enter")
        await expect(page.get_by_text("Donnez un nom à l'ambiance.")).to_be_visible()
        assert await faults(page) == []
        await page.get_by_label("Nouvelle ambiance").fill("Été")
        await page.get_by_role("button", name="Ajouter").press("Enter")
        await page.get_by_label("Début : Réunion").select_option("ete")
        await page.get_by_label("Minutes d'avance").fill("45")
        await page.get_by_role("button", name="Enregistrer").press("Enter")
        await expect(page.get_by_text("Un nombre entier de 0 à 30.")).to_be_visible()
        await expect(page.get_by_label("Minutes d'avance")).to_be_focused()
        await page.get_by_label("Minutes d'avance").fill("15")
        await saved(page)
        assert (await room.kept()).start["meeting"] == "ete"
        found = await unfolded(page, "Été")
        await expect(found.get_by_text("Les réservations s'en servent")).to_be_visible()
        await expect(found.get_by_role("button", name="Supprimer")).to_have_count(0)
        await found.get_by_label("Nom").fill("")
        await page.get_by_role("button", name="Enregistrer").press("Enter")
        await expect(page.locator("#label-ete")).to_be_focused()
        assert await faults(page) == []
        await page.get_by_role("button", name="Abandonner").press("Enter")
        await page.get_by_label("Début : Réunion").select_option("")
        await card(page, "Été").get_by_role("button", name="Supprimer").press("Enter")
        await saved(page)
        kept = await room.kept()
        assert kept.start["meeting"] is None
        assert [one.id for one in kept.scenes] == ["reunion", "formation", "ceremonie", "veille"]


async def test_only_its_animateur_changes_the_scenes_of_a_room(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        page = (await browser.new_page(f"{service.url}{PATH}")).page
        await expect(page.get_by_text("Connectez-vous pour voir cette page.")).to_be_visible()
        assert await faults(page) == []
        await log_in(page, service, "/rooms/meyrueis-visio/scenes")
        await expect(page.get_by_text("Seul l'animateur de ce centre")).to_be_visible()
        assert await page.get_by_role("button", name="Enregistrer").count() == 0
        assert await faults(page) == []
        await page.goto(f"{service.url}/rooms/nowhere/scenes")
        await expect(page.get_by_role("alert")).to_contain_text("pas de salle de ce nom")
        await page.goto(f"{service.url}/centres/villefort")
        await page.get_by_role("link", name="Ambiances de la salle").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Ambiances")


@pytest.mark.parametrize("width", [1280, 320])
async def test_the_page_of_scenes_reads_at_every_width(
    tmp_path: Path, browser: Chromium, width: int
) -> None:
    async with furnished(tmp_path) as room:
        page = await opened(room.service, browser)
        await page.set_viewport_size({"width": width, "height": 1100})
        assert await overflows(page) <= 0
        if width == 1280:
            await picture(page, "scenes")
        await unfolded(page, "Formation")
        assert await overflows(page) <= 0
        assert await small_targets(page) == []
        assert await faults(page) == []
        if width == 1280:
            await picture(page, "scenes-choices")
            await page.emulate_media(color_scheme="dark")
            assert await faults(page) == []
