from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sfu.probe import (
    AGAIN,
    BACK_OFF,
    LONGEST,
    MOST_A_TICK,
    SHORTEST,
    Outcome,
    Prober,
    Situation,
)

TICK = 0.2
QUIET = Situation(
    now=0.0,
    wanted=900.0,
    estimate=600.0,
    sent=300.0,
    media=300.0,
    rtt=0.04,
    amiss=0.0,
    calm=True,
    pictures=True,
)


def run(
    prober: Prober, at: Situation, seconds: float
) -> tuple[list[tuple[float, int]], list[tuple[float, Outcome]]]:
    """Ticks for so long, with what was padded counted as sent over the last second."""
    padded: list[tuple[float, int]] = []
    ended: list[tuple[float, Outcome]] = []
    end, now = at.now + seconds, at.now
    while now < end:
        lately = sum(octets for when, octets in padded if when > now - 1.0) / 125
        octets, outcome = prober.tick(replace(at, now=now, sent=at.media + lately))
        padded.append((now, octets))
        if outcome is not None:
            ended.append((now, outcome))
        now += TICK
    return padded, ended


def first(padded: list[tuple[float, int]]) -> float:
    return next(when for when, octets in padded if octets)


def length(padded: list[tuple[float, int]]) -> float:
    times = [when for when, octets in padded if octets]
    return times[-1] - times[0]


def test_a_probe_sends_what_is_missing_and_is_proved_a_round_trip_later() -> None:
    prober = Prober(0.0)
    padded, ended = run(prober, QUIET, AGAIN + 4)
    assert first(padded) >= AGAIN
    assert ended[0][1] is Outcome.PROVED
    assert ended[0][0] > first(padded) + SHORTEST
    assert 800 < prober.reached < 1000
    assert prober.goal is None


def test_it_grows_so_that_a_full_line_shows_early() -> None:
    padded, _ = run(Prober(0.0), QUIET, AGAIN + 4)
    octets = [n for _, n in padded if n]
    assert octets[0] < octets[-1] / 2
    assert octets == sorted(octets)


def test_a_satellite_is_given_longer() -> None:
    near, _ = run(Prober(0.0), QUIET, 8)
    far, ended = run(Prober(0.0), replace(QUIET, rtt=0.6), 8)
    assert length(far) > length(near) + 0.3
    assert ended[0][0] > first(far) + SHORTEST + 2 * 0.6


@pytest.mark.parametrize(
    "reason",
    [
        {"wanted": None},
        {"wanted": 590.0},
        {"pictures": False},
        {"amiss": 0.05},
        {"amiss": None},
        {"calm": False},
        {"complains": True},
    ],
    ids=[
        "best already",
        "fits already",
        "sound alone",
        "loss",
        "nothing known",
        "just lowered",
        "a complaint",
    ],
)
def test_there_is_no_probe(reason: dict[str, float | bool | None]) -> None:
    padded, ended = run(Prober(0.0), replace(QUIET, **reason), 20)  # type: ignore[arg-type]
    assert not any(octets for _, octets in padded)
    assert not ended


@pytest.mark.parametrize("sign", [{"amiss": 0.08}, {"calm": False}], ids=["loss", "lowered"])
def test_it_stops_at_the_first_sign_and_waits_twice_as_long_each_time(
    sign: dict[str, float | bool],
) -> None:
    prober, now, pauses = Prober(0.0), AGAIN, []
    for _ in range(7):
        while prober.goal is None:
            prober.tick(replace(QUIET, now=now))
            now += TICK
        bad = replace(QUIET, now=now, **sign)  # type: ignore[arg-type]
        assert prober.tick(bad) == (0, Outcome.FAILED)
        ended = now
        while prober.goal is None:
            now += TICK
            prober.tick(replace(QUIET, now=now))
        pauses.append(now - ended)
        prober.tick(replace(bad, now=now))
    assert pauses[0] == pytest.approx(BACK_OFF, abs=1)
    assert pauses[1] > 2 * pauses[0]
    assert max(pauses) < LONGEST + 2


@pytest.mark.parametrize("amiss", [0.04, None])
def test_loss_after_its_end_is_its_loss(amiss: float | None) -> None:
    prober = Prober(0.0)
    padded, ended = run(prober, QUIET, AGAIN + SHORTEST + 0.5)
    assert not ended
    _, ended = run(prober, replace(QUIET, now=padded[-1][0] + TICK, amiss=amiss), 4)
    assert [outcome for _, outcome in ended] == [Outcome.FAILED]


def test_padding_that_never_left_proves_nothing() -> None:
    prober, now, outcomes = Prober(0.0), AGAIN, []
    while now < AGAIN + 6:
        outcomes.append(prober.tick(replace(QUIET, now=now))[1])
        now += TICK
    assert outcomes == [None] * len(outcomes)
    assert prober.goal is None


def test_it_is_given_up_when_the_pictures_stop() -> None:
    prober = Prober(0.0)
    prober.tick(replace(QUIET, now=AGAIN))
    assert prober.goal is not None
    assert prober.tick(replace(QUIET, now=AGAIN + TICK, pictures=False)) == (0, None)
    assert prober.goal is None


def test_one_probe_goes_only_so_far_beyond_what_is_known() -> None:
    prober = Prober(0.0)
    prober.tick(replace(QUIET, now=AGAIN, wanted=5000.0))
    assert prober.goal == 960
    low = Prober(0.0)
    low.tick(replace(QUIET, now=AGAIN, wanted=5000.0, estimate=200.0))
    assert low.goal == 450
    low.tick(replace(QUIET, now=AGAIN + TICK, estimate=200.0, calm=False))
    low.tick(replace(QUIET, now=AGAIN + BACK_OFF + 1, wanted=5000.0, estimate=200.0))
    assert low.goal == 325


def test_a_small_difference_needs_no_padding() -> None:
    near = replace(QUIET, wanted=610.0, media=630.0)
    padded, _ = run(Prober(0.0), near, AGAIN + 2)
    assert not any(octets for _, octets in padded)


@given(
    st.lists(
        st.tuples(
            st.floats(0.01, 3),
            st.floats(0, 1e5) | st.none(),
            st.floats(30, 2e4),
            st.floats(0, 2e4),
            st.floats(0, 1.5) | st.none(),
            st.floats(0, 1) | st.none(),
            st.booleans(),
            st.booleans(),
        ),
        max_size=80,
    )
)
def test_padding_is_bounded_and_never_beside_sound_alone(
    ticks: list[tuple[float, float | None, float, float, float | None, float | None, bool, bool]],
) -> None:
    prober, now = Prober(0.0), 0.0
    for wait, wanted, estimate, media, rtt, amiss, calm, pictures in ticks:
        now += wait
        octets, outcome = prober.tick(
            Situation(
                now=now,
                wanted=wanted,
                estimate=estimate,
                sent=media,
                media=media,
                rtt=rtt,
                amiss=amiss,
                calm=calm,
                pictures=pictures,
            )
        )
        assert 0 <= octets <= MOST_A_TICK
        assert not octets or (pictures and calm and outcome is None)


def test_a_complaint_ends_a_probe_at_once_but_does_not_make_the_next_one_later() -> None:
    prober, now, pauses = Prober(0.0), AGAIN, []
    for _ in range(4):
        began = now
        while prober.goal is None:
            prober.tick(replace(QUIET, now=now))
            now += TICK
        pauses.append(now - began)
        octets, outcome = prober.tick(replace(QUIET, now=now, complains=True))
        assert (octets, outcome) == (0, Outcome.FAILED)
        assert prober.goal is None
    assert max(pauses[1:]) < BACK_OFF + 1
