"""The model of a bad line does what its figures say."""

import pytest

from tests.fakes.links import LINES, Carrier, Line, Way, line

SIZE = 1000


def arrivals(way: Way, seconds: float, every: float, size: int = SIZE) -> list[float | None]:
    """When packets arrive that leave in steady steps; None for those that do not."""
    carrier = Carrier(way)
    return [carrier.carry(size, n * every) for n in range(int(seconds / every))]


def runs_of_loss(arrived: list[float | None]) -> list[int]:
    runs, length = [], 0
    for at in [*arrived, 0.0]:
        if at is None:
            length += 1
        elif length:
            runs.append(length)
            length = 0
    return runs


def test_a_line_without_limits_delays_by_half_the_round_trip_and_loses_nothing() -> None:
    arrived = arrivals(line(0, 0, 40).down, 1.0, 0.01)
    assert arrived == [pytest.approx(n * 0.01 + 0.020) for n in range(100)]


def test_packets_leave_at_the_rate_and_those_beyond_the_queue_are_dropped() -> None:
    carrier = Carrier(Way(kbps=800, delay_ms=5, queue_ms=100))
    arrived = [carrier.carry(SIZE, n * 0.005) for n in range(2000)]  # twice the rate, for 10 s
    came = [at for at in arrived if at is not None]
    assert len(came) * SIZE * 8 / 1000 / (came[-1] - 0.005) == pytest.approx(800, rel=0.01)
    assert carrier.fate.dropped == 2000 - len(came)
    waits = [at - n * 0.005 for n, at in enumerate(arrived) if at is not None]
    assert 0.100 < max(waits) <= 0.100 + 0.010 + 0.005


def test_a_queue_empties_while_nothing_is_sent() -> None:
    carrier = Carrier(Way(kbps=800))
    first, second = carrier.carry(SIZE, 0.0), carrier.carry(SIZE, 0.0)
    later = carrier.carry(SIZE, 1.0)
    assert (first, second, later) == pytest.approx((0.01, 0.02, 1.01))


@pytest.mark.parametrize(("loss", "burst"), [(0.01, 1), (0.05, 2), (0.20, 2), (0.20, 5)])
def test_losses_are_as_many_and_as_long_as_said(loss: float, burst: float) -> None:
    arrived = arrivals(Way(loss=loss, burst=burst), 2000, 0.01)
    runs = runs_of_loss(arrived)
    assert sum(runs) / len(arrived) == pytest.approx(loss, rel=0.1)
    # By chance alone a run is 1 / (1 - loss) long.
    assert sum(runs) / len(runs) == pytest.approx(max(burst, 1 / (1 - loss)), rel=0.05)


def test_jitter_delays_and_never_reorders() -> None:
    arrived = arrivals(Way(delay_ms=10, jitter_ms=8), 20, 0.005)
    came = [at for at in arrived if at is not None]
    waits = [at - n * 0.005 for n, at in enumerate(came)]
    assert came == sorted(came)
    assert min(waits) >= 0.010 - 1e-9
    assert max(waits) > 0.020


def test_nothing_passes_a_cut_line_and_all_is_counted() -> None:
    carrier = Carrier(Way())
    assert carrier.carry(SIZE, 0.0) == 0.0
    carrier.cut = True
    assert carrier.carry(SIZE, 1.0) is None
    carrier.cut = False
    assert carrier.carry(SIZE, 2.0) == 2.0
    told = {"packets": 3, "octets": 2000, "lost": 0, "dropped": 0, "cut": 1}
    assert carrier.fate.told() == told


def test_a_line_that_changes_holds_what_is_already_on_it() -> None:
    carrier = Carrier(line(0, 0, 200).up)
    first = carrier.carry(SIZE, 0.0)
    carrier.way = line(0, 0, 20).up
    assert (first, carrier.carry(SIZE, 0.01)) == pytest.approx((0.1, 0.1))


def test_the_lines_of_the_issue_are_there() -> None:
    assert {"adsl-8-1", "adsl-2-0.4", "satellite", "wifi-5", "wifi-20", "outage"} <= set(LINES)
    satellite: Line = LINES["satellite"]
    assert satellite.up.delay_ms + satellite.down.delay_ms == 600
    assert (LINES["adsl-2-0.4"].up.kbps, LINES["adsl-2-0.4"].down.kbps) == (400, 2000)
