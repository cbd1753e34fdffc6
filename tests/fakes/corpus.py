"""Good bytes of every format a stranger may send, and what a seeded hand makes of them.

`mutations(kind, count)` is the same on every machine: a failure names its seed.
"""

import random
from collections.abc import Iterator

from signalling.sfu.rtcp import (
    Block,
    SenderReport,
    goodbye,
    nack,
    picture_loss,
    receiver_report,
    remb,
    sender_report,
    source_names,
)
from signalling.transport.stun import request
from tests.fakes.packets import Camera, as_rtx, raw, red, vp8

KEY = Camera(7)(2, key=True)
TWO_BYTES = bytes.fromhex("90e0000100000002000000031000000201020102030300ff") + b"payload"
PADDED = bytes.fromhex("a060000100000002000000030000000000000006")
BLOCK = Block(ssrc=9, fraction=3, lost=-1, highest=70_000, jitter=4, lsr=5, dlsr=6)
REPORT = SenderReport(ssrc=9, ntp=1 << 60, timestamp=5, packets=6, octets=7, blocks=(BLOCK,))
SDP = "\r\n".join(
    [
        "v=0",
        "o=- 1 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0 1",
        "a=extmap-allow-mixed",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 63",
        "c=IN IP4 0.0.0.0",
        "a=ice-ufrag:theirs",
        "a=ice-pwd:passwordpasswordpassword",
        "a=fingerprint:sha-256 " + ":".join(["CD"] * 32),
        "a=setup:actpass",
        "a=mid:0",
        "a=sendonly",
        "a=rtcp-mux",
        "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        "a=rtpmap:111 opus/48000/2",
        "a=rtcp-fb:111 transport-cc",
        "a=rtpmap:63 red/48000/2",
        "a=fmtp:63 111/111",
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
        "c=IN IP4 0.0.0.0",
        "a=ice-ufrag:theirs",
        "a=ice-pwd:passwordpasswordpassword",
        "a=fingerprint:sha-256 " + ":".join(["CD"] * 32),
        "a=setup:actpass",
        "a=mid:1",
        "a=sendonly",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
        "a=extmap:9/sendonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
        "a=rtpmap:96 VP8/90000",
        "a=rtcp-fb:96 nack pli",
        "a=rtcp-fb:* ccm fir",
        "a=rtpmap:97 rtx/90000",
        "a=fmtp:97 apt=96",
        "a=rid:q send",
        "a=rid:h send pt=96;max-width=640",
        "a=simulcast:send q,~h;h",
        "a=ssrc-group:FID 2001 2002",
        "a=ssrc:2001 cname:x",
        "a=candidate:1 1 udp 2130706431 192.0.2.7 5000 typ host",
        "",
    ]
).encode()

GOOD: dict[str, list[bytes]] = {
    "rtp": [
        *(raw(packet, [(1, b"0"), (2, b"abc")]) for packet in KEY),
        raw(as_rtx(KEY[0], 8, 97, 3)),
        TWO_BYTES,
        PADDED,
    ],
    "rtcp": [
        sender_report(REPORT) + source_names([(9, "pa-1"), (10, "pa-2")]),
        receiver_report(1, [BLOCK, BLOCK]) + nack(1, 9, [4, 5, 21, 70]),
        picture_loss(1, 9) + remb(1, 1_500_000, [9, 10]),
        bytes((0x84, 206, 0, 4)) + bytes(8) + b"\0\0\0\x09\x07\0\0\0",
        goodbye([9, 10]),
    ],
    "stun": [request(b"123456789012", "ours:theirs", "secret", nominate=True)],
    "sdp": [SDP],
    "vp8": [
        vp8(300, 5, key=True, temporal=2, sync=True, key_index=9),
        b"\x90\x80\x45\x01more",
        b"\x10\x00",
    ],
    "red": [red([(1920, b"old"), (960, b"older")], b"new"), b"\x6fown"],
}
INTERESTING = (0, 1, 0x7F, 0x80, 0xBE, 0xDE, 0xFF)


def mutations(kind: str, count: int) -> Iterator[bytes]:
    """So many spoiled ones."""
    hand = random.Random(f"margeride {kind}")
    for _ in range(count):
        data = bytearray(hand.choice(GOOD[kind]))
        for _ in range(hand.randint(1, 4)):
            _spoil(data, hand, kind)
        yield bytes(data)


def _spoil(data: bytearray, hand: random.Random, kind: str) -> None:
    at = hand.randint(0, len(data))
    what = hand.randrange(6)
    if what == 0:
        del data[at:]
    elif what == 1:
        data[at:at] = hand.randbytes(hand.randint(1, 6))
    elif what == 2:
        del data[at : at + hand.randint(1, 8)]
    elif what == 3:
        other = hand.choice(GOOD[kind])
        start = hand.randint(0, len(other))
        data[at:at] = other[start : start + hand.randint(1, 60)]
    elif at < len(data):
        data[at] = hand.choice(INTERESTING) if what == 4 else data[at] ^ 1 << hand.randrange(8)
