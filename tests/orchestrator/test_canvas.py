"""Where pictures stand in the frame: the table it shares with its twin in the pages."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.canvas import Rect, places, shares
from orchestrator.stage_table import PLACES, Layout
from rooms.errors import Invalid

CASES = json.loads((Path(__file__).parents[1] / "data/canvas/cases.json").read_text())
LAYOUTS = st.sampled_from(Layout)
SIZES = st.sampled_from([(640, 360), (960, 540), (1280, 720), (426, 240), (640, 480)])


def test_the_table_has_every_layout_with_every_number_of_sources() -> None:
    wanted = [(layout, count) for layout in Layout for count in range(PLACES[layout] + 1)]
    assert [(case["layout"], case["count"]) for case in CASES] == wanted


@pytest.mark.parametrize("case", CASES, ids=[f"{case['layout']} {case['count']}" for case in CASES])
def test_the_table_shared_with_the_pages(case: dict[str, Any]) -> None:
    layout, count = Layout(case["layout"]), case["count"]
    found = shares(layout, count)
    assert [list(each) for each in found] == [
        [pytest.approx(number, abs=1e-4) for number in share] for share in case["shares"]
    ]
    pixels = [(each.left, each.top, each.width, each.height) for each in _hd(layout, count)]
    assert pixels == [tuple(rect) for rect in case["pixels_960_540"]]


def _hd(layout: Layout, count: int) -> tuple[Rect, ...]:
    return places(layout, count, 960, 540)


@given(LAYOUTS, SIZES, st.data())
def test_no_picture_leaves_the_frame_or_lies_over_another(
    layout: Layout, size: tuple[int, int], data: st.DataObject
) -> None:
    count = data.draw(st.integers(0, PLACES[layout]))
    found = places(layout, count, *size)
    assert len(found) == count
    for one in found:
        assert 0 <= one.left < one.left + one.width <= size[0]
        assert 0 <= one.top < one.top + one.height <= size[1]
        assert not any(number % 2 for number in (one.left, one.top, one.width, one.height))
        assert not any(over(one, other) for other in found if other is not one)


def over(one: Rect, other: Rect) -> bool:
    beside = one.left + one.width <= other.left or other.left + other.width <= one.left
    return not (beside or one.top + one.height <= other.top or other.top + other.height <= one.top)


@given(st.sampled_from([one for one in Layout if one is not Layout.SLIDES_AND_SPEAKER]), st.data())
def test_nobody_is_larger_than_who_speaks(layout: Layout, data: st.DataObject) -> None:
    found = places(layout, data.draw(st.integers(0, PLACES[layout])), 960, 540)
    assert all(one.width <= found[0].width for one in found)


def test_beside_slides_who_speaks_is_the_small_one() -> None:
    speaker, slides = places(Layout.SLIDES_AND_SPEAKER, 2, 960, 540)
    assert speaker.left == slides.width > speaker.width


@pytest.mark.parametrize(
    ("layout", "count"), [(Layout.SLATE, 1), (Layout.FOUR, 5), (Layout.ONE, -1)]
)
def test_more_than_a_layout_holds_is_refused(layout: Layout, count: int) -> None:
    with pytest.raises(Invalid) as refused:
        places(layout, count, 640, 360)
    assert refused.value.key == "bad-scene"
