"""A browser that publishes layers and one that watches over a line of its own, made of packets.

`Browser` sends sound and a picture in three layers, stops what nobody wants, and answers PLI.
`Watching` receives over a line that carries so much, and says what browsers say: reports of loss
and a REMB that falls when its queue grows and else follows what comes.
"""

import asyncio
import contextlib
import itertools
import struct
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from rooms.ids import LegId, ParticipantId, SessionId, TrackId, new_id
from signalling.engine import (
    EngineEvent,
    Kind,
    LayersWanted,
    LegChose,
    MediaEngine,
    PublishAnswer,
    Spoke,
    SubscribeOffer,
)
from signalling.sfu.packet import one_byte_block
from signalling.sfu.rtcp import Block, KeyframeRequest, parse_rtcp, receiver_report, remb
from tests.fakes.media import until
from tests.fakes.packet_peer import PacketPeer, UdpWire, udp_wire
from tests.fakes.packets import Camera

RIDS = ("q", "h", "f")
KBPS, HEIGHTS = (120, 330, 900), (180, 360, 720)
RATE = 15
MID_ID, LEVEL_ID, RID_ID = 1, 2, 3
SILENT, SPEECH = 127, 30
SIZE = 1000
QUEUE = 0.6
# A browser asks so often (s) whether he is still wanted there (RFC 7675, 5.1).
CONSENT = 5.0
# An estimate grows by so much in a second, whatever the pace it is told at.
GROWTH = 1.08
_ssrcs = itertools.count(1)


class Reading(PacketPeer):
    """Also reads reports; `told` is every one of them, `opened` when each packet came."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[object] = []

    def _take(self, data: bytes) -> None:
        if self._open is not None and data[0] >= 128 and 192 <= data[1] <= 223:
            self.heard(self._open.unprotect_rtcp(data))
        else:
            super()._take(data)

    def heard(self, reports: bytes) -> None:
        for report in parse_rtcp(reports):
            self.told.append(report)

    def report(self, wire: UdpWire, packet: bytes) -> None:
        assert self._close is not None
        wire.send(self._close.protect_rtcp(packet))


class Browser(Reading):
    """`layers` are the rids it sends; `level` how loud it speaks; None: DTX, not a packet."""

    def __init__(
        self, engine: MediaEngine, session: SessionId, name: str, *, picture: bool
    ) -> None:
        super().__init__()
        self.engine, self.session = engine, session
        self.participant = ParticipantId(name)
        self.leg = LegId(new_id("lg"))
        self.wanted: tuple[str, ...] = RIDS if picture else ()
        self.able: tuple[str, ...] = self.wanted
        self.level: int | None = SILENT
        self.sent: dict[str, int] = defaultdict(int)
        self._picture = picture
        self._sound = 0
        base = next(_ssrcs)
        self._audio_ssrc = base << 8 | 1
        self._cameras = {
            rid: Camera(base << 8 | 10 + n, height=HEIGHTS[n], rate=RATE)
            for n, rid in enumerate(RIDS)
        }
        self._began: set[str] = set()
        self._answer: PublishAnswer | None = None

    def offer(self) -> str:
        sections = [self._section("audio", 111, "opus/48000/2", "0")]
        if self._picture:
            sections.append(self._section("video", 96, "VP8/90000", "1"))
        mids = " ".join(str(n) for n in range(len(sections)))
        head = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {mids}"]
        return "\r\n".join([*head, *(line for lines in sections for line in lines)]) + "\r\n"

    def _section(self, kind: str, number: int, coding: str, mid: str) -> list[str]:
        lines = [f"m={kind} 9 UDP/TLS/RTP/SAVPF {number}", *self._transport(), f"a=mid:{mid}"]
        lines += ["a=rtcp-mux", "a=sendonly", f"a=rtpmap:{number} {coding}"]
        lines += [f"a=extmap:{MID_ID} urn:ietf:params:rtp-hdrext:sdes:mid", "a=msid:s t"]
        if kind == "audio":
            lines.append(f"a=extmap:{LEVEL_ID} urn:ietf:params:rtp-hdrext:ssrc-audio-level")
            lines.append(f"a=ssrc:{self._audio_ssrc} cname:peer")
        else:
            lines.append(f"a=extmap:{RID_ID} urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id")
            lines += [f"a=rtcp-fb:{number} nack", f"a=rtcp-fb:{number} nack pli"]
            lines += [*(f"a=rid:{rid} send" for rid in RIDS), f"a=simulcast:send {';'.join(RIDS)}"]
        return lines

    def track(self, kind: Kind) -> TrackId:
        assert self._answer is not None
        return next(track.id for track in self._answer.tracks if track.kind is kind)

    @property
    def picture(self) -> TrackId:
        return self.track(Kind.VIDEO)

    @property
    def sound(self) -> TrackId:
        return self.track(Kind.AUDIO)

    async def publish(self) -> None:
        self._answer = await self.engine.publish(
            self.session, self.participant, self.leg, self.offer()
        )

    async def run(self, wire: UdpWire) -> None:
        """Connect, then send by the clock until cancelled."""
        assert self._answer is not None
        await self.connect(self._answer.sdp, wire)
        loop = asyncio.get_running_loop()
        began, pictures, sounds, consents = loop.time(), 0, 0, 0
        while True:
            await asyncio.sleep(0.01)
            gone = loop.time() - began
            if gone > (consents + 1) * CONSENT:
                consents = int(gone / CONSENT)
                self.check(wire)
            while sounds < gone * 50:
                sounds += 1
                self._speak(wire)
            while pictures < gone * RATE:
                pictures += 1
                self._show(wire, pictures)

    def _speak(self, wire: UdpWire) -> None:
        self._sound += 1
        if self.level is None:
            return
        block = one_byte_block([(LEVEL_ID, bytes((self.level,))), (MID_ID, b"0")])
        head = struct.pack(
            "!BBHLL", 0x90, 111, self._sound & 0xFFFF, self._sound * 960, self._audio_ssrc
        )
        self.say(wire, head + block + b"\xf8" + bytes(60))

    def _show(self, wire: UdpWire, number: int) -> None:
        for layer, rid in enumerate(RIDS):
            if rid not in self.wanted or rid not in self.able:
                self._began.discard(rid)
                continue
            octets = KBPS[layer] * 125 // RATE
            count = -(-octets // SIZE)
            key = rid not in self._began
            self._began.add(rid)
            for packet in self._cameras[rid](count, key=key, size=octets // count):
                block = one_byte_block([(MID_ID, b"1"), (RID_ID, rid.encode())])
                head = struct.pack(
                    "!BBHLL",
                    0x90,
                    packet.marker | 96,
                    packet.sequence,
                    packet.timestamp,
                    packet.ssrc,
                )
                self.sent[rid] += 1
                self.say(wire, head + block + packet.payload)

    def heard(self, reports: bytes) -> None:
        super().heard(reports)
        for report in parse_rtcp(reports):
            if isinstance(report, KeyframeRequest):
                for rid, camera in self._cameras.items():
                    if camera.ssrc in report.media:
                        self._began.discard(rid)


class Watching(Reading):
    """`carries` is what its line carries in kbit/s; what is more waits 600 ms, then is lost.

    `heights` is the height of the last picture of each m-line, `kbps` what came of late,
    `estimated` what he said last that his line carries.
    """

    def __init__(self, engine: MediaEngine, session: SessionId, name: str) -> None:
        super().__init__()
        self.engine, self.session = engine, session
        self.participant = ParticipantId(name)
        self.leg = LegId(new_id("lg"))
        self.carries = 1e6
        self.offered: SubscribeOffer | None = None
        self.came: dict[int, deque[tuple[float, int]]] = defaultdict(deque)
        self.total: dict[int, int] = defaultdict(int)
        self.numbers: dict[int, list[int]] = defaultdict(list)
        self._queue = 0.0
        self._left = 0.0
        self._overflowed = False
        self.estimated = 0.0
        self._told = 0.0

    async def want(self, *tracks: TrackId) -> None:
        offer = await self.engine.subscribe(self.session, self.participant, self.leg, tracks)
        assert offer is not None
        self.offered = offer
        await self.engine.answer(
            self.session, self.participant, self.leg, offer.serial, self.answer(offer.sdp)
        )

    async def run(self, wire: UdpWire) -> None:
        """Connect, then report by the clock until cancelled."""
        assert self.offered is not None
        await self.connect(self.offered.sdp, wire)
        while True:
            await asyncio.sleep(0.5)
            self._tell(wire)
            self.check(wire)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _take(self, data: bytes) -> None:
        media = data[0] >= 128 and not 192 <= data[1] <= 223
        if not media or self._passes(len(data)):
            super()._take(data)
        if media and self.got:
            packet = self.got.pop()
            ssrc = struct.unpack_from("!L", packet, 8)[0]
            self.total[ssrc] += 1
            self.came[ssrc].append((self._now(), len(packet)))
            self.numbers[ssrc].append(struct.unpack_from("!H", packet, 2)[0])

    def _passes(self, octets: int) -> bool:
        now = self._now()
        self._queue = max(0.0, self._queue - (now - self._left) * self.carries * 125)
        self._left = now
        if (self._queue + octets) / (self.carries * 125) > QUEUE:
            self._overflowed = True
            return False
        self._queue += octets
        return True

    def ssrc(self, track: TrackId) -> int:
        assert self.offered is not None
        mid = next(placed.mid for placed in self.offered.tracks if placed.track == track)
        section = next(
            part for part in self.offered.sdp.split("\r\nm=") if f"\r\na=mid:{mid}\r\n" in part
        )
        line = next(one for one in section.splitlines() if one.startswith("a=ssrc:"))
        return int(line[7:].split()[0])

    def kbps(self, track: TrackId | None = None, over: float = 1.0) -> float:
        """What came of this track, or of all, over the last second."""
        since = self._now() - over
        ssrcs = list(self.came) if track is None else [self.ssrc(track)]
        return sum(octets for ssrc in ssrcs for when, octets in self.came[ssrc] if when > since) / (
            125 * over
        )

    def _tell(self, wire: UdpWire) -> None:
        if not self.numbers:
            return
        blocks = []
        for ssrc, numbers in self.numbers.items():
            if not numbers:
                continue
            far = [(n - numbers[0] + 0x8000) & 0xFFFF for n in numbers]
            expected = max(far) - min(far) + 1
            lost = max(0, expected - len(set(numbers)))
            blocks.append(Block(ssrc=ssrc, fraction=min(255, 256 * lost // expected)))
            self.numbers[ssrc] = []
        came, passed = self.kbps(), self._now() - self._told
        self._told += passed
        if self._overflowed:
            self.estimated = 0.85 * min(came, self.carries)
        else:
            most = max(self.estimated, 1.5 * came + 10)
            self.estimated = min(self.estimated * GROWTH**passed, most) if self.estimated else most
        self._overflowed = False
        estimate = remb(1, int(self.estimated * 1000), list(self.came))
        self.report(wire, receiver_report(1, blocks[:31]) + estimate)


@dataclass
class Scene:
    """Everybody of a test, what the engine tells, and the wires."""

    engine: MediaEngine
    port: int
    session: SessionId
    events: list[EngineEvent] = field(default_factory=list)
    browsers: list[Browser] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    stack: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    async def listen(self) -> None:
        async for event in self.engine.events():
            self.events.append(event)
            if isinstance(event, LayersWanted):
                for browser in self.browsers:
                    if browser.leg == event.leg:
                        browser.wanted = event.rids

    async def publisher(self, name: str, *, picture: bool = True) -> Browser:
        made = Browser(self.engine, self.session, name, picture=picture)
        await self.come(made)
        return made

    async def come(self, browser: Browser) -> None:
        self.browsers.append(browser)
        await browser.publish()
        await self._start(browser)

    async def viewer(self, name: str, *tracks: TrackId, carries: float = 1e6) -> Watching:
        made = Watching(self.engine, self.session, name)
        made.carries = carries
        await made.want(*tracks)
        await self._start(made)
        return made

    async def _start(self, peer: Browser | Watching) -> None:
        wire = await self.stack.enter_async_context(udp_wire("127.0.0.1", self.port))
        self.stack.push_async_callback(peer.close)
        self.tasks.append(asyncio.create_task(peer.run(wire), name="a peer runs"))

    def chosen(self, viewer: Watching) -> LegChose | None:
        """What was last told of what he is sent."""
        mine = (e for e in reversed(self.events) if isinstance(e, LegChose) and e.leg == viewer.leg)
        return next(mine, None)

    def choice(self, viewer: Watching, track: TrackId) -> tuple[int | None, str]:
        told = self.chosen(viewer)
        found = [c for c in told.choices if c.track == track] if told is not None else []
        return (found[0].layer, found[0].why.value) if found else (None, "untold")

    async def until_choice(
        self, viewer: Watching, track: TrackId, *expected: tuple[int | None, str]
    ) -> None:
        await until(
            lambda: self.choice(viewer, track) in expected,
            lambda: f"{expected} for {track}, is {self.choice(viewer, track)}",
            30,
        )

    def asked(self, browser: Browser) -> LayersWanted | None:
        """What its picture was last asked for."""
        told = [e for e in self.events if isinstance(e, LayersWanted) and e.leg == browser.leg]
        return told[-1] if told else None

    @property
    def spoke(self) -> list[tuple[ParticipantId, ...]]:
        return [e.participants for e in self.events if isinstance(e, Spoke)]


@contextlib.asynccontextmanager
async def scene(engine: MediaEngine, port: int, session: SessionId) -> AsyncIterator[Scene]:
    made = Scene(engine, port, session)
    made.tasks.append(asyncio.create_task(made.listen(), name="listens to the engine"))
    async with made.stack:
        try:
            yield made
            failed = [t for t in made.tasks if t.done() and not t.cancelled() and t.exception()]
            assert not failed, failed
        finally:
            for task in made.tasks:
                task.cancel()
            await asyncio.gather(*made.tasks, return_exceptions=True)


def names(participants: Sequence[ParticipantId]) -> list[str]:
    return [str(participant) for participant in participants]
