"""Where the pictures of a layout stand in the frame: one geometry for every screen and every mix.

The table of tests/data/canvas is shared with its twin in the pages, canvas.js. Each place has the
shape of the frame, so that a picture of 16:9 fills it in a frame of 16:9.
"""

from dataclasses import dataclass

from orchestrator.stage_table import PLACES, Layout
from rooms.errors import Invalid

Share = tuple[float, float, float, float]
"""Left, top, width and height as shares of the frame, each from 0 to 1."""
WHOLE: Share = (0.0, 0.0, 1.0, 1.0)
BESIDE_SLIDES = 4
FEWEST_CELLS = 4


@dataclass(frozen=True, slots=True)
class Rect:
    """A place in pixels; all four are even, as pictures with half the colours need it."""

    left: int
    top: int
    width: int
    height: int


def places(layout: Layout, count: int, width: int, height: int) -> tuple[Rect, ...]:
    """So many sources in a frame of this size; the first is who speaks. Invalid("bad-scene")."""
    return tuple(_rect(share, width, height) for share in shares(layout, count))


def shares(layout: Layout, count: int) -> tuple[Share, ...]:
    """The same as shares of the frame, for whoever draws at any size. Invalid("bad-scene")."""
    if not 0 <= count <= PLACES[layout]:
        raise Invalid("bad-scene", layout=layout.value, most=PLACES[layout])
    if count <= 1:
        return (WHOLE,) * count
    if layout is Layout.SPEAKER_AND_SITES:
        return _around(count - 1)
    if layout is Layout.SLIDES_AND_SPEAKER:
        return tuple(reversed(_column(BESIDE_SLIDES, 1)))
    return _grid(count)


def _grid(count: int) -> tuple[Share, ...]:
    """Two beside each other, or up to four in two rows; a third stands in the middle of its row."""
    if count == 2:
        return (0.0, 0.25, 0.5, 0.5), (0.5, 0.25, 0.5, 0.5)
    rows: tuple[Share, ...] = (0.0, 0.0, 0.5, 0.5), (0.5, 0.0, 0.5, 0.5)
    if count == 3:
        return (*rows, (0.25, 0.5, 0.5, 0.5))
    return (*rows, (0.0, 0.5, 0.5, 0.5), (0.5, 0.5, 0.5, 0.5))


def _around(others: int) -> tuple[Share, ...]:
    """One large, the others small: in a column at the right, then also in a row below it."""
    cells = FEWEST_CELLS
    while 2 * cells - 1 < others:
        cells += 1
    if others <= cells:
        return _column(cells, others)
    small, large = 1 / cells, (cells - 1) / cells
    column = [(large, row * small, small, small) for row in range(cells)]
    row = [(place * small, large, small, small) for place in range(others - cells)]
    return ((0.0, 0.0, large, large), *column, *row)


def _column(cells: int, others: int) -> tuple[Share, ...]:
    """One large, and so many of `cells` beside it, all in the middle of the height."""
    small, large = 1 / cells, (cells - 1) / cells
    top = (1 - others * small) / 2
    column = [(large, top + row * small, small, small) for row in range(others)]
    return ((0.0, small / 2, large, large), *column)


def _rect(share: Share, width: int, height: int) -> Rect:
    """The edges are rounded, not the sizes, so that neighbours touch without a gap."""
    left, right = _even(share[0] * width), _even((share[0] + share[2]) * width)
    top, bottom = _even(share[1] * height), _even((share[1] + share[3]) * height)
    return Rect(left, top, right - left, bottom - top)


def _even(pixels: float) -> int:
    return 2 * int(pixels / 2 + 0.5)
