"""The main job with real browsers: booked by a calendar client, held live, commanded from afar."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.demo.booking import Answer
from orchestrator.demo.client import Person
from orchestrator.demo.stage import Stage, set_up
from orchestrator.timetable import CALLED_BEFORE
from tests.fakes.browsers import BrowserPage, Chromium, ChromiumPage, Firefox, chromium, firefox
from tests.journeys.ears import AUDIBLE, Views, everybody, gather, window

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.timeout(300)]

JOINED_WITHIN = 60.0
TITLE = "Inauguration des télécentres"


@asynccontextmanager
async def house(tmp_path: Path, media_host: str = "127.0.0.1") -> AsyncIterator[Stage]:
    async with set_up(tmp_path / "data", port=0, media_port=0, media_host=media_host) as stage:
        yield stage


async def pair_screen(browser: Chromium, stage: Stage, admin: Person, room: str) -> ChromiumPage:
    """Pair a room's screen as somebody standing before it does: by the code he was told."""
    page = await browser.new_page(f"{stage.service.url}/rooms/{room}/screen")
    code = (await admin.call("POST", "pairings", {"room": room}))["code"]
    await page.page.fill("#code", code)
    await page.page.press("#code", "Enter")
    await page.page.wait_for_selector(".clock")
    return page


async def join_by_link(browser: Chromium | Firefox, link: str, name: str) -> BrowserPage:
    """A teleworker's page: his name, one button."""
    page = await browser.new_page(link)
    await until(page, "document.querySelector('#name') !== null")
    await until(page, "window.margerideDevices?.() ?? true")
    await page.evaluate(
        f"""(() => {{
            const field = document.querySelector('#name');
            field.value = {name!r};
            field.dispatchEvent(new Event('input', {{bubbles: true}}));
        }})()"""
    )
    await page.evaluate("document.querySelector('form.lobby button[type=submit]').click()")
    return page


async def until(page: BrowserPage, condition: str, seconds: float = 20.0) -> None:
    for _ in range(int(seconds / 0.1)):
        if await page.evaluate(condition):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"never true: {condition}")


async def log_in(browser: Chromium, stage: Stage) -> ChromiumPage:
    player = stage.cast.animateur
    page = await browser.new_page(f"{stage.service.url}/login")
    await page.page.fill("#login", player.login)
    await page.page.fill("#password", player.password)
    await page.page.press("#password", "Enter")
    await page.page.wait_for_url(lambda url: "/login" not in url)
    return page


def assert_link(answer: Answer, stage: Stage) -> None:
    assert answer.accepted, answer
    assert answer.link.startswith(f"{stage.service.url}/join/")


async def four_screens(browser: Chromium, stage: Stage) -> dict[str, BrowserPage]:
    async with stage.person(stage.cast.admin) as admin:
        return {
            stage.place(room): await pair_screen(browser, stage, admin, room.id)
            for room in stage.rooms
        }


async def test_four_booked_rooms_join_at_the_hour_and_the_animateur_mutes_one(
    tmp_path: Path, chromium_path: str
) -> None:
    async with house(tmp_path) as stage, chromium() as browser:
        pages = await four_screens(browser, stage)
        hour = datetime.now(UTC).replace(microsecond=0) + CALLED_BEFORE + timedelta(seconds=6)
        answer = await stage.book(TITLE, start=hour)
        assert_link(answer, stage)
        assert not any([await in_call(page) for page in pages.values()])
        assert datetime.now(UTC) < hour - CALLED_BEFORE, "too slow to see them wait"
        pages["Aline"] = await join_by_link(browser, answer.link, "Aline")

        views = await gather(pages, lambda seen: everybody(seen, 4), JOINED_WITHIN)
        assert everybody(views, 4), views

        await mute_villefort(browser, stage)
        await silence_of("Villefort", {k: v for k, v in pages.items() if k != "Villefort"})


async def in_call(page: BrowserPage) -> bool:
    return bool(await page.evaluate("document.querySelector('.kiosk-call') !== null"))


async def mute_villefort(browser: Chromium, stage: Stage) -> None:
    remote = await log_in(browser, stage)
    await remote.goto(f"{stage.service.url}/rooms/villefort-visio/remote")
    await remote.page.click("button.big-on:has-text('micro')")
    await remote.page.wait_for_selector("button.big-off:has-text('micro')")


async def silence_of(place: str, pages: dict[str, BrowserPage]) -> None:
    """The others hear no more of `place`, and go on hearing one another."""
    heard: Views = {}
    for _ in range(3):  # the last words are still in the jitter buffers at first
        heard = await window(pages, 3.0)
        levels = loudest_of(place, heard)
        if levels and max(levels) <= AUDIBLE:
            break
    else:
        raise AssertionError(f"{place} is still heard: {heard}")

    def the_rest_is_heard(views: Views) -> bool:
        return bool(views) and all(
            perceived.loudest > AUDIBLE
            for mine in views.values()
            for name, perceived in mine.items()
            if not name.startswith(place)
        )

    heard = await gather(pages, the_rest_is_heard, 20.0)
    assert the_rest_is_heard(heard), heard
    assert max(loudest_of(place, heard)) <= AUDIBLE, heard


def loudest_of(place: str, views: Views) -> list[float]:
    """How loud that place was for each page."""
    return [
        perceived.loudest
        for mine in views.values()
        for name, perceived in mine.items()
        if name.startswith(place)
    ]


async def test_the_same_with_a_teleworker_on_firefox(
    tmp_path: Path, chromium_path: str, firefox_path: str
) -> None:
    async with (  # Firefox gathers no loopback candidate
        house(tmp_path, "0.0.0.0") as stage,
        chromium() as browser,
        firefox() as fox,
    ):
        pages = await four_screens(browser, stage)
        answer = await stage.book(TITLE)
        assert_link(answer, stage)
        pages["Aline"] = await join_by_link(fox, answer.link, "Aline")

        views = await gather(pages, lambda seen: everybody(seen, 4), JOINED_WITHIN)
        assert everybody(views, 4), views

        await mute_villefort(browser, stage)
        await silence_of("Villefort", {k: v for k, v in pages.items() if k != "Villefort"})
