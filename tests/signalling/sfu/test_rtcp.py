import pytest
from aiortc.rtp import RtcpPacket, RtcpPsfbPacket, RtcpRtpfbPacket, RtcpSdesPacket, unpack_remb_fci
from hypothesis import given
from hypothesis import strategies as st

from signalling.sfu.packet import BadPacket
from signalling.sfu.rtcp import (
    Block,
    Bye,
    KeyframeRequest,
    Nack,
    ReceiverReport,
    Remb,
    SenderReport,
    goodbye,
    nack,
    parse_rtcp,
    picture_loss,
    receiver_report,
    remb,
    sender_report,
    source_names,
)

BLOCK = Block(ssrc=5, fraction=128, lost=-3, highest=70_000, jitter=9, lsr=0xABCDEF01, dlsr=65_536)
SENT = SenderReport(ssrc=1, ntp=2**63 + 5, timestamp=77, packets=3, octets=400, blocks=(BLOCK,))
u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)


def test_a_compound_packet_is_read_in_order() -> None:
    data = (
        sender_report(SENT)
        + source_names([(1, "anne"), (2, "brunehilde")])
        + receiver_report(4, [BLOCK])
        + picture_loss(4, 8)
        + nack(4, 8, [3, 4, 19, 60])
        + remb(4, 1_500_000, [8, 9])
        + goodbye([1, 2])
    )
    assert parse_rtcp(data) == [
        SENT,
        ReceiverReport(ssrc=4, blocks=(BLOCK,)),
        KeyframeRequest(sender=4, media=(8,)),
        Nack(sender=4, media=8, lost=(3, 4, 19, 60)),
        Remb(sender=4, bitrate=1_500_000, media=(8, 9)),
        Bye(sources=(1, 2)),
    ]


def test_another_implementation_reads_it_too() -> None:
    data = sender_report(SENT) + source_names([(1, "anne")])
    report, names = RtcpPacket.parse(data)
    assert bytes(report) == sender_report(SENT)
    assert isinstance(names, RtcpSdesPacket)
    assert names.chunks[0].items == [(1, b"anne")]
    [lost] = RtcpPacket.parse(nack(1, 2, [65_535, 0, 5]))
    assert isinstance(lost, RtcpRtpfbPacket)
    assert lost.lost == [65_535, 0, 5]
    [estimate] = RtcpPacket.parse(remb(1, 1_500_000, [7]))
    assert isinstance(estimate, RtcpPsfbPacket)
    assert unpack_remb_fci(estimate.fci) == (1_500_000, [7])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\xc8\0",
        b"\x40\xc8\0\0",
        b"\x80\xc8\0\1",
        b"\x80\xc8\0\1abcd",
        b"\x81\xc9\0\1abcd",
        b"\x81\xcb\0\0",
        b"\x81\xcd\0\1abcd",
        b"\x8f\xce\0\3" + bytes(8) + b"REMB",
        b"\x8f\xce\0\4" + bytes(8) + b"REMB\2\0\0\0",
        b"\xa0\xc9\0\0",
        b"\xa0\xc9\0\1abc\0",
        b"\xa0\xc9\0\1abc\x09",
    ],
)
def test_what_is_cut_short_is_refused(data: bytes) -> None:
    with pytest.raises(BadPacket):
        parse_rtcp(data)


def test_what_we_do_not_know_is_passed_over() -> None:
    unknown = [
        b"\x80\xcc\0\2" + bytes(8),
        b"\x8f\xcd\0\2" + bytes(8),
        b"\x82\xce\0\2" + bytes(8),
        b"\x8f\xce\0\3" + bytes(12),
    ]
    assert parse_rtcp(b"".join(unknown)) == []


def test_a_full_intra_request_names_its_streams() -> None:
    data = b"\x84\xce\0\6" + bytes(8) + b"\0\0\0\7\1\0\0\0" + b"\0\0\0\x09\2\0\0\0"
    assert parse_rtcp(data) == [KeyframeRequest(sender=0, media=(7, 9))]


def test_padding_is_taken_off() -> None:
    assert parse_rtcp(b"\xa0\xc9\0\2\0\0\0\5\0\0\0\4") == [ReceiverReport(ssrc=5)]


@given(st.sets(u16, min_size=1, max_size=60))
def test_every_lost_number_is_told(lost: set[int]) -> None:
    [read] = parse_rtcp(nack(1, 2, sorted(lost)))
    assert isinstance(read, Nack)
    assert set(read.lost) == lost


@given(st.integers(1, 2**40))
def test_the_rate_is_told_within_its_precision(rate: int) -> None:
    [read] = parse_rtcp(remb(1, rate, []))
    assert isinstance(read, Remb)
    assert rate - rate // 2**16 <= read.bitrate <= rate


@given(u32, st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(word: int, data: bytes) -> None:
    for start in (b"", word.to_bytes(4, "big"), b"\x81\xc8\0\x0c", b"\x8f\xce\0\x05"):
        try:
            parse_rtcp(start + data)
        except BadPacket:
            continue
