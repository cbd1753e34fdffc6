from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sfu.cache import Ring
from signalling.sfu.packet import Packet, parse_rtp
from signalling.sfu.rewrite import Rewriter
from signalling.sfu.vp8 import Picture, parse_vp8
from tests.fakes.packets import vp8


def packet(place: int, timestamp: int, payload: bytes = b"sound", arrived: float = 0.0) -> Packet:
    made = Packet(
        payload_type=111, sequence=place & 0xFFFF, timestamp=timestamp, ssrc=1, payload=payload
    )
    made.place, made.arrived = place, arrived
    return made


def picture(
    place: int, timestamp: int, number: int, tl0: int = 0, *, index: int = 0, arrived: float = 0.0
) -> Packet:
    payload = vp8(number, tl0, key=True, key_index=index)
    made = packet(place, timestamp, payload, arrived)
    made.picture = parse_vp8(made.payload)
    return made


@dataclass
class Read:
    """What left, in the reader's terms."""

    sequence: int
    timestamp: int
    number: int
    tl0: int
    index: int


def read(data: bytes | None) -> Read:
    assert data is not None
    heard = parse_rtp(data)
    payload = heard.payload[2:] if heard.payload_type == 97 else heard.payload
    if heard.payload_type not in (96, 97) or not payload:
        return Read(heard.sequence, heard.timestamp, -1, -1, -1)
    seen = parse_vp8(payload)
    return Read(heard.sequence, heard.timestamp, seen.number, seen.tl0, seen.key_index)


@pytest.fixture
def rewriter() -> Rewriter:
    made = Rewriter(clock=90_000, ssrc=0xAAAA, rtx_ssrc=0xBBBB)
    made.payload_type = 96
    return made


def go(rewriter: Rewriter, ring: Ring, packet: Packet) -> Read:
    ring.add(packet, packet.arrived)
    return read(rewriter.write(packet, b""))


def test_headers_become_the_subscribers_own(rewriter: Rewriter) -> None:
    ring = Ring()
    first = picture(70_000, 500, number=3)
    first.marker = 128
    ring.add(first, 0.0)
    rewriter.begin(first, ring)
    written = parse_rtp(rewriter.write(first, b"\xbe\xde\0\1\x10a\0\0") or b"")
    assert (written.ssrc, written.payload_type, written.marker) == (0xAAAA, 96, 128)
    assert written.sequence < 32_768
    assert written.extension == b"\x10a\0\0"
    assert written.payload == first.payload


def test_a_line_knows_no_seam_when_its_source_changes(rewriter: Rewriter) -> None:
    one, two = Ring(), Ring()
    first = picture(65_600, 2**32 - 100, number=32_766, tl0=255, index=31)
    rewriter.begin(first, one)
    go(rewriter, one, first)
    again = go(rewriter, one, picture(65_601, 2_900, 32_767, 0, index=31, arrived=1 / 30))
    assert (again.number, again.tl0, again.index) == (32_767, 0, 31)
    other = picture(90_000, 77, number=500, tl0=9, index=4, arrived=1.0)
    rewriter.begin(other, two)
    after = go(rewriter, two, other)
    assert after.sequence == (again.sequence + 1) & 0xFFFF
    assert (after.number, after.tl0, after.index) == (0, 1, 0)
    ahead = (after.timestamp - again.timestamp) & 0xFFFFFFFF
    assert ahead == pytest.approx(90_000 * (1 - 1 / 30), abs=2)


@pytest.mark.parametrize(
    ("hoped_ahead", "ahead"),
    [
        (None, 9_000),  # nothing is known of the clocks: as it came
        (6_000, 6_000),  # the clocks tell
        (9_000 + 17_000, 26_000),
        (-500, 1),  # never backwards
        (0, 1),
        (9_000 + 200_000, 9_000),  # these clocks do not belong together
        (-200_000, 9_000),
    ],
)
def test_time_goes_on_by_the_publishers_clock_and_never_backwards(
    rewriter: Rewriter, hoped_ahead: int | None, ahead: int
) -> None:
    one, two = Ring(), Ring()
    first = picture(100, 1_000, number=1)
    rewriter.begin(first, one)
    left = go(rewriter, one, first).timestamp
    other = picture(900, 77, number=5, arrived=0.1)
    hoped = None if hoped_ahead is None else (left + hoped_ahead) & 0xFFFFFFFF
    rewriter.begin(other, two, hoped)
    assert (go(rewriter, two, other).timestamp - left) & 0xFFFFFFFF == ahead
    assert rewriter.is_behind((left + ahead) & 0xFFFFFFFF)
    assert not rewriter.is_behind((left + ahead + 1) & 0xFFFFFFFF)


def test_from_a_packet_on_there_may_be_other_times_and_all_else_goes_on(
    rewriter: Rewriter,
) -> None:
    one, two = Ring(), Ring()
    rewriter.retime(picture(1, 1, 1), 5)
    assert rewriter.span is None
    before = picture(10, 1_000, number=1)
    rewriter.begin(before, one)
    left = go(rewriter, one, before)
    made = [picture(100 + n, 3_000 * n, number=50 + n, tl0=7 + n) for n in range(4)]
    rewriter.begin(made[0], two, at=rewriter.later(rewriter.left()))
    seen = [go(rewriter, two, made[0])]
    rewriter.retime(made[1], rewriter.later(rewriter.left()))
    assert rewriter.skip(made[1])
    for one_more, time in ((made[2], rewriter.left() - 9), (made[3], rewriter.left() + 4_000)):
        rewriter.retime(one_more, rewriter.later(time))
        seen.append(go(rewriter, two, one_more))
    last = picture(104, 12_000, number=54, tl0=11)
    seen.append(go(rewriter, two, last))
    assert [one.timestamp - left.timestamp for one in seen] == [1, 2, 4_001, 7_001]
    assert [one.sequence - left.sequence for one in seen] == [1, 2, 3, 4]
    assert [one.number - left.number for one in seen] == [1, 2, 3, 4]
    # Each is found again as it left, and one that comes late goes with those beside it.
    for packet, sent in zip([made[0], *made[2:], last], seen, strict=True):
        again = rewriter.again(sent.sequence, b"")
        assert read(again) == sent
        assert read(rewriter.write(packet, b"")) == sent


def test_after_a_mute_the_numbers_go_on_and_the_time_with_the_source(rewriter: Rewriter) -> None:
    ring = Ring()
    assert not rewriter.is_behind(rewriter.timestamp - 1)
    first = picture(100, 1000, number=5)
    rewriter.begin(first, ring)
    before = go(rewriter, ring, first)
    later = picture(200, 301_000, number=90, arrived=3.0)
    rewriter.begin(later, ring)
    after = go(rewriter, ring, later)
    assert after.sequence == (before.sequence + 1) & 0xFFFF
    assert (after.timestamp - before.timestamp) & 0xFFFFFFFF == 300_000
    assert after.number == before.number + 1
    # What was published while muted does not slip in late.
    assert rewriter.write(picture(150, 2000, number=6), b"") is None
    # What was still on its way before the mute keeps its old number.
    assert read(rewriter.write(first, b"")) == before


def test_what_has_left_is_known_by_its_place(rewriter: Rewriter) -> None:
    ring = Ring()
    first = picture(100, 1000, number=5)
    assert not rewriter.has_left(first, ring)
    rewriter.begin(first, ring)
    go(rewriter, ring, first)
    assert rewriter.has_left(first, ring)
    assert not rewriter.has_left(picture(101, 1000, number=5), ring)
    assert not rewriter.has_left(first, Ring())


def test_a_source_whose_time_stands_still_does_not_stop_ours(rewriter: Rewriter) -> None:
    ring = Ring()
    first = picture(100, 1000, number=5)
    rewriter.begin(first, ring)
    before = go(rewriter, ring, first)
    again = picture(200, 1000, number=6)
    rewriter.begin(again, ring)
    assert go(rewriter, ring, again).timestamp == (before.timestamp + 1) & 0xFFFFFFFF


def test_a_packet_left_out_leaves_no_hole(rewriter: Rewriter) -> None:
    ring = Ring()
    first = picture(100, 1000, number=5)
    assert not rewriter.skip(first)
    rewriter.begin(first, ring)
    before = go(rewriter, ring, first)
    assert rewriter.skip(packet(101, 1000, b""))
    assert rewriter.skip(packet(102, 1000, b""))
    after = go(rewriter, ring, picture(103, 1000, number=6))
    assert after.sequence == (before.sequence + 1) & 0xFFFF
    assert after.number == before.number + 1
    assert not rewriter.skip(packet(101, 1000, b""))


def test_a_picture_left_out_takes_its_number_with_it(rewriter: Rewriter) -> None:
    ring = Ring()
    first = picture(100, 1000, number=5)
    rewriter.begin(first, ring)
    before = go(rewriter, ring, first)
    for place, timestamp, number in ((101, 4000, 6), (102, 4000, 6), (103, 7000, 7)):
        assert rewriter.skip(picture(place, timestamp, number))
    after = go(rewriter, ring, picture(104, 10_000, number=8))
    assert (after.sequence, after.number) == ((before.sequence + 1) & 0xFFFF, before.number + 1)
    # The rest of a picture that has begun does not count: its number is in use.
    assert rewriter.is_begun(picture(105, 10_000, number=8))
    assert rewriter.skip(picture(105, 10_000, number=8))
    assert go(rewriter, ring, picture(106, 13_000, number=9)).number == after.number + 1


def test_what_is_missing_before_a_packet_left_out_keeps_its_number(rewriter: Rewriter) -> None:
    ring = Ring()
    first = picture(100, 1000, number=5)
    rewriter.begin(first, ring)
    before = go(rewriter, ring, first)
    # 101 is lost; 102, of another picture, is left out; 103 goes on.
    dropped = picture(102, 4000, number=6)
    assert rewriter.skip(dropped)
    after = go(rewriter, ring, picture(103, 7000, number=7))
    assert after.sequence == (before.sequence + 2) & 0xFFFF
    late = picture(101, 1000, number=5)
    late.arrived = 0.3
    assert go(rewriter, ring, late).sequence == (before.sequence + 1) & 0xFFFF
    assert read(rewriter.again((before.sequence + 1) & 0xFFFF, b"")).number == 5


def test_a_late_packet_that_is_not_to_be_sent_fills_its_number(rewriter: Rewriter) -> None:
    ring = Ring()
    assert rewriter.fill(picture(1, 1, 1), b"") is None
    first = picture(100, 1000, number=5)
    rewriter.begin(first, ring)
    before = go(rewriter, ring, first)
    go(rewriter, ring, picture(102, 7000, number=7))
    late = picture(101, 4000, number=6)
    assert not rewriter.skip(late)
    filler = rewriter.fill(late, b"\xbe\xde\0\1\x10a\0\0")
    assert filler is not None
    assert filler[0] & 0x20
    heard = parse_rtp(filler)
    assert (heard.sequence, heard.payload) == ((before.sequence + 1) & 0xFFFF, b"")
    assert rewriter.skip(picture(103, 10_000, number=8))
    assert parse_rtp(rewriter.fill(late, b"") or b"").sequence == heard.sequence
    assert rewriter.fill(picture(50, 1, 1), b"") is None


def test_a_repeat_is_the_same_packet_across_every_seam(rewriter: Rewriter) -> None:
    one, two = Ring(), Ring()
    sent: list[Read] = []
    for ring, places in ((one, (100, 101)), (two, (900, 901)), (one, (140, 141))):
        for place in places:
            made = picture(place, place * 10, number=place)
            if place in (100, 900, 140):
                rewriter.begin(made, ring)
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


def test_a_layer_that_is_dropped_now_is_repeated_as_nothing(rewriter: Rewriter) -> None:
    ring = Ring()
    first = picture(100, 1000, number=5)
    first.temporal = 2
    rewriter.begin(first, ring)
    sent = go(rewriter, ring, first)
    filler = rewriter.again(sent.sequence, b"", most=1)
    assert parse_rtp(filler or b"").payload == b""
    rewriter.rtx_payload_type = 97
    assert parse_rtp(rewriter.again(sent.sequence, b"", most=1) or b"").payload == (
        sent.sequence.to_bytes(2, "big")
    )


def test_padding_travels_beside_the_picture(rewriter: Rewriter) -> None:
    rewriter.rtx_payload_type = 97
    early = rewriter.pad(10, b"")
    assert parse_rtp(early).timestamp == rewriter.timestamp
    ring = Ring()
    first = picture(100, 1000, number=5)
    rewriter.begin(first, ring)
    sent = go(rewriter, ring, first)
    last = early
    for size, length in ((1, 1), (200, 200), (900, 255), (0, 1)):
        last = padded = rewriter.pad(size, b"\xbe\xde\0\1\x32abc")
        heard = parse_rtp(padded)
        assert (heard.ssrc, heard.payload_type, heard.payload) == (0xBBBB, 97, b"")
        assert heard.timestamp == sent.timestamp
        assert len(padded) == 12 + 8 + length
    assert parse_rtp(last).sequence == (parse_rtp(early).sequence + 4) & 0xFFFF


def test_what_is_too_old_or_never_left_is_not_repeated(rewriter: Rewriter) -> None:
    assert rewriter.again(5, b"") is None
    ring = Ring(seconds=1.0)
    first = picture(100, 0, number=1)
    rewriter.begin(first, ring)
    before = go(rewriter, ring, first)
    ring.add(picture(101, 0, number=2), 5.0)
    assert rewriter.again(before.sequence, b"") is None


def test_sound_has_no_pictures_and_pictures_need_no_numbers() -> None:
    rewriter = Rewriter(clock=48_000, ssrc=1, rtx_ssrc=2)
    ring = Ring()
    assert rewriter.moved(5) == 0
    assert not rewriter.is_begun(packet(1, 2))
    assert rewriter.write(packet(1, 2), b"") is None
    first = packet(100, 960)
    rewriter.begin(first, ring)
    ring.add(first, 0.0)
    written = parse_rtp(rewriter.write(first, b"") or b"")
    assert written.payload == b"sound"
    assert parse_rtp(rewriter.again(written.sequence, b"") or b"").payload == b"sound"
    assert rewriter.moved(960) == written.timestamp
    second = packet(7, 50, arrived=0.02)
    rewriter.begin(second, Ring())
    after = parse_rtp(rewriter.write(second, b"") or b"")
    assert (after.timestamp - written.timestamp) & 0xFFFFFFFF == 960


def test_an_older_picture_does_not_turn_the_numbers_back(rewriter: Rewriter) -> None:
    ring = Ring()
    first = picture(100, 0, number=50)
    rewriter.begin(first, ring)
    go(rewriter, ring, first)
    newest = go(rewriter, ring, picture(103, 0, number=52))
    go(rewriter, ring, picture(101, 0, number=51))
    other = Ring()
    change = picture(7, 0, number=9, arrived=1.0)
    rewriter.begin(change, other)
    assert go(rewriter, other, change).number == (newest.number + 1) & 0x7FFF
    assert isinstance(change.picture, Picture)


@given(
    st.lists(st.booleans(), min_size=2, max_size=60),
    st.sets(st.integers(1, 59)),
)
def test_whatever_is_left_out_lost_or_late_numbers_have_no_holes_but_of_losses(
    kept: list[bool], late: set[int]
) -> None:
    rewriter, ring = Rewriter(clock=90_000, ssrc=1, rtx_ssrc=2), Ring()
    rewriter.payload_type = 96
    made = [picture(100 + n, 3000 * n, number=n) for n in range(len(kept))]
    rewriter.begin(made[0], ring)
    order = [n for n in range(len(kept)) if n not in late or n == 0]
    order += [n for n in range(1, len(kept)) if n in late]
    sent: dict[int, int] = {}
    for n in order:
        ring.add(made[n], 0.0)
        if kept[n] or n == 0:
            written = rewriter.write(made[n], b"")
        elif rewriter.skip(made[n]):
            continue
        else:
            written = rewriter.fill(made[n], b"")
        assert written is not None
        sent[n] = parse_rtp(written).sequence
    numbers = [sent[n] for n in sorted(sent)]
    # Every number once, in the publisher's order, none left out.
    assert [(b - a) & 0xFFFF for a, b in zip(numbers, numbers[1:], strict=False)] == [1] * (
        len(numbers) - 1
    )
    for n in sent:
        if kept[n]:
            assert read(rewriter.again(sent[n], b"")).sequence == sent[n]
