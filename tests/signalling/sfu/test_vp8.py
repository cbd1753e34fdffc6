import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sfu.packet import BadPacket
from signalling.sfu.vp8 import parse_vp8, renumber, widen

KEY, DELTA = b"\x00rest", b"\x01rest"
SIZED = b"\x50\x00\x00\x9d\x01\x2a\x80\x02\x68\x41more"


@pytest.mark.parametrize(
    ("payload", "number", "short", "tl0", "start", "key"),
    [
        (b"\x10" + KEY, -1, False, -1, True, True),
        (b"\x10" + DELTA, -1, False, -1, True, False),
        (b"\x00" + KEY, -1, False, -1, False, False),
        (b"\x11" + KEY, -1, False, -1, False, False),
        (b"\x90\x80\x45" + KEY, 0x45, True, -1, True, True),
        (b"\x90\x80\x81\x02" + KEY, 0x102, False, -1, True, True),
        (b"\x90\xf0\x81\x02\x09\x20" + DELTA, 0x102, False, 9, True, False),
        (b"\x90\x20\x20" + KEY, -1, False, -1, True, True),
        (b"\x90\x00" + KEY, -1, False, -1, True, True),
    ],
)
def test_the_descriptor_is_read(
    payload: bytes, number: int, short: bool, tl0: int, start: bool, key: bool
) -> None:
    picture = parse_vp8(payload)
    assert (picture.number, picture.short, picture.tl0) == (number, short, tl0)
    assert (picture.start, picture.key, picture.height) == (start, key, 0)


@pytest.mark.parametrize(
    ("payload", "temporal", "sync", "key_index"),
    [
        (b"\x90\x20\xa5" + DELTA, 2, True, -1),
        (b"\x90\x10\xa5" + DELTA, 0, False, 5),
        (b"\x90\x30\x45" + DELTA, 1, False, 5),
        (b"\x90\x80\x01" + DELTA, 0, False, -1),
    ],
)
def test_layers_and_key_index_are_read(
    payload: bytes, temporal: int, sync: bool, key_index: int
) -> None:
    picture = parse_vp8(payload)
    assert (picture.temporal, picture.sync, picture.key_index) == (temporal, sync, key_index)


def test_a_key_picture_tells_its_height_unless_that_is_encrypted() -> None:
    assert parse_vp8(b"\x10" + SIZED).height == 360
    assert parse_vp8(b"\x10" + SIZED[:9]).height == 0
    assert parse_vp8(b"\x10" + SIZED.replace(b"\x9d", b"\x9e")).height == 0


@pytest.mark.parametrize("payload", [b"", b"\x90", b"\x90\x80", b"\x90\x80\x81", b"\x10"])
def test_a_descriptor_cut_short_is_refused(payload: bytes) -> None:
    with pytest.raises(BadPacket):
        parse_vp8(payload)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"\x90\xf0\xff\xff\xff\x3f" + KEY, (0, 1, 2)),
        (b"\x90\x80\x80\x7f" + KEY, (0x80, -1, -1)),
        (b"\x10" + KEY, (-1, -1, -1)),
    ],
)
def test_numbers_move_on_and_wrap(payload: bytes, expected: tuple[int, int, int]) -> None:
    moved = parse_vp8(renumber(payload, parse_vp8(payload), 1, 2, 3))
    assert (moved.number, moved.tl0, moved.key_index) == expected
    assert moved.key


def test_the_layer_bits_beside_the_key_index_stay() -> None:
    payload = b"\x90\x30\xff" + DELTA
    assert renumber(payload, parse_vp8(payload), 0, 0, 1)[2] == 0xE0


@pytest.mark.parametrize(
    ("payload", "near", "number"),
    [
        (b"\x90\xf0\x05\x09\x23" + KEY, 0, 5),
        (b"\x90\xf0\x05\x09\x23" + KEY, 0x17E, 0x185),
        (b"\x90\xf0\x7f\x09\x23" + KEY, 0x181, 0x17F),
        (b"\x90\xf0\x7f\x09\x23" + KEY, 0, 0x7FFF),
        (b"\x90\x80\x7f" + KEY, 100, 127),
    ],
)
def test_a_short_picture_id_becomes_a_long_one(payload: bytes, near: int, number: int) -> None:
    picture = parse_vp8(payload)
    widened = widen(payload, picture, near)
    again = parse_vp8(widened)
    assert again.number == picture.number == number
    assert not again.short
    assert (again.tl0, again.key_index) == (picture.tl0, picture.key_index)
    moved = parse_vp8(renumber(widened, picture, 1, 1, 1))
    assert moved.number == (number + 1) & 0x7FFF
    assert moved.key


@given(st.binary(max_size=12))
def test_any_bytes_are_read_or_refused(payload: bytes) -> None:
    try:
        picture = parse_vp8(payload)
    except BadPacket:
        return
    if picture.short:
        payload = widen(payload, picture, 7)
    assert len(renumber(payload, picture, 5, 5, 5)) == len(payload)
