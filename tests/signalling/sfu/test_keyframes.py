import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sfu.keyframes import INTERVAL, SOONEST, KeyframeGate


def wanting() -> KeyframeGate:
    gate = KeyframeGate()
    gate.want()
    return gate


def asks(gate: KeyframeGate, until: float, rtt: float = 0.0, answered: float = -1.0) -> list[float]:
    """When it asks, looked at each 64th of a second."""
    times = (n / 64 for n in range(round(until * 64)))
    return [now for now in times if gate.due(now, rtt, answered if now > answered else -1.0)]


def test_many_wishes_make_one_request() -> None:
    gate = KeyframeGate()
    assert not gate.due(0.0)
    gate.want()
    gate.want()
    assert gate.due(0.0)
    assert not gate.due(0.09)


@pytest.mark.parametrize(
    ("rtt", "expected"),
    [
        (0.01, [0.0, 0.1, 0.3, 0.7, 1.2, 1.7]),
        (0.06, [0.0, 0.12, 0.36, 0.84, 1.34, 1.84]),
        (0.6, [0.0, 0.6, 1.2, 1.8]),
    ],
)
def test_a_wish_is_repeated_soon_then_seldom_until_the_picture_comes(
    rtt: float, expected: list[float]
) -> None:
    gate = wanting()
    assert asks(gate, 2.0, rtt) == pytest.approx(expected, abs=0.09)
    gate.arrived()
    assert not gate.wanted
    assert not gate.due(9.0)


def test_a_new_wish_still_waits_its_turn() -> None:
    gate = wanting()
    gate.due(0.0)
    gate.arrived()
    gate.want()
    assert not gate.due(0.4)
    assert gate.due(0.5)
    assert not gate.due(0.59)
    assert gate.due(0.61)


def test_a_request_that_was_followed_is_not_repeated_at_once() -> None:
    assert asks(wanting(), 0.9, answered=0.05) == pytest.approx([0.0, 0.55, 0.75], abs=0.03)


def test_what_began_anew_before_we_asked_is_no_answer() -> None:
    gate = wanting()
    assert gate.due(0.2, answered=0.1)
    assert gate.due(0.35, answered=0.1)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from("wad")), max_size=60),
    st.floats(0, 2),
)
def test_two_requests_are_never_closer_than_allowed(
    said: list[tuple[float, str]], rtt: float
) -> None:
    gate, now, asked, fresh = KeyframeGate(), 10.0, -1.0, True
    for gone, what in said:
        now += gone
        if what == "w":
            gate.want()
        elif what == "a":
            gate.arrived()
            fresh = True
        elif gate.due(now, rtt):
            least = max(INTERVAL, rtt) if fresh else min(max(SOONEST, 2 * rtt), INTERVAL)
            assert asked < 0 or now - asked >= least - 1e-9
            asked, fresh = now, False
