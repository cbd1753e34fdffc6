"""The packets of the soak: what a guest sends, in two layers, and how he receives the others."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from struct import pack

from bench.media_peer import MediaPeer, _session
from signalling.sfu.packet import one_byte_block
from signalling.sfu.rtcp import (
    Block,
    KeyframeRequest,
    SenderReport,
    nack,
    parse_rtcp,
    picture_loss,
    receiver_report,
    remb,
    sender_report,
)

AUDIO, VIDEO, REPEAT = 111, 96, 97
LEVEL_ID, MID_ID, RID_ID = 1, 4, 10
LAYERS = {"q": (320, 180, 2), "h": (640, 360, 4)}  # width, height, packets of a picture
PICTURE_EVERY = 5  # twentieths of a second are 50 ms: four pictures a second
KEY_EVERY = 12  # pictures
SIZE, SOUND_SIZE = 900, 80
PRETENDS = 0.01  # of the packets of pictures are treated as if they had not come
EXTENSIONS = {
    "audio": [f"a=extmap:{LEVEL_ID} urn:ietf:params:rtp-hdrext:ssrc-audio-level"],
    "video": [
        f"a=extmap:{RID_ID} urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
        *(f"a=rid:{rid} send" for rid in LAYERS),
        "a=simulcast:send " + ";".join(LAYERS),
    ],
}


class SendingPeer(MediaPeer):
    """A publisher of a sound and of a picture in two layers."""

    def offer_layers(self) -> str:
        lines = _session(("0", "1"))
        for mid, (kind, number) in enumerate((("audio", AUDIO), ("video", VIDEO))):
            types = f"{number} {REPEAT}" if kind == "video" else f"{number}"
            coding = "opus/48000/2" if kind == "audio" else "VP8/90000"
            lines += [f"m={kind} 9 UDP/TLS/RTP/SAVPF {types}", *self._transport()]
            lines += [f"a=mid:{mid}", "a=rtcp-mux", "a=sendonly", f"a=rtpmap:{number} {coding}"]
            lines += [f"a=extmap:{MID_ID} urn:ietf:params:rtp-hdrext:sdes:mid", *EXTENSIONS[kind]]
            if kind == "video":
                lines += [f"a=rtcp-fb:{number} nack", f"a=rtcp-fb:{number} nack pli"]
                lines += [f"a=rtpmap:{REPEAT} rtx/90000", f"a=fmtp:{REPEAT} apt={number}"]
            lines += [f"a=msid:s {kind}", self._candidate()]
        return "\r\n".join(lines) + "\r\n"


class Stream:
    """One SSRC."""

    def __init__(
        self, chance: random.Random, number: int, elements: list[tuple[int, bytes]]
    ) -> None:
        self.ssrc = chance.getrandbits(31) + 1
        self.sequence, self.clock = chance.getrandbits(15), chance.getrandbits(31)
        self.packets = self.octets = 0
        self._number, self._elements = number, elements

    def packet(self, payload: bytes, marker: bool, level: bytes = b"") -> bytes:
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        first = [(LEVEL_ID, level)] if level else []
        head = pack(
            "!BBHLL", 0x90, self._number | marker << 7, self.sequence,
            self.clock & 0xFFFFFFFF, self.ssrc,
        )  # fmt: skip
        return head + one_byte_block([*first, *self._elements]) + payload

    def report(self) -> bytes:
        ntp = int((time.time() + 2_208_988_800) * 2**32) & 0xFFFFFFFFFFFFFFFF
        made = SenderReport(
            ssrc=self.ssrc, ntp=ntp, timestamp=self.clock & 0xFFFFFFFF,
            packets=self.packets, octets=self.octets,
        )  # fmt: skip
        return sender_report(made)


class Sender:
    """What one guest sends: a sound each 20 ms, a picture in each layer now and then."""

    def __init__(self, leg: MediaPeer, layers: Sequence[str], chance: random.Random) -> None:
        self.leg, self._chance = leg, chance
        self.sound = Stream(chance, AUDIO, [(MID_ID, b"0")])
        self.pictures = {
            rid: Stream(chance, VIDEO, [(MID_ID, b"1"), (RID_ID, rid.encode())]) for rid in layers
        }
        self._turn = chance.randrange(100)
        self._picture = 0
        self.asked: set[int] = set()  # SSRCs that owe a key picture

    def turn(self) -> None:
        """The next 20 ms."""
        self._turn += 1
        self.sound.clock += 960
        level = bytes([self._chance.randrange(20, 60)])
        self._out(self.sound.packet(b"\x78" * SOUND_SIZE, False, level))
        if self._turn % (PICTURE_EVERY * 2) == 0:
            self._picture += 1
            for rid, stream in self.pictures.items():
                self._show(rid, stream)
        if self._turn % 50 == 0:
            for stream in (self.sound, *self.pictures.values()):
                self._out_rtcp(stream.report())

    def _show(self, rid: str, stream: Stream) -> None:
        width, height, packets = LAYERS[rid]
        stream.clock += 90_000 * PICTURE_EVERY * 2 // 50
        key = self._picture % KEY_EVERY == 1 or stream.ssrc in self.asked
        self.asked.discard(stream.ssrc)
        size = width.to_bytes(2, "little") + height.to_bytes(2, "little")
        begins = b"\x10\x00\x00\x9d\x01\x2a" + size if key else b"\x11"
        names = pack("!HBB", 0x8000 | self._picture & 0x7FFF, self._picture & 255, 0)
        for number in range(packets):
            head = (b"\x80" if number else b"\x90") + b"\xe0" + names + (b"" if number else begins)
            self._out(stream.packet(head.ljust(SIZE, b"v"), number == packets - 1))

    def heard(self, data: bytes) -> None:
        """Reports of the service: somebody may want a key picture."""
        for report in parse_rtcp(data):
            if isinstance(report, KeyframeRequest):
                self.asked.update(report.media)

    def _out(self, packet: bytes) -> None:
        self.leg.socket.sendto(self.leg.protect(packet), self.leg.remote)

    def _out_rtcp(self, data: bytes) -> None:
        session = self.leg.protect.__self__  # type: ignore[attr-defined]
        self.leg.socket.sendto(session.protect_rtcp(data), self.leg.remote)


class Ears:
    """What comes on one leg: opened, counted, and answered as a browser would."""

    def __init__(self, leg: MediaPeer, chance: random.Random, sender: Sender | None = None) -> None:
        self._leg, self._chance, self._sender = leg, chance, sender
        self.counts: Counter[str] = Counter()
        self.bps = 2_000_000
        self._highest: dict[int, int] = {}
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(leg.socket.fileno(), self._readable)

    def _readable(self) -> None:
        receive = self._leg.socket.recvfrom
        for _ in range(64):
            try:
                data, address = receive(2048)
            except (BlockingIOError, OSError):
                return
            if 127 < data[0] < 192:
                self._media(data)
            elif data[0] < 4:
                self._leg._heard_stun(data, address)

    def _media(self, data: bytes) -> None:
        reports = 192 <= data[1] <= 223
        try:
            session = self._leg.unprotect.__self__  # type: ignore[attr-defined]
            opened = session.unprotect_rtcp(data) if reports else session.unprotect(data)
        except Exception as reason:  # what SRTP refuses is what this bench counts
            self.counts[f"refused {'rtcp' if reports else 'rtp'} {reason}"] += 1
            self.counts["refused"] += 1
            return
        self.counts["rtcp" if reports else "rtp"] += 1
        if not reports:
            self._packet(opened)
        elif self._sender is not None:
            self._sender.heard(opened)

    def _packet(self, data: bytes) -> None:
        number, ssrc = data[1] & 127, int.from_bytes(data[8:12], "big")
        sequence = int.from_bytes(data[2:4], "big")
        self.counts[f"type {number}"] += 1
        if ssrc not in self._highest:
            self.counts["streams"] += 1
        self._highest[ssrc] = sequence
        if number == VIDEO and self._chance.random() < PRETENDS:
            self._out(receiver_report(1) + nack(1, ssrc, [sequence]))

    def report(self) -> None:
        """Each second: how we receive, and what our line is thought to carry."""
        blocks = [Block(ssrc=ssrc, highest=highest) for ssrc, highest in self._highest.items()]
        if blocks:
            ssrcs = [block.ssrc for block in blocks][:31]
            self._out(receiver_report(1, blocks[:31]) + remb(1, self.bps, ssrcs))

    def want_picture(self) -> None:
        """Of somebody, at random."""
        if self._highest:
            ssrc = self._chance.choice(sorted(self._highest))
            self._out(receiver_report(1) + picture_loss(1, ssrc))

    def _out(self, data: bytes) -> None:
        session = self._leg.protect.__self__  # type: ignore[attr-defined]
        self._leg.socket.sendto(session.protect_rtcp(data), self._leg.remote)

    def close(self) -> None:
        self._loop.remove_reader(self._leg.socket.fileno())
        self._leg.close()
