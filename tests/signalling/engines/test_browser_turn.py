"""Browsers that may use nothing but the relay: how soon they see a picture."""

import json
from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestServer

from signalling.engines.python import PythonEngine
from signalling.transport.seam import host_addresses
from tests.fakes.browsers import (
    BrowserPage,
    Chromium,
    Firefox,
    chromium,
    firefox,
    needs_chromium,
    needs_firefox,
)
from tests.fakes.legs_page import SESSION, House
from tests.fakes.turn import Turn, coturn, needs_coturn

pytestmark = [
    pytest.mark.browser,
    needs_coturn,
    pytest.mark.timeout(120),
    pytest.mark.usefixtures("an_address"),
]

FIRST_PICTURE_MS = 1000
TRIES = 6
# The candidates that a connection finds, once it has looked everywhere.
GATHERED = """(async () => {
  const pc = new RTCPeerConnection(configuration), found = [];
  pc.addTransceiver("audio");
  pc.onicecandidate = ({candidate}) => { if (candidate?.candidate) found.push(candidate); };
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== "complete") await new Promise((wake) => setTimeout(wake, 20));
  pc.close();
  return found.map(one => one.candidate);
})()"""


@pytest.fixture
async def engine() -> AsyncIterator[PythonEngine]:
    made = PythonEngine("0.0.0.0")
    await made.open(SESSION)
    yield made
    made.stop()


@pytest.fixture
async def url(engine: PythonEngine) -> AsyncIterator[str]:
    async with TestServer(House(engine).app) as server:
        yield str(server.make_url("/"))


@pytest.fixture
async def turn() -> AsyncIterator[Turn]:
    # Firefox takes no relay on a loopback address.
    here = host_addresses()[0]
    async with coturn(here, here) as made:
        yield made


async def first_picture(page: BrowserPage, who: str, tracks: list[str]) -> float:
    await page.evaluate(f"subscribe({who!r}, {tracks!r})")
    took = await page.evaluate("firstFrame()")
    assert took is not None, await page.evaluate("legs.subscribe.connectionState")
    return float(took)


async def soonest(
    url: str, browser: Chromium | Firefox, turn: Turn, transport: str, tracks: list[str]
) -> float:
    """The least of a few: what else runs on this machine only ever adds."""
    best = float("inf")
    for number in range(TRIES):
        page = await browser.new_page(url)
        await page.evaluate(f"(configuration = {json.dumps(turn.configuration(transport))}, 1)")
        best = min(best, await first_picture(page, f"pa-{transport}-{number}", tracks))
        path = await page.evaluate("path('subscribe')")
        assert (path["local"], path["relay"]) == ("relay", transport)
        if best <= FIRST_PICTURE_MS:
            break
    return best


@needs_chromium
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_chromium_sees_a_picture_through_the_relay_within_a_second(
    turn: Turn, url: str, transport: str
) -> None:
    async with chromium() as browser:
        sender = await browser.new_page(url)
        tracks = list((await sender.evaluate("publish('pa-1')")).values())
        assert await soonest(url, browser, turn, transport, tracks) <= FIRST_PICTURE_MS


@needs_chromium
@needs_firefox
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_firefox_sees_a_picture_through_the_relay_within_a_second(
    turn: Turn, url: str, transport: str
) -> None:
    async with chromium() as green, firefox() as red:
        sender = await green.new_page(url)
        tracks = list((await sender.evaluate("publish('pa-1')")).values())
        assert await soonest(url, red, turn, transport, tracks) <= FIRST_PICTURE_MS


@needs_chromium
@pytest.mark.timeout(300)  # two browsers are started, one after the other
async def test_chromium_goes_through_the_relay_by_tls_where_it_believes_the_certificate(
    url: str,
) -> None:
    here = host_addresses()[0]
    async with coturn(here, here, tls=True) as turn:
        asked = json.dumps(turn.configuration("tls"))
        async with chromium(f"--ignore-certificate-errors-spki-list={turn.key}") as browser:
            sender, viewer = await browser.new_page(url), await browser.new_page(url)
            await sender.evaluate(f"(configuration = {asked}, 1)")
            tracks = list((await sender.evaluate("publish('pa-1')")).values())
            await viewer.evaluate(f"subscribe('pa-2', {tracks!r})")
            seen = await viewer.evaluate("decodes(10, 1)")
            assert isinstance(seen, list), seen
            path = await sender.evaluate("path('publish')")
            assert (path["local"], path["relay"]) == ("relay", "tls")
        async with chromium() as stranger:
            page = await stranger.new_page(url)
            await page.evaluate(f"(configuration = {asked}, 1)")
            assert await page.evaluate(GATHERED) == []


@needs_chromium
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_chromium_publishes_through_the_relay(turn: Turn, url: str, transport: str) -> None:
    async with chromium() as browser:
        sender, viewer = await browser.new_page(url), await browser.new_page(url)
        await sender.evaluate(f"(configuration = {json.dumps(turn.configuration(transport))}, 1)")
        tracks = list((await sender.evaluate("publish('pa-1')")).values())
        await viewer.evaluate(f"subscribe('pa-2', {tracks!r})")
        seen = await viewer.evaluate("decodes(10, 1)")
        assert isinstance(seen, list), seen
        path = await sender.evaluate("path('publish')")
        assert (path["local"], path["relay"]) == ("relay", transport)
