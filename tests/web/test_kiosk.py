"""The screen of a room: paired once, then obedient and alone."""

import pytest
from playwright.async_api import Page, expect

from tests.fakes.browsers import Chromium
from tests.fakes.looking import faults, look, overflows, paint, picture, until
from tests.fakes.pages import PagedService
from tests.fakes.story import PAIRING_CODE, Json, a_week

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
SCREEN = "/rooms/villefort-visio/screen"
JOIN = {"session": "se-00000000000000000001", "token": "t", "title": "Inauguration"}


async def paired(browser: Chromium, service: PagedService) -> Page:
    """A screen that has been paired, with its line open."""
    page = await look(browser, service, SCREEN)
    await page.get_by_label("Code d'appairage").fill(PAIRING_CODE)
    await page.keyboard.press("Enter")
    await until(page, "window.margeride?.model.lineState.value.state === 'open'")
    return page


async def order(page: Page, service: PagedService, name: str, number: int, **given: object) -> Json:
    """Send a command, again when the line breaks meanwhile, and wait for its outcome."""
    command, lines = f"cm-{number}", 0
    await until(page, "true")
    answers: list[Json] = []
    while not answers:
        dialled = len([each for each in service.heard if each["type"] == "hello"])
        if dialled > lines:  # what was said over the line before is lost
            lines = dialled
            facts = {"command": name, "arguments": given, "deadline": ""}
            await service.tell(type="command", id=command, **facts)
        await page.evaluate("new Promise((done) => setTimeout(done, 30))")
        answers = [
            each
            for each in service.heard
            if each.get("id") == command and each["type"] != "command.accepted"
        ]
    return answers[-1]


def document(service: PagedService) -> Json:
    """The last state the room reported."""
    reported: Json = [each for each in service.heard if each["type"] == "room.state"][-1]
    found: Json = reported["document"]
    return found


async def test_a_wrong_code_is_refused_and_a_right_one_is_remembered(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, SCREEN, 768, 1024)
    await picture(page, "kiosk-pairing")
    await page.get_by_label("Code d'appairage").fill("0000 0000")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("n'associe pas")
    assert await faults(page) == []
    await page.get_by_label("Code d'appairage").fill("1234 5678")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Plus rien de prévu")).to_be_visible()
    await page.reload()
    await until(page, "window.margeride?.model.lineState.value.state === 'open'")
    assert [body["code"] for _, path, body in service.asked if path == "pairings/claim"] == [
        "00000000",
        PAIRING_CODE,
    ]


async def test_an_idle_screen_shows_the_room_the_hour_and_the_day(
    service: PagedService, browser: Chromium
) -> None:
    service.busy = a_week()[:5]
    page = await paired(browser, service)
    await expect(page.get_by_role("heading", name="Salle visio de Villefort")).to_be_visible()
    await expect(page.get_by_text("10:20")).to_be_visible()
    await expect(page.get_by_text("En ce moment")).to_be_visible()
    await expect(page.get_by_text("14:00 – 17:00")).to_be_visible()
    assert await faults(page) == []
    await picture(page, "kiosk-idle")
    await page.set_viewport_size({"width": 320, "height": 568})
    assert await overflows(page) <= 0


async def test_a_called_screen_joins_by_itself_and_shows_the_sites(
    service: PagedService, browser: Chromium
) -> None:
    page = await paired(browser, service)
    done = await order(page, service, "call.join", 1, **JOIN)
    assert done["type"] == "command.done"
    assert [each["type"] for each in service.heard if each["type"] == "join"] == ["join"]
    await until(page, "true")
    assert document(service)["call"] == {"state": "in_call", "session": JOIN["session"]}
    await paint(page)
    assert await page.locator(".tile").count() == 3  # its own site is not among them
    await page.evaluate("margeride.model.speaking.value = 'pa-meyrueis'")
    await page.evaluate("margeride.model.health")
    assert await faults(page) == []
    await picture(page, "kiosk")
    await page.set_viewport_size({"width": 320, "height": 568})
    assert await overflows(page) <= 0
    assert (await order(page, service, "call.leave", 2))["type"] == "command.done"
    await expect(page.get_by_role("heading", name="Salle visio de Villefort")).to_be_visible()
    assert document(service)["call"] == {"state": "idle", "session": None}


async def test_commands_set_what_they_say_and_the_room_reports_it(
    service: PagedService, browser: Chromium
) -> None:
    page = await paired(browser, service)
    await order(page, service, "audio.mic.set", 1, on=False)
    await order(page, service, "video.camera.set", 2, on=False)
    await order(page, service, "audio.speaker.set", 3, on=False, volume=35)
    await order(page, service, "room.message.show", 4, text="Parlez plus près", level="warning")
    await expect(page.get_by_role("alert")).to_contain_text("Parlez plus près")
    assert await faults(page) == []
    state = document(service)
    assert state["audio"] == {
        "mic_muted": True,
        "mic_present": True,
        "speaker_on": False,
        "volume": 35,
    }
    assert state["video"]["camera_on"] is False
    assert state["message"] == {"text": "Parlez plus près", "level": "warning"}
    await order(page, service, "audio.mic.set", 5, on=True)
    assert document(service)["audio"]["mic_muted"] is False


async def test_the_same_command_twice_is_answered_twice(
    service: PagedService, browser: Chromium
) -> None:
    page = await paired(browser, service)
    await order(page, service, "audio.mic.set", 1, on=False)
    before = len([each for each in service.heard if each["type"] == "room.state"])
    await service.tell(
        type="command", id="cm-1", command="audio.mic.set", arguments={"on": False}, deadline=""
    )
    await order(page, service, "room.unknown", 2)
    answers = [each["type"] for each in service.heard if each.get("id") == "cm-1"]
    assert answers == ["command.accepted", "command.done"] * 2
    assert len([each for each in service.heard if each["type"] == "room.state"]) == before
    assert service.heard[-1]["error"] == "unknown_command"


async def test_a_screen_whose_line_broke_comes_back_and_says_its_state_again(
    service: PagedService, browser: Chromium
) -> None:
    page = await paired(browser, service)
    before = len(service.heard)
    await service.cut()
    await until(page, "true")
    while len([each for each in service.heard[before:] if each["type"] == "room.state"]) < 1:
        await page.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert service.heard[before]["type"] == "hello"


async def test_a_screen_never_waits_longer_than_six_seconds_before_it_dials_again(
    service: PagedService, browser: Chromium
) -> None:
    """Nobody is there to press a button, and it has to be back within ten."""
    page = await paired(browser, service)
    waits = await page.evaluate(
        """[...Array(50).keys()].map((tries) => {
          margeride.model.line.tries = tries;
          return margeride.model.line.patience(1006);
        })"""
    )
    assert waits[0] < 1_000
    assert max(waits) < 6_000


async def test_a_screen_reloaded_in_the_middle_goes_back_into_the_session(
    service: PagedService, browser: Chromium
) -> None:
    page = await paired(browser, service)
    await order(page, service, "call.join", 1, **JOIN)
    await page.reload()
    await until(page, "window.margeride?.model.in.value")
    joins = [each for each in service.heard if each["type"] == "join"]
    assert len(joins) == 2
    assert joins[1]["token"] == JOIN["token"]


async def test_the_rooms_hand_is_raised_in_a_session_and_refused_outside_one(
    service: PagedService, browser: Chromium
) -> None:
    page = await paired(browser, service)
    refused = await order(page, service, "call.hand.set", 1, on=True)
    assert refused["error"] == "not_in_session"
    await order(page, service, "call.join", 2, **JOIN)
    assert "hand" not in document(service)["call"]
    await order(page, service, "call.hand.set", 3, on=True)
    assert [each["up"] for each in service.heard if each["type"] == "hand"] == [True]
    await expect(page.get_by_text("Main levée")).to_be_visible()
    assert document(service)["call"]["hand"] is True
    assert await faults(page) == []
    await order(page, service, "call.hand.set", 4, on=False)
    await expect(page.get_by_text("Main levée")).to_have_count(0)
    await order(page, service, "call.hand.set", 5, on=True)
    await order(page, service, "call.leave", 6)
    assert document(service)["call"] == {"state": "idle", "session": None}


async def test_a_line_is_tested_by_an_idle_screen_only_and_left_at_once_to_a_session(
    service: PagedService, browser: Chromium
) -> None:
    page = await paired(browser, service)
    await until(page, "document.querySelector('h1').textContent.includes('Villefort')")
    service.line_test = "waits"  # the test has begun, and its media take their time
    running = "void (window.tested = margeride.testLine('udp'))"
    await page.evaluate(running)
    while not [each for each in service.asked if each[1].endswith("/publish")]:
        await page.evaluate("new Promise((done) => setTimeout(done, 30))")
    assert await page.evaluate("margeride.testLine('udp')") == {"refused": "held"}
    assert (await order(page, service, "call.join", 1, **JOIN))["type"] == "command.done"
    assert await page.evaluate("window.tested") == {"refused": "held"}
    assert ("DELETE", "line-tests/lt-1") in [each[:2] for each in service.asked]
    assert await page.evaluate("margeride.testLine('tcp')") == {"refused": "held"}
    await order(page, service, "call.leave", 2)
    for key, refused in (("no-relay", "absent"), ("line-in-use", "held")):
        service.line_test = key
        assert await page.evaluate("margeride.testLine('turn')") == {"refused": refused}
    service.line_test = "no-media-worker"
    failed = {"refused": "failed", "detail": "no-media-worker"}
    assert await page.evaluate("margeride.testLine('udp')") == failed
