"""The frame of the program: pictures where the layout has them, names under them, slates.

All is done on the bytes of a YUV 4:2:0 frame, row by row; only what is new is painted again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import av
from av.video.reformatter import Interpolation, VideoReformatter

from orchestrator.broadcast.letters import Label, label
from orchestrator.broadcast.scene import Place, Scene
from orchestrator.canvas import Rect

GROUND, CARD, STRIP = (24, 132, 124), (44, 140, 118), 20
WHITE = 235
NEUTRAL = 128
Words = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sayings:
    """The sentences of the slates; `lost` has {name} in it."""

    soon: str
    lost: str


class Painter:
    """One frame, painted again and again. Of one thread."""

    def __init__(self, size: tuple[int, int], sayings: Sayings) -> None:
        self.frame = av.VideoFrame(*size, "yuv420p")
        self._sayings = sayings
        self._scene: Scene | None = None
        self._painted: dict[int, object] = {}
        self._scalers: dict[int, VideoReformatter] = {}
        self._planes = [memoryview(plane) for plane in self.frame.planes]
        self._strides = [plane.line_size for plane in self.frame.planes]

    def paint(self, scene: Scene, pictures: Mapping[tuple[str, bool], "av.VideoFrame"]) -> None:
        """The scene, with the last picture of each; `pictures` is by who, and whether slides."""
        if scene != self._scene:
            self._scene = scene
            self._painted.clear()
            self._fill(Rect(0, 0, self.frame.width, self.frame.height), GROUND)
            if not scene.places:
                self._slate()
        for number, place in enumerate(scene.places):
            picture = None if place.slate else _picture(place, pictures)
            wanted: object = "card" if picture is None else picture
            if self._painted.get(number) is not wanted:
                self._painted[number] = wanted
                self._place(number, place, picture)

    def _place(self, number: int, place: Place, picture: "av.VideoFrame | None") -> None:
        if picture is None:
            self._fill(place.rect, CARD)
            lost = self._sayings.lost.replace("{name}", place.name)
            self._write(place.rect, lost if place.slate else place.name)
            return
        self._paste(number, place.rect, picture)
        if place.name:
            self._strip(place)

    def _slate(self) -> None:
        width, height = self.frame.width, self.frame.height
        upper = Rect(0, height // 4, width, height // 4)
        self._write(upper, self._scene.title if self._scene else "", 14)
        self._write(Rect(0, height // 2, width, height // 5), self._sayings.soon)

    def _paste(self, number: int, rect: Rect, picture: "av.VideoFrame") -> None:
        width, height = _within(picture, rect)
        if (width, height) != (rect.width, rect.height):
            self._fill(rect, (16, NEUTRAL, NEUTRAL))
        left = rect.left + (rect.width - width) // 4 * 2
        top = rect.top + (rect.height - height) // 4 * 2
        scaler = self._scalers.setdefault(number, VideoReformatter())
        scaled = scaler.reformat(
            picture, width, height, "yuv420p", interpolation=Interpolation.FAST_BILINEAR
        )
        for index, plane in enumerate(scaled.planes):
            half = 2 if index else 1
            source, stride = memoryview(plane), plane.line_size
            target, step = self._planes[index], self._strides[index]
            wide, at = width // half, top // half * step + left // half
            for row in range(height // half):
                target[at : at + wide] = source[row * stride : row * stride + wide]
                at += step

    def _strip(self, place: Place) -> None:
        """His name at the foot of his picture."""
        size = max(12, min(24, place.rect.height // 12))
        made = label(place.name, size, place.rect.width)
        self._stamp(made, place.rect.left, place.rect.top + place.rect.height - made.height, STRIP)

    def _write(self, rect: Rect, words: str, share: int = 12) -> None:
        """Words in the middle of a place."""
        made = label(words, max(12, min(rect.width // share, rect.height // 3, 32)), rect.width)
        left = rect.left + (rect.width - made.width) // 4 * 2
        top = rect.top + (rect.height - made.height) // 4 * 2
        self._stamp(made, left, top, self._planes[0][top * self._strides[0] + left])

    def _stamp(self, made: Label, left: int, top: int, paper: int) -> None:
        scale = bytes(paper + (WHITE - paper) * ink // 255 for ink in range(256))
        step = self._strides[0]
        for number, row in enumerate(made.rows):
            at = (top + number) * step + left
            self._planes[0][at : at + made.width] = row.translate(scale)
        if paper == STRIP:
            self._colour(Rect(left, top, made.width, made.height), (NEUTRAL, NEUTRAL))

    def _fill(self, rect: Rect, colour: tuple[int, int, int]) -> None:
        row, step = bytes([colour[0]]) * rect.width, self._strides[0]
        for line in range(rect.top, rect.top + rect.height):
            self._planes[0][line * step + rect.left : line * step + rect.left + rect.width] = row
        self._colour(rect, colour[1:])

    def _colour(self, rect: Rect, colour: tuple[int, ...]) -> None:
        for index, value in enumerate(colour, 1):
            row, step = bytes([value]) * (rect.width // 2), self._strides[index]
            for line in range(rect.top // 2, (rect.top + rect.height) // 2):
                at = line * step + rect.left // 2
                self._planes[index][at : at + len(row)] = row


def _picture(place: Place, pictures: Mapping[tuple[str, bool], Any]) -> "av.VideoFrame | None":
    """Slides where slides are due, else the camera; the other one where there is only that."""
    if place.who is None:
        return None
    first, second = (place.who, place.slides), (place.who, not place.slides)
    return pictures.get(first) or pictures.get(second)


def _within(picture: "av.VideoFrame", rect: Rect) -> tuple[int, int]:
    """The largest size of the picture's shape that fits; nearly the same shape fills it."""
    scale = min(rect.width / picture.width, rect.height / picture.height)
    width, height = picture.width * scale, picture.height * scale
    if width > 0.97 * rect.width and height > 0.97 * rect.height:
        return rect.width, rect.height
    return max(2, 2 * int(width / 2)), max(2, 2 * int(height / 2))
