"""Sound said twice over a line that loses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sfu.twins import BEHIND, STAYS, Twins

SOUNDS = [bytes([number]) for number in range(6)]


def said(twins: Twins, *, redundant: bool = False) -> list[tuple[bytes, ...]]:
    return [twins.behind(sound, redundant=redundant) for sound in SOUNDS]


def test_a_line_without_loss_hears_everything_once() -> None:
    twins = Twins()
    twins.reported(0.019, 1.0)
    assert said(twins) == [()] * 6


def test_with_some_loss_each_sound_comes_again_behind_the_next() -> None:
    twins = Twins()
    twins.reported(0.05, 1.0)
    assert said(twins) == [(), *((sound,) for sound in SOUNDS[:-1])]


def test_with_much_loss_it_comes_a_third_time_when_a_burst_is_over() -> None:
    twins = Twins()
    twins.reported(0.2, 1.0)
    assert said(twins)[3:] == [
        (SOUNDS[2], SOUNDS[0]),
        (SOUNDS[3], SOUNDS[1]),
        (SOUNDS[4], SOUNDS[2]),
    ]


def test_what_it_mends_is_not_seen_any_more_and_yet_it_goes_on_for_a_while() -> None:
    twins = Twins()
    twins.reported(0.2, 1.0)
    twins.reported(0.0, 1.0 + STAYS)
    assert twins.copies == 2
    twins.reported(0.0, 1.1 + STAYS)
    assert twins.copies == 1
    twins.reported(0.03, 2.0 + STAYS)
    twins.reported(0.0, 2.0 + 2 * STAYS)
    assert twins.copies == 1
    twins.reported(0.0, 2.1 + 2 * STAYS)
    assert twins.copies == 0


def test_redundant_sound_is_said_again_once_and_only_where_much_is_lost() -> None:
    twins = Twins()
    twins.reported(0.05, 1.0)
    assert said(twins, redundant=True) == [()] * 6
    twins.reported(0.2, 1.0)
    assert said(twins, redundant=True)[3:] == [(SOUNDS[0],), (SOUNDS[1],), (SOUNDS[2],)]


def test_where_a_queue_drops_packets_no_more_is_said_however_much_is_lost() -> None:
    twins = Twins()
    twins.reported(0.3, 1.0, full=True)
    assert twins.copies == 0
    twins.reported(0.3, 2.0)
    left = []
    for second in (3.0, 4.0, 5.0):
        twins.reported(0.3, second, full=True)
        left.append(twins.copies)
    assert left == [1, 0, 0]


@pytest.mark.parametrize(
    ("loss", "redundant", "times"),
    [(0.0, False, 1), (0.05, False, 2), (0.2, False, 3), (0.05, True, 1), (0.2, True, 2)],
)
def test_what_is_set_aside_for_it_is_what_it_takes(
    loss: float, redundant: bool, times: int
) -> None:
    twins = Twins()
    twins.reported(loss, 1.0)
    assert twins.times(redundant=redundant) == times
    assert 1 + len(said(twins, redundant=redundant)[-1]) == times


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.03, 0.5]), st.booleans()), max_size=30),
    st.booleans(),
)
def test_nothing_is_ever_said_but_what_was_said_lately_and_before(
    reports: list[tuple[float, bool]], redundant: bool
) -> None:
    twins = Twins()
    for number, (loss, full) in enumerate(reports):
        twins.reported(loss, number, full=full)
        before = [bytes([number - back]) for back in (1, 2, 3) if number >= back]
        again = twins.behind(bytes([number]), redundant=redundant)
        assert set(again) <= set(before)
        assert len(again) <= len(BEHIND[twins.copies])
