"""Chromium and Firefox against the python engine, with the smallest page that can call."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from rooms.ids import LegId, ParticipantId, SessionId
from signalling.engine import Kind, LegState
from signalling.engines.python import PythonEngine
from tests.fakes.browsers import BrowserPage, chromium, firefox, needs_chromium, needs_firefox
from tests.fakes.media import Publisher, Subscriber, closing

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

needs_address = pytest.mark.usefixtures("an_address")

SESSION = SessionId("se-1")
PAGE = """<!doctype html><title>legs</title><script>
const legs = {};
async function ask(path, body) {
  return (await fetch(path, {method: "POST", body: JSON.stringify(body)})).json();
}
async function publish(who) {
  const pc = legs.publish = new RTCPeerConnection();
  const media = await navigator.mediaDevices.getUserMedia({audio: true, video: true});
  for (const track of media.getTracks())
    pc.addTransceiver(track, {direction: "sendonly", streams: [media]});
  await pc.setLocalDescription();
  const answer = await ask("/publish", {who, sdp: pc.localDescription.sdp});
  await pc.setRemoteDescription({type: "answer", sdp: answer.sdp});
  return answer.tracks;
}
async function subscribe(who, tracks) {
  if (!legs.subscribe) {
    legs.subscribe = new RTCPeerConnection();
    legs.subscribe.ontrack = ({track, streams, transceiver}) => {
      const element = document.createElement(track.kind);
      element.autoplay = true;
      element.srcObject = streams[0] || new MediaStream([track]);
      document.body?.append(element) ?? document.documentElement.append(element);
    };
  }
  const pc = legs.subscribe;
  const offer = await ask("/subscribe", {who, tracks});
  await pc.setRemoteDescription({type: "offer", sdp: offer.sdp});
  await pc.setLocalDescription();
  await ask("/answer", {who, serial: offer.serial, sdp: pc.localDescription.sdp});
  return offer.sdp;
}
async function rows(role, type) {
  return [...(await legs[role].getStats()).values()].filter(row => row.type === type);
}
async function decodes(frames, sounds) {
  for (let n = 0; n < 300; n++) {
    const seen = await rows("subscribe", "inbound-rtp");
    const pictures = seen.filter(r => r.kind === "video" && r.framesDecoded >= frames);
    const heard = seen.filter(r => r.kind === "audio" && r.packetsReceived > 50)
      .filter(r => r.totalAudioEnergy > 0);
    if (pictures.length >= 1 && heard.length >= sounds) return seen;
    await new Promise(done => setTimeout(done, 100));
  }
  return {failed: await rows("subscribe", "inbound-rtp"), state: legs.subscribe.connectionState};
}
</script><body></body>"""


class House:
    """The page and the three calls, for any participant."""

    def __init__(self, engine: PythonEngine) -> None:
        self.engine = engine
        self.app = web.Application()
        self.app.router.add_get("/", self.page)
        for name in ("publish", "subscribe", "answer"):
            self.app.router.add_post(f"/{name}", getattr(self, name))

    async def page(self, _: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def publish(self, request: web.Request) -> web.Response:
        body = await request.json()
        who = ParticipantId(body["who"])
        made = await self.engine.publish(SESSION, who, LegId(f"lg-p-{who}"), body["sdp"])
        tracks = {track.kind: track.id for track in made.tracks}
        return web.json_response({"sdp": made.sdp, "tracks": tracks})

    async def subscribe(self, request: web.Request) -> web.Response:
        body = await request.json()
        who = ParticipantId(body["who"])
        made = await self.engine.subscribe(SESSION, who, LegId(f"lg-s-{who}"), body["tracks"])
        assert made is not None
        return web.json_response({"sdp": made.sdp, "serial": made.serial})

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        who = ParticipantId(body["who"])
        leg = LegId(f"lg-s-{who}")
        await self.engine.answer(SESSION, who, leg, body["serial"], body["sdp"])
        return web.json_response({})


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
