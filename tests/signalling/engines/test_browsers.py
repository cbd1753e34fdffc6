"""Chromium and Firefox against the python engine, with the smallest page that can call."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from rooms.ids import ParticipantId
from signalling.engine import Kind, LegState
from signalling.engines.python import PythonEngine
from tests.fakes.browsers import BrowserPage, chromium, firefox, needs_chromium, needs_firefox
from tests.fakes.legs_page import SESSION, House
from tests.fakes.media import Publisher, Subscriber, closing

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

needs_address = pytest.mark.usefixtures("an_address")


@pytest.fixture
async def engine() -> AsyncIterator[PythonEngine]:
    # Firefox pairs no loopback candidate: it needs another address of the machine.
    made = PythonEngine("0.0.0.0")
    await made.open(SESSION)
    yield made
    made.stop()


@pytest.fixture
async def url(engine: PythonEngine) -> AsyncIterator[str]:
    async with TestServer(House(engine).app) as server:
        yield str(server.make_url("/"))


async def profiles(engine: PythonEngine) -> set[str]:
    members = (await engine.state()).sessions[SESSION]
    legs = [leg for member in members for leg in member.legs]
    assert {leg.state for leg in legs} == {LegState.CONNECTED}
    return {leg.profile for leg in legs}


async def decoded(page: BrowserPage, sounds: int = 1, frames: int = 10) -> list[dict[str, Any]]:
    seen = await page.evaluate(f"decodes({frames}, {sounds})")
    assert isinstance(seen, list), seen
    return seen


async def call(page: BrowserPage, who: str, others: dict[str, str]) -> None:
    tracks = [others["audio"], others["video"]]
    await page.evaluate(f"subscribe({who!r}, {tracks!r})")


@needs_chromium
async def test_chromium_sees_and_hears_chromium(engine: PythonEngine, url: str) -> None:
    async with chromium() as browser:
        one, two = await browser.new_page(url), await browser.new_page(url)
        of_one = await one.evaluate("publish('pa-1')")
        of_two = await two.evaluate("publish('pa-2')")
        await asyncio.gather(call(one, "pa-1", of_two), call(two, "pa-2", of_one))
        await asyncio.gather(decoded(one), decoded(two))
        assert await profiles(engine) == {"SRTP_AEAD_AES_128_GCM"}
        [transport] = await one.evaluate("rows('subscribe', 'transport')")
        assert transport["srtpCipher"].endswith("AEAD_AES_128_GCM")


@needs_chromium
async def test_chromium_takes_tracks_that_come_and_go(engine: PythonEngine, url: str) -> None:
    async with chromium() as browser:
        one, two = await browser.new_page(url), await browser.new_page(url)
        publisher = Publisher(engine, SESSION, ParticipantId("pa-3"))
        async with closing(publisher):
            first, answer = await one.evaluate("publish('pa-1')"), await publisher.start()
            second = {track.kind.value: track.id for track in answer.tracks}
            await call(two, "pa-2", first)
            await decoded(two)
            await two.evaluate(f"subscribe('pa-2', {[*first.values(), *second.values()]!r})")
            await decoded(two, sounds=2)
            await two.evaluate(f"subscribe('pa-2', {[second['audio']]!r})")
            # The line of the first picture is used again for the second.
            await two.evaluate(f"subscribe('pa-2', {list(second.values())!r})")
            await decoded(two)


@needs_firefox
@needs_chromium
@needs_address
async def test_firefox_and_chromium_see_and_hear_each_other(engine: PythonEngine, url: str) -> None:
    async with chromium() as green, firefox() as red:
        one, two = await green.new_page(url), await red.new_page(url)
        of_one = await one.evaluate("publish('pa-1')")
        of_two = await two.evaluate("publish('pa-2')")
        await asyncio.gather(call(one, "pa-1", of_two), call(two, "pa-2", of_one))
        await asyncio.gather(decoded(one), decoded(two))
        assert await profiles(engine) == {"SRTP_AEAD_AES_128_GCM"}


@needs_firefox
@needs_address
async def test_firefox_and_aiortc_see_and_hear_each_other(engine: PythonEngine, url: str) -> None:
    publisher = Publisher(engine, SESSION, ParticipantId("pa-2"))
    subscriber = Subscriber(engine, SESSION, ParticipantId("pa-2"))
    async with closing(publisher, subscriber), firefox() as browser:
        page = await browser.new_page(url)
        await publisher.start()
        mine = {k.value: publisher.track(k) for k in Kind}
        theirs = await page.evaluate("publish('pa-1')")
        await page.evaluate(f"subscribe('pa-1', {list(mine.values())!r})")
        await subscriber.want(*theirs.values())
        await subscriber.sees(*theirs.values())
        await decoded(page)
        await page.evaluate(f"subscribe('pa-1', {[mine['audio']]!r})")
        await page.evaluate(f"subscribe('pa-1', {list(mine.values())!r})")
        await decoded(page)
