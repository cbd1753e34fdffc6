"""A visitor scans the code on the room's screen: a screen, a phone, an animateur, another site."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.fakes import qr
from tests.fakes.browsers import Chromium, fresh, needs_chromium
from tests.fakes.looking import faults, log_in, overflows, picture, small_targets, until
from tests.fakes.service import Browser, RunningService, running_service
from tests.orchestrator.api.test_phones import over

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150), needs_chromium]
ROOM, PATIENCE = "villefort-visio", 20_000


async def booked(anne: Browser) -> str:
    """The room is held from now on for an hour; the code of the link for guests."""
    begin = datetime.now(UTC).replace(second=0, microsecond=0)
    hours = {"from": begin.isoformat(), "to": (begin + timedelta(hours=1)).isoformat()}
    wish = {"title": "Conseil municipal", "rooms": [ROOM], **hours}
    async with anne.post("/api/v1/bookings", wish) as answer:
        assert answer.status == 201, await answer.text()
        return str((await answer.json())["booking"]["join_url"].rpartition("/")[2])


async def screen_of(service: RunningService, anne: Browser, browser: Chromium) -> Page:
    """The screen of the room, paired as ever."""
    async with anne.post("/api/v1/pairings", {"room": ROOM}) as answer:
        code = (await answer.json())["code"]
    screen = (await browser.new_page(f"{service.url}/rooms/{ROOM}/screen")).page
    await screen.get_by_label("Code d'appairage").fill(code)
    await screen.keyboard.press("Enter")
    await until(screen, "window.margeride?.model.lineState.value.state === 'open'")
    return screen


async def scanned(screen: Page) -> str:
    """What a phone reads from the picture on the screen."""
    shown = screen.locator(".phone-qr")
    await expect(shown).to_be_visible()
    drawing = await shown.get_attribute("src")
    assert drawing is not None
    return qr.read(drawing)


@asynccontextmanager
async def phone_at(browser: Chromium, url: str) -> AsyncIterator[Page]:
    """A phone that opens an address; nothing is kept in it from before."""
    assert browser.context.browser is not None
    async with fresh(browser.context.browser) as owner:
        yield await opened(owner, url)


async def opened(browser: Chromium, url: str) -> Page:
    """Its page."""
    phone = (await browser.new_page()).page
    await phone.set_viewport_size({"width": 320, "height": 640})
    await phone.goto(url)
    await until(phone, "!document.querySelector('.boot')")
    return phone


async def clean(page: Page) -> None:
    """Nothing is wrong with how it is drawn."""
    assert await faults(page) == []
    assert await overflows(page) <= 0
    assert await small_targets(page) == []


@asynccontextmanager
async def guest(service: RunningService, code: str) -> AsyncIterator[list[dict[str, Any]]]:
    """Somebody at another site, in the session; what he hears."""
    browser, heard = service.browser(), list[dict[str, Any]]()
    async with browser.post("/api/v1/join", {"code": code, "name": "Paul"}) as answer:
        token = (await answer.json())["token"]
    url = service.url.replace("http", "ws", 1) + "/ws/v1"
    async with browser.http.ws_connect(url) as wire:
        await wire.send_json({"type": "hello", "versions": [1], "token": token, "client": "x"})
        await wire.send_json({"type": "join"})

        async def listen() -> None:
            async for frame in wire:
                heard.append(frame.json())
                if heard[-1]["type"] == "heartbeat":
                    await wire.send_json({"type": "heartbeat"})

        listening = asyncio.create_task(listen())
        try:
            yield heard
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def hand_is(heard: list[dict[str, Any]], up: bool) -> None:
    """The others see the room's hand so."""
    async with asyncio.timeout(PATIENCE / 1000):
        while True:
            told = [one["participant"] for one in heard if one["type"] == "participant.changed"]
            if [one["hand"] for one in told if one["room"] == ROOM][-1:] == [up]:
                return
            await asyncio.sleep(0.05)


async def test_a_visitor_scans_drives_raises_the_hand_gets_help_and_his_time_ends(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        anne = await service.log_in("anne")
        screen = await screen_of(service, anne, browser)
        url = await scanned(screen)
        assert url.startswith(f"{service.url}/rooms/{ROOM}/remote#code=")
        code = await booked(anne)
        async with phone_at(browser, url) as phone:
            main = phone.locator("#main")
            await expect(main.get_by_text("Ce téléphone commande la salle jusqu'à")).to_be_visible()
            assert "#" not in phone.url
            await clean(phone)
            await picture(phone, "remote-by-phone")
            await drives(phone, screen)
            async with guest(service, code) as heard:
                await raises(phone, screen, heard)
            await gets_help(service, phone, screen, browser)
            async with phone_at(browser, url) as forged:  # somebody took a picture of the code
                await expect(forged.get_by_role("alert")).to_contain_text("déjà utilisé")
                await clean(forged)
            await over(service)
            ended = main.get_by_text("Votre temps de télécommande est terminé")
            await expect(ended).to_be_visible(timeout=PATIENCE)
            await expect(phone.get_by_role("button", name="Couper le micro")).to_have_count(0)
            await expect(phone.get_by_label("Code à 8 chiffres")).to_be_visible()
            await clean(phone)


async def drives(phone: Page, screen: Page) -> None:
    """What is asked on the phone happens on the screen; the room is taken into its session."""
    join = phone.get_by_role("button", name="Rejoindre la session")
    leave = phone.get_by_role("button", name="Raccrocher")
    await expect(join.or_(leave)).to_be_visible(timeout=PATIENCE)  # the hour may be quicker
    if await join.is_visible():
        await join.click()
    await expect(screen.get_by_role("heading", name="Conseil municipal")).to_be_visible(
        timeout=PATIENCE
    )
    await phone.get_by_role("button", name="Couper le micro").click()
    await expect(screen.get_by_text("Micro coupé")).to_be_visible(timeout=PATIENCE)
    await expect(phone.get_by_role("button", name="Ouvrir le micro")).to_be_visible()
    await expect(phone.get_by_label("Message à l'écran de la salle")).to_have_count(0)


async def raises(phone: Page, screen: Page, heard: list[dict[str, Any]]) -> None:
    """The room's hand goes up and down, for the others to see."""
    await phone.get_by_role("button", name="Lever la main").click()
    await hand_is(heard, True)
    await expect(screen.get_by_text("Main levée")).to_be_visible()
    lower = phone.get_by_role("button", name="Baisser la main")
    await expect(lower).to_be_visible()
    await clean(phone)
    await lower.click()
    await hand_is(heard, False)


async def gets_help(service: RunningService, phone: Page, screen: Page, browser: Chromium) -> None:
    """The animateur reads the call on her page and says that she comes."""
    page = (await browser.new_page()).page
    await log_in(page, service, "/centres/villefort")
    await expect(page.get_by_role("heading", name="Salle visio de Villefort")).to_be_visible()
    await phone.get_by_role("button", name="Appeler à l'aide").click()
    wrong = page.get_by_role("region", name="Ce qui ne va pas")
    await expect(wrong).to_contain_text("demande de l'aide", timeout=PATIENCE)
    assert await faults(page) == []
    await wrong.get_by_role("button", name="J'y vais").click()
    await expect(phone.locator("#main").get_by_text("Anne arrive.")).to_be_visible(timeout=PATIENCE)
    await expect(screen.get_by_text("Anne arrive.")).to_be_visible(timeout=2 * PATIENCE)
    await clean(phone)
    await expect(wrong.get_by_text("Anne arrive.")).to_be_visible()
    await expect(wrong.get_by_role("button", name="J'y vais")).to_have_count(0)
    assert await faults(page) == []
    await phone.get_by_role("button", name="C'est réglé").click()
    await expect(page.get_by_text("demande de l'aide")).to_have_count(0, timeout=PATIENCE)


async def test_a_phone_that_is_put_out_reads_why_and_comes_back_by_a_new_code(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        anne = await service.log_in("anne")
        screen = await screen_of(service, anne, browser)
        async with phone_at(browser, await scanned(screen)) as phone:
            await expect(phone.get_by_role("button", name="Couper le micro")).to_be_visible()
            await phone.reload()  # it is kept, without the code
            await expect(phone.get_by_role("button", name="Couper le micro")).to_be_visible()
            async with anne.delete(f"/api/v1/rooms/{ROOM}/phones") as answer:
                assert await answer.json() == {"phones": 1}
            alert = phone.get_by_role("alert")
            await expect(alert).to_contain_text("ne commande plus la salle", timeout=PATIENCE)
            await screen.reload()
            digits = screen.locator(".phone-digits")
            await phone.get_by_label("Code à 8 chiffres").fill(await digits.inner_text())
            await phone.keyboard.press("Enter")
            await expect(phone.get_by_role("button", name="Couper le micro")).to_be_visible()
            await phone.get_by_role("button", name="Rendre la télécommande").click()
            await expect(phone.get_by_label("Code à 8 chiffres")).to_be_visible()
            assert await phone.evaluate("localStorage.length") == 0
