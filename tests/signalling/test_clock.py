"""What an endpoint knows of the service's clock: the table it shares with its twin in the page."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.clock import DRIFT, EVERY, EVERY_ARMED, FIRST, KEPT, Answer, OffsetClock, wait

CASES = json.loads((Path(__file__).parents[1] / "data/clock/cases.json").read_text())
OFFSET = 1_000.0
DELAYS = st.floats(0, 2)
TRIPS = st.lists(st.tuples(DELAYS, DELAYS, st.floats(0, 20)), min_size=1, max_size=40)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_table_shared_with_the_page(case: dict[str, Any]) -> None:
    clock = OffsetClock()
    for sent, heard, at in case["answers"]:
        clock.hear(Answer(sent=sent, heard=heard, at=at))
    reading = clock.read(case["now"])
    if case["offset"] is None:
        assert reading is None
        return
    assert reading is not None
    assert reading.offset == pytest.approx(case["offset"], abs=0.001)
    assert reading.error == pytest.approx(case["error"], abs=0.001)


@given(TRIPS, st.floats(-1, 1), st.floats(0, 60))
def test_whatever_the_line_does_the_truth_is_within_the_error(
    trips: list[tuple[float, float, float]], share: float, later: float
) -> None:
    """`share` of the greatest drift: the service's clock runs so much faster than ours."""
    rate, now, clock = 1 + 0.9 * share * DRIFT, 0.0, OffsetClock()
    for up, down, pause in trips:
        sent, read, heard = now, now + up, now + up + down
        clock.hear(Answer(sent=sent, heard=heard, at=OFFSET + read * rate))
        now = heard + pause
    now += later
    reading = clock.read(now)
    assert reading is not None
    truth = OFFSET + now * rate - now
    assert abs(reading.offset - truth) <= reading.error + 1e-6
    assert reading.error <= trips[-1][0] + trips[-1][1] + DRIFT * 200


@given(TRIPS)
def test_more_answers_never_say_less(trips: list[tuple[float, float, float]]) -> None:
    now, clock, before = 0.0, OffsetClock(), float("inf")
    for up, down, _ in trips[: KEPT - 1]:
        clock.hear(Answer(sent=now, heard=now + up + down, at=OFFSET + now + up))
        reading = clock.read(0.0)
        assert reading is not None
        assert reading.error <= before + 1e-9
        before, now = reading.error, now + up + down


def test_another_service_is_not_confused_with_the_former_one() -> None:
    clock = OffsetClock()
    clock.hear(Answer(sent=0, heard=0.01, at=100.005))
    clock.restart()
    held = clock.read(0)
    clock.hear(Answer(sent=1, heard=1.5, at=101.253))
    after = clock.read(1)
    assert held is not None
    assert after is not None
    assert held.offset == pytest.approx(100)
    assert after.error == pytest.approx(0.25)


def test_the_worst_trip_of_late_is_told() -> None:
    clock = OffsetClock()
    assert clock.worst_trip() == 0
    clock.hear(Answer(sent=0, heard=0.7, at=100))
    clock.hear(Answer(sent=1, heard=1.2, at=101))
    assert clock.worst_trip() == pytest.approx(0.7)


def test_it_asks_quickly_at_first_and_again_when_something_is_to_come() -> None:
    assert [wait(FIRST - 1, armed=False), wait(FIRST, armed=False)] == [0.25, EVERY]
    assert wait(FIRST, armed=True) == EVERY_ARMED
