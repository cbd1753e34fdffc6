from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.ids import TrackId
from signalling.engine import Choice, Mode, Why, Wish
from signalling.sfu.allocate import (
    SPARE,
    TENACITY,
    Allocation,
    Arrangement,
    Ladder,
    Layer,
    Page,
    improve,
    shares,
    steps_of,
)

THIRDS = (0.4, 0.6, 1.0)
CAMERA = (Layer(0, 120, 180, THIRDS), Layer(1, 330, 360, THIRDS), Layer(2, 1000, 720, THIRDS))
A, B, C, D = (TrackId(f"tr-{name}") for name in "abcd")
SCREEN = TrackId("tr-screen")


@dataclass(frozen=True, kw_only=True)
class Viewer(Page):
    kbps: float
    why: Why = Why.LINE


def camera(track: TrackId, **more: object) -> Ladder:
    return Ladder(track, CAMERA, **more)  # type: ignore[arg-type]


def screen(*layers: Layer) -> Ladder:
    return Ladder(SCREEN, layers or (Layer(0, 600, 1080),), screen=True)


def wish(track: TrackId, height: int, stage: bool = False) -> Wish:
    return Wish(track=track, height=height, stage=stage)


def view(*wishes: Wish, kbps: float = 1e6, **more: object) -> Viewer:
    return Viewer(wishes={one.track: one for one in wishes}, kbps=kbps, **more)  # type: ignore[arg-type]


def short(allocation: Allocation) -> list[tuple[int | None, int, str]]:
    return [(c.layer, c.temporal, c.why.value) for c in allocation.choices]


def given_to(ladders: list[Ladder], viewer: Viewer, before: Allocation | None = None) -> Allocation:
    held = {c.track: c for c in before.choices} if before is not None else {}
    return Arrangement(ladders, viewer).fill(viewer.kbps, viewer.why, held)


# -- steps


def test_the_steps_of_a_camera() -> None:
    steps = [(s.layer, s.temporal, round(s.kbps)) for s in steps_of(CAMERA, screen=False)]
    assert steps == [
        (0, 0, 48),
        (0, 1, 72),
        (0, 2, 120),
        (1, 1, 198),
        (1, 2, 330),
        (2, 1, 600),
        (2, 2, 1000),
    ]


def test_a_screen_may_be_sharp_and_slow() -> None:
    steps = steps_of((Layer(0, 100, 360), Layer(1, 500, 1080, THIRDS)), screen=True)
    assert [(s.layer, s.temporal) for s in steps] == [(0, 0), (1, 0), (1, 1), (1, 2)]


def test_what_costs_no_less_than_something_better_is_left_out() -> None:
    steps = steps_of((Layer(0, 300, 180), Layer(1, 250, 360)), screen=False)
    assert [s.layer for s in steps] == [1]


def test_a_layer_without_temporal_layers_is_one_step() -> None:
    steps = steps_of((Layer(0, 100, 0), Layer(1, 300, 0)), screen=False)
    assert [(s.layer, s.temporal) for s in steps] == [(0, 0), (1, 0)]


# -- what the page shows


@pytest.mark.parametrize(
    ("height", "layer", "why"),
    [
        (1080, 2, "full"),
        (720, 2, "full"),
        (400, 1, "small"),
        (360, 1, "small"),
        (200, 0, "small"),
        (90, 0, "small"),
        (0, None, "hidden"),
    ],
)
def test_a_small_tile_needs_no_large_layer(height: int, layer: int | None, why: str) -> None:
    [got] = short(given_to([camera(A)], view(wish(A, height))))
    assert (got[0], got[2]) == (layer, why)


def test_what_a_page_does_not_name_is_hidden_and_before_it_spoke_nothing_is() -> None:
    ladders = [camera(A), camera(B)]
    assert short(given_to(ladders, view(wish(A, 720)))) == [(2, 2, "full"), (None, 0, "hidden")]
    assert short(given_to(ladders, Viewer(kbps=1e6))) == [(2, 2, "full")] * 2


def test_a_publisher_who_sends_less_than_he_might_is_the_reason() -> None:
    less = Ladder(A, CAMERA[:1], short=True)
    assert short(given_to([less], view(wish(A, 720)))) == [(0, 2, "source")]
    assert short(given_to([Ladder(A, ())], view(wish(A, 720)))) == [(None, 0, "source")]


# -- what the line carries


@pytest.mark.parametrize(
    ("kbps", "expected"),
    [
        (10, [(None, 0)] * 3),
        (60, [(0, 0), (None, 0), (None, 0)]),
        (120, [(0, 0), (0, 0), (None, 0)]),
        (170, [(0, 0), (0, 0), (0, 0)]),
        (300, [(0, 1), (0, 1), (0, 1)]),
        (420, [(0, 2), (0, 2), (0, 2)]),
        (700, [(1, 1), (1, 1), (1, 1)]),
        (1200, [(1, 2), (1, 2), (1, 2)]),
        (1600, [(2, 1), (1, 2), (1, 2)]),
        (4000, [(2, 2), (2, 2), (2, 2)]),
    ],
)
def test_all_are_improved_in_turn(kbps: float, expected: list[tuple[int | None, int]]) -> None:
    allocation = given_to([camera(A), camera(B), camera(C)], Viewer(kbps=kbps))
    assert [(c.layer, c.temporal) for c in allocation.choices] == expected
    assert (allocation.following is None) is (kbps == 4000)
    assert allocation.ideal == 3000
    assert {c.why for c in allocation.choices if c.layer != 2} <= {Why.LINE}


def test_the_rate_at_which_it_would_be_better_is_told_and_true() -> None:
    ladders = [camera(A), camera(B), camera(C)]
    for kbps in range(0, 3400, 100):
        got = given_to(ladders, Viewer(kbps=kbps))
        assert got.following is not None
        better = given_to(ladders, Viewer(kbps=got.following + 0.01), got)
        assert better.kbps > got.kbps


def test_a_centre_whose_line_is_shared_is_the_reason() -> None:
    allocation = given_to([camera(A)], Viewer(kbps=200, why=Why.CENTRE))
    assert short(allocation) == [(0, 2, "centre")]


def test_the_stage_is_decent_before_the_others_get_anything() -> None:
    ladders = [camera(B), camera(C), camera(A)]
    shown = view(wish(A, 720, stage=True), wish(B, 180), wish(C, 180), kbps=400)
    assert short(given_to(ladders, shown)) == [
        (None, 0, "line"),
        (None, 0, "line"),
        (1, 2, "line"),
    ]


def test_a_shared_screen_is_sharp_first() -> None:
    layers = (Layer(0, 150, 360, THIRDS), Layer(1, 600, 1080, THIRDS))
    shown = view(wish(SCREEN, 1080), wish(A, 180), kbps=320 * SPARE)
    assert short(given_to([camera(A), screen(*layers)], shown)) == [
        (0, 1, "line"),
        (1, 0, "line"),
    ]


def test_who_speaks_comes_before_who_is_shown_larger() -> None:
    shown = view(wish(A, 360), wish(B, 180), kbps=60)
    assert [c.layer for c in given_to([camera(A), camera(B, rank=0)], shown).choices] == [None, 0]
    assert [c.layer for c in given_to([camera(A), camera(B, rank=1)], shown).choices] == [0, None]


def test_the_larger_comes_first_among_others_then_who_spoke_last() -> None:
    larger = view(wish(A, 180), wish(B, 360), kbps=60)
    assert [c.layer for c in given_to([camera(A), camera(B)], larger).choices] == [None, 0]
    alike = view(wish(A, 180), wish(B, 180), kbps=60)
    ladders = [camera(A, rank=2), camera(B, rank=1)]
    assert [c.layer for c in given_to(ladders, alike).choices] == [None, 0]


def test_only_so_many_pictures() -> None:
    ladders = [camera(A), camera(B), camera(C), screen()]
    allocation = given_to(ladders, Viewer(kbps=1e6, pictures=2))
    assert [why for _, _, why in short(allocation)] == ["full", "many", "many", "full"]


# -- what he asked for


def test_sound_alone_stops_every_picture() -> None:
    allocation = given_to([camera(A), screen()], view(wish(A, 720), kbps=1e6, mode=Mode.SOUND))
    assert short(allocation) == [(None, 0, "saving"), (None, 0, "hidden")]
    everything = given_to([camera(A), screen()], Viewer(kbps=1e6, mode=Mode.SOUND))
    assert short(everything) == [(None, 0, "saving")] * 2
    assert everything.kbps == 0


def test_saving_is_one_small_camera_and_the_screen() -> None:
    ladders = [camera(A), camera(B, rank=0), screen()]
    allocation = given_to(ladders, Viewer(kbps=1e6, mode=Mode.SAVING))
    assert short(allocation) == [(None, 0, "saving"), (0, 2, "saving"), (0, 0, "full")]


# -- nothing flaps


def test_what_is_sent_stays_while_it_fits_and_rises_with_something_to_spare() -> None:
    ladders = [camera(A)]
    got = given_to(ladders, Viewer(kbps=330 * SPARE))
    assert got.choices[0].layer == 1
    got = given_to(ladders, Viewer(kbps=335), got)
    assert (got.choices[0].layer, got.choices[0].temporal) == (1, 2)
    got = given_to(ladders, Viewer(kbps=325), got)
    assert (got.choices[0].layer, got.choices[0].temporal) == (1, 1)
    got = given_to(ladders, Viewer(kbps=335), got)
    assert (got.choices[0].layer, got.choices[0].temporal) == (1, 1)
    got = given_to(ladders, Viewer(kbps=330 * SPARE), got)
    assert (got.choices[0].layer, got.choices[0].temporal) == (1, 2)


def test_the_last_picture_stays_when_there_is_a_little_too_little_for_it() -> None:
    ladders = [camera(A), camera(B)]
    got = given_to(ladders, Viewer(kbps=60))
    assert [c.layer for c in got.choices] == [0, None]
    got = given_to(ladders, Viewer(kbps=40), got)
    assert [c.layer for c in got.choices] == [0, None]
    got = given_to(ladders, Viewer(kbps=37), got)
    assert [c.layer for c in got.choices] == [None, None]
    assert [c.layer for c in given_to(ladders, Viewer(kbps=40), got).choices] == [None, None]


def test_a_line_that_wavers_changes_nothing_after_the_first_time() -> None:
    ladders = [camera(A), camera(B), camera(C), screen()]
    for kbps in range(200, 5000, 37):
        got = given_to(ladders, Viewer(kbps=kbps))
        low = given_to(ladders, Viewer(kbps=kbps), got)
        assert short(low) == short(got)


def test_a_layer_that_is_gone_is_followed_by_the_next_lower() -> None:
    got = given_to([camera(A)], Viewer(kbps=1e6))
    less = Ladder(A, CAMERA[:2])
    assert short(given_to([less], Viewer(kbps=1e6), got)) == [(1, 2, "full")]
    assert less.level_of(got.choices[0]) == 4
    assert Ladder(A, CAMERA[2:]).level_of(less.choice(0, Why.FULL)) == -1


def test_a_choice_is_made_once_for_all_who_are_sent_the_same() -> None:
    ladder = camera(A)
    first, second = given_to([ladder], Viewer(kbps=200)), given_to([ladder], Viewer(kbps=190))
    assert first.choices[0] is second.choices[0]
    expected = Choice(track=A, layer=0, temporal=2, kbps=120.0, why=Why.LINE)
    assert first.choices[0] == expected


def test_a_choice_may_be_all_of_a_layer_or_less() -> None:
    ladder = camera(A)
    whole = [ladder.whole(ladder.choice(n, Why.LINE)) for n in range(-1, 7)]
    assert whole == [False, False, False, True, False, True, False, True]


LADDERS = st.lists(
    st.builds(
        lambda rates, shared, rank: (rates, shared, rank),
        st.lists(st.tuples(st.floats(10, 3000), st.integers(0, 1080)), max_size=3),
        st.booleans(),
        st.integers(0, 5),
    ),
    max_size=6,
)


@given(
    LADDERS,
    st.floats(0, 6000),
    st.floats(0, 6000),
    st.lists(st.tuples(st.integers(0, 1080), st.booleans()), min_size=6, max_size=6),
    st.sampled_from(Mode),
    st.integers(0, 6),
)
def test_what_is_sent_fits_the_line_and_the_page(
    made: list[tuple[list[tuple[float, int]], bool, int]],
    kbps: float,
    earlier: float,
    wishes: list[tuple[int, bool]],
    mode: Mode,
    pictures: int,
) -> None:
    ladders = [
        Ladder(
            TrackId(str(n)),
            [Layer(index, rate, height, THIRDS) for index, (rate, height) in enumerate(rates)],
            screen=shared,
            rank=rank,
        )
        for n, (rates, shared, rank) in enumerate(made)
    ]
    shown = {TrackId(str(n)): wish(TrackId(str(n)), *one) for n, one in enumerate(wishes)}
    before = given_to(ladders, Viewer(kbps=earlier))
    viewer = Viewer(wishes=shown, kbps=kbps, mode=mode, pictures=pictures)
    got = given_to(ladders, viewer, before)
    assert [c.track for c in got.choices] == [ladder.track for ladder in ladders]
    assert got.kbps <= kbps + 0.001 or (
        got.kbps <= kbps * TENACITY and sum(c.layer is not None for c in got.choices) == 1
    )
    assert got.kbps <= got.ideal + 0.001
    assert sum(c.layer is not None for c in got.choices) <= pictures
    for choice in got.choices:
        assert choice.layer is None or shown[choice.track].height > 0
        assert choice.layer is None or mode is not Mode.SOUND
    assert given_to(ladders, viewer, got).choices == got.choices


def test_steps_stop_at_the_limit_of_each() -> None:
    assert improve([(10.0, 20.0, 40.0)] * 2, [0, 2], [0, 0], 1000) == [0, 2]
    assert improve([(10.0, 20.0), (5.0, 6.0)], [1, 1], [0, 0], 6) == [-1, 1]
    assert improve([], [], [], 100) == []


# -- sharing a line


@pytest.mark.parametrize(
    ("total", "wanted", "parts"),
    [
        (900, [100, 200, 300], [100, 200, 300]),
        (900, [1000, 100, 1000], [400, 100, 400]),
        (300, [1000, 1000, 1000], [100, 100, 100]),
        (-50, [100, 100], [0, 0]),
        (100, [], []),
    ],
)
def test_a_line_is_shared_so_that_who_wants_little_gets_it(
    total: float, wanted: list[float], parts: list[float]
) -> None:
    assert shares(total, wanted) == parts


@given(st.floats(0, 1e5), st.lists(st.floats(0, 1e4), max_size=12))
def test_nobody_gets_more_than_he_wants_nor_all_more_than_there_is(
    total: float, wanted: list[float]
) -> None:
    parts = shares(total, wanted)
    assert all(0 <= part <= want for part, want in zip(parts, wanted, strict=True))
    assert sum(parts) <= total + 1e-6
    if sum(wanted) <= total:
        assert parts == pytest.approx(wanted)
