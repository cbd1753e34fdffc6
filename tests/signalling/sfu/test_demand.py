import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sfu.demand import (
    LEAST_PICTURE,
    OFF_AFTER,
    PATIENCE,
    USABLE,
    Picture,
    Watched,
    highest,
    uplink,
)

ALL = (0, 1, 2)


def watched(*needed: int, until: float = OFF_AFTER + 1) -> Watched:
    """A track whose three layers all arrive, looked at like this each second."""
    made, now = Watched(3, 0.0), 0.0
    while now <= until:
        made.need(needed, ALL, now)
        now += 1.0
    return made


def test_everything_is_wanted_when_a_track_begins() -> None:
    assert Watched(3, 0.0).on(1.0) == ALL


def test_a_layer_nobody_needs_is_given_up_after_five_seconds() -> None:
    one = Watched(3, 0.0)
    one.need({1}, ALL, 4.9)
    assert one.on(4.9) == ALL
    assert one.on(5.1) == (0, 1)


def test_a_layer_somebody_needs_is_asked_for_at_once() -> None:
    one = watched(0)
    assert one.on(6.0) == (0,)
    one.need({2}, {0}, 6.1)
    assert one.on(6.1) == (0, 2)


def test_the_lowest_is_kept_while_anything_is_needed_and_nothing_while_nobody_looks() -> None:
    assert watched(2).on(6.0) == (0, 2)
    assert watched().on(6.0) == ()


def test_a_short_look_away_costs_nothing() -> None:
    one = watched(0, 2)
    one.need((), ALL, 8.0)
    one.need({2}, ALL, 10.0)
    assert one.on(10.0) == (0, 2)


def test_what_was_not_asked_for_may_come_and_what_was_is_awaited_a_while() -> None:
    one = watched(0)
    assert one.awaited(2, 6.0)
    one.need({2}, {0}, 6.0)
    assert one.awaited(2, 6.0 + PATIENCE - 0.1)
    assert not one.awaited(2, 6.0 + PATIENCE + 0.1)


def test_who_cannot_send_a_layer_goes_on_being_asked_and_it_counts_when_it_comes() -> None:
    one = Watched(3, 0.0)
    for second in range(20):
        one.need({0}, {0, 1}, float(second))
    assert one.on(19.0) == (0, 2)
    assert not one.awaited(2, 19.0)
    one.need({0}, ALL, 20.0)
    assert one.on(19.0 + OFF_AFTER - 0.1) == (0, 2)
    one.need({0}, ALL, 25.0)
    assert one.on(25.0) == (0,)


def test_a_layer_that_stops_is_waited_for_once_more() -> None:
    one = watched(2)
    one.gone(2, 6.0)
    one.gone(2, 7.0)
    assert one.awaited(2, 6.0 + PATIENCE - 0.1)
    assert not one.awaited(2, 6.0 + PATIENCE + 0.1)
    # One that was given up has not stopped by itself.
    one.gone(1, 6.0)
    assert one.awaited(1, 100.0)


@given(
    st.lists(
        st.tuples(st.floats(0.05, 7), st.sets(st.integers(0, 2)), st.sets(st.integers(0, 2))),
        max_size=40,
    )
)
def test_what_is_needed_is_always_on(told: list[tuple[float, set[int], set[int]]]) -> None:
    one, now = Watched(3, 0.0), 0.0
    for wait, needed, alive in told:
        now += wait
        one.need(needed, alive, now)
        assert needed <= set(one.on(now))
        assert not needed or 0 in one.on(now)


# -- the uplink


def picture(*kbps: float, screen: bool = False, rank: int = 9) -> Picture:
    return Picture(kbps=kbps or (120.0, 330.0, 1000.0), screen=screen, rank=rank)


def test_a_site_with_little_up_sends_sound_and_one_picture() -> None:
    [part] = uplink(400, 40, [picture()])
    assert part == pytest.approx(400 * USABLE - 40)
    assert highest((120, 330, 1000), part) == 0
    assert highest((90, 200), part) == 1


def test_publishers_of_a_centre_share_what_their_sound_leaves() -> None:
    parts = uplink(2000, 100, [picture(), picture()])
    assert parts == [800, 800]
    assert [highest((120, 330, 1000), part) for part in parts] == [1, 1]


def test_who_wants_little_leaves_the_rest_to_the_others() -> None:
    assert uplink(2000, 100, [picture(120), picture()]) == [120, 1450]


def test_screens_come_first_then_who_speaks() -> None:
    pictures = [picture(rank=2), picture(rank=0), picture(screen=True)]
    assert uplink(200, 40, pictures) == [0, 65, 65]
    assert uplink(150, 40, pictures) == [0, 0, 87.5]


@pytest.mark.parametrize("total", [0, 40, 90])
def test_a_line_that_carries_no_picture_carries_the_sound(total: float) -> None:
    assert uplink(total, 40, [picture()]) == [0]
    assert highest((120, 330), 0) is None


def test_nothing_is_shared_among_nobody() -> None:
    assert uplink(1000, 40, []) == []


def test_even_a_layer_that_does_not_fit_is_sent_as_small_as_it_must() -> None:
    assert highest((300,), LEAST_PICTURE) == 0


@given(
    st.floats(0, 20_000),
    st.floats(0, 500),
    st.lists(
        st.builds(
            lambda kbps, screen, rank: Picture(kbps=tuple(kbps), screen=screen, rank=rank),
            st.lists(st.floats(10, 3000), min_size=1, max_size=3),
            st.booleans(),
            st.integers(0, 5),
        ),
        max_size=8,
    ),
)
def test_the_pictures_never_take_what_the_sound_needs(
    total: float, sound: float, pictures: list[Picture]
) -> None:
    parts = uplink(total, sound, pictures)
    assert sum(parts) <= max(total * USABLE - sound, 0) + 1e-6
    assert all(part == 0 or part >= LEAST_PICTURE - 1e-6 for part in parts)
