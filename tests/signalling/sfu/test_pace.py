import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sfu.pace import (
    DID_WELL,
    KEPT,
    LONGEST,
    REST,
    SILENT,
    SLOWEST,
    Pace,
    Rests,
    Seen,
)


def pace(rate: float, seconds: float = 3.0) -> Pace:
    """Pictures at this rate up to second 0."""
    made = Pace()
    for n in range(round(rate * seconds), -1, -1):
        made.shown(-n / rate)
    return made


@pytest.mark.parametrize("rate", [1.0, 3.0, 9.0, 15.0, 30.0])
def test_the_rate_is_that_of_late(rate: float) -> None:
    one = pace(rate)
    assert one.rate(0.01) == pytest.approx(rate, rel=0.35)
    assert one.rate(1.49) <= max(rate / 2, KEPT / 1.49)
    assert one.rate(1.6) == 0.0


def test_nothing_is_known_of_what_has_not_begun_and_an_instant_is_no_rate() -> None:
    assert Pace().rate(5.0) == 0.0
    assert Pace().patience == SLOWEST
    burst = Pace()
    for _ in range(KEPT):
        burst.shown(1.0)
    assert burst.rate(1.0) == 0.0
    assert burst.patience == SILENT


@pytest.mark.parametrize(
    ("rate", "patience"), [(30.0, SILENT), (9.0, SILENT), (5.0, 0.8), (1.0, SLOWEST)]
)
def test_a_layer_may_be_silent_for_half_a_second_or_four_of_its_intervals(
    rate: float, patience: float
) -> None:
    assert pace(rate, 12.0).patience == pytest.approx(patience)


LOW = Seen(asked=True, alive=True, rate=9.0, since=0.0)
GOOD = Seen(asked=True, alive=True, rate=20.0, since=0.0)
SILENT_NOW = Seen(asked=True, alive=False, rate=0.0, since=0.0)


def seen(rate: float, since: float = 0.0) -> Seen:
    return Seen(asked=True, alive=True, rate=rate, since=since)


@pytest.mark.parametrize(
    ("low", "high", "rests"),
    [
        (LOW, seen(2.0), True),
        (LOW, seen(4.9), True),
        (LOW, seen(5.0), False),
        # The lower one gives hardly more.
        (seen(4.0), seen(3.0), False),
        (seen(2.0), seen(2.0), False),
        # It has only just begun.
        (LOW, seen(2.0, since=9.0), False),
        (LOW, SILENT_NOW, True),
        (LOW, SILENT_NOW._replace(asked=False), False),
        (LOW, seen(2.0)._replace(asked=False), False),
        # There is nothing better.
        (SILENT_NOW, SILENT_NOW, False),
        (SILENT_NOW, seen(2.0), False),
    ],
)
def test_a_starved_layer_rests_where_a_lower_one_gives_more(
    low: Seen, high: Seen, rests: bool
) -> None:
    one = Rests(2, 0.0)
    assert one.look([LOW, GOOD], 9.5) == set()
    assert one.look([low, high], 10.0) == ({1} if rests else set())


def test_what_has_not_come_yet_does_not_starve() -> None:
    one = Rests(2, 0.0)
    assert one.look([LOW, SILENT_NOW], 1.0) == set()
    # Nor does what stopped because nobody wanted it, and is asked for again.
    one.look([LOW, GOOD], 2.0)
    one.look([LOW, SILENT_NOW._replace(asked=False)], 3.0)
    assert one.look([LOW, SILENT_NOW], 4.0) == set()


def test_a_camera_that_stopped_and_goes_on_has_not_starved() -> None:
    one = Rests(2, 0.0)
    one.look([LOW, GOOD], 1.0)
    one.look([SILENT_NOW, SILENT_NOW], 2.0)
    # The lowest is there first.
    assert one.look([LOW, SILENT_NOW], 3.0) == set()


def test_the_lowest_never_rests_and_a_resting_one_is_no_measure_for_those_above() -> None:
    one = Rests(3, 0.0)
    one.look([LOW, GOOD, GOOD], 1.0)
    assert one.look([SILENT_NOW, GOOD, GOOD], 2.0) == set()
    assert one.look([LOW, seen(2.0), seen(3.0)], 3.0) == {1, 2}
    middle = Rests(3, 0.0)
    middle.look([seen(2.0), GOOD, GOOD], 1.0)
    middle.look([seen(2.0), SILENT_NOW, GOOD], 2.0)
    # Layer 1 pours again, but it rests: the uppermost is measured by the lowest alone.
    assert middle.look([seen(2.0), GOOD, seen(2.0)], 3.0) == {1}


def test_it_rests_twice_as_long_each_time_and_as_at_first_when_it_did_well() -> None:
    one, now, pauses = Rests(2, 0.0), 0.0, []
    for _ in range(6):
        one.look([LOW, GOOD], now)
        now += 0.2
        began = now
        assert one.look([LOW, SILENT_NOW], now) == {1}
        while one.look([LOW, GOOD], now):
            now += 0.2
        pauses.append(round(now - began))
    assert pauses == [REST, 2 * REST, 4 * REST, LONGEST, LONGEST, LONGEST]
    one.look([LOW, GOOD], now + DID_WELL + 1)
    assert one.look([LOW, SILENT_NOW], now + DID_WELL + 2) == {1}
    assert one.look([LOW, GOOD], now + DID_WELL + 2 + REST) == set()


@given(
    st.lists(
        st.tuples(
            st.floats(0, 3),
            st.lists(
                st.builds(Seen, st.booleans(), st.booleans(), st.floats(0, 30), st.floats(0, 9)),
                min_size=3,
                max_size=3,
            ),
        ),
        max_size=40,
    )
)
def test_the_lowest_is_always_there(said: list[tuple[float, list[Seen]]]) -> None:
    one, now = Rests(3, 0.0), 0.0
    for gone, layers in said:
        now += gone
        assert 0 not in one.look(layers, now)
