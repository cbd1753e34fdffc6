"""A publisher and a subscriber that send exactly what a test says, over a real encrypted leg.

`Sender.send` puts a packet of `tests.fakes.packets` on the wire, with its ids as a browser says
them; `Receiver.heard_of` is what came of a track. Both keep every report they are sent.
"""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rooms.ids import LegId, ParticipantId, SessionId, TrackId, new_id
from signalling.engine import Kind, MediaEngine, Mode, PublishAnswer, SubscribeOffer, Wish
from signalling.sfu.packet import Packet, parse_rtp
from signalling.sfu.rtcp import Report, SenderReport, parse_rtcp, sender_report
from tests.fakes.media import until
from tests.fakes.packet_peer import PacketPeer, UdpWire, udp_wire
from tests.fakes.packets import Camera, raw

MID, LEVEL, TWCC, RID, REPAIRED = 4, 1, 3, 10, 11
AUDIO_SSRC, RTX_SSRC = 0xA0D10, 0x47580
OPUS, RED, VP8, RTX = 111, 63, 96, 97
TWCC_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
NTP_ZERO = 3_900_000_000
SDES = 202
Told = TypeVar("Told", bound=Report)


class ByHand(PacketPeer):
    """`reports` are all it was told and could be read, `compounds` the bytes they came in."""

    def __init__(self) -> None:
        super().__init__()
        self.reports: list[tuple[float, Report]] = []
        self.compounds: list[bytes] = []
        self.wire: UdpWire | None = None
        # So many of the next packets are lost on their way here.
        self.deaf = 0

    def _take(self, data: bytes) -> None:
        media = data[0] >= 128 and not 192 <= data[1] <= 223
        if media and self.deaf:
            self.deaf -= 1
        elif self._open is not None and data[0] >= 128 and not media:
            told = self._open.unprotect_rtcp(data)
            now = asyncio.get_running_loop().time()
            self.compounds.append(told)
            self.reports += [(now, report) for report in parse_rtcp(told)]
        else:
            super()._take(data)

    def told(self, kind: type[Told]) -> list[Told]:
        """Its reports of this kind."""
        return [report for _, report in self.reports if isinstance(report, kind)]

    def tell(self, reports: bytes) -> None:
        assert self._close is not None
        assert self.wire is not None
        self.wire.send(self._close.protect_rtcp(reports))

    def parts(self, kind: int) -> list[bytes]:
        """The bodies of all RTCP packets of this type."""
        found = []
        for data in self.compounds:
            at = 0
            while at < len(data):
                size = 4 + 4 * struct.unpack_from("!H", data, at + 2)[0]
                if data[at + 1] == kind:
                    found.append(data[at : at + size])
                at += size
        return found


@dataclass(eq=False)
class Sender(ByHand):
    """`rids` are the layers it offers, none without simulcast."""

    engine: MediaEngine
    session: SessionId
    participant: ParticipantId = ParticipantId("pa-sender")
    rids: Sequence[str] = ()
    red: bool = False
    twcc: bool = False
    leg: LegId = field(default_factory=lambda: LegId(new_id("lg")))
    cameras: list[Camera] = field(default_factory=list)
    published: PublishAnswer | None = None

    def __post_init__(self) -> None:
        super().__init__()
        self.cameras = [
            Camera(
                0xCA300 + n,
                sequence=500 + 9_000 * n,
                timestamp=70_000 * (n + 1),
                number=40 * n,
                height=180 << n,
            )
            for n in range(len(self.rids) or 1)
        ]
        self._count = 0
        self._sound = 0

    def offer(self) -> str:
        head = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1"]
        return "\r\n".join([*head, *self._audio(), *self._video()]) + "\r\n"

    def _common(self, mid: int) -> list[str]:
        lines = [*self._transport(), f"a=mid:{mid}", "a=rtcp-mux", "a=rtcp-rsize", "a=sendonly"]
        lines.append(f"a=extmap:{MID} urn:ietf:params:rtp-hdrext:sdes:mid")
        return [*lines, *([f"a=extmap:{TWCC} {TWCC_URI}"] if self.twcc else [])]

    def _audio(self) -> list[str]:
        formats = f"{OPUS} {RED}" if self.red else f"{OPUS}"
        lines = [f"m=audio 9 UDP/TLS/RTP/SAVPF {formats}", *self._common(0)]
        lines.append(f"a=extmap:{LEVEL} urn:ietf:params:rtp-hdrext:ssrc-audio-level")
        lines.append(f"a=rtpmap:{OPUS} opus/48000/2")
        lines += [f"a=rtcp-fb:{OPUS} transport-cc"] if self.twcc else []
        if self.red:
            lines += [f"a=rtpmap:{RED} red/48000/2", f"a=fmtp:{RED} {OPUS}/{OPUS}"]
        return lines

    def _video(self) -> list[str]:
        lines = [f"m=video 9 UDP/TLS/RTP/SAVPF {VP8} {RTX}", *self._common(1)]
        lines += [f"a=rtpmap:{VP8} VP8/90000", f"a=rtpmap:{RTX} rtx/90000", f"a=fmtp:{RTX} apt=96"]
        feedback = ["nack", "nack pli", "ccm fir", "goog-remb"]
        feedback += ["transport-cc"] if self.twcc else []
        lines += [f"a=rtcp-fb:{VP8} {one}" for one in feedback]
        if self.rids:
            for number, name in ((RID, "rtp-stream-id"), (REPAIRED, "repaired-rtp-stream-id")):
                lines.append(f"a=extmap:{number} urn:ietf:params:rtp-hdrext:sdes:{name}")
            lines += [*(f"a=rid:{rid} send" for rid in self.rids)]
            lines.append(f"a=simulcast:send {';'.join(self.rids)}")
        return lines

    async def start(self, wire: UdpWire) -> None:
        self.wire = wire
        answered = await self.engine.publish(self.session, self.participant, self.leg, self.offer())
        self.published = answered
        await self.connect(answered.sdp, wire)

    def track(self, kind: Kind) -> TrackId:
        assert self.published is not None
        return next(track.id for track in self.published.tracks if track.kind is kind)

    # -- packets

    def put(self, packet: Packet, elements: Sequence[tuple[int, bytes]] = ()) -> None:
        """This packet with these header extensions, and its number for the whole leg."""
        assert self.wire is not None
        own = list(elements)
        if self.twcc:
            own.append((TWCC, self._count.to_bytes(2, "big")))
            self._count += 1
        self.say(self.wire, raw(packet, own))

    def send(self, packets: Sequence[Packet], layer: int = 0, *, ids: bool = True) -> None:
        """These packets of a layer, with their ids unless they are known already."""
        named = [(MID, b"1"), *([(RID, self.rids[layer].encode())] if self.rids else [])]
        for packet in packets:
            self.put(packet, named if ids else ())

    def shoot(self, *keys: int, ids: bool = True) -> list[list[Packet]]:
        """The next picture of each layer, a key picture of those in `keys`."""
        made = [camera(key=n in keys) for n, camera in enumerate(self.cameras)]
        for layer, packets in enumerate(made):
            self.send(packets, layer, ids=ids)
        return made

    def speak(self, payload: bytes = b"\xf8sound", kind: int = OPUS, skipped: int = 0) -> Packet:
        """The next sound; `skipped` are lost on their way."""
        self._sound += 1 + skipped
        packet = Packet(
            payload_type=kind,
            sequence=self._sound,
            timestamp=self._sound * 960,
            ssrc=AUDIO_SSRC,
            payload=payload,
        )
        self.put(packet, [(MID, b"0"), (LEVEL, b"\x1e")])
        return packet

    def clocks(self, seconds: float) -> None:
        """Sender reports of every layer: its next picture is taken so many seconds after zero."""
        for camera in self.cameras:
            report = SenderReport(
                ssrc=camera.ssrc,
                ntp=int((NTP_ZERO + seconds) * (1 << 32)),
                timestamp=camera.timestamp,
                packets=1,
                octets=1,
            )
            self.tell(sender_report(report))


@dataclass(eq=False)
class Receiver(ByHand):
    """`without` are words whose lines it leaves out of its answer: it takes no such thing."""

    engine: MediaEngine
    session: SessionId
    participant: ParticipantId = ParticipantId("pa-receiver")
    without: Sequence[str] = ()
    leg: LegId = field(default_factory=lambda: LegId(new_id("lg")))
    offered: SubscribeOffer | None = None

    def __post_init__(self) -> None:
        super().__init__()

    async def start(self, wire: UdpWire, *tracks: TrackId) -> None:
        self.wire = wire
        await self.want(*tracks)
        assert self.offered is not None
        await self.connect(self.offered.sdp, wire)

    async def want(self, *tracks: TrackId) -> None:
        await self.ask(*tracks)
        await self.accept()

    async def ask(self, *tracks: TrackId) -> None:
        """Want them; the offer waits for its answer."""
        offer = await self.engine.subscribe(self.session, self.participant, self.leg, tracks)
        assert offer is not None
        self.offered = offer

    async def accept(self) -> None:
        """Answer the offer."""
        offer = self.offered
        assert offer is not None
        taken = self.answer(offer.sdp)
        kept = [ln for ln in taken.split("\r\n") if not any(word in ln for word in self.without)]
        if "red/48000" in self.without:
            kept = [ln.replace(f"SAVPF {OPUS} {RED}", f"SAVPF {OPUS}") for ln in kept]
        await self.engine.answer(
            self.session, self.participant, self.leg, offer.serial, "\r\n".join(kept)
        )

    async def look(self, track: TrackId, height: int) -> None:
        """What his page shows."""
        wish = Wish(track=track, height=height, stage=True)
        await self.engine.view(self.session, self.participant, [wish], Mode.FULL)

    def ssrcs(self, track: TrackId) -> list[int]:
        """Those that the offer announces for this track: its own, and of a picture its RTX."""
        assert self.offered is not None
        mid = next(placed.mid for placed in self.offered.tracks if placed.track == track)
        sections = self.offered.sdp.split("\r\nm=")
        section = next(part for part in sections if f"\r\na=mid:{mid}\r\n" in part)
        lines = [line for line in section.splitlines() if line.startswith("a=ssrc:")]
        return [int(line[7:].split()[0]) for line in lines]

    def heard_of(self, track: TrackId, *, rtx: bool = False) -> list[Packet]:
        """The packets that came of it."""
        ssrc = self.ssrcs(track)[1 if rtx else 0]
        return [packet for packet in map(parse_rtp, list(self.got)) if packet.ssrc == ssrc]

    async def hears(self, track: TrackId, count: int, *, rtx: bool = False) -> list[Packet]:
        """Wait for so many packets of it."""
        await until(
            lambda: len(self.heard_of(track, rtx=rtx)) >= count,
            f"{count} packets of {track}, have {len(self.heard_of(track, rtx=rtx))}",
        )
        return self.heard_of(track, rtx=rtx)


async def quiet(seconds: float = 0.15) -> None:
    """Let what is under way arrive: what has not come by then does not come."""
    await asyncio.sleep(seconds)


async def pulse(beat: Callable[[], object], met: Callable[[], bool], what: str) -> None:
    """Go on sending until something has come of it."""
    end = asyncio.get_running_loop().time() + 15
    while not met():
        assert asyncio.get_running_loop().time() < end, what
        beat()
        await asyncio.sleep(1 / 30)


@dataclass
class Hall:
    """Where they meet: makes them, connects them, closes them."""

    engine: MediaEngine
    port: int
    session: SessionId
    stack: contextlib.AsyncExitStack

    async def sender(self, **wanted: Any) -> Sender:
        made = Sender(engine=self.engine, session=self.session, **wanted)
        await made.start(await self._wire(made))
        return made

    async def receiver(self, *tracks: TrackId, **wanted: Any) -> Receiver:
        made = Receiver(engine=self.engine, session=self.session, **wanted)
        await made.start(await self._wire(made), *tracks)
        return made

    async def _wire(self, made: ByHand) -> UdpWire:
        self.stack.push_async_callback(made.close)
        return await self.stack.enter_async_context(udp_wire("127.0.0.1", self.port))


@contextlib.asynccontextmanager
async def hall(engine: MediaEngine, port: int, session: SessionId) -> AsyncIterator[Hall]:
    """Open for one test."""
    async with contextlib.AsyncExitStack() as stack:
        yield Hall(engine, port, session, stack)
