from hypothesis import given
from hypothesis import strategies as st

from signalling.sfu.nack import AGE, MOST, TRIES, Missing


def after(*places: int, rtt: float = 0.1) -> Missing:
    missing = Missing(rtt)
    for place in places:
        missing.arrived(place, 0.0)
    return missing


def test_a_gap_is_asked_for_at_once_and_again_after_a_round_trip() -> None:
    missing = after(65536, 65539)
    assert missing.due(0.0) == [1, 2]
    assert missing.due(0.11) == []
    assert missing.due(0.125) == [1, 2]


def test_on_a_satellite_nothing_is_asked_twice_before_an_answer_can_come() -> None:
    missing = after(100, 102, rtt=0.6)
    asked = [n / 20 for n in range(60) if missing.due(n / 20)]
    assert asked == [0.0, 0.75, 1.5]


def test_what_arrives_late_is_asked_for_no_more() -> None:
    missing = after(100, 103)
    missing.arrived(101, 0.0)
    assert missing.due(0.0) == [102]
    missing.arrived(102, 0.3)
    assert not missing
    assert missing.learned
    assert missing.rtt > 0.1


def test_an_answer_after_two_requests_teaches_nothing() -> None:
    missing = after(100, 102)
    missing.due(0.0)
    missing.due(0.2)
    missing.arrived(101, 0.3)
    assert not missing.learned


def test_asking_ends() -> None:
    missing = after(100, 102)
    for n in range(TRIES):
        assert missing.due(n / 8) == [101]
    assert missing.due(TRIES / 8) == []
    assert not missing
    old = after(100, 102)
    assert old.due(AGE + 0.1) == []


def test_too_large_a_gap_is_not_worth_asking_for() -> None:
    missing = after(100, 102, 102 + MOST + 2)
    assert missing.overflowed
    assert not missing


def test_the_first_packet_and_repeats_open_no_gap() -> None:
    missing = after(100, 100, 99)
    assert not missing
    missing.arrived(101, 0.0)
    missing.arrived(50, 0.0)
    assert not missing


@given(st.permutations(range(100, 140)))
def test_nothing_is_missing_once_all_have_come(order: list[int]) -> None:
    assert not after(99, *order)
