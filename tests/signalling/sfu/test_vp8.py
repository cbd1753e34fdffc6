import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sfu.packet import BadPacket
from signalling.sfu.vp8 import parse_vp8, renumber

KEY, DELTA = b"\x00rest", b"\x01rest"


@pytest.mark.parametrize(
    ("payload", "number", "bits", "tl0", "start", "key"),
    [
        (b"\x10" + KEY, -1, 0, -1, True, True),
        (b"\x10" + DELTA, -1, 0, -1, True, False),
        (b"\x00" + KEY, -1, 0, -1, False, False),
        (b"\x11" + KEY, -1, 0, -1, False, False),
        (b"\x90\x80\x45" + KEY, 0x45, 7, -1, True, True),
        (b"\x90\x80\x81\x02" + KEY, 0x102, 15, -1, True, True),
        (b"\x90\xf0\x81\x02\x09\x20" + DELTA, 0x102, 15, 9, True, False),
        (b"\x90\x20\x20" + KEY, -1, 0, -1, True, True),
        (b"\x90\x00" + KEY, -1, 0, -1, True, True),
    ],
)
def test_the_descriptor_is_read(
    payload: bytes, number: int, bits: int, tl0: int, start: bool, key: bool
) -> None:
    picture = parse_vp8(payload)
    assert (picture.number, picture.bits, picture.tl0) == (number, bits, tl0)
    assert (picture.start, picture.key) == (start, key)


@pytest.mark.parametrize("payload", [b"", b"\x90", b"\x90\x80", b"\x90\x80\x81", b"\x10"])
def test_a_descriptor_cut_short_is_refused(payload: bytes) -> None:
    with pytest.raises(BadPacket):
        parse_vp8(payload)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"\x90\xf0\xff\xff\xff\x20" + KEY, (0, 1)),
        (b"\x90\x80\x7f" + KEY, (0, -1)),
        (b"\x10" + KEY, (-1, -1)),
    ],
)
def test_numbers_move_on_and_wrap(payload: bytes, expected: tuple[int, int]) -> None:
    moved = parse_vp8(renumber(payload, parse_vp8(payload), 1, 2))
    assert (moved.number, moved.tl0) == expected
    assert moved.key


@given(st.binary(max_size=12))
def test_any_bytes_are_read_or_refused(payload: bytes) -> None:
    try:
        picture = parse_vp8(payload)
    except BadPacket:
        return
    assert len(renumber(payload, picture, 5, 5)) == len(payload)
