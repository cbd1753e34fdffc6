"""What is decoded: those who are shown and heard, and nobody in the wings."""

from fractions import Fraction
from typing import Any

import av
import pytest

from orchestrator.broadcast.decode import STILL, Decoding
from orchestrator.broadcast.sound import Mixer
from rooms.ids import ParticipantId, TrackId
from signalling.engine import Kind
from signalling.peers.audience import Frame


def coded(kind: Kind, count: int) -> list[tuple[bytes, bool]]:
    codec: Any = av.CodecContext.create("libvpx" if kind is Kind.VIDEO else "libopus", "w")
    if kind is Kind.VIDEO:
        codec.width, codec.height, codec.pix_fmt = 64, 36, "yuv420p"
        codec.time_base, codec.options = Fraction(1, 90_000), {"deadline": "realtime"}
    else:
        codec.sample_rate, codec.format, codec.layout = 48_000, "s16", "mono"
    found = []
    for number in range(count):
        frame: Any
        if kind is Kind.VIDEO:
            frame = av.VideoFrame(64, 36, "yuv420p")
            frame.time_base, frame.pts = Fraction(1, 90_000), number * 9_000
        else:
            frame = av.AudioFrame(format="s16", layout="mono", samples=960)
            frame.rate, frame.pts = 48_000, number * 960
            frame.planes[0].update(b"\x10\x20" * 960)
        found += [(bytes(one), bool(one.is_keyframe)) for one in codec.encode(frame)]
    return found + [(bytes(one), bool(one.is_keyframe)) for one in codec.encode(None)]


def frame(who: str, kind: Kind, data: bytes, key: bool) -> Frame:
    return Frame(
        source=TrackId(f"tr-{who}"),
        participant=ParticipantId(who),
        kind=kind,
        of="camera" if kind is Kind.VIDEO else "microphone",
        timestamp=0,
        rate=90_000,
        arrived=0.0,
        key=key,
        data=data,
    )


@pytest.fixture
def mixer() -> Mixer:
    return Mixer()


def test_who_is_shown_and_heard_is_decoded_and_the_wings_are_not(mixer: Mixer) -> None:
    decoding = Decoding(mixer)
    for kind in Kind:
        for data, key in coded(kind, 10):
            for who in ("air", "wings"):
                decoding.take(frame(who, kind, data, key))
    decoding.decode({"air"}, {"air"}, 0.0)
    assert set(decoding.pictures) == {("air", False)}
    assert any(mixer.pull(960, {"air", "wings"}))
    assert list(mixer._waiting) == ["air"]


def test_a_picture_that_stands_still_is_none_any_more(mixer: Mixer) -> None:
    decoding = Decoding(mixer)
    decoding.take(frame("a", Kind.VIDEO, *coded(Kind.VIDEO, 1)[0]))
    decoding.decode({"a"}, (), 0.0)
    assert decoding.pictures
    decoding.decode({"a"}, (), STILL + 1)
    assert not decoding.pictures


def test_what_is_not_decodable_or_not_a_beginning_changes_nothing(mixer: Mixer) -> None:
    decoding = Decoding(mixer)
    first, second = coded(Kind.VIDEO, 2)[:2]
    decoding.take(frame("a", Kind.VIDEO, *second))
    decoding.take(frame("a", Kind.VIDEO, b"\x00\xff" * 40, True))
    decoding.decode({"a"}, (), 0.0)
    assert not decoding.pictures
    decoding.take(frame("a", Kind.VIDEO, *first))
    decoding.decode({"a"}, (), 0.0)
    assert decoding.pictures
