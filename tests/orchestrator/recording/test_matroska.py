"""A file that is whole at every moment, and what is found of one that was cut off."""

import io
from datetime import UTC, datetime

import av
import pytest

from orchestrator.recording.matroska import (
    NO_DURATION,
    About,
    Scan,
    block,
    cluster,
    duration,
    head,
    scan,
)

NOON = datetime(2013, 9, 19, 10, 0, tzinfo=UTC)
SOUND = About(name="Villefort – microphone", began_at=NOON)
PICTURES = About(name="Villefort – camera", began_at=NOON, size=(320, 180))
SILENCE = b"\xf8\xff\xfe"  # Opus: 20 ms of nothing


def sounds(count: int) -> bytes:
    made = head(SOUND)
    for number in range(count):
        if number % 50 == 0:
            made += cluster(number * 20)
        made += block(number % 50 * 20, SILENCE, key=True)
    return made


def test_what_is_written_is_read_by_others() -> None:
    with av.open(io.BytesIO(sounds(100)), "r") as file:
        (stream,) = file.streams
        assert (stream.type, stream.codec_context.name) == ("audio", "opus")
        assert file.metadata["title"] == "Villefort – microphone"
        assert file.metadata["creation_time"].startswith("2013-09-19T10:00:00")
        times = [
            packet.pts * packet.time_base * 1000
            for packet in file.demux()
            if packet.pts is not None
        ]
    assert len(times) == 100
    assert times[48:52] == [960, 980, 1000, 1020]


def test_a_file_cut_anywhere_is_whole_up_to_the_last_frame_before() -> None:
    whole = sounds(60)
    assert scan(whole) == Scan(
        end=len(whole), frames=60, last=1180, duration_at=scan(whole).duration_at
    )
    frames = [scan(whole[:size]).frames for size in range(len(whole) + 1)]
    assert frames == sorted(frames)
    assert set(frames) == set(range(61))
    for size in (len(whole) - 1, len(whole) - 5):
        found = scan(whole[:size])
        assert (found.frames, found.end <= size) == (59, True)
        assert scan(whole[: found.end]).frames == 59


def test_the_duration_is_filled_in_where_room_was_left() -> None:
    whole = sounds(60)
    at = scan(whole).duration_at
    assert at is not None
    assert whole[at : at + len(NO_DURATION)] == NO_DURATION
    length = duration(1200)
    assert len(length) == len(NO_DURATION)
    mended = whole[:at] + length + whole[at + len(length) :]
    with av.open(io.BytesIO(mended), "r") as file:
        assert file.duration == 1_200_000
    assert scan(mended).frames == 60


def test_a_head_of_pictures_says_how_large_they_are() -> None:
    with av.open(io.BytesIO(head(PICTURES) + cluster(0) + block(0, bytes(200), key=True))) as file:
        (stream,) = file.streams.video
        assert (stream.width, stream.height) == (320, 180)
        assert stream.codec_context.name == "vp8"


@pytest.mark.parametrize("noise", [b"", b"\x00\x01", b"\x1a", b"\x1a\x45\xdf\xa3\x00", b"\xa3\xff"])
def test_what_is_no_such_file_has_nothing_whole(noise: bytes) -> None:
    assert scan(noise) == Scan(end=0, frames=0, last=0, duration_at=None)
