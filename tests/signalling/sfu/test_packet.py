import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sfu.packet import (
    ONE_BYTE,
    RTP,
    BadPacket,
    Packet,
    Unwrapper,
    extension_of,
    marks_of,
    one_byte_block,
    parse_rtp,
    undo_rtx,
)


def header(first: int = 0x80, second: int = 96, sequence: int = 7) -> bytes:
    return RTP.pack(first, second, sequence, 1000, 0xABCD)


def packet(extension: bytes = b"", profile: int = ONE_BYTE, payload: bytes = b"") -> Packet:
    return Packet(
        payload_type=96,
        sequence=1,
        timestamp=2,
        ssrc=3,
        payload=payload,
        profile=profile,
        extension=extension,
    )


def test_a_plain_packet_is_read() -> None:
    read = parse_rtp(header(second=0x80 | 96) + b"hello")
    assert (read.payload_type, read.marker, read.sequence) == (96, 128, 7)
    assert (read.timestamp, read.ssrc, read.payload) == (1000, 0xABCD, b"hello")


def test_sources_extension_and_padding_are_taken_off() -> None:
    block = one_byte_block([(1, b"0"), (3, b"abc")])
    read = parse_rtp(header(first=0xB2) + bytes(8) + block + b"hello" + b"\0\0\3")
    assert read.payload == b"hello"
    assert read.profile == ONE_BYTE
    assert extension_of(read, 1) == b"0"
    assert extension_of(read, 3) == b"abc"
    assert extension_of(read, 2) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(11),
        header(first=0x40),
        header(first=0x90) + b"\xbe",
        header(first=0x90) + b"\xbe\xde\0\5abcd",
        header(first=0xA0) + b"x\0",
        header(first=0xA0) + b"x\7",
        header(first=0x8F),
    ],
)
def test_what_is_cut_short_is_refused(data: bytes) -> None:
    with pytest.raises(BadPacket):
        parse_rtp(data)


@pytest.mark.parametrize(
    ("profile", "data", "wanted", "value"),
    [
        (ONE_BYTE, b"\0\0\x10a", 1, b"a"),
        (ONE_BYTE, b"\x13ab", 1, None),
        (0x1000, b"\x01\x00\x05\x02ab", 5, b"ab"),
        (0x1005, b"\x05\x02ab", 5, b"ab"),
        (0x1000, b"\x05", 5, None),
        (0x1000, b"\x05\x09ab", 5, None),
        (0x2222, b"\x05\x02ab", 5, None),
    ],
)
def test_both_forms_of_extensions(
    profile: int, data: bytes, wanted: int, value: bytes | None
) -> None:
    assert extension_of(packet(data, profile), wanted) == value


def test_no_extension_needs_no_block() -> None:
    assert one_byte_block([]) == b""


def test_a_repetition_is_undone_and_an_empty_one_dropped() -> None:
    again = undo_rtx(packet(payload=b"\x12\x34hello"), ssrc=9, payload_type=97)
    assert again is not None
    assert (again.sequence, again.payload, again.ssrc, again.payload_type) == (
        0x1234,
        b"hello",
        9,
        97,
    )
    assert undo_rtx(packet(payload=b"\x12\x34"), ssrc=9, payload_type=97) is None


@given(st.integers(0, 0xFFFF), st.lists(st.integers(-3000, 3000), max_size=40))
def test_numbers_never_wrap(start: int, steps: list[int]) -> None:
    unwrapper = Unwrapper()
    base = place = unwrapper.place(start)
    highest = base
    for step in steps:
        place = highest + step
        assert unwrapper.place(place & 0xFFFF) == place
        highest = max(highest, place)
    assert unwrapper.highest == highest


@given(st.binary(max_size=120))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read = parse_rtp(data)
    except BadPacket:
        return
    for number in range(1, 15):
        extension_of(read, number)
    undo_rtx(read, 1, 2)


def test_marks_tell_the_time_of_sending_and_the_level() -> None:
    nothing, stamp, level, both = marks_of(64.0 + 0.5, 7)
    assert (nothing, level, both) == (b"", b"\x20\x07", stamp + level)
    # Seconds in 6 + 18 bits, and round again.
    assert stamp == b"\x32" + (1 << 17).to_bytes(3, "big")
    # Without a level, padding of its length: a line has counted the octets of its block already.
    assert marks_of(1.0, None) == (b"", b"\x32\x04\0\0", b"\0\0", b"\x32\x04\0\0\0\0")
