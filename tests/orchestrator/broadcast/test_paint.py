"""The composed frame: pictures in their places, names under them, a slate for who is lost."""

from typing import Any

import av
import pytest

from orchestrator.broadcast.letters import label
from orchestrator.broadcast.paint import CARD, GROUND, Painter, Sayings
from orchestrator.broadcast.scene import Place, Scene
from orchestrator.canvas import Rect, places
from orchestrator.stage_table import Layout

SAYINGS = Sayings(soon="Bientôt", lost="Liaison interrompue – {name}")
SIZE = (640, 360)


def plain(luma: int, width: int = 320, height: int = 180) -> "av.VideoFrame":
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, value in zip(frame.planes, (luma, 90, 200), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return frame


def luma(painter: Painter, x: int, y: int) -> int:
    plane = painter.frame.planes[0]
    return bytes(plane)[y * plane.line_size + x]


def lettered(painter: Painter, rect: Rect) -> bool:
    """Whether anything is written there."""
    plane = painter.frame.planes[0]
    whole = bytes(plane)
    rows = range(rect.top, rect.top + rect.height)
    return any(
        max(whole[y * plane.line_size + rect.left : y * plane.line_size + rect.left + rect.width])
        > 200
        for y in rows
    )


def two(slate: bool = False) -> Scene:
    left, right = places(Layout.TWO, 2, *SIZE)
    return Scene(
        title="Inauguration",
        places=(
            Place(rect=left, who="a", name="Meyrueis", slate=False),
            Place(rect=right, who="b", name="Saint-Chély-d'Apcher", slate=slate),
        ),
    )


@pytest.fixture
def painter() -> Painter:
    return Painter(SIZE, SAYINGS)


def test_without_places_the_title_stands_on_the_ground(painter: Painter) -> None:
    painter.paint(Scene(title="Inauguration"), {})
    assert luma(painter, 2, 2) == GROUND[0]
    assert lettered(painter, Rect(0, 90, 640, 90))
    assert lettered(painter, Rect(0, 180, 640, 72))


def test_pictures_stand_in_their_places_with_names_at_their_feet(painter: Painter) -> None:
    painter.paint(two(), {("a", False): plain(70), ("b", False): plain(110)})
    assert (luma(painter, 160, 180), luma(painter, 480, 180)) == (70, 110)
    assert luma(painter, 160, 40) == GROUND[0]
    assert lettered(painter, Rect(0, 250, 160, 20))
    assert lettered(painter, Rect(320, 250, 160, 20))


def test_who_is_lost_leaves_a_card_with_his_name_and_no_picture(painter: Painter) -> None:
    pictures = {("a", False): plain(70), ("b", False): plain(110)}
    painter.paint(two(), pictures)
    painter.paint(two(slate=True), pictures)
    assert luma(painter, 330, 100) == CARD[0]
    assert lettered(painter, Rect(320, 90, 320, 180))
    painter.paint(two(), {("a", False): pictures["a", False]})
    assert luma(painter, 330, 100) == CARD[0], "nothing came of him: his name stands there"


def test_a_picture_of_another_shape_is_whole_between_dark_bars(painter: Painter) -> None:
    whole = Scene(places=(Place(rect=Rect(0, 0, 640, 360), who="a", name="", slate=False),))
    painter.paint(whole, {("a", False): plain(70, 240, 180)})
    assert (luma(painter, 4, 180), luma(painter, 320, 180)) == (16, 70)


def test_slides_are_taken_where_slides_are_due_and_the_camera_where_there_are_none(
    painter: Painter,
) -> None:
    rect = Rect(0, 0, 640, 360)
    scene = Scene(places=(Place(rect=rect, who="a", name="", slate=False, slides=True),))
    both: dict[tuple[str, bool], Any] = {("a", False): plain(70), ("a", True): plain(150)}
    painter.paint(scene, both)
    assert luma(painter, 320, 180) == 150
    painter.paint(scene, {("a", False): plain(70)})
    assert luma(painter, 320, 180) == 70


def test_a_long_name_becomes_smaller_and_stays_within(painter: Painter) -> None:
    made = label("Sainte-Croix-Vallée-Française – Salle du conseil municipal", 20, 120)
    assert made.width <= 120
    assert all(len(row) == made.width for row in made.rows)
    assert label("\x00\x07", 20, 120).width >= 2
