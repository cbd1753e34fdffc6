"""The desk of a ceremony in a real page: the run of show, the stage and the floor, by keyboard."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from orchestrator import keys, stage_watch
from orchestrator import stage as place
from orchestrator import staging as ceremony
from orchestrator.stage_table import Layout
from orchestrator.staging import Act, Staging, Word
from orchestrator.store import stagings
from rooms.ids import SessionId
from tests.fakes.browsers import Chromium, needs_chromium
from tests.fakes.looking import faults, log_in, overflows, picture, small_targets
from tests.fakes.service import Browser, RunningService, running_service

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120), needs_chromium]
ROOMS = ("villefort-visio", "meyrueis-visio")
RIBBON, SPEECH = "Couper le ruban", "Mot d'accueil"


async def ask(who: Browser, method: str, path: str, sent: Any = None) -> dict[str, Any]:
    async with who.request(method, f"/api/v1{path}", json=sent) as answer:
        assert answer.status < 300, await answer.text()
        return dict(await answer.json())


async def booked(service: RunningService, *, doors: bool = True) -> str:
    """The session of an inauguration that begins in a few minutes, its doors open."""
    admin = await service.log_in("admin")
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=10 if doors else 90)
    span = {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
    wish = {"title": "Inauguration des télécentres", "kind": "ceremony", "rooms": [*ROOMS], **span}
    session = str((await ask(admin, "POST", "/bookings", wish))["booking"]["session"])
    if doors:
        await ask(admin, "POST", f"/sessions/{session}/open")
    return session


async def at_the_desk(service: RunningService, browser: Chromium, session: str) -> Page:
    page = (await browser.new_page()).page
    await page.set_viewport_size({"width": 1366, "height": 768})
    await log_in(page, service, f"/sessions/{session}/stage")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Inauguration des télécentres")
    return page


async def writes(page: Page, title: str, kind: str = "Discours", minutes: str = "5") -> None:
    await page.get_by_role("button", name="Ajouter un top").press("Enter")
    await expect(page.get_by_label("Intitulé")).to_be_focused()
    await page.keyboard.type(title)
    await page.get_by_label("Ce qui se passe").select_option(label=kind)
    await page.get_by_label("Durée en minutes").fill(minutes)
    await page.get_by_role("button", name="Enregistrer").press("Enter")
    await expect(page.get_by_label("Intitulé")).to_have_count(0)


def cue(page: Page, title: str) -> Locator:
    return page.get_by_role("listitem", name=title, exact=True)


async def test_a_run_of_show_is_written_and_run_from_the_desk_by_keyboard_alone(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        session = await booked(service)
        page = await at_the_desk(service, browser, session)
        await expect(page.get_by_text("Le conducteur est vide.")).to_be_visible()
        assert await faults(page) == []
        await writes(page, RIBBON, "Geste simultané", "1")
        await writes(page, SPEECH)
        await cue(page, SPEECH).get_by_role("button", name="Avancer").press("Enter")
        await expect(page.locator(".stage-cue strong")).to_have_text([SPEECH, RIBBON])
        await expect(cue(page, RIBBON)).to_contain_text("Pas encore prêts : ")
        await cue(page, SPEECH).get_by_role("button", name="Armer").press("Enter")
        await cue(page, SPEECH).get_by_role("button", name="TOP").press("Enter")
        await expect(cue(page, SPEECH)).to_have_attribute("aria-current", "step")
        await expect(page.locator("#announce")).to_have_text(f"TOP : « {SPEECH} ».")
        now = page.locator(".stage-now")
        await expect(now).to_contain_text(SPEECH)
        await expect(now).to_contain_text(RIBBON)
        assert await faults(page) == []
        await cue(page, RIBBON).get_by_role("button", name="Armer quand même").press("Enter")
        await cue(page, RIBBON).get_by_role("button", name="TOP quand même").press("Enter")
        await expect(cue(page, SPEECH)).to_contain_text("Fait")
        await picture(page, "stage")
        await expect(cue(page, RIBBON)).to_contain_text("En cours")
        await page.set_viewport_size({"width": 320, "height": 900})
        assert await overflows(page) == 0
        assert await small_targets(page) == []


async def test_what_somebody_else_writes_is_shown_and_nothing_typed_is_lost(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        session = await booked(service)
        page = await at_the_desk(service, browser, session)
        await page.get_by_role("button", name="Ajouter un top").press("Enter")
        await expect(page.get_by_label("Intitulé")).to_be_focused()
        await page.keyboard.type(SPEECH)
        admin = await service.log_in("admin")
        path = f"/api/v1/sessions/{session}/rundown"
        sent = {"cues": [{"title": RIBBON, "kind": "simultaneous_action", "duration": 60}]}
        async with admin.request("PUT", path, json=sent, headers={"If-Match": '"0"'}) as answer:
            assert answer.status == 200, await answer.text()
        await expect(cue(page, RIBBON)).to_be_visible()
        await expect(page.get_by_label("Intitulé")).to_have_value(SPEECH)
        await page.get_by_role("button", name="Enregistrer").press("Enter")
        await expect(cue(page, SPEECH)).to_be_visible()
        await expect(cue(page, RIBBON)).to_be_visible()


async def test_the_stage_is_set_up_and_a_preview_waits_for_who_is_not_ready(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        session = await booked(service)
        page = await at_the_desk(service, browser, session)
        await page.get_by_role("button", name="Monter le plateau").press("Enter")
        await expect(page.get_by_role("heading", name="À l'antenne", exact=True)).to_be_visible()
        sources = page.get_by_role("region", name="En coulisses et à l'antenne")
        villefort = sources.get_by_role("listitem", name="Villefort")
        await expect(villefort).to_contain_text("Absent")
        await villefort.get_by_role("button", name="À suivre").press("Enter")
        await expect(page.get_by_role("group", name="À suivre")).to_contain_text("Villefort")
        await expect(page.get_by_text("Pas encore prêt : Villefort.")).to_be_visible()
        take = page.get_by_role("button", name="Passer à l'antenne")
        await expect(take).to_have_attribute("aria-disabled", "true")
        await villefort.get_by_text("Suppléant").press("Enter")
        await villefort.get_by_label("Si Villefort est coupé").select_option(label="Meyrueis")
        await expect(villefort.get_by_label("Prend sa place tout seul")).to_be_enabled()
        await villefort.get_by_label("Prend sa place tout seul").press("Space")
        await expect(villefort.get_by_label("Prend sa place tout seul")).to_be_checked()
        await page.get_by_label("Qui est entendu").select_option("queue")
        await expect(page.get_by_text("Personne ne demande la parole.")).to_be_visible()
        assert await faults(page) == []
        await picture(page, "stage-wings")
        await page.set_viewport_size({"width": 320, "height": 900})
        assert await overflows(page) == 0
        assert await small_targets(page) == []


async def test_who_does_not_run_the_session_is_told_it_does_not_exist(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        page = (await browser.new_page()).page
        await log_in(page, service, "/sessions/se-00000000000000000009/stage")
        await expect(page.get_by_role("alert")).to_be_visible()
        await expect(page.get_by_role("button", name="Monter le plateau")).to_have_count(0)
        assert await faults(page) == []


def lost_at(now: datetime, director: str) -> Staging:
    """Villefort was on air and is lost for 8 s, Meyrueis is ready to come in its place."""
    staging = ceremony.begin(director, ROOMS)
    stage = staging.stage
    for room in ROOMS:
        stage = place.passed(place.came(stage, room, now), room)
    stage = place.arm(stage, ROOMS[0], ROOMS[1], armed=False)
    stage = place.take(place.prepare(stage, Layout.ONE, ROOMS[:1]), director)
    stage = place.tick(place.silent(stage, ROOMS[0], now), now + timedelta(seconds=9))
    asks = Act(word=Word.RAISE, source=ROOMS[1], name="Mme Pic")
    return ceremony.done(replace(staging, stage=stage), asks, director, now)


async def test_a_lost_source_is_said_its_substitute_proposed_and_put_in_its_place(
    tmp_path: Path, browser: Chromium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage_watch, "SETTLES", timedelta(hours=1))  # nobody is really there
    async with running_service(tmp_path) as service:
        session, anne = await booked(service), await service.person("anne")
        now = datetime.now(UTC)
        kept = lost_at(now - timedelta(seconds=9), anne.id)
        await service.app[keys.DATABASE].write(
            lambda conn: stagings.set_up(conn, now, SessionId(session), kept)
        )
        page = await at_the_desk(service, browser, session)
        on_air = page.get_by_role("region", name="À l'antenne", exact=True)
        await expect(on_air).to_contain_text("Liaison interrompue : Villefort.")
        asks = page.get_by_role("button", name="Donner la parole Mme Pic (Meyrueis)")
        await expect(asks).to_be_visible()
        assert await faults(page) == []
        await picture(page, "stage-lost")
        await on_air.get_by_role("button", name="Mettre Meyrueis à sa place").press("Enter")
        await expect(page.locator("#announce")).to_have_text("Meyrueis est à l'antenne.")
        await expect(on_air).not_to_contain_text("Liaison interrompue")
        await expect(on_air.get_by_role("group", name="À l'antenne")).to_contain_text("Meyrueis")
        await page.get_by_label("Qui est entendu").select_option("director")
        floor = page.get_by_role("region", name="Parole")
        await asks.press("Enter")
        await expect(floor.get_by_role("button", name="Reprendre la parole")).to_be_visible()
        assert await faults(page) == []
        await page.set_viewport_size({"width": 320, "height": 900})
        assert await overflows(page) == 0
        assert await small_targets(page) == []
