import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.transport.ice_tcp import (
    ANYTHING_WITHIN,
    LONGEST,
    MOST_WAITING,
    PICTURES_WITHIN,
    BadFrame,
    Frames,
    Outbox,
    framed,
)

SOUND, PICTURE = bytes(100), bytes(1100)


@given(st.lists(st.binary(max_size=60), max_size=12), st.lists(st.integers(1, 40), min_size=1))
def test_packets_come_out_whole_however_the_stream_is_cut(
    packets: list[bytes], cuts: list[int]
) -> None:
    stream, frames, got = b"".join(map(framed, packets)), Frames(), []
    number = 0
    while stream:
        size = cuts[number % len(cuts)]
        got += frames.feed(stream[:size])
        stream = stream[size:]
        number += 1
    assert got == [packet for packet in packets if packet]


@given(st.lists(st.binary(max_size=3000), max_size=6))
def test_any_stream_is_cut_or_refused_and_nothing_else(pieces: list[bytes]) -> None:
    frames = Frames()
    try:
        for piece in pieces:
            assert all(0 < len(packet) <= LONGEST for packet in frames.feed(piece))
    except BadFrame:
        return
    assert len(frames._held) <= LONGEST + 2


def test_a_frame_longer_than_a_packet_ends_it() -> None:
    assert Frames().feed(framed(bytes(LONGEST))) == [bytes(LONGEST)]
    with pytest.raises(BadFrame):
        Frames().feed(b"\xff\xff")


def test_a_late_path_keeps_sound_when_it_gives_pictures_up() -> None:
    outbox = Outbox()
    assert not outbox
    assert outbox.put(PICTURE, 0.0)
    assert outbox
    assert outbox.put(PICTURE, PICTURES_WITHIN)
    assert not outbox.put(PICTURE, PICTURES_WITHIN + 0.01)
    assert outbox.put(SOUND, PICTURES_WITHIN + 0.01)
    assert not outbox.put(SOUND, ANYTHING_WITHIN + 0.01)


def test_what_waits_is_bounded_in_octets_too() -> None:
    outbox = Outbox()
    while outbox.put(PICTURE, 0.0):
        pass
    assert MOST_WAITING - 2 * len(PICTURE) < outbox.octets <= MOST_WAITING + LONGEST


def test_a_frame_that_has_begun_to_leave_is_never_given_up() -> None:
    outbox = Outbox()
    outbox.put(SOUND, 0.0)
    assert outbox.put(PICTURE, ANYTHING_WITHIN + 5, sent=7)
    outbox.left(len(framed(SOUND)))
    assert outbox.first() == framed(PICTURE)[7:]


@given(st.lists(st.integers(1, 200), min_size=1), st.lists(st.binary(min_size=1, max_size=80)))
def test_what_leaves_in_pieces_is_the_stream(steps: list[int], packets: list[bytes]) -> None:
    outbox, stream = Outbox(), b""
    for packet in packets:
        assert outbox.put(packet, 0.0)
    number = 0
    while outbox:
        piece = outbox.first()[: steps[number % len(steps)]]
        stream += piece
        outbox.left(len(piece))
        number += 1
    assert stream == b"".join(map(framed, packets))
    assert outbox.octets == 0
