"""Packets become frames again: in order, with what is lost said, and nothing guessed."""

from hypothesis import given
from hypothesis import strategies as st

from signalling.engine import Kind
from signalling.sfu.depacket import JUMP, MOST_HELD, Depacketiser, Encoded, body_at, size_of

KEY = b"\x10\x00\x00\x00\x9d\x01\x2a\x80\x02\x68\x01"
DELTA = b"\x10\x01\x00\x00"
MORE = b"\x00rest"


def sounds(*numbers: int, first: int = 100) -> list[Encoded]:
    heard = Depacketiser(Kind.AUDIO)
    frames: list[Encoded] = []
    for number in numbers:
        frames += heard.take(first + number & 0xFFFF, number * 960, False, b"%d" % number, number)
    return frames


def data(frames: list[Encoded]) -> list[bytes]:
    return [frame.data for frame in frames]


class Camera:
    """Pictures of two packets each."""

    def __init__(self) -> None:
        self.seen = Depacketiser(Kind.VIDEO)
        self.number = 0
        self.now = 0.0

    def picture(self, first: bytes, *, lose: int | None = None) -> list[Encoded]:
        frames: list[Encoded] = []
        stamp = self.number // 2 * 9000
        for n, payload in enumerate((first, MORE)):
            if n != lose:
                sequence = self.number + n & 0xFFFF
                frames += self.seen.take(sequence, stamp, n == 1, payload, self.now)
        self.number += 2
        return frames

    def give_up(self) -> list[Encoded]:
        self.now += 60
        self.seen.wanted(self.now)
        return self.seen.tick()


def test_sounds_come_in_order_whatever_the_order_of_their_packets() -> None:
    assert data(sounds(0, 2, 1, 1, 3)) == [b"0", b"1", b"2", b"3"]
    assert [one.timestamp % 2**32 for one in sounds(0, 1)] == [0, 960]


@given(st.permutations(range(1, 8)))
def test_whatever_comes_late_comes_once_and_in_its_place(order: list[int]) -> None:
    assert data(sounds(0, *order, *order, first=65_533)) == [b"%d" % n for n in range(8)]


def test_a_sound_that_is_given_up_is_said_to_be_lost() -> None:
    heard = Depacketiser(Kind.AUDIO)
    frames = heard.take(1, 960, False, b"a", 0.0) + heard.take(4, 3840, False, b"d", 0.0)
    assert data(frames) == [b"a"]
    assert heard.wanted(0.0) == [2, 3]
    assert heard.tick() == []
    assert heard.wanted(9.0) == []
    (late,) = heard.tick()
    assert (late.data, late.lost) == (b"d", 2)
    assert heard.take(2, 1920, False, b"b", 9.0) == []
    assert not heard.wants_key


def test_padding_is_passed_over_and_is_no_loss() -> None:
    heard = Depacketiser(Kind.AUDIO)
    assert heard.take(1, 0, False, b"", 0.0) == []
    assert heard.take(2, 0, False, b"x", 0.0)[0].lost == 0


def test_a_time_that_wraps_goes_on() -> None:
    heard = Depacketiser(Kind.AUDIO)
    (one,) = heard.take(65_535, 2**32 - 960, False, b"x", 0.0)
    (two,) = heard.take(0, 0, False, b"y", 0.0)
    assert two.timestamp - one.timestamp == 960


def test_numbers_that_jump_far_are_another_stream() -> None:
    heard = Depacketiser(Kind.AUDIO)
    heard.take(1, 0, False, b"x", 0.0)
    (frame,) = heard.take(1 + JUMP + 1, 960, False, b"y", 0.0)
    assert (frame.data, frame.lost) == (b"y", 1)


def test_more_than_can_be_waited_for_is_not_waited_for() -> None:
    camera = Camera()
    camera.picture(KEY)
    seen = camera.seen
    assert seen.take(400, 9000, True, KEY, 0.0)[0].lost == 398  # too many to ask for
    heard = Depacketiser(Kind.AUDIO)
    heard.take(0, 0, False, b"x", 0.0)
    frames = [heard.take(2 + n, 0, False, b"y", 0.0) for n in range(MOST_HELD + 1)]
    assert len(frames[-1]) == MOST_HELD + 1
    assert frames[-1][0].lost == 1


def test_pictures_begin_with_a_key_picture_and_are_whole() -> None:
    camera = Camera()
    assert camera.seen.wants_key
    assert camera.picture(DELTA) == []
    assert camera.seen.wants_key
    (key,) = camera.picture(KEY)
    assert (key.key, key.size, key.data) == (True, (640, 360), KEY[1:] + b"rest")
    assert not camera.seen.wants_key
    (delta,) = camera.picture(DELTA)
    assert (delta.key, delta.size, delta.data) == (False, None, DELTA[1:] + b"rest")
    assert delta.timestamp - key.timestamp == 9000


def test_after_a_loss_pictures_begin_again_with_a_key_picture() -> None:
    camera = Camera()
    camera.picture(KEY)
    assert camera.picture(DELTA, lose=1) == []
    assert camera.picture(DELTA) == []
    assert camera.give_up() == []
    assert camera.seen.wants_key
    assert camera.picture(DELTA) == []
    (key,) = camera.picture(KEY)
    assert key.lost == 1


def test_half_a_picture_and_what_is_no_vp8_are_no_picture() -> None:
    camera = Camera()
    camera.picture(KEY)
    assert camera.picture(MORE) == []
    assert camera.seen.wants_key
    camera.picture(KEY)
    assert camera.picture(b"\x80") == []
    assert camera.seen.wants_key


def test_the_descriptor_ends_where_it_says() -> None:
    assert body_at(b"\x10x") == 1
    assert body_at(b"\x90\x80\x05x") == 3
    assert body_at(b"\x90\x80\x85\x05x") == 4
    assert body_at(b"\x90\xf0\x85\x05\x07\x20x") == 6
    assert body_at(b"\x90\x00x") == 2


def test_a_key_picture_cut_short_has_no_size() -> None:
    assert size_of(KEY[1:]) == (640, 360)
    assert size_of(b"\x00") is None
