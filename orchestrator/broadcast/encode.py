"""The two encoders of the stream: H.264 without delay, and AAC."""

from collections.abc import Sequence
from fractions import Fraction
from time import perf_counter
from typing import Any

import av
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from orchestrator.broadcast.boxes import (
    AAC_FRAME,
    AUDIO_CLOCK,
    VIDEO_CLOCK,
    Sample,
    Tracks,
    parameter_sets,
    sized,
)
from orchestrator.broadcast.sound import WIDTH

TRIALS = 8
BITS = {(960, 540): 1_200_000, (640, 360): 700_000}
SOUND_BITS = 64_000
OPTIONS = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "g": "100000",
    "bf": "0",
    "sc_threshold": "0",
}


class Encoder:
    """Pictures and sound in, samples with absolute times out. Of one thread."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.tracks: Tracks | None = None
        self._video = _video(size)
        self._audio = _audio()
        self._waiting = bytearray()
        self._sound_at = 0

    @property
    def bandwidth(self) -> int:
        """Bits a second at the most."""
        return int(1.5 * (BITS[self.size] + SOUND_BITS))

    def picture(self, frame: "av.VideoFrame", at: float, key: bool) -> Sample:
        """One picture, to be seen at that second; how long it lasts is for the next to say."""
        frame.pts = round(at * VIDEO_CLOCK)
        frame.time_base = Fraction(1, VIDEO_CLOCK)
        frame.pict_type = PictureType.I if key else PictureType.NONE
        (packet,) = self._video.encode(frame)
        body = bytes(packet)
        if self.tracks is None:
            sps, pps = parameter_sets(body)
            specific = bytes(self._audio.extradata or b"")[:2]
            width, height = self.size
            self.tracks = Tracks(width=width, height=height, sps=sps, pps=pps, sound=specific)
        return Sample(at=frame.pts, lasts=0, body=sized(body), key=packet.is_keyframe)

    def sound(self, samples: bytes, at: float) -> list[Sample]:
        """What comes next of the sound; `at` is when its first sample is to be heard."""
        if not self._waiting:
            self._sound_at = round(at * AUDIO_CLOCK)
        self._waiting += samples
        made: list[Sample] = []
        while len(self._waiting) >= AAC_FRAME * WIDTH:
            frame = av.AudioFrame(format="s16", layout="mono", samples=AAC_FRAME)
            frame.planes[0].update(bytes(self._waiting[: AAC_FRAME * WIDTH]))
            frame.rate, frame.pts = AUDIO_CLOCK, self._sound_at
            frame.time_base = Fraction(1, AUDIO_CLOCK)
            del self._waiting[: AAC_FRAME * WIDTH]
            self._sound_at += AAC_FRAME
            made += [
                Sample(at=packet.pts or 0, lasts=AAC_FRAME, body=bytes(packet))
                for packet in self._audio.encode(frame)
            ]
        return made


def _video(size: tuple[int, int]) -> VideoCodecContext:
    codec: Any = av.CodecContext.create("libx264", "w")
    codec.width, codec.height = size
    codec.pix_fmt, codec.thread_count = "yuv420p", 1
    codec.time_base, codec.framerate = Fraction(1, VIDEO_CLOCK), Fraction(20, 1)
    codec.bit_rate = BITS[size]
    codec.options = OPTIONS | {"maxrate": str(BITS[size]), "bufsize": str(BITS[size])}
    codec.open()
    return codec  # type: ignore[no-any-return]


def _audio() -> AudioCodecContext:
    codec: Any = av.CodecContext.create("aac", "w")
    codec.sample_rate, codec.format, codec.layout = AUDIO_CLOCK, "fltp", "mono"
    codec.bit_rate, codec.time_base = SOUND_BITS, Fraction(1, AUDIO_CLOCK)
    codec.open()
    return codec  # type: ignore[no-any-return]


def time_of_one(size: tuple[int, int]) -> float:
    """How long one picture takes here to be scaled and encoded, in seconds: the median of some."""
    encoder, times = Encoder(size), []
    small = av.VideoFrame(640, 360, "yuv420p")
    for number in range(TRIALS):
        _noise(small, number)
        began = perf_counter()
        large = small.reformat(width=size[0], height=size[1], format="yuv420p")
        encoder.picture(large, number / 20, number == 0)
        times.append(perf_counter() - began)
    return sorted(times)[TRIALS // 2]


def _noise(frame: "av.VideoFrame", number: int) -> None:
    for plane in frame.planes:
        size = plane.buffer_size
        row = bytes((at * (number + 3)) & 255 for at in range(251))
        plane.update((row * (size // len(row) + 1))[:size])


def lasting(samples: Sequence[Sample], until: float) -> list[Sample]:
    """Pictures that each last until the next, and the last one until that second."""
    ends = [*(one.at for one in samples[1:]), round(until * VIDEO_CLOCK)]
    return [
        Sample(one.at, max(1, end - one.at), one.body, one.key)
        for one, end in zip(samples, ends, strict=True)
    ]
