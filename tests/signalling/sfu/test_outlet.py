"""Lines: header extensions, repeats and probes."""

import pytest

from signalling.sfu.outlet import ASKED_MOST, AT_ONCE, PROBE_WHOLE
from signalling.sfu.packet import extension_of, parse_rtp
from signalling.sfu.simulcast import Layers
from tests.fakes.layers import Eye, Stage
from tests.fakes.packets import a_sound


@pytest.mark.parametrize("mid_id", [0, 1])
@pytest.mark.parametrize("level_id", [0, 2])
@pytest.mark.parametrize("stamp_id", [0, 3])
def test_extensions_are_those_the_subscriber_takes_and_no_others(
    mid_id: int, level_id: int, stamp_id: int
) -> None:
    layers = Layers(video=False)
    layers.sources[0].level_id = 4
    ear = Eye(layers)
    ear.line.extensions("12", mid_id, level_id, stamp_id)
    spoken = a_sound(1, level=5)
    layers.sources[0].receive(spoken, 2.0)
    [heard] = ear.seen
    assert ear.line.block(spoken)[4:] == heard.extension
    assert extension_of(heard, 1) == (b"12" if mid_id else None)
    assert extension_of(heard, 2) == (b"\x05" if level_id else None)
    assert extension_of(heard, 3) == (b"\x08\0\0" if stamp_id else None)
    assert extension_of(heard, 9) is None
    assert heard.payload == b"opus"


def test_a_nack_is_answered_once_in_a_round_trip() -> None:
    stage = Stage(rids=("q",))
    eye = Eye(stage.layers)
    stage.shoot(0)
    number = eye.seen[0].sequence
    assert eye.line.repeat((number,), 0.1, rtt=0.3) == 1
    assert eye.line.repeat((number,), 0.3, rtt=0.3) == 0
    eye.line.echo.rtt = 0.6
    assert eye.line.repeat((number, (number + 9) & 0xFFFF), 0.6) == 0
    assert eye.line.repeat((number,), 0.8) == 1
    assert eye.seen[-1].payload == eye.seen[0].payload
    # What was answered long ago is forgotten, what was answered just now is not.
    for n in range(ASKED_MOST // 64 + 2):
        newest = len(eye.sent)
        stage.shoot(times=32)
        numbers = tuple(packet.sequence for packet in eye.seen[newest:])
        assert eye.line.repeat(numbers, 2.0 + n) == 64
        assert eye.line.repeat(numbers, 2.1 + n) == 0
    assert len(eye.line._asked) < ASKED_MOST


def test_a_repeat_finds_the_packet_of_the_layer_it_was_of() -> None:
    stage = Stage()
    eye = Eye(stage.layers)
    eye.line.rewriter.rtx_payload_type = 97
    eye.line.extensions("0", 1, 0, 3)
    eye.line.choose(0)
    stage.shoot(0, 1, 2)
    eye.line.choose(1)
    stage.shoot(1)
    stage.shoot()
    before = eye.seen
    assert eye.line.repeat(tuple(p.sequence for p in before), 1.0) == len(before)
    for was, again in zip(before, eye.seen[len(before) :], strict=True):
        assert (again.ssrc, again.payload_type) == (8, 97)
        assert int.from_bytes(again.payload[:2], "big") == was.sequence
        assert again.payload[2:] == was.payload
        assert again.timestamp == was.timestamp
        assert extension_of(again, 3) == b"\x04\0\0"
        # Without it Firefox takes no repeat at all.
        assert extension_of(again, 1) == b"0"


def test_a_probe_repeats_what_just_left_and_fills_up_with_padding() -> None:
    stage = Stage(rids=("q",))
    eye = Eye(stage.layers)
    assert eye.line.pad(1000, 0.0) == 0
    eye.line.rewriter.rtx_payload_type = 97
    assert not eye.line.pads
    source, camera = stage.layers.sources[0], stage.cameras[0]
    for packet in camera(3, key=True, size=1000):
        source.receive(packet, 0.0)
    before = len(eye.sent)
    sent = eye.line.pad(PROBE_WHOLE + 1200, 1.0)
    probes = eye.sent[before:]
    assert PROBE_WHOLE + 1200 <= sent == sum(map(len, probes)) < PROBE_WHOLE + 1500
    assert [parse_rtp(data).ssrc for data in probes] == [8] * len(probes)
    assert len([data for data in probes if len(data) > 1000]) == 2
    assert all(data[0] & 0x20 for data in probes[2:])
    numbers = [parse_rtp(data).sequence for data in probes]
    assert [(b - a) & 0xFFFF for a, b in zip(numbers, numbers[1:], strict=False)] == [1] * (
        len(numbers) - 1
    )
    # What the ring has lost is not looked for for ever.
    source.ring._packets.clear()
    assert eye.line.pad(PROBE_WHOLE * 2, 1.0) >= PROBE_WHOLE * 2


def test_the_rate_of_a_line_is_what_it_was_sent() -> None:
    stage = Stage(rids=("q",))
    eye = Eye(stage.layers)
    stage.shoot(0)
    stage.shoot(times=29)
    octets = sum(len(p.payload) for p in eye.seen)
    assert eye.line.kbps(1.0) == pytest.approx(octets * 8 / 1000)


def test_repeats_take_no_more_than_half_of_what_they_repeat() -> None:
    stage = Stage(rids=("q",))
    eye = Eye(stage.layers)
    source, camera = stage.layers.sources[0], stage.cameras[0]

    def shoot(pictures: int, key: bool) -> list[int]:
        before = len(eye.sent)
        for n in range(pictures):
            for packet in camera(2, key=key and not n, size=1000):
                source.receive(packet, 0.0)
        return [packet.sequence for packet in eye.seen[before:]]

    numbers, asked = shoot(60, True), len(eye.sent)
    # A full line: everything is asked for again, round trip after round trip.
    for second in range(1, 60):
        eye.line.repeat(tuple(numbers), float(second))
    repeated = sum(map(len, eye.sent[asked:]))
    assert AT_ONCE <= repeated < eye.line.octets / 2 + 1100
    assert eye.line.repeat((numbers[0],), 100.0) == 0
    # What was sent since may be repeated; what was long not used does not add up.
    numbers = shoot(30, False)
    assert eye.line.repeat((numbers[0],), 101.0) == 1
    numbers, asked = shoot(300, False), len(eye.sent)
    for second in range(102, 160):
        eye.line.repeat(tuple(numbers), float(second))
    assert sum(map(len, eye.sent[asked:])) < AT_ONCE + 1100
