"""Chromium and Firefox with simulcast: layers arrive, and a change of layer is no freeze."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from statistics import median
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from rooms.ids import ParticipantId, TrackId
from signalling.engine import Mode, Wish
from signalling.engines.python import PythonEngine
from signalling.engines.python_publisher import PublisherLeg
from signalling.engines.python_subscriber import SubscriberLeg
from signalling.sfu.simulcast import Layers
from tests.fakes.browsers import BrowserPage, chromium, firefox, needs_chromium, needs_firefox
from tests.fakes.legs_page import SESSION, House

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]

needs_address = pytest.mark.usefixtures("an_address")

# From one picture to the next, and what is a stall of them, in ms.
INTERVAL, STANDS = 50, 150
ONE, TWO, THREE = ParticipantId("pa-1"), ParticipantId("pa-2"), ParticipantId("pa-3")
MORE = """(() => {
const rates = {q: 150000, h: 450000, f: 1200000};
window.publishLayers = async (who, width, height, rids) => {
  const pc = legs.publish = new RTCPeerConnection(configuration);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  let frame = 0;
  window.drawing = setInterval(() => {
    frame += 1;
    context.fillStyle = `hsl(${frame % 360} 80% 50%)`;
    context.fillRect(0, 0, width, height);
    context.fillStyle = "white";
    for (let n = 0; n < 40; n++)
      context.fillRect((n * 97 + frame * 5) % width, (n * 53 + frame * 3) % height, 40, 30);
  }, 50);
  const [track] = canvas.captureStream(20).getVideoTracks();
  const sendEncodings = rids.map((rid, n) =>
    ({rid, scaleResolutionDownBy: 2 ** (rids.length - 1 - n), maxBitrate: rates[rid]}));
  const media = await navigator.mediaDevices.getUserMedia({audio: true});
  pc.addTransceiver(media.getAudioTracks()[0], {direction: "sendonly"});
  pc.addTransceiver(track, {direction: "sendonly", sendEncodings});
  await pc.setLocalDescription();
  const answer = await ask("/publish", {who, sdp: pc.localDescription.sdp});
  await pc.setRemoteDescription({type: "answer", sdp: answer.sdp});
  return answer.tracks;
};
window.watchGaps = () => {
  window.gaps = [];
  window.heights = new Set();
  const video = document.querySelector("video");
  let before = null;
  const seen = now => {
    if (before !== null) gaps.push(now - before);
    before = now;
    heights.add(video.videoHeight);
    video.requestVideoFrameCallback(seen);
  };
  video.requestVideoFrameCallback(seen);
};
window.told = async () => {
  const [row] = (await rows("subscribe", "inbound-rtp")).filter(r => r.kind === "video");
  return {freezes: row.freezeCount ?? 0, frozen: row.totalFreezesDuration ?? 0,
          decoded: row.framesDecoded, height: row.frameHeight, lost: row.packetsLost,
          nacks: row.nackCount, plis: row.pliCount,
          gaps: window.gaps.splice(0), heights: [...window.heights]};
};
})()"""

BOTH = "Promise.all([told(), another.told()])"
# In the same page, because a browser is slow where nobody looks.
WITH_ANOTHER = """new Promise(loaded => {
  const frame = document.createElement("iframe");
  frame.style = "position: fixed; top: 0; left: 0; z-index: 1";
  frame.onload = () => { window.another = frame.contentWindow; loaded(); };
  frame.src = "/";
  document.body.append(frame);
})"""


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


def layers_of(engine: PythonEngine, who: ParticipantId) -> Layers:
    leg = engine._sessions[SESSION].seats[who].publish
    assert isinstance(leg, PublisherLeg)
    return next(s.layers for s in leg.streams.values() if s.layers.video)


async def until(
    said: str | Callable[[], str], met: Callable[[], bool], seconds: float = 40.0
) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, said if isinstance(said, str) else said()
        await asyncio.sleep(0.05)


async def arrive(engine: PythonEngine, count: int) -> Layers:
    """Wait until so many layers of the first participant's picture are alive."""
    layers, loop = layers_of(engine, ONE), asyncio.get_running_loop()
    await until(
        f"{count} layers alive of {layers.rids}: {[s.height for s in layers.sources]}",
        lambda: (
            len(layers.alive(loop.time())) >= count
            and all(source.height for source in layers.alive(loop.time()))
        ),
    )
    return layers


async def shown(engine: PythonEngine, track: TrackId, layer: int) -> int:
    """Show it as high as that layer is, and wait until that is sent; how high it is then.

    A busy browser may rest a layer a while, or make all of them smaller."""
    leg, loop = engine._sessions[SESSION].seats[TWO].subscribe, asyncio.get_running_loop()
    assert isinstance(leg, SubscriberLeg)
    source, wished = layers_of(engine, ONE).sources[layer], 0
    end = time.monotonic() + 80
    while not (
        source.alive(loop.time())
        and wished == source.height
        and track in leg.lines()
        and leg.lines()[track].layer == layer
    ):
        assert time.monotonic() < end, f"layer {layer} is sent: {evidence(engine, leg)}"
        if wished != source.height:
            wished = source.height
            wish = Wish(track=track, height=wished, stage=True)
            await engine.view(SESSION, TWO, [wish], Mode.FULL)
        await asyncio.sleep(0.05)
    return wished


def evidence(engine: PythonEngine, leg: SubscriberLeg) -> str:
    """What was chosen and why, what the line is thought to carry, and when each layer came."""
    watcher, now = engine._control.watcher(leg), asyncio.get_running_loop().time()
    assert watcher is not None
    sources = layers_of(engine, ONE).sources
    seen = [f"{one.height} lines {now - one.latest:.2f} s ago" for one in sources]
    return f"{watcher.choices}, {watcher.estimate.kbps:.0f} kbit/s, layers seen: {seen}"


async def changes(
    engine: PythonEngine, receiver: BrowserPage, track: TrackId, layers: Layers
) -> list[dict[str, Any]]:
    """Look small and large in turn; what the receiver says of each change, and what meanwhile
    became of the same picture for another in the same page, for whom nothing changes."""
    top = len(layers.alive(asyncio.get_running_loop().time())) - 1
    await receiver.evaluate(WITH_ANOTHER)
    await receiver.evaluate(f"another.eval({json.dumps(MORE)})")
    await receiver.evaluate(f"subscribe('{TWO}', {[track]!r})")
    await receiver.evaluate(f"another.subscribe('{THREE}', {[track]!r})")
    wish = Wish(track=track, height=layers.sources[0].height)
    await engine.view(SESSION, THREE, [wish], Mode.FULL)
    await shown(engine, track, 0)
    await receiver.evaluate("watchGaps(), another.watchGaps()")
    await asyncio.sleep(2.0)
    said, heights = [], set()
    for layer in (top, 0) * 3:
        before = await receiver.evaluate(BOTH)
        heights.add(await shown(engine, track, layer))
        await asyncio.sleep(1.5)
        after = await receiver.evaluate(BOTH)
        for one, earlier in zip(after, before, strict=True):
            one["frozen"] -= earlier["frozen"]
        said.append(after[0] | {"layer": layer, "still": after[1]})
    assert len(heights) > 1
    assert heights <= set(said[-1]["heights"])
    return said


def missing(one: dict[str, Any]) -> float:
    """The longest time (ms) in which a picture was due for the other, when his stood still too."""
    other = max(one["still"]["gaps"])
    return other - INTERVAL if other > STANDS else 0.0


def without_a_freeze(said: list[dict[str, Any]]) -> None:
    """None of the change's own: a busy machine stops now and then, for who changes nothing too,
    and not at each change."""
    for layer in {one["layer"] for one in said}:
        of_it = [one for one in said if one["layer"] == layer]
        excused = [max(one["still"]["frozen"], missing(one) / 1000) for one in of_it]
        frozen = [one["frozen"] - less for one, less in zip(of_it, excused, strict=True)]
        assert median(frozen) <= 0.2, said
        assert median(max(one["gaps"]) - missing(one) for one in of_it) <= 400, said


@needs_chromium
@pytest.mark.parametrize(
    ("width", "height", "rids"), [(1280, 720, "qhf"), (640, 480, "qh")], ids=["three", "two"]
)
async def test_layers_of_chromium_change_without_a_freeze(
    engine: PythonEngine, url: str, width: int, height: int, rids: str
) -> None:
    async with chromium() as browser:
        sender, receiver = await browser.new_page(url), await browser.new_page(url)
        await sender.evaluate(MORE)
        await receiver.evaluate(MORE)
        tracks = await sender.evaluate(f"publishLayers('pa-1', {width}, {height}, {list(rids)!r})")
        layers = await arrive(engine, len(rids))
        assert [source.height for source in layers.sources] == [
            height >> n for n in reversed(range(len(rids)))
        ]
        said = await changes(engine, receiver, TrackId(tracks["video"]), layers)
        without_a_freeze(said)


@needs_chromium
@needs_firefox
@needs_address
async def test_layers_of_firefox_change_without_a_freeze_in_chromium(
    engine: PythonEngine, url: str
) -> None:
    async with chromium() as green, firefox() as red:
        sender, receiver = await red.new_page(url), await green.new_page(url)
        await sender.evaluate(MORE)
        await receiver.evaluate(MORE)
        tracks = await sender.evaluate("publishLayers('pa-1', 1280, 720, ['q', 'h'])")
        layers = await arrive(engine, 2)
        said = await changes(engine, receiver, TrackId(tracks["video"]), layers)
        without_a_freeze(said)
