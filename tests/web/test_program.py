"""The program of a ceremony in the pages: drawn alike everywhere, from what the stage says."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from orchestrator.web.assets import BASE
from tests.fakes.browsers import Chromium
from tests.fakes.looking import PAINT, faults, look, overflows, picture, small_targets, until
from tests.fakes.pages import PagedService
from tests.fakes.program import on_stage, spot
from tests.fakes.story import CODE, Json, instant
from tests.web.test_kiosk import order, paired

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
CASES = json.loads((Path(__file__).parents[1] / "data/canvas/cases.json").read_text())
TWIN = """async ([base, cases]) => {
  const { shares } = await import(`${base}/canvas.js`);
  return cases.map(({ layout, count }) => shares(layout, count));
}"""
STANDING = """async ([base, stage]) => {
  const { standingOf } = await import(`${base}/tally.js`);
  return standingOf(stage, "pa-who-sends-nothing", false);
}"""
WHERE = """() => {
  const frame = document.querySelector(".program-frame").getBoundingClientRect();
  return [...document.querySelectorAll(".spot")].map((each) => {
    const box = each.getBoundingClientRect();
    return [(box.left - frame.left) / frame.width, (box.top - frame.top) / frame.height,
            box.width / frame.width, box.height / frame.height];
  });
}"""
PAINTED = "[...document.querySelectorAll('.spot video')].every((each) => each.videoWidth > 0)"
FLORAC, MEYRUEIS, VILLEFORT = "st-chely-d-apcher", "meyrueis", "villefort"


async def enter(browser: Chromium, service: PagedService, **size: int) -> Page:
    page = await look(browser, service, f"/join/{CODE}", **size)
    await page.get_by_label("Votre nom").fill("Camille")
    await page.get_by_role("button", name="Rejoindre").click()
    await until(page, "window.margeride?.model.in.value")
    return page


async def paint(page: Page, *names: str) -> None:
    """Give these sites a picture, as a media worker would."""
    painted = [[f"pa-{name}", "", 25 + 60 * place] for place, name in enumerate(names)]
    await page.evaluate(PAINT, {"names": painted, "muted": []})
    await until(page, PAINTED)


async def told(service: PagedService, **stage: Any) -> None:
    service.session["stage"] = on_stage(**stage)
    await service.tell(type="session.changed", session=service.session)


def near(found: list[list[float]], wanted: list[list[float]]) -> bool:
    flat = [
        (a, b)
        for one, other in zip(found, wanted, strict=True)
        for a, b in zip(one, other, strict=True)
    ]
    return all(abs(a - b) < 0.01 for a, b in flat)


def case(layout: str, count: int) -> list[list[float]]:
    found: Json = next(one for one in CASES if (one["layout"], one["count"]) == (layout, count))
    return [list(map(float, share)) for share in found["shares"]]


async def test_the_pages_put_pictures_where_the_mixer_does(
    service: PagedService, browser: Chromium
) -> None:
    service.session["stage"] = on_stage(
        layout="speaker_and_sites", spots=[spot(MEYRUEIS), spot(FLORAC), spot(VILLEFORT)]
    )
    page = await enter(browser, service)
    found = await page.evaluate(TWIN, [BASE, CASES])
    for one, shares in zip(CASES, found, strict=True):
        assert near(shares, one["shares"]), (one["layout"], one["count"])
    await paint(page, MEYRUEIS, FLORAC, VILLEFORT)
    assert near(await page.evaluate(WHERE), case("speaker_and_sites", 3))
    await expect(
        page.get_by_role("list", name="À l'antenne").get_by_role("listitem")
    ).to_have_count(3)
    assert await faults(page) == []
    await picture(page, "program")
    await told(service, layout="two", spots=[spot(VILLEFORT), spot(MEYRUEIS)])
    await expect(page.locator(".spot")).to_have_count(2)
    assert near(await page.evaluate(WHERE), case("two", 2))
    await page.set_viewport_size({"width": 320, "height": 700})
    assert await overflows(page) == 0
    assert near(await page.evaluate(WHERE), case("two", 2))
    assert await small_targets(page) == []
    assert await faults(page) == []


async def test_a_site_that_is_lost_gives_way_to_calm_words_and_a_slate_to_its_own(
    service: PagedService, browser: Chromium
) -> None:
    service.session["stage"] = on_stage(layout="two", spots=[spot(MEYRUEIS), spot(VILLEFORT)])
    page = await enter(browser, service)
    await paint(page, MEYRUEIS, VILLEFORT)
    lost = spot(MEYRUEIS, slate=True, rung="slate")
    await told(service, layout="two", spots=[lost, spot(VILLEFORT)])
    await expect(page.get_by_role("listitem", name="Meyrueis")).to_contain_text(
        "Liaison interrompue – Meyrueis"
    )
    assert await page.locator(".spot video").count() == 1
    await picture(page, "program-lost")
    assert await faults(page) == []
    held = spot(MEYRUEIS, slate=True)
    await told(service, layout="two", spots=[held, spot(VILLEFORT)])
    await expect(page.get_by_text("Meyrueis revient dans un instant")).to_be_visible()
    await told(service, layout="slate", slate="Le ministre arrive.")
    await expect(page.get_by_text("Le ministre arrive.")).to_be_visible()
    await expect(page.locator(".spot")).to_have_count(0)
    assert await faults(page) == []


async def test_a_picture_that_stands_still_gives_way_to_the_name_until_it_goes_on(
    service: PagedService, browser: Chromium
) -> None:
    service.session["stage"] = on_stage(layout="two", spots=[spot(MEYRUEIS), spot(VILLEFORT)])
    page = await enter(browser, service)
    await paint(page, MEYRUEIS, VILLEFORT)
    still = page.locator(".spot-still")
    await page.evaluate("window.ceased = ['pa-meyrueis']")
    await expect(still).to_have_count(1)
    meyrueis = page.get_by_role("listitem", name="Meyrueis")
    await expect(meyrueis.locator(".spot-still")).to_be_visible()
    await expect(page.get_by_text("Meyrueis", exact=True)).to_be_visible()
    assert await faults(page) == []
    await picture(page, "program-still")
    await page.evaluate("window.ceased = []")
    await expect(still).to_have_count(0)


async def test_one_knows_whether_he_is_on_air_next_in_the_wings_or_has_the_floor(
    service: PagedService, browser: Chromium
) -> None:
    service.session["stage"] = on_stage(layout="slate")
    page = await enter(browser, service, width=1024, height=640)
    here = page.get_by_role("region", name="Votre place dans la cérémonie")
    await expect(here).to_contain_text("En coulisses")
    stage = service.session["stage"]
    assert await page.evaluate(STANDING, [BASE, stage]) == "watching"
    await told(service, layout="slate", next={"participants": ["pa-me"], "at": None})
    await expect(here).to_contain_text("À suivre : vous")
    at = "2026-11-24T09:20:05.000Z"
    await told(service, layout="slate", next={"participants": ["pa-me"], "at": at})
    await expect(here).to_contain_text("Vous passez à l'antenne dans 5 s")
    mine = {**spot("me"), "name": "Camille", "room": None}
    cue = {"title": "Mot d'accueil", "people": "", "at": at, "duration": 180, "rooms": []}
    holders = [{"participant": "pa-me", "name": "", "place": "Camille"}]
    heard: Json = {"heard": ["pa-me"], "holders": holders}
    await told(
        service, layout="one", spots=[mine], cue=cue, then={**cue, "title": "Le ruban"}, **heard
    )
    await expect(here).to_contain_text("À L'ANTENNE")
    await expect(here).to_contain_text("Tout le monde vous voit et vous entend.")
    await expect(here).to_contain_text("Vous avez la parole.")
    await expect(here).to_contain_text("Mot d'accueil 3:00")
    await expect(here).to_contain_text("Ensuite : Le ruban")
    await expect(page.locator("#announce")).to_have_text("À L'ANTENNE Vous avez la parole.")
    assert await faults(page) == []
    await picture(page, "program-on-air")
    await told(service, layout="slate", talk=["pa-me"])
    await expect(here).to_contain_text("La régie vous parle.")
    await picture(page, "program-orders")
    assert await faults(page) == []
    queue = [{"participant": one, "name": "", "place": ""} for one in ("pa-x", "pa-me")]
    await told(service, layout="one", spots=[{**mine, "slate": True}], queue=queue)
    await expect(here).to_contain_text("Hors antenne un instant")
    await expect(here).to_contain_text("Main levée : place 2 sur 2.")
    assert await faults(page) == []
    await page.set_viewport_size({"width": 320, "height": 700})
    assert await overflows(page) == 0


async def test_the_screen_of_a_room_draws_the_program_too(
    service: PagedService, browser: Chromium
) -> None:
    villefort = spot(VILLEFORT)
    service.session["stage"] = on_stage(
        layout="slides_and_speaker", spots=[villefort, spot(MEYRUEIS)], heard=["pa-villefort"]
    )
    page = await paired(browser, service)
    joins = {"session": "se-00000000000000000001", "token": "t", "title": "Inauguration"}
    assert (await order(page, service, "call.join", 1, **joins))["type"] == "command.done"
    await paint(page, MEYRUEIS)
    await expect(page.locator(".tally")).to_contain_text("À L'ANTENNE")
    assert near(await page.evaluate(WHERE), case("slides_and_speaker", 2))
    await expect(page.locator(".spot video")).to_have_count(2)
    await picture(page, "kiosk-program")
    assert await faults(page) == []
    await page.set_viewport_size({"width": 320, "height": 700})
    assert await overflows(page) == 0


async def test_a_hand_asks_for_the_floor_and_goes_down_when_the_director_lowers_it(
    service: PagedService, browser: Chromium
) -> None:
    service.session["stage"] = on_stage(layout="slate")
    page = await enter(browser, service)
    await page.get_by_role("button", name="Lever la main").click()
    seat = {"participant": "pa-me", "name": "", "place": "Camille"}
    await told(service, layout="slate", queue=[seat])
    here = page.get_by_role("region", name="Votre place dans la cérémonie")
    await expect(here).to_contain_text("Main levée : place 1 sur 1.")
    await told(service, layout="slate", holders=[seat])
    await expect(here).to_contain_text("Vous avez la parole.")
    await expect(page.get_by_role("button", name="Rendre la parole")).to_be_visible()
    await told(service, layout="slate")
    await expect(page.get_by_role("button", name="Lever la main")).to_be_visible()
    assert [each["up"] for each in service.heard if each["type"] == "hand"] == [True, False]


async def test_who_speaks_reads_it_large_with_a_word_of_the_director(
    service: PagedService, browser: Chromium
) -> None:
    service.join |= {"name": "Camille", "part": "speaker", "room": None}
    at = "2026-11-24T09:20:05.000Z"
    cue = {"title": "Mot d'accueil", "people": "", "at": at, "duration": 180, "rooms": []}
    service.session["stage"] = on_stage(
        layout="slate", cue=cue, then={**cue, "title": "Le ruban"},
        next={"participants": ["pa-me"], "at": at},
    )  # fmt: skip
    page = await enter(browser, service)
    order = json.dumps({"order": "Le préfet a deux minutes de retard."})
    await service.tell(type="whispered", participant="pa-desk", data=order)
    here = page.get_by_role("region", name="Votre place dans la cérémonie")
    await expect(here).to_contain_text("La régie : Le préfet a deux minutes de retard.")
    await picture(page, "program-speaker")
    assert await faults(page) == []
    await page.set_viewport_size({"width": 320, "height": 700})
    assert await overflows(page) == 0
    assert await small_targets(page) == []
    await page.get_by_role("button", name="Lu").press("Enter")
    await expect(here).not_to_contain_text("La régie")


async def test_the_animateur_of_a_site_sees_how_it_is_and_what_comes_for_it(
    service: PagedService, browser: Chromium
) -> None:
    room = f"{MEYRUEIS}-visio"
    service.join |= {"name": "Camille", "part": "animateur", "room": room}
    ribbon = {"title": "Le ruban", "people": "", "at": instant(0, "10:24"), "duration": 60,
              "rooms": [room], "kind": "simultaneous_action", "ready": False}  # fmt: skip
    facts: Json = {"layout": "one", "spots": [spot(VILLEFORT)], "sites": {room: ribbon}}
    service.session["stage"] = on_stage(**facts, talk=[f"pa-{MEYRUEIS}"])
    page = await enter(browser, service)
    mine = page.get_by_role("region", name="Votre site : Meyrueis")
    for words in ("En coulisses", "Le ruban", "Faites le geste quand l'écran arrive à zéro.",
                  "Pas encore prêt", "La régie parle à votre salle."):  # fmt: skip
        await expect(mine).to_contain_text(words)
    await paint(page, VILLEFORT)
    await picture(page, "site-view")
    assert await faults(page) == []
    await page.set_viewport_size({"width": 320, "height": 700})
    assert await overflows(page) == 0
    assert await small_targets(page) == []
    facts["sites"] = {room: {**ribbon, "ready": True}}
    await told(service, **facts | {"spots": [spot(MEYRUEIS)]})
    await expect(mine).to_contain_text("À l'antenne : on vous voit")
    await expect(mine.locator(".state-ok")).to_have_text("Prêt")
