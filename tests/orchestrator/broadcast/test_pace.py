"""How many pictures a second: fewer at once, more after a long while of ease."""

import pytest

from orchestrator.broadcast.pace import RATES, UP_AFTER, Pace, size_for
from orchestrator.broadcast.playlist import PART


def test_every_rate_has_whole_pictures_in_a_part() -> None:
    assert all((rate * PART).is_integer() for rate in RATES)


@pytest.mark.parametrize(("missed", "busy"), [(0.2, 0.1), (0.0, 0.7)])
def test_a_machine_short_of_time_makes_fewer_but_never_none(missed: float, busy: float) -> None:
    pace = Pace()
    for _ in range(9):
        pace.judge(missed, busy)
    assert pace.rate == RATES[-1]


def test_ease_for_long_enough_brings_them_back_and_a_doubt_begins_the_wait_anew() -> None:
    pace = Pace(level=1)
    for _ in range(UP_AFTER - 1):
        pace.judge(0, 0.1)
    pace.judge(0.05, 0.1)
    assert pace.rate == RATES[1]
    for _ in range(UP_AFTER):
        pace.judge(0, 0.1)
    assert pace.rate == RATES[0]
    pace.judge(0, 0.1)
    assert pace.rate == RATES[0]


def test_the_larger_picture_is_for_who_has_the_time() -> None:
    assert (size_for(0.003), size_for(0.02)) == ((960, 540), (640, 360))
