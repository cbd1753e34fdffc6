"""Fragmented MP4: what FFmpeg reads of it is what was put in, at the same times."""

import io
from typing import Any

import av
import pytest

from orchestrator.broadcast.boxes import (
    AAC_FRAME,
    AUDIO_CLOCK,
    VIDEO_CLOCK,
    Sample,
    Tracks,
    fragment,
    initial,
    parameter_sets,
    sized,
    units,
)
from orchestrator.broadcast.encode import Encoder, lasting

LATE = 400_000  # seconds: more than 32 bits of the picture's clock


def coded() -> tuple[Tracks, list[Sample], list[Sample]]:
    encoder, frame = Encoder((640, 360)), av.VideoFrame(640, 360, "yuv420p")
    pictures = [encoder.picture(frame, LATE + n / 10, n == 0) for n in range(10)]
    sound = encoder.sound(bytes(2 * AUDIO_CLOCK), LATE)
    assert encoder.tracks is not None
    return encoder.tracks, lasting(pictures, LATE + 1), sound


def read(whole: bytes, kind: str) -> list[Any]:
    with av.open(io.BytesIO(whole), "r") as container:
        return list(container.decode(**{kind: 0}))


def test_what_is_read_is_what_was_written_at_its_times() -> None:
    tracks, pictures, sound = coded()
    whole = initial(tracks)
    whole += fragment(1, pictures[:5], sound[:20]) + fragment(2, pictures[5:], sound[20:])
    frames = read(whole, "video")
    assert [round(float(one.pts * one.time_base - LATE), 3) for one in frames] == [
        n / 10 for n in range(10)
    ]
    assert (frames[0].width, frames[0].height, frames[0].key_frame) == (640, 360, True)
    heard = read(whole, "audio")
    assert {one.sample_rate for one in heard} == {AUDIO_CLOCK}
    assert sum(one.samples for one in heard) >= AUDIO_CLOCK - 2 * AAC_FRAME
    assert tracks.codecs.startswith("avc1.42c0")


def test_a_part_may_have_no_sound() -> None:
    tracks, pictures, _ = coded()
    assert len(read(initial(tracks) + fragment(1, pictures, []), "video")) == 10


def test_the_last_picture_lasts_until_the_part_ends() -> None:
    _, pictures, _ = coded()
    assert {one.lasts for one in pictures} == {VIDEO_CLOCK // 10}


def test_start_codes_become_lengths_and_parameter_sets_are_told_once() -> None:
    stream = b"\0\0\0\1\x67\1\2\0\0\1\x68\3\0\0\0\1\x65abc"
    assert units(stream) == [b"\x67\1\2", b"\x68\3", b"\x65abc"]
    assert parameter_sets(stream) == (b"\x67\1\2", b"\x68\3")
    assert sized(stream) == b"\0\0\0\4\x65abc"


def test_a_stream_without_parameter_sets_is_refused() -> None:
    with pytest.raises(ValueError, match="parameter sets"):
        parameter_sets(b"\0\0\1\x65abc")
