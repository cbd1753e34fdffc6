"""Lines: sound and reports."""

import pytest

from signalling.sfu.forward import Line
from signalling.sfu.simulcast import Layers
from tests.fakes.layers import Eye, Stage
from tests.fakes.packets import Camera, a_sound, red

RED = red([(960, b"before")], b"now")


def test_redundant_sound_goes_to_who_took_it_and_plain_sound_to_others() -> None:
    layers = Layers(video=False)
    layers.sources[0].red_type = 50
    plain, doubled = Eye(layers), Eye(layers)
    doubled.line.red_type = 63
    whole = red([(960, b"before")], b"now")
    layers.sources[0].receive(a_sound(1, payload=whole, kind=50), 0.0)
    layers.sources[0].receive(a_sound(2), 0.0)
    assert [(p.payload_type, p.payload) for p in plain.seen] == [(96, b"now"), (96, b"opus")]
    assert [(p.payload_type, p.payload) for p in doubled.seen] == [(63, whole), (96, b"opus")]
    assert all(p.marker for p in doubled.seen)


def test_sound_is_never_asked_for_a_key_picture() -> None:
    layers = Layers(video=False)
    ear = Eye(layers)
    ear.line.want_keyframe()
    assert not layers.sources[0].gate.wanted


def test_the_report_maps_the_publishers_clock() -> None:
    stage = Stage()
    eye = Eye(stage.layers)
    eye.line.choose(0)
    assert eye.line.report(0.0) is None
    stage.shoot(0)
    assert eye.line.report(0.0) is None
    stage.told()
    report = eye.line.report(stage.now + 1.0)
    assert report is not None
    assert (report.ssrc, report.packets) == (7, 2)
    assert report.octets == sum(len(p.payload) for p in eye.seen)
    assert (report.timestamp - eye.seen[0].timestamp) & 0xFFFFFFFF == pytest.approx(93_000, abs=2)
    assert report.ntp >> 32 == 1001
    eye.line.stand(None)
    assert eye.line.report(1.0) is None


def test_no_report_is_made_of_one_from_before_a_change() -> None:
    stage = Stage()
    eye = Eye(stage.layers)
    eye.line.choose(0)
    stage.told()
    stage.shoot(0)
    # It was there before the line began: who comes late has sound and picture in step at once.
    assert eye.line.report(stage.now) is not None
    stage.now += 1
    eye.line.choose(1)
    stage.shoot(1)
    assert eye.line.layer == 1
    assert eye.line.report(stage.now) is None
    stage.told()
    assert eye.line.report(stage.now) is not None


def test_a_camera_that_begins_anew_is_seen_again_with_its_next_key_picture() -> None:
    stage = Stage(rids=("q",))
    eye = Eye(stage.layers)
    stage.shoot(0)
    stage.cameras[0] = Camera(ssrc=99, sequence=40_000, timestamp=3, number=5)
    stage.shoot()
    assert len(eye.sent) == 2
    assert stage.layers.sources[0].gate.wanted
    stage.shoot(0)
    assert len(eye.sent) == 4
    eye.without_seam()


@pytest.mark.parametrize(
    ("number", "payload", "loss", "copies"),
    [
        (0, b"opus", 0.05, 1),
        (0, b"opus", 0.2, 2),
        (63, RED, 0.05, 0),
        (63, RED, 0.2, 1),
        (63, b"opus", 0.05, 1),  # he takes redundancy, but Firefox sends none
        (0, RED, 0.05, 1),  # what is redundant leaves plain
    ],
)
def test_sound_is_said_again_where_the_line_loses_more_than_its_redundancy_mends(
    number: int, payload: bytes, loss: float, copies: int
) -> None:
    out: list[bytes] = []
    line = Line(video=False, ssrc=1, rtx_ssrc=2, send=out.append)
    line.rewriter.payload_type = 111
    line.red_type = number
    line.twins.reported(loss, 0.0)
    layers = Layers(video=False)
    layers.sources[0].red_type = 50
    line.stand(layers)
    line.active = True
    kind = 50 if payload is RED else 111
    for place in range(6):
        layers.sources[0].receive(a_sound(place, payload=payload, kind=kind), place / 50)
    assert [out.count(packet) for packet in out[:1]] == [1 + copies]
    assert len(set(out)) == 6
