"""Round trips that grow are a queue, which counts once, and not after it is gone."""

import pytest

from signalling.sfu.estimate import DEFAULT_KBPS, Estimate


def test_a_round_trip_that_grows_is_a_queue() -> None:
    estimate = Estimate(0.0)
    estimate.tick(990, 0.05, 0.5)
    estimate.tick(990, 0.60, 3.0)
    assert estimate.kbps == pytest.approx(990 * 0.85)


def test_one_long_round_trip_is_no_reason_to_fall_twice() -> None:
    """Who is sent only sound, or nothing, tells of it seldom."""
    estimate = Estimate(0.0)
    estimate.tick(990, 0.6, 0.5)
    estimate.answered(1.3, 2.0)
    estimate.tick(990, 1.3, 3.0)
    fallen = estimate.kbps
    assert fallen == pytest.approx(990 * 0.85)
    for second in range(6, 20, 3):
        estimate.tick(fallen, 1.3, second)
    assert estimate.kbps == fallen
    estimate.answered(1.3, 20.0)
    estimate.tick(fallen, 1.3, 20.5)
    assert estimate.kbps == pytest.approx(fallen * 0.85)


def test_a_round_trip_told_of_the_same_queue_is_no_reason_to_fall_twice() -> None:
    estimate = Estimate(0.0)
    estimate.tick(990, 0.6, 0.5)
    estimate.answered(1.3, 2.0)
    estimate.tick(990, 1.3, 3.0)
    fallen = estimate.kbps
    estimate.answered(1.3, 4.0)  # of what was sent before the fall
    estimate.tick(fallen, 1.3, 6.0)
    assert estimate.kbps == fallen


def test_the_mean_of_round_trips_remembers_a_queue_that_is_gone() -> None:
    estimate = Estimate(0.0)
    estimate.tick(990, 0.05, 0.5)
    estimate.answered(0.9, 2.0)
    estimate.answered(0.06, 2.5)
    estimate.tick(990, 0.6, 3.0)
    assert estimate.kbps >= DEFAULT_KBPS
