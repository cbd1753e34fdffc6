import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sfu.packet import BadPacket
from signalling.sfu.red import Block, parse_red, relabel


def head(kind: int, before: int, length: int) -> bytes:
    return (1 << 31 | kind << 24 | before << 10 | length).to_bytes(4, "big")


TWO = head(109, 1920, 3) + head(109, 960, 2) + b"\x6d" + b"old" + b"ol" + b"new"


def test_sounds_are_told_oldest_first_and_the_packets_own_last() -> None:
    assert parse_red(TWO) == [
        Block(payload_type=109, before=1920, payload=b"old"),
        Block(payload_type=109, before=960, payload=b"ol"),
        Block(payload_type=109, before=0, payload=b"new"),
    ]
    assert parse_red(b"\x6fsound") == [Block(payload_type=111, before=0, payload=b"sound")]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        head(111, 960, 1)[:3],
        head(111, 960, 1),
        head(111, 960, 9) + b"\x6f" + b"short",
        head(111, 960, 0) * 40 + b"\x6f",
    ],
)
def test_what_is_no_red_is_refused(payload: bytes) -> None:
    with pytest.raises(BadPacket):
        parse_red(payload)


def test_each_sound_gets_the_subscribers_payload_type() -> None:
    relabelled = parse_red(relabel(TWO, 111))
    assert {block.payload_type for block in relabelled} == {111}
    assert [block.payload for block in relabelled] == [b"old", b"ol", b"new"]


@given(st.binary(max_size=60))
def test_any_bytes_are_taken_apart_or_refused(payload: bytes) -> None:
    try:
        blocks = parse_red(payload)
    except BadPacket:
        return
    assert len(relabel(payload, 111)) == len(payload)
    assert sum(len(block.payload) for block in blocks) < len(payload)


@given(st.lists(st.tuples(st.integers(0, 127), st.integers(0, 0x3FFF), st.binary(max_size=40))))
def test_what_was_put_together_is_taken_apart(parts: list[tuple[int, int, bytes]]) -> None:
    parts = parts[:16]
    payload = b"".join(head(k, b, len(p)) for k, b, p in parts) + b"\x6f"
    payload += b"".join(p for _, _, p in parts) + b"own"
    *earlier, own = parse_red(payload)
    assert [(b.payload_type, b.before, b.payload) for b in earlier] == parts
    assert own.payload == b"own"
