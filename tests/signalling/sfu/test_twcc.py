"""What is written is read again by a reader of its own, made from the draft's text alone."""

import struct
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sfu.radio import Radio
from signalling.sfu.twcc import (
    BACK,
    EVERY,
    MOST_KEPT,
    MOST_RECEIVED,
    MOST_STATUSES,
    REPAIRED_WITHIN,
    Recorder,
    chunks,
)

TICK = 0.00025


@dataclass
class Told:
    sender: int = 0
    media: int = 0
    base: int = 0
    count: int = 0
    serial: int = 0
    # 16-bit number -> seconds, None for one that did not arrive
    times: dict[int, float | None] = field(default_factory=dict)


def statuses_of(data: bytes, count: int) -> tuple[list[int], bytes]:
    statuses: list[int] = []
    while len(statuses) < count:
        (chunk,) = struct.unpack_from("!H", data)
        data = data[2:]
        if not chunk & 0x8000:
            assert chunk & 0x1FFF, "an empty run"
            statuses += [chunk >> 13 & 3] * (chunk & 0x1FFF)
        elif not chunk & 0x4000:
            statuses += [chunk >> bit & 1 for bit in range(13, -1, -1)]
        else:
            statuses += [chunk >> bit & 3 for bit in range(12, -1, -2)]
    assert not any(statuses[count:]), "padding of a vector is zero"
    return statuses[:count], data


def read(packet: bytes) -> Told:
    first, kind, length = struct.unpack_from("!BBH", packet)
    assert first >> 6 == 2
    assert (first & 31, kind) == (15, 205)
    assert len(packet) == 4 * (length + 1)
    if first & 0x20:
        assert 1 <= packet[-1] <= 3
        packet = packet[: -packet[-1]]
    sender, media, base, count = struct.unpack_from("!LLHH", packet, 4)
    reference = int.from_bytes(packet[16:19], "big", signed=True)
    told = Told(sender, media, base, count, packet[19])
    statuses, deltas = statuses_of(packet[20:], count)
    at = reference * 0.064
    for n, status in enumerate(statuses):
        number = (base + n) & 0xFFFF
        assert status in (0, 1, 2)
        if not status:
            told.times[number] = None
            continue
        if status == 1:
            delta, deltas = deltas[0], deltas[1:]
        else:
            (delta,), deltas = struct.unpack("!h", deltas[:2]), deltas[2:]
        at += delta * TICK
        told.times[number] = at
    assert not deltas
    return told


def fed(*arrivals: tuple[int, float]) -> Recorder:
    recorder = Recorder(7, 9)
    for number, when in arrivals:
        recorder.arrived(number, when)
    return recorder


def packet_of(recorder: Recorder, now: float) -> bytes:
    packet = recorder.feedback(now)
    assert packet is not None
    return packet


def test_a_packet_by_hand() -> None:
    # 10 arrives at 1.000 s: reference 15 (0.960 s), 40 ms = 160 steps; 11 is lost; 12 and 13
    # follow 1 and 2 ms later. Statuses 1, 0, 1, 1 in one vector, three deltas, three of padding.
    recorder = fed((10, 1.0), (12, 1.001), (13, 1.003))
    header = "afcd00060000000700000009000a000400000f01"
    assert recorder.feedback(1.1) == bytes.fromhex(header + "ac00a00408000003")


def test_nothing_is_told_of_nothing_nor_twice_nor_too_often() -> None:
    recorder = Recorder(1)
    assert recorder.feedback(0.0) is None
    recorder.arrived(5, 1.0)
    assert recorder.feedback(1.0) is not None
    assert recorder.feedback(2.0) is None
    recorder.arrived(6, 2.0)
    first = recorder.feedback(2.0)
    recorder.arrived(7, 2.01)
    assert first is not None
    assert recorder.feedback(2.0 + EVERY / 2) is None
    assert recorder.feedback(2.0 + EVERY) is not None


def test_numbers_go_on_over_the_wrap() -> None:
    told = read(packet_of(fed((65534, 5.0), (1, 5.01)), 5.1))
    assert (told.base, told.count) == (65534, 4)
    assert told.times[65535] is None
    assert told.times[0] is None
    assert told.times[1] == pytest.approx(5.01, abs=TICK)


def test_large_and_negative_distances_are_told() -> None:
    told = read(packet_of(fed((1, 10.0), (2, 14.0), (3, 13.5)), 15.0))
    assert [told.times[n] for n in (1, 2, 3)] == pytest.approx([10.0, 14.0, 13.5], abs=TICK)


def test_a_distance_beyond_two_octets_begins_another_packet_at_once() -> None:
    recorder = fed((1, 10.0), (2, 20.0))
    first, second = read(packet_of(recorder, 20.0)), read(packet_of(recorder, 20.0))
    assert list(first.times) == [1]
    assert second.times == {2: pytest.approx(20.0, abs=TICK)}
    assert (first.serial, second.serial) == (1, 2)


def test_one_that_comes_late_is_told_with_those_around_it() -> None:
    recorder = fed((1, 1.0), (3, 1.01))
    assert read(packet_of(recorder, 1.1)).times[2] is None
    recorder.arrived(2, 1.15)
    told = read(packet_of(recorder, 1.2))
    assert told.times[2] == pytest.approx(1.15, abs=TICK)
    assert told.times[3] == pytest.approx(1.01, abs=TICK)


def test_old_arrivals_are_forgotten() -> None:
    recorder = fed((1, 1.0), (2, 1.0))
    assert recorder.feedback(1.0) is not None
    recorder.arrived(3, 1.1 + BACK)
    assert recorder.feedback(1.1 + BACK) is not None
    recorder.arrived(0, 1.2 + BACK)
    told = read(packet_of(recorder, 1.3 + BACK))
    assert told.times[1] is None
    assert told.times[3] is not None


def test_the_first_of_two_arrivals_counts() -> None:
    told = read(packet_of(fed((1, 1.0), (1, 1.5)), 2.0))
    assert told.times == {1: pytest.approx(1.0, abs=TICK)}


def test_a_leap_of_thousands_costs_neither_time_nor_octets() -> None:
    recorder = fed((1, 1.0), (20_000, 1.0), (50_000, 1.0))
    sizes = [len(packet_of(recorder, 1.0)) for _ in range(3)]
    assert max(sizes) <= 28
    assert recorder.feedback(2.0) is None


def test_a_flood_is_told_in_portions_and_bounded() -> None:
    recorder = Recorder(1)
    for n in range(MOST_KEPT + 10):
        recorder.arrived(2 * n & 0xFFFF, 1.0 + n * 0.1 * (n % 2))
    first = packet_of(recorder, 2.0)
    assert len(first) <= 1200
    assert sum(when is not None for when in read(first).times.values()) <= MOST_RECEIVED
    packets = 1
    while recorder.feedback(2.0) is not None:
        packets += 1
    assert packets >= MOST_KEPT // MOST_RECEIVED


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        ([1] * 3, ["2003"]),
        ([0] * 9000, ["1fff", "0329"]),
        ([1, 0] * 7, ["aaaa"]),
        ([1, 2, 0, 0, 0, 0, 1], ["d801"]),
        ([1, 0, 1], ["a800"]),
        ([2] * 7 + [1], ["4007", "2001"]),
        ([0] * 14 + [1], ["000e", "2001"]),
    ],
)
def test_statuses_by_hand(statuses: list[int], words: list[str]) -> None:
    assert chunks(bytes(statuses)).hex() == "".join(words)


@given(st.lists(st.sampled_from([0, 0, 1, 1, 1, 2]), min_size=1, max_size=200))
def test_statuses_are_read_as_they_were_written(statuses: list[int]) -> None:
    assert statuses_of(chunks(bytes(statuses)), len(statuses)) == (statuses, b"")


@given(
    st.integers(0, 65535),
    st.lists(
        st.tuples(st.integers(1, 40), st.floats(-0.3, 3.0), st.booleans()), min_size=1, max_size=120
    ),
)
def test_every_arrival_is_told_once_and_right(
    start: int, steps: list[tuple[int, float, bool]]
) -> None:
    recorder, number, when = Recorder(1), start, 1000.0
    arrivals: dict[int, float] = {}
    for step, wait, lost in steps:
        number, when = number + step, when + wait
        if not lost:
            arrivals[number & 0xFFFF] = when
            recorder.arrived(number & 0xFFFF, when)
    told: dict[int, float] = {}
    while (packet := recorder.feedback(when)) is not None:
        assert len(packet) <= 1200
        told |= {n: at for n, at in read(packet).times.items() if at is not None}
    assert told == {n: pytest.approx(at, abs=2 * TICK) for n, at in arrivals.items()}


class Forgiving(Radio):
    """A radio that is known and forgives all, or is not and forgives nothing."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self.asked: list[tuple[int, int]] = []

    def forgive(self, expected: int, lost: int, now: float) -> int:
        self.asked.append((expected, lost))
        return lost if self.share else 0


def test_what_the_radio_lost_is_told_with_the_packet_before_it_once_it_may_be_repaired() -> None:
    recorder = fed((10, 1.0), (12, 1.01), (15, 1.02))
    recorder.radio = radio = Forgiving(0.2)
    assert read(packet_of(recorder, 1.1)).times == {10: pytest.approx(1.0, abs=TICK)}
    # The hole waits for its repair, and what came behind it waits with it.
    assert recorder.feedback(1.1 + EVERY) is None
    recorder.arrived(14, 1.2)
    told = read(packet_of(recorder, 1.03 + REPAIRED_WITHIN)).times
    assert {number: round(at or 0, 2) for number, at in told.items()} == {
        11: 1.0, 12: 1.01, 13: 1.01, 14: 1.2, 15: 1.02,
    }  # fmt: skip
    assert radio.asked == [(1, 0), (5, 2)]


def test_a_hole_that_was_judged_is_not_judged_again_by_what_comes_late() -> None:
    recorder = fed((10, 1.0), (14, 1.01))
    recorder.radio = radio = Forgiving(0.0)
    packet_of(recorder, 1.1)
    recorder.arrived(12, 1.15)
    packet_of(recorder, 1.3)
    assert radio.asked == [(5, 3)]


def test_a_leap_is_no_loss() -> None:
    recorder = fed((10, 1.0), (10 + MOST_STATUSES, 1.01))
    recorder.radio = radio = Forgiving(0.0)
    packet_of(recorder, 1.1)
    assert radio.asked == []
