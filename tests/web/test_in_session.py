"""The session in the join page: views, layers, words, hands and secrets."""

import asyncio
import re
from collections.abc import Callable

import pytest
from playwright.async_api import Page, expect

from tests.fakes.browsers import Chromium
from tests.fakes.looking import faults, look, overflows, paint, picture, until
from tests.fakes.pages import PagedService
from tests.fakes.story import CODE, MARKUP, Json, instant

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
LINK = f"/join/{CODE}"


async def enter(page: Page) -> None:
    """Say a name and come in."""
    await page.get_by_label("Votre nom").fill("Camille")
    await page.get_by_role("button", name="Rejoindre").click()
    await until(page, "window.margeride?.model.in.value")


async def heard(
    service: PagedService, kind: str, wanted: Callable[[Json], bool] = lambda _: True
) -> Json:
    """The newest message of this kind that is as wanted, once the page has said one."""
    async with asyncio.timeout(15):
        while True:
            said = [each for each in service.heard if each["type"] == kind and wanted(each)]
            if said:
                return said[-1]
            await asyncio.sleep(0.05)


async def test_the_page_says_how_high_it_shows_each_picture(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, LINK)
    await enter(page)
    await paint(page)
    large = await heard(service, "view", lambda view: len(view["tracks"]) == 3)
    heights = {each["track"]: each["height"] for each in large["tracks"]}
    assert all(100 <= height <= 800 for height in heights.values()), heights
    await page.set_viewport_size({"width": 320, "height": 400})
    small = await heard(
        service,
        "view",
        lambda view: (
            0 < max((each["height"] for each in view["tracks"]), default=0) < max(heights.values())
        ),
    )
    # What is scrolled out of sight is worth nothing.
    assert any(each["height"] == 0 for each in small["tracks"])


async def test_a_picture_that_rests_says_why_with_the_figure_of_the_line(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, LINK)
    await enter(page)
    await paint(page)
    paused = {"track": "tr-pa-meyrueis-video", "layer": None, "kbps": 0, "why": "line"}
    small = {"track": "tr-pa-villefort-video", "layer": 0, "kbps": 100, "why": "small"}
    await service.tell(type="view.chosen", leg="lg-0", available_kbps=480.2, tracks=[paused, small])
    words = "Image en pause : votre ligne reçoit 480 kbit/s"
    await expect(page.get_by_text(words)).to_be_visible()
    tile = page.locator(".tile").first
    await expect(tile).to_have_attribute("aria-label", re.compile(r"^Meyrueis, .*480\skbit/s"))
    assert await page.locator(".tile-rest").count() == 1
    assert await faults(page) == []
    await picture(page, "session-paused")
    await service.tell(
        type="view.chosen",
        leg="lg-0",
        available_kbps=900,
        tracks=[{**paused, "layer": 1, "kbps": 400, "why": "full"}, small],
    )
    await expect(page.get_by_text(words)).to_be_hidden()


async def test_who_spares_his_line_chooses_so_and_it_is_remembered(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, LINK)
    await enter(page)
    assert (await heard(service, "view"))["mode"] == "full"
    await page.get_by_label("Ma ligne").select_option("saving")
    await heard(service, "view", lambda view: view["mode"] == "saving")
    await expect(page.locator("#announce")).to_have_text(
        "Petites images seulement, pour ménager votre ligne."
    )
    service.heard.clear()
    await page.reload()
    await enter(page)
    assert (await heard(service, "view"))["mode"] == "saving"


async def test_the_service_says_who_speaks_also_of_those_who_are_not_sent(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, LINK)
    await enter(page)
    await paint(page)
    await service.tell(type="speakers", participants=["pa-me", "pa-villefort"])
    await expect(page.locator(".tile-speaks")).to_have_attribute(
        "aria-label", re.compile("^Villefort")
    )
    await service.tell(type="speakers", participants=[])
    await expect(page.locator(".tile-speaks")).to_have_count(0)


async def test_layers_nobody_looks_at_are_not_encoded(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, LINK)
    await enter(page)
    offer = await heard(service, "publish.offer")
    assert "a=simulcast:send q;h" in offer["sdp"]
    limits = "margeride.model.call.publish.limit('video', %s, %s).then(() => null)"
    active = """margeride.model.call.publish.transceivers.get("video").sender
        .getParameters().encodings.map((each) => [each.rid, each.active, each.maxBitrate])"""
    await page.evaluate(limits % ("['q']", 90))
    assert (await page.evaluate(active))[0] == ["q", True, 90_000]
    assert (await page.evaluate(active))[1][:2] == ["h", False]
    await page.evaluate(limits % ("['q', 'h']", "null"))
    assert await page.evaluate(active) == [["q", True, 150_000], ["h", True, 450_000]]
    await page.evaluate(limits % ("[]", 0))
    assert [each[1] for each in await page.evaluate(active)] == [False, False]
    # Refused once, as in the middle of a negotiation: the wish stands.
    await page.evaluate("""() => {
        const sender = margeride.model.call.publish.transceivers.get("video").sender;
        const set = sender.setParameters.bind(sender);
        sender.setParameters = async () => { sender.setParameters = set; throw new Error("no"); };
    }""")
    await page.evaluate(limits % ("['q']", "null"))
    assert [each[1] for each in await page.evaluate(active)] == [True, False]


def said(number: int, name: str, words: str) -> Json:
    return {
        "number": number,
        "participant": f"pa-{name.lower()}",
        "name": name,
        "text": words,
        "at": instant(0, "10:05"),
    }


async def test_what_is_written_is_read_as_text_and_counted_while_the_panel_is_shut(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, LINK)
    await enter(page)
    await paint(page)
    await service.tell(type="chat.said", lines=[said(1, "Villefort", "On vous entend mal")])
    await expect(page.locator("#announce")).to_have_text("Villefort a écrit.")
    await page.get_by_role("button", name="Discussion (1)").click()
    await expect(page.get_by_label("Votre message")).to_be_focused()
    await service.tell(type="chat.said", lines=[said(2, "Meyrueis", MARKUP)])
    await service.tell(type="chat.said", lines=[said(2, "Meyrueis", MARKUP)])
    log = page.get_by_role("log")
    await expect(log.get_by_text(MARKUP)).to_have_count(1)
    await page.keyboard.type("  Nous montons le son  ")
    await page.keyboard.press("Enter")
    assert (await heard(service, "chat"))["text"] == "Nous montons le son"
    await expect(page.get_by_label("Votre message")).to_have_value("")
    assert await faults(page) == []
    assert await overflows(page) <= 0
    await picture(page, "session-chat")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Discussion", exact=True)).to_be_visible()


async def test_a_hand_is_raised_and_seen(service: PagedService, browser: Chromium) -> None:
    page = await look(browser, service, LINK)
    await enter(page)
    await page.get_by_role("button", name="Lever la main").click()
    assert (await heard(service, "hand"))["up"] is True
    await expect(page.get_by_role("button", name="Baisser la main")).to_be_visible()
    raised = {**service.participants[0], "hand": True}
    await service.tell(type="participant.changed", participant=raised)
    await expect(page.locator(".tile").first).to_have_attribute("aria-label", re.compile("levée"))
    assert await faults(page) == []


async def test_encryption_is_chosen_in_the_lobby_and_said_in_the_session(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, LINK)
    await page.get_by_text("Chiffrer de bout en bout").click()
    await page.get_by_role("button", name="Créer le lien chiffré").click()
    await expect(page.get_by_text("Envoyez l'adresse complète")).to_be_visible()
    assert re.search(r"#cle=[\w-]{43}$", page.url)
    assert await faults(page) == []
    await enter(page)
    assert (await heard(service, "join"))["encrypted"] is True
    await expect(page.get_by_text("Chiffrée de bout en bout")).to_be_visible()
    offer = (await heard(service, "publish.offer"))["sdp"]
    assert "opus/48000" in offer
    assert "red/48000" not in offer
    # Who sends in the clear is not shown beside those who do not.
    words = "N'est pas chiffré : ni vu ni entendu ici"
    await paint(page)
    await expect(page.locator(".tile-rest", has_text=re.compile("pas chiffré"))).to_have_count(3)
    assert words.split(":", maxsplit=1)[0].strip() in (
        await page.locator(".tile").first.get_attribute("aria-label") or ""
    )
    assert await faults(page) == []


async def test_who_has_no_key_is_told_what_to_open(
    service: PagedService, browser: Chromium
) -> None:
    service.participants[0]["encrypted"] = True
    page = await look(browser, service, LINK)
    await enter(page)
    await paint(page)
    await expect(page.locator(".tile-rest")).to_have_text(re.compile("ouvrez le lien complet"))
    assert await faults(page) == []
