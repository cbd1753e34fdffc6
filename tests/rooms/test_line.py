"""What a line is said to carry: tests decide while they are young, and no single one alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rooms.centre import Line
from rooms.line import LATEST, PATHS, LineTest, Profile, profile

NOW = datetime(2013, 9, 19, 9, tzinfo=UTC)
ADSL = Line(technology="adsl", down_kbps=8000, up_kbps=1000, rtt_ms=40)
ONE = LineTest(
    path="udp", down_kbps=6200, up_kbps=700, rtt_ms=45, jitter_ms=4, loss=0.01, taken_at=NOW
)


def days(count: float) -> timedelta:
    return timedelta(days=count)


def test_without_tests_the_configuration_stands() -> None:
    assert profile(ADSL, [], NOW) == Profile(down_kbps=8000, up_kbps=1000, rtt_ms=40)


def test_old_tests_and_those_of_a_clock_gone_wrong_decide_nothing() -> None:
    old, future = replace(ONE, taken_at=NOW - days(31)), replace(ONE, taken_at=NOW + days(1))
    assert profile(ADSL, [old, future], NOW).tested_at is None


def test_one_test_during_a_download_is_outvoted() -> None:
    good = [replace(ONE, taken_at=NOW - days(n)) for n in (1, 2)]
    bad = replace(ONE, down_kbps=300, up_kbps=90, rtt_ms=900)
    found = profile(ADSL, [bad, *good], NOW)
    assert found == Profile(down_kbps=6200, up_kbps=700, rtt_ms=45, path="udp", tested_at=NOW)


def test_only_the_latest_few_count() -> None:
    before = [replace(ONE, up_kbps=2000, taken_at=NOW - days(20 + n)) for n in range(9)]
    since = [replace(ONE, up_kbps=500, taken_at=NOW - days(n)) for n in range(LATEST)]
    assert profile(ADSL, before + since, NOW).up_kbps == 500


def test_the_path_that_calls_try_first_decides() -> None:
    tcp, turn = replace(ONE, path="tcp", up_kbps=400), replace(ONE, path="turn", up_kbps=300)
    assert profile(ADSL, [turn, tcp, ONE], NOW).path == "udp"
    assert profile(ADSL, [turn, tcp], NOW).up_kbps == 400
    assert profile(ADSL, [turn], NOW).path == "turn"


def test_a_test_that_did_not_fill_the_line_lowers_nothing_but_may_raise() -> None:
    part = replace(ONE, down_at_least=True, up_at_least=True)
    assert profile(ADSL, [part], NOW).down_kbps == 8000
    assert profile(ADSL, [part], NOW).up_kbps == 1000
    assert profile(ADSL, [replace(part, up_kbps=1800)], NOW).up_kbps == 1800


tests = st.builds(
    LineTest,
    path=st.sampled_from(PATHS),
    down_kbps=st.integers(0, 10**6),
    up_kbps=st.integers(0, 10**6),
    rtt_ms=st.integers(0, 10_000),
    jitter_ms=st.integers(0, 10_000),
    loss=st.floats(0, 1),
    taken_at=st.integers(-60, 5).map(lambda n: NOW + days(n)),
    down_at_least=st.booleans(),
    up_at_least=st.booleans(),
)


@given(st.lists(tests, max_size=12))
def test_a_profile_lies_within_what_was_measured_or_configured(found: list[LineTest]) -> None:
    made = profile(ADSL, found, NOW)
    known = [ADSL.up_kbps, *(test.up_kbps for test in found)]
    assert min(known) <= made.up_kbps <= max(known)
