from hypothesis import given
from hypothesis import strategies as st

from signalling.sfu.nack import AGE, ANOTHER, MOST, SOUNDS, TRIES, Missing


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


def test_a_sound_is_given_up_when_it_could_not_be_heard_in_time_any_more() -> None:
    missing = Missing(0.01, SOUNDS)
    missing.arrived(100, 0.0)
    missing.arrived(102, 0.0)
    assert not missing.arrived(103, 0.0)
    asked = [n / 40 for n in range(50) if missing.due(n / 40)]
    assert asked == [n / 40 for n in range(TRIES)]
    missing = Missing(0.12, SOUNDS)
    missing.arrived(100, 0.0)
    missing.arrived(102, 0.0)
    assert [n / 50 for n in range(50) if missing.due(n / 50)] == [0.0, 0.16]
    assert not missing


def test_over_a_long_round_trip_one_sound_is_asked_for_now_and_then_until_it_is_short() -> None:
    missing, asked, now = Missing(0.6, SOUNDS), [], 0.0
    for place in range(0, 1000, 2):  # every other sound is lost, for twenty seconds
        now = place / 50
        missing.arrived(place, now)
        asked += [now] * bool(missing.due(now))
    assert [round(at / ANOTHER) for at in asked] == [0, 1, 2, 3]


def test_when_answers_come_soon_again_every_sound_is_asked_for_again() -> None:
    missing, now = Missing(0.6, SOUNDS), 0.0
    missing.arrived(0, now)
    for number in range(1, 8):  # the queue has gone: answers come after 20 ms
        now = number * ANOTHER
        missing.arrived(2 * number, now)
        assert missing.due(now) == [2 * number - 1]
        assert missing.arrived(2 * number - 1, now + 0.02)
    assert missing.learned
    assert missing.rtt < SOUNDS.rtt
    missing.arrived(16, now + 0.04)
    assert missing.due(now + 0.04) == [15]


def test_what_a_far_line_was_asked_once_is_waited_for_and_not_asked_again() -> None:
    missing = Missing(0.6, SOUNDS)
    missing.arrived(100, 0.0)
    missing.arrived(102, 0.0)
    assert missing.due(0.0) == [101]
    assert [missing.due(n / 10) for n in range(1, 12)] == [[]] * 11
    assert missing.arrived(101, 1.2)


def test_a_silence_of_the_line_is_not_asked_for_sound_by_sound() -> None:
    missing = Missing(0.01, SOUNDS)
    missing.arrived(100, 0.0)
    missing.arrived(100 + SOUNDS.most + 2, 0.3)
    assert missing.overflowed
    assert missing.due(0.3) == []


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
    missing = after(100, 102, rtt=0.02)
    # A little more than the round trip and a quarter of it.
    asked = [n for n in range(80) if missing.due(n * 0.0251) == [101]]
    assert asked == [0, 1, 2, 3, 5, 7, 11, 15]
    assert len(asked) == TRIES
    assert not missing
    assert missing.given_up == 101
    old = after(100, 102)
    assert old.due(AGE + 0.1) == []
    assert old.given_up == 101


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


@given(
    st.lists(st.tuples(st.integers(1, 40), st.booleans()), max_size=60),
    st.sampled_from([0.01, 0.1, 0.6]),
)
def test_no_sound_is_asked_for_too_often_nor_too_late(
    steps: list[tuple[int, bool]], rtt: float
) -> None:
    missing, place, now = Missing(rtt, SOUNDS), 0, 0.0
    asked: dict[int, int] = {}
    seen: dict[int, float] = {}
    for gone, comes in [(1, True), *steps]:
        now += gone / 100
        if comes:
            seen |= dict.fromkeys(range(place + 1, place + gone), now)
            place += gone
            missing.arrived(place, now)
        for wanted in missing.due(now):
            asked[wanted] = asked.get(wanted, 0) + 1
            assert asked[wanted] <= (TRIES if rtt <= SOUNDS.rtt else 1)
            assert now - seen[wanted] <= SOUNDS.age


@given(st.permutations(range(100, 140)))
def test_nothing_is_missing_once_all_have_come(order: list[int]) -> None:
    assert not after(99, *order)
