from dataclasses import dataclass

import pytest

from signalling.sfu.cache import Ring
from signalling.sfu.packet import Packet, parse_rtp
from signalling.sfu.rewrite import Rewriter
from signalling.sfu.vp8 import Picture, parse_vp8


def vp8(number: int, tl0: int, *, key: bool = False) -> bytes:
    return bytes([0x90, 0xE0, 0x80 | number >> 8, number & 0xFF, tl0, 0x20, 0 if key else 1])


def packet(place: int, timestamp: int, payload: bytes = b"sound") -> Packet:
    made = Packet(
        payload_type=111, sequence=place & 0xFFFF, timestamp=timestamp, ssrc=1, payload=payload
    )
    made.place = place
    return made


def picture(place: int, timestamp: int, number: int, tl0: int = 0) -> Packet:
    made = packet(place, timestamp, vp8(number, tl0, key=True))
    made.picture = parse_vp8(made.payload)
    return made


@dataclass
class Read:
    """What left, in the reader's terms."""

    sequence: int
    timestamp: int
    number: int
    tl0: int


def read(data: bytes | None) -> Read:
    assert data is not None
    packet = parse_rtp(data)
    if packet.payload_type not in (96, 97):
        return Read(packet.sequence, packet.timestamp, -1, -1)
    payload = packet.payload[2:] if packet.payload_type == 97 else packet.payload
    seen = parse_vp8(payload)
    return Read(packet.sequence, packet.timestamp, seen.number, seen.tl0)


@pytest.fixture
def rewriter() -> Rewriter:
    made = Rewriter(clock=90_000, ssrc=0xAAAA, rtx_ssrc=0xBBBB)
    made.payload_type = 96
    return made


def go(rewriter: Rewriter, ring: Ring, packet: Packet, now: float = 0.0) -> Read:
    ring.add(packet, now)
    return read(rewriter.write(packet, b"", now))


def test_headers_become_the_subscribers_own(rewriter: Rewriter) -> None:
    ring = Ring()
    first = picture(70_000, 500, number=3)
    first.marker = 128
    ring.add(first, 0.0)
    rewriter.begin(first, ring, 0.0)
    written = parse_rtp(rewriter.write(first, b"\xbe\xde\0\1\x10a\0\0", 0.0) or b"")
    assert (written.ssrc, written.payload_type, written.marker) == (0xAAAA, 96, 128)
    assert written.sequence < 32_768
    assert written.extension == b"\x10a\0\0"


def test_a_line_knows_no_seam_when_its_source_changes(rewriter: Rewriter) -> None:
    one, two = Ring(), Ring()
    first = picture(65_600, 2**32 - 100, number=32_767, tl0=255)
    rewriter.begin(first, one, 0.0)
    before = go(rewriter, one, first)
    again = go(rewriter, one, picture(65_601, 2_900, number=0, tl0=0), 1 / 30)
    assert again.number == (before.number + 1) & 0x7FFF
    other = picture(90_000, 77, number=500, tl0=9)
    rewriter.begin(other, two, 1.0)
    after = go(rewriter, two, other, 1.0)
    assert after.sequence == (again.sequence + 1) & 0xFFFF
    assert after.number == (again.number + 1) & 0x7FFF
    assert after.tl0 == (again.tl0 + 1) & 0xFF
    ahead = (after.timestamp - again.timestamp) & 0xFFFFFFFF
    assert ahead == pytest.approx(90_000 * (1 - 1 / 30), abs=2)


def test_after_a_mute_the_numbers_go_on_and_the_time_with_the_source(rewriter: Rewriter) -> None:
    ring = Ring()
    first = picture(100, 1000, number=5)
    rewriter.begin(first, ring, 0.0)
    before = go(rewriter, ring, first)
    later = picture(200, 301_000, number=90)
    rewriter.begin(later, ring, 3.0)
    after = go(rewriter, ring, later, 3.0)
    assert after.sequence == (before.sequence + 1) & 0xFFFF
    assert (after.timestamp - before.timestamp) & 0xFFFFFFFF == 300_000
    assert after.number == (before.number + 85) & 0x7FFF
    # What was published while muted does not slip in late.
    assert rewriter.write(picture(150, 2000, number=6), b"", 3.0) is None
    # What was still on its way before the mute keeps its old number.
    assert read(rewriter.write(first, b"", 3.0)) == before


def test_a_packet_left_out_leaves_no_hole(rewriter: Rewriter) -> None:
    ring = Ring()
    first = picture(100, 1000, number=5)
    rewriter.skip(first)
    rewriter.begin(first, ring, 0.0)
    before = go(rewriter, ring, first)
    rewriter.skip(packet(101, 1000, b""))
    after = go(rewriter, ring, picture(102, 1000, number=6))
    assert after.sequence == (before.sequence + 1) & 0xFFFF
    # A late one leaves its hole: its number may be asked for.
    late = go(rewriter, ring, picture(104, 1000, number=7))
    rewriter.skip(packet(103, 1000, b""))
    assert late.sequence == (after.sequence + 2) & 0xFFFF


def test_a_repeat_is_the_same_packet_across_every_seam(rewriter: Rewriter) -> None:
    one, two = Ring(), Ring()
    sent: list[Read] = []
    for ring, places in ((one, (100, 101)), (two, (900, 901)), (one, (140, 141))):
        for place in places:
            made = picture(place, place * 10, number=place)
            if place in (100, 900, 140):
                rewriter.begin(made, ring, 0.0)
            sent.append(go(rewriter, ring, made))
    for was in sent:
        assert read(rewriter.again(was.sequence, b"")) == was
    assert rewriter.again((sent[0].sequence - 1) & 0xFFFF, b"") is None
    rewriter.rtx_payload_type = 97
    again = rewriter.again(sent[0].sequence, b"")
    assert again is not None
    repeated = parse_rtp(again)
    assert (repeated.ssrc, repeated.payload_type) == (0xBBBB, 97)
    assert repeated.payload[:2] == sent[0].sequence.to_bytes(2, "big")
    assert read(again).number == sent[0].number


def test_what_is_too_old_or_never_left_is_not_repeated(rewriter: Rewriter) -> None:
    assert rewriter.again(5, b"") is None
    ring = Ring(seconds=1.0)
    first = picture(100, 0, number=1)
    rewriter.begin(first, ring, 0.0)
    before = go(rewriter, ring, first)
    ring.add(picture(101, 0, number=2), 5.0)
    assert rewriter.again(before.sequence, b"") is None


def test_sound_has_no_pictures_and_pictures_need_no_numbers() -> None:
    rewriter = Rewriter(clock=48_000, ssrc=1, rtx_ssrc=2)
    ring = Ring()
    assert rewriter.moved(5) == 0
    assert rewriter.write(packet(1, 2), b"", 0.0) is None
    first = packet(100, 960)
    rewriter.begin(first, ring, 0.0)
    ring.add(first, 0.0)
    written = parse_rtp(rewriter.write(first, b"", 0.0) or b"")
    assert written.payload == b"sound"
    assert parse_rtp(rewriter.again(written.sequence, b"") or b"").payload == b"sound"
    assert rewriter.moved(960) == written.timestamp
    second = packet(7, 50)
    rewriter.begin(second, Ring(), 0.02)
    after = parse_rtp(rewriter.write(second, b"", 0.02) or b"")
    assert (after.timestamp - written.timestamp) & 0xFFFFFFFF == 960


def test_an_older_picture_does_not_turn_the_numbers_back(rewriter: Rewriter) -> None:
    ring = Ring()
    first = picture(100, 0, number=50)
    rewriter.begin(first, ring, 0.0)
    go(rewriter, ring, first)
    newest = go(rewriter, ring, picture(103, 0, number=52))
    go(rewriter, ring, picture(101, 0, number=51))
    other = Ring()
    change = picture(7, 0, number=9)
    rewriter.begin(change, other, 1.0)
    assert go(rewriter, other, change, 1.0).number == (newest.number + 1) & 0x7FFF
    assert isinstance(change.picture, Picture)
