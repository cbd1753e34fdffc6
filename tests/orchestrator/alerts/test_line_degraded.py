"""A line is told of when it has been bad for a while, and no single figure opens or closes it."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.alerts.line_degraded import Strain, check, suffers, worn
from rooms.centre import Line
from rooms.line import LineTest
from tests.orchestrator.alerts.helpers import NINE, seen

ADSL = Line(technology="adsl", down_kbps=8000, up_kbps=800, rtt_ms=45)
QUARTER = timedelta(seconds=15)


def leg(loss: float = 0.0, rtt: float | None = 50.0) -> dict[str, Any]:
    return {"loss": loss, "rtt_ms": rtt}


def lived(pattern: str) -> Strain:
    """A sample each quarter of a minute, the last one now: x bad, . good."""
    strain = Strain()
    for index, sign in enumerate(pattern):
        strain.note(NINE - (len(pattern) - 1 - index) * QUARTER, sign == "x")
    return strain


def stands(pattern: str) -> bool:
    return lived(pattern).stands(NINE)


def test_losses_and_a_queue_are_bad_a_picture_made_smaller_is_not() -> None:
    assert not suffers([leg()], ADSL)
    assert suffers([leg(), leg(loss=0.05)], ADSL)
    assert suffers([leg(rtt=545.0)], ADSL)
    assert not suffers([leg(rtt=544.0)], ADSL)
    assert not suffers([leg(rtt=None)], ADSL)
    assert not suffers([], ADSL)


def test_three_bad_minutes_open_it_and_four_good_ones_close_it() -> None:
    assert not stands("x" * 11)
    assert stands("x" * 12)
    assert stands("x" * 40 + "." * 15)
    assert not stands("x" * 40 + "." * 16)


@given(st.integers(0, 60))
def test_one_quarter_in_two_neither_opens_nor_closes(pairs: int) -> None:
    assert not stands("x." * pairs)
    assert stands("x" * 16 + ".x" * pairs)


def test_a_session_later_begins_afresh_and_one_that_is_over_says_nothing() -> None:
    strain = lived("x" * 20)
    assert strain.stands(NINE + timedelta(minutes=2))
    assert not strain.stands(NINE + timedelta(minutes=2, seconds=1))
    strain.note(NINE + timedelta(minutes=3), suffers=True)
    assert not strain.stands(NINE + timedelta(minutes=3))
    assert not Strain().stands(NINE)


def test_the_same_sample_seen_twice_counts_once() -> None:
    strain = Strain()
    for _ in range(30):
        strain.note(NINE, suffers=True)
    assert not strain.stands(NINE)


def measured(*shares: float, **more: Any) -> list[LineTest]:
    return [
        LineTest(
            path="udp",
            down_kbps=round(8000 * share),
            up_kbps=800,
            rtt_ms=45,
            jitter_ms=3,
            loss=0.0,
            taken_at=NINE - timedelta(days=len(shares) - index),
            **more,
        )
        for index, share in enumerate(shares)
    ]


def test_it_takes_three_tests_and_one_made_during_a_download_is_outvoted() -> None:
    assert not worn(ADSL, measured(0.2, 0.2))
    assert worn(ADSL, measured(0.2, 0.2, 0.2))
    assert not worn(ADSL, measured(0.9, 0.9, 0.2))
    assert worn(ADSL, measured(0.2, 0.2, 0.2, 0.9))


def test_between_a_half_and_three_fifths_it_stays_as_it_was() -> None:
    assert not worn(ADSL, measured(0.9, 0.9, 0.9, *[0.55] * 5))
    assert worn(ADSL, measured(0.4, 0.4, 0.4, *[0.55] * 5))
    assert not worn(ADSL, measured(0.4, 0.4, 0.4, *[0.55] * 5, 0.6, 0.6, 0.6))


def test_a_line_that_carried_all_that_was_sent_is_not_known_to_carry_less() -> None:
    tests = measured(0.2, 0.2, 0.2, down_at_least=True)
    assert not worn(ADSL, tests)


def test_the_way_up_alone_is_enough() -> None:
    slow = LineTest(
        path="udp", down_kbps=8000, up_kbps=300, rtt_ms=45, jitter_ms=3, loss=0.0, taken_at=NINE
    )
    assert worn(ADSL, [slow] * 3)


def test_what_happens_now_goes_before_what_was_measured_and_there_is_one_alert() -> None:
    tests = tuple(measured(0.2, 0.2, 0.2))
    (now,) = check(seen(strained=True, line=ADSL, tests=tests))
    assert (now.key, now.text, now.pressing) == ("line_degraded", "alert-line_degraded", True)
    (before,) = check(seen(line=ADSL, tests=tests))
    assert (before.key, before.text) == ("line_degraded", "alert-line_degraded-tested")
    assert not before.pressing
    assert list(check(seen(line=ADSL))) == []
    assert list(check(seen(tests=tests))) == []  # another room of the centre speaks for the line
