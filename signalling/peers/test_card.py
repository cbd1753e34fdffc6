"""What a room without camera and microphone sends: its name on a colour, a clock, and a tone.

Colour and tone follow from the name, so that whoever receives them can tell whose they are.
"""

import asyncio
import math
import zlib
from array import array
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from time import monotonic

from aiortc import MediaStreamTrack
from av import AudioFrame, VideoFrame

from signalling.peers.font import HEIGHT, rows, width_of

SIZE = (320, 180)
PICTURES_PER_SECOND = 10
RATE = 48_000
SAMPLES = 960
PEAK = 0.14 * math.sqrt(2)
VIDEO_CLOCK = Fraction(1, 90_000)
INK, PAPER, FRAME_INK = 235, 60, 120


@dataclass(frozen=True, slots=True)
class Signature:
    """How a place looks and sounds. The tone fits its 20 ms a whole number of times."""

    tone: int
    colour: tuple[int, int]


def signature(name: str) -> Signature:
    """The tone (Hz) and colour (U, V) of a name."""
    number = zlib.crc32(name.encode())
    angle = (number >> 8) % 360 * math.pi / 180
    colour = (round(128 + 70 * math.cos(angle)), round(128 + 70 * math.sin(angle)))
    return Signature(tone=300 + 50 * (number % 24), colour=colour)


class Studio:
    """What is switched on of microphone and camera; every track made here obeys it."""

    def __init__(self, key: str, name: str) -> None:
        self.name = name
        self.signature = signature(key)
        self.mic_on = True
        self._camera = asyncio.Event()
        self._camera.set()

    @property
    def camera_on(self) -> bool:
        """Whether pictures are taken."""
        return self._camera.is_set()

    def camera(self, on: bool) -> None:
        """Take pictures, or stop."""
        (self._camera.set if on else self._camera.clear)()

    async def camera_is_on(self) -> None:
        """Wait for it."""
        await self._camera.wait()

    def tracks(self) -> tuple["Tone", "TestCard"]:
        """A microphone and a camera, new."""
        return Tone(self), TestCard(self)


class TestCard(MediaStreamTrack):
    """The picture."""

    kind = "video"
    __test__ = False

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._began = monotonic()
        self._number = 0
        self._base = _card(studio.name)
        self._chroma = [bytes([level]) for level in studio.signature.colour]

    async def recv(self) -> VideoFrame:
        """The next picture, when it is time."""
        await self._studio.camera_is_on()
        due = int((monotonic() - self._began) * PICTURES_PER_SECOND)
        self._number = max(self._number + 1, due)
        await asyncio.sleep(self._began + self._number / PICTURES_PER_SECOND - monotonic())
        frame = self._draw()
        frame.pts = self._number * 90_000 // PICTURES_PER_SECOND
        frame.time_base = VIDEO_CLOCK
        return frame

    def _draw(self) -> VideoFrame:
        width, height = SIZE
        luma = bytearray(self._base)
        clock = datetime.now().astimezone().strftime("%H:%M:%S.%f")[:-5]
        _write(luma, clock, 4, height - HEIGHT * 4 - 24)
        frame = VideoFrame(width, height, "yuv420p")
        for plane, dots in zip(frame.planes, [bytes(luma), *self._chroma], strict=True):
            plane.update(_padded(dots, plane.width, plane.height, plane.line_size))
        return frame


class Tone(MediaStreamTrack):
    """The sound: every frame is the same, because the tone fits it."""

    kind = "audio"

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._began = monotonic()
        self._number = 0
        self._sound = tone(studio.signature.tone)
        self._silence = bytes(len(self._sound))

    async def recv(self) -> AudioFrame:
        """The next 20 ms, when it is time."""
        self._number += 1
        await asyncio.sleep(max(0.0, self._began + self._number * SAMPLES / RATE - monotonic()))
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(self._sound if self._studio.mic_on else self._silence)
        frame.pts = self._number * SAMPLES
        frame.sample_rate = RATE
        frame.time_base = Fraction(1, RATE)
        return frame


def tone(frequency: int) -> bytes:
    """20 ms of a sine."""
    wave = (
        round(32_767 * PEAK * math.sin(2 * math.pi * frequency * n / RATE)) for n in range(SAMPLES)
    )
    return array("h", wave).tobytes()


def _card(name: str) -> bytes:
    width, height = SIZE
    luma = bytearray(bytes([PAPER]) * (width * height))
    for y in (0, 1, 2, height - 3, height - 2, height - 1):
        luma[y * width : (y + 1) * width] = bytes([FRAME_INK]) * width
    scale = max(1, min(4, (width - 20) // max(1, width_of(name, 1))))
    _write(luma, name[: (width - 20) // 6], scale, 40)
    return bytes(luma)


def _write(luma: bytearray, text: str, scale: int, top: int) -> None:
    width = SIZE[0]
    left = (width - width_of(text, scale)) // 2
    for y, row in enumerate(rows(text, scale, INK, PAPER)):
        start = (top + y) * width + left
        luma[start : start + len(row)] = row


def _padded(dots: bytes, width: int, height: int, line: int) -> bytes:
    """A plane as PyAV wants it: `dots` is the whole plane, or the one value it is filled with."""
    if len(dots) == 1:
        return dots * (line * height)
    if line == width:
        return dots
    padding = bytes(line - width)
    return b"".join(dots[y * width : (y + 1) * width] + padding for y in range(height))
