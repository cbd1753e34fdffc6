"""Browsers where UDP does not pass, and where there is IPv6: by which way they reach the port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp.test_utils import TestServer

from signalling.engine import Path, Transport
from signalling.engines.python import PythonEngine
from signalling.transport.seam import host_addresses
from tests.conftest import cannot
from tests.fakes.browsers import BrowserPage, chromium, firefox, needs_chromium, needs_firefox
from tests.fakes.legs_page import SESSION, House, Rewrite, without_ipv4, without_udp

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

needs_address = pytest.mark.usefixtures("an_address")


@pytest.fixture
async def engine() -> AsyncIterator[PythonEngine]:
    made = PythonEngine("::")
    await made.open(SESSION)
    yield made
    made.stop()


@asynccontextmanager
async def served(engine: PythonEngine, rewrite: Rewrite) -> AsyncIterator[str]:
    async with TestServer(House(engine, rewrite).app) as server:
        yield str(server.make_url("/"))


async def paths(engine: PythonEngine) -> list[Path | None]:
    members = (await engine.state()).sessions[SESSION]
    return [leg.path for member in members for leg in member.legs]


async def each_sees_the_other(one: BrowserPage, two: BrowserPage) -> None:
    of_one = await one.evaluate("publish('pa-1')")
    of_two = await two.evaluate("publish('pa-2')")
    await asyncio.gather(
        one.evaluate(f"subscribe('pa-1', {list(of_two.values())!r})"),
        two.evaluate(f"subscribe('pa-2', {list(of_one.values())!r})"),
    )
    for page in (one, two):
        seen = await page.evaluate("decodes(10, 1)")
        assert isinstance(seen, list), seen


@needs_chromium
async def test_chromium_comes_by_tcp_where_udp_does_not_pass(engine: PythonEngine) -> None:
    async with served(engine, without_udp) as url, chromium() as browser:
        one, two = await browser.new_page(url), await browser.new_page(url)
        await each_sees_the_other(one, two)
        assert await paths(engine) == [Path(transport=Transport.TCP, family=4)] * 4
        assert (await one.evaluate("path('subscribe')"))["remote"] == "tcp"


@needs_firefox
@needs_chromium
@needs_address
async def test_firefox_comes_by_tcp_where_udp_does_not_pass(engine: PythonEngine) -> None:
    async with served(engine, without_udp) as url, chromium() as green, firefox() as red:
        one, two = await green.new_page(url), await red.new_page(url)
        await each_sees_the_other(one, two)
        found = await paths(engine)
        assert {path.transport for path in found if path} == {Transport.TCP}
        assert len(found) == 4
        assert (await two.evaluate("path('subscribe')"))["remote"] == "tcp"


@pytest.fixture
def an_ipv6_address() -> None:
    if not host_addresses(ipv6=True):
        cannot("this machine has no IPv6 but loopback")


@needs_firefox
@needs_chromium
@pytest.mark.usefixtures("an_ipv6_address")
async def test_browsers_come_by_ipv6(engine: PythonEngine) -> None:
    async with served(engine, without_ipv4) as url, chromium() as green, firefox() as red:
        one, two = await green.new_page(url), await red.new_page(url)
        await each_sees_the_other(one, two)
        assert await paths(engine) == [Path(transport=Transport.UDP, family=6)] * 4
        assert ":" in (await two.evaluate("path('subscribe')"))["address"]


@needs_chromium
async def test_chromium_prefers_udp_where_it_passes(engine: PythonEngine) -> None:
    async with served(engine, str) as url, chromium() as browser:
        one, two = await browser.new_page(url), await browser.new_page(url)
        await each_sees_the_other(one, two)
        assert {path.transport for path in await paths(engine) if path} == {Transport.UDP}
