"""Looks that fail come ever more slowly, and never stop."""

from datetime import timedelta

from orchestrator.outside.pace import LONGEST, Pace


def test_a_steady_pace_with_a_little_chance_in_it() -> None:
    pace = Pace(timedelta(seconds=60))
    assert pace.wait(0) == timedelta(seconds=54)
    assert pace.wait(1) == timedelta(seconds=66)


def test_failures_slow_it_down_to_a_limit_and_one_success_forgives_them() -> None:
    pace = Pace(timedelta(seconds=60))
    waits = []
    for _ in range(40):
        pace.went_wrong()
        waits.append(pace.wait(1))
    assert waits[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
    assert waits[-1] == LONGEST
    pace.went_well()
    assert pace.wait(0.5) == timedelta(seconds=60)


def test_what_is_seldom_looked_at_is_not_looked_at_more_often_for_failing_long() -> None:
    pace = Pace(timedelta(hours=2), failures=30)
    assert pace.wait(1) == timedelta(hours=2)
