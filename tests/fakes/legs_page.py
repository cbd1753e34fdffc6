"""The smallest page that can call, and the house it asks: for the engine alone, with browsers.

    async with TestServer(House(engine).app) as server:
        tracks = await page.evaluate("publish('pa-1')")
        await other.evaluate(f"subscribe('pa-2', {list(tracks.values())!r})")

`configuration` is what its PeerConnections are made with, `firstFrame()` the time in ms to the
first picture, `path(role)` the pair of candidates in use.
"""

from collections.abc import Callable

from aiohttp import web

from rooms.ids import LegId, ParticipantId, SessionId
from signalling.engines.python import PythonEngine

SESSION = SessionId("se-1")
Rewrite = Callable[[str], str]
PAGE = """<!doctype html><title>legs</title><script>
const legs = {};
let configuration = {};
let began = 0, shown = null;
async function ask(path, body) {
  return (await fetch(path, {method: "POST", body: JSON.stringify(body)})).json();
}
async function publish(who) {
  const pc = legs.publish = new RTCPeerConnection(configuration);
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
    began = performance.now();
    legs.subscribe = new RTCPeerConnection(configuration);
    legs.subscribe.ontrack = ({track, streams, transceiver}) => {
      const element = document.createElement(track.kind);
      element.autoplay = true;
      element.srcObject = streams[0] || new MediaStream([track]);
      if (track.kind === "video")
        element.requestVideoFrameCallback(() => { shown ??= performance.now() - began; });
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
async function firstFrame() {
  for (let n = 0; n < 1500 && shown === null; n++)
    await new Promise(done => setTimeout(done, 10));
  return shown;
}
async function path(role) {
  for (let n = 0; n < 100; n++) {  // the statistics may come a moment after the picture
    const all = await legs[role].getStats();
    for (const row of all.values()) {
      if (row.type !== "candidate-pair" || row.state !== "succeeded" || !row.nominated) continue;
      const local = all.get(row.localCandidateId), remote = all.get(row.remoteCandidateId);
      return {local: local.candidateType, remote: remote.protocol,
              relay: local.relayProtocol ?? null, address: remote.address};
    }
    await new Promise(wake => setTimeout(wake, 50));
  }
  return null;
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
    """The page and the three calls, for any participant; `rewrite` is for what the page is told."""

    def __init__(self, engine: PythonEngine, rewrite: Rewrite = str) -> None:
        self.engine = engine
        self.rewrite = rewrite
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
        return web.json_response({"sdp": self.rewrite(made.sdp), "tracks": tracks})

    async def subscribe(self, request: web.Request) -> web.Response:
        body = await request.json()
        who = ParticipantId(body["who"])
        made = await self.engine.subscribe(SESSION, who, LegId(f"lg-s-{who}"), body["tracks"])
        assert made is not None
        return web.json_response({"sdp": self.rewrite(made.sdp), "serial": made.serial})

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        who = ParticipantId(body["who"])
        leg = LegId(f"lg-s-{who}")
        await self.engine.answer(SESSION, who, leg, body["serial"], body["sdp"])
        return web.json_response({})


def without_udp(sdp: str) -> str:
    """What a page is told that must come by TCP."""
    lines = [line for line in sdp.splitlines() if not (is_candidate(line) and " udp " in line)]
    return "\r\n".join(lines) + "\r\n"


def without_ipv4(sdp: str) -> str:
    """What a page is told that must come by IPv6 and UDP."""
    lines = [
        line
        for line in sdp.splitlines()
        if not is_candidate(line) or (" udp " in line and ":" in line.split()[4])
    ]
    return "\r\n".join(lines) + "\r\n"


def is_candidate(line: str) -> bool:
    """Whether the line says where we are."""
    return line.startswith("a=candidate:")
