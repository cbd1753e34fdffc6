"""A screen hears its own microphone and sees its own camera: Chromium's, and spoilt ones."""

import pytest
from playwright.async_api import Page, expect

from orchestrator.web import assets
from tests.fakes.browsers import Chromium
from tests.fakes.looking import faults, look, overflows, until
from tests.fakes.pages import PagedService
from tests.fakes.story import ANNE
from tests.web.test_kiosk import JOIN, SCREEN, document, order, paired

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
WITHIN = 40.0
MADE = """(async () => {
  const {Senses} = await import("%s/kiosk-senses.js");
  const stream = await navigator.mediaDevices.getUserMedia({audio: true, video: true});
  const [audio] = stream.getAudioTracks(), [video] = stream.getVideoTracks();
  const context = new AudioContext();
  const canvas = Object.assign(document.createElement("canvas"), {width: 64, height: 36});
  const pen = canvas.getContext("2d");
  pen.fillRect(0, 0, 64, 36);
  globalThis.good = {audio, video};
  globalThis.dead = {
    audio: context.createMediaStreamDestination().stream.getAudioTracks()[0],
    video: canvas.captureStream(10).getVideoTracks()[0],
  };
  globalThis.blink = () => setInterval(() => pen.fillRect(0, 0, 64, 36), 100);
  globalThis.tracks = {...good};
  globalThis.cut = {audio: false, video: false};
  globalThis.senses = new Senses({tracks}, () => cut);
  senses.follow(true);
})()"""


async def sensing(browser: Chromium, service: PagedService) -> Page:
    """A page with the senses of a screen that is in a session."""
    page = (await browser.new_page()).page
    await page.goto(service.url + SCREEN)
    await page.evaluate(MADE % assets.BASE)
    return page


def lasting(what: str, seconds: float) -> str:
    """It has been so for as long already."""
    return f"senses.looking.alive.lasted.{what} = {seconds * 1000}"


async def test_a_microphone_that_beeps_is_heard_and_one_that_gives_nothing_is_told(
    service: PagedService, browser: Chromium
) -> None:
    page = await sensing(browser, service)
    await until(page, "senses.level.value >= 2", WITHIN)
    assert await page.evaluate("[senses.silent.value, senses.still.value]") == [False, False]
    await page.evaluate("tracks.audio = dead.audio")
    await until(page, "senses.looking.alive.lasted.silent >= 1000", WITHIN)  # it counts by itself
    await page.evaluate(lasting("silent", 179.9))
    await until(page, "senses.silent.value", WITHIN)
    await until(page, "senses.level.value === 0", WITHIN)
    await page.evaluate("tracks.audio = good.audio")
    await until(page, "!senses.silent.value && senses.level.value >= 2", WITHIN)
    await page.evaluate("cut.audio = true")
    await until(page, "senses.level.value === null", WITHIN)  # by hand: nobody listens


async def test_a_camera_that_stands_still_or_is_covered_is_told_and_one_that_goes_on_is_not(
    service: PagedService, browser: Chromium
) -> None:
    page = await sensing(browser, service)
    await until(page, "senses.looking.alive.pictures > 5", WITHIN)
    await page.evaluate("tracks.video = dead.video")
    await until(page, "senses.looking.alive.lasted.stuck >= 1000", WITHIN)
    await page.evaluate(lasting("stuck", 14.9))
    await until(page, "senses.still.value", WITHIN)
    await page.evaluate("tracks.video = good.video")
    await until(page, "!senses.still.value", WITHIN)
    await page.evaluate("(tracks.video = dead.video, blink())")
    await until(
        page, "senses.looking.alive.lasted.black >= 1000", WITHIN
    )  # new pictures, all black
    await page.evaluate(lasting("black", 59.9))
    await until(page, "senses.still.value", WITHIN)
    await page.evaluate("senses.follow(false)")
    assert await page.evaluate("[senses.level.value, senses.silent.value, senses.still.value]") == [
        None,
        False,
        False,
    ]


async def test_a_screen_tells_the_level_of_its_microphone_while_it_is_in_a_session(
    service: PagedService, browser: Chromium
) -> None:
    page = await paired(browser, service)
    assert "mic_level" not in document(service)["audio"]
    assert (await order(page, service, "call.join", 1, **JOIN))["type"] == "command.done"
    while document(service)["audio"].get("mic_level", 0) < 1:
        await page.evaluate("new Promise((done) => setTimeout(done, 100))")
    assert document(service)["health"] == []
    await order(page, service, "call.leave", 2)
    assert "mic_level" not in document(service)["audio"]


@pytest.mark.parametrize(
    ("level", "words"), [(0, "aucun son"), (2, "faible"), (3, "bon"), (4, "fort")]
)
async def test_the_remote_shows_the_level_in_words_and_as_a_bar(
    service: PagedService, browser: Chromium, level: int, words: str
) -> None:
    service.person = ANNE
    service.state["audio"]["mic_level"] = level
    page = await look(browser, service, "/rooms/villefort-visio/remote", 320, 568)
    meter = page.get_by_label(f"Niveau du micro : {words}")
    await expect(meter).to_be_visible()
    assert await meter.evaluate("(each) => each.value") == level
    assert await overflows(page) <= 0
    assert await faults(page) == []
