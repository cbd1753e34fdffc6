"""A line that loses by itself is told from one that is full."""

from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sfu.radio import LEAST, MOST, ROUGH, SAVED, SECONDS, TURN, UNITS, Radio

EVERY = 0.1


@dataclass
class Line:
    """An uplink of so many packets each tenth of a second, judged each tenth of a second."""

    packets: int = 10
    radio: Radio = field(default_factory=Radio)
    now: float = 100.0
    left: float = 63.9  # its clock is another one, and about to turn

    def tenth(self, lost: int, queue: float = 0.0) -> int:
        """What is forgiven of so many lost, the others being late by the queue."""
        for n in range(self.packets - lost):
            at = n * EVERY / self.packets
            stamp = int((self.left + at) * UNITS) % TURN
            self.radio.left(stamp, self.now + at + queue)
        self.now += EVERY
        self.left += EVERY
        return self.radio.forgive(self.packets, lost, self.now)

    def seconds(self, seconds: int, lost: int, queue: float = 0.0) -> int:
        return sum(self.tenth(lost, queue) for _ in range(seconds * 10))


def test_nothing_is_forgiven_before_the_line_is_known_and_then_what_it_loses() -> None:
    line = Line()
    assert line.seconds(1, lost=2) == 0
    line.seconds(3, lost=2)
    assert line.radio.share == pytest.approx(0.2)
    assert line.seconds(5, lost=2) == pytest.approx(100, abs=SAVED)


def test_what_exceeds_the_radio_s_own_is_not_forgiven() -> None:
    line = Line()
    line.seconds(SECONDS, lost=1)
    assert line.seconds(2, lost=5) <= 0.1 * 200 + SAVED


def test_a_burst_is_forgiven_from_what_was_not_needed_before() -> None:
    line = Line()
    line.seconds(5, lost=2)
    for _ in range(4):
        line.tenth(lost=0)
    assert line.radio.share == pytest.approx(0.2)
    assert line.tenth(lost=9) == SAVED
    assert line.tenth(lost=9) == 2


def test_a_full_line_is_never_taken_for_a_radio() -> None:
    line = Line()
    line.seconds(3, lost=0)
    assert line.seconds(SECONDS, lost=3, queue=0.3) == 0
    assert line.radio.share == 0


def test_while_a_queue_stands_not_even_the_radio_s_own_is_forgiven() -> None:
    line = Line()
    line.seconds(5, lost=2)
    assert line.tenth(lost=2, queue=0.2) == 0
    assert line.radio.share == pytest.approx(0.2)
    # Nor is anything saved up meanwhile.
    assert line.tenth(lost=9) == 2


def test_a_policer_that_drops_in_bursts_is_no_radio() -> None:
    line = Line()
    for second in range(SECONDS * 2):
        line.seconds(1, lost=4 if second % 4 == 0 else 0)
    assert line.radio.share == 0


def test_so_little_is_left_to_the_browser_and_so_much_is_no_line() -> None:
    little, much = Line(packets=100), Line()
    little.seconds(5, lost=int(LEAST * 100) - 1)
    assert little.radio.share == 0
    much.seconds(5, lost=6)
    assert much.radio.share == MOST


def test_too_few_packets_teach_nothing() -> None:
    line = Line(packets=1)
    line.seconds(5, lost=0)
    line.seconds(5, lost=1)
    assert line.radio.share == 0
    # Nor do seconds in which nothing came.
    assert line.radio.forgive(50, 50, line.now) == 0


def test_a_rough_line_stays_rough_until_it_is_much_better() -> None:
    line = Line(packets=100)
    line.seconds(SECONDS, lost=int(ROUGH * 100) - 2)
    assert not line.radio.rough
    line.seconds(SECONDS, lost=int(ROUGH * 100) + 1)
    assert line.radio.rough
    line.seconds(SECONDS, lost=int(ROUGH * 100) - 2)
    assert line.radio.rough
    line.seconds(SECONDS, lost=int(ROUGH * 50) - 1)
    assert not line.radio.rough


def jitters(line: Line, seconds: int, lost: int) -> None:
    """Seconds in which all but one moment is late, so that no queue is seen to end."""
    for _ in range(seconds):
        line.tenth(lost)
        for _ in range(9):
            line.tenth(lost, queue=0.2)


def test_a_radio_that_heals_behind_a_queue_is_forgiven_and_rough_no_more() -> None:
    line = Line()
    line.seconds(5, lost=2)
    jitters(line, SECONDS, lost=0)
    assert (line.radio.share, line.radio.rough) == (0, False)


def test_while_a_queue_stands_a_little_less_lost_is_still_the_radio() -> None:
    line = Line()
    line.seconds(5, lost=2)
    jitters(line, SECONDS, lost=1)
    assert line.radio.share == pytest.approx(0.2, abs=0.02)
    assert line.radio.rough


def test_clocks_that_drift_apart_are_no_queue() -> None:
    line = Line(packets=5)
    drift = count()
    for _ in range(1200):
        line.tenth(lost=1, queue=0.0002 * next(drift))
    assert line.radio.share == pytest.approx(0.2)


@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 400), st.floats(0, 2), st.booleans()),
        max_size=80,
    ),
    st.integers(0, TURN - 1),
)
def test_no_more_is_forgiven_than_was_lost(
    steps: list[tuple[int, int, float, bool]], stamp: int
) -> None:
    radio, now = Radio(), 0.0
    for came, lost, pause, told in steps:
        now += pause
        if told:
            radio.left(stamp, now)
        assert 0 <= radio.forgive(came + lost, lost, now) <= lost
        assert 0 <= radio.share <= MOST
