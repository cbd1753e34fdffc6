from collections.abc import Sequence

import pytest

from signalling.sfu.forward import ALL_TEMPORAL, ASKED_MOST, PROBE_WHOLE, Line
from signalling.sfu.packet import Packet, extension_of, one_byte_block, parse_rtp
from signalling.sfu.rtcp import SenderReport
from signalling.sfu.simulcast import Layers
from signalling.sfu.vp8 import Picture, parse_vp8
from tests.fakes.packets import Camera, padding, red

RIDS = ("q", "h", "f")


class Eye:
    """A subscriber's line with what it was sent."""

    def __init__(self, layers: Layers, *, active: bool = True) -> None:
        self.sent: list[bytes] = []
        self.line = Line(video=layers.video, ssrc=7, rtx_ssrc=8, send=self.sent.append)
        self.line.rewriter.payload_type = 96
        self.line.stand(layers)
        self.line.active = active

    @property
    def seen(self) -> list[Packet]:
        return [parse_rtp(data) for data in self.sent]

    @property
    def pictures(self) -> list[Picture]:
        return [parse_vp8(packet.payload) for packet in self.seen if packet.payload]

    def without_seam(self) -> None:
        """Numbers without a hole, time never backwards, each picture's number one more."""
        seen = self.seen
        for before, after in zip(seen, seen[1:], strict=False):
            assert (after.sequence - before.sequence) & 0xFFFF == 1
            assert (after.timestamp - before.timestamp) & 0xFFFFFFFF < 1 << 31
            if after.payload and before.payload:
                one, two = parse_vp8(before.payload), parse_vp8(after.payload)
                new = after.timestamp != before.timestamp
                assert (two.number - one.number) & 0x7FFF == new
                assert (two.tl0 - one.tl0) & 0xFF <= new


class Stage:
    """A camera of three layers, and the lines that watch it."""

    def __init__(self, rids: Sequence[str] = RIDS, pattern: Sequence[int] = (0,)) -> None:
        self.layers = Layers(video=True, rids=rids)
        self.now = 0.0
        self.cameras = [
            Camera(
                ssrc=50 + n,
                sequence=n * 1000,
                timestamp=n * 777_777,
                number=n * 300,
                tl0=n * 80,
                height=180 << n,
                pattern=pattern,
            )
            for n in range(len(rids))
        ]

    def shoot(self, *keys: int, times: int = 1, only: Sequence[int] | None = None) -> None:
        """The next picture of every layer, a key picture of those in `keys`."""
        for _ in range(times):
            for n, camera in enumerate(self.cameras):
                packets = camera(key=n in keys)
                if only is None or n in only:
                    for packet in packets:
                        self.layers.sources[n].receive(packet, self.now)
            self.now += 1 / 30

    def told(self) -> None:
        """Sender reports of all layers, of one publisher's clock, at their next picture."""
        for source, camera in zip(self.layers.sources, self.cameras, strict=True):
            report = SenderReport(
                ssrc=camera.ssrc,
                ntp=int((1000 + self.now) * 2**32),
                timestamp=camera.timestamp,
                packets=0,
                octets=0,
            )
            source.reception.reported(report, self.now)


def test_a_line_takes_the_highest_layer_that_was_not_limited() -> None:
    stage = Stage()
    eye = Eye(stage.layers)
    assert [source.gate.wanted for source in stage.layers.sources] == [True, False, True]
    stage.shoot()
    assert eye.sent == []
    assert eye.line.layer is None
    stage.shoot(2)
    assert eye.line.layer == 2
    stage.shoot()
    assert len(eye.sent) == 4
    eye.without_seam()


def test_the_first_picture_may_be_a_lower_one() -> None:
    stage = Stage()
    eye = Eye(stage.layers)
    stage.shoot(0)
    assert eye.line.layer == 0
    stage.shoot()
    assert len(eye.sent) == 4
    stage.shoot(1)
    assert eye.line.layer == 0
    stage.shoot(2)
    assert eye.line.layer == 2
    eye.without_seam()


@pytest.mark.parametrize("told", [False, True])
def test_another_layer_begins_with_its_key_picture_and_the_former_goes_on_until_then(
    told: bool,
) -> None:
    stage = Stage()
    eye = Eye(stage.layers)
    eye.line.choose(0)
    stage.shoot(0, 1, 2)
    if told:
        stage.told()
    for layer in (1, 2, 0, 1):
        stage.now += 1.0
        eye.line.choose(layer)
        assert stage.layers.sources[layer].gate.wanted
        before = eye.line.layer
        stage.shoot(times=3)
        assert eye.line.layer == before
        stage.shoot(layer)
        assert eye.line.layer == layer
        stage.shoot(times=2)
    eye.without_seam()
    # At a change upwards the lower layer's picture of that moment has left already.
    assert len(eye.sent) == 2 * (25 + 3)
    assert [one.key for one in eye.pictures if one.start].count(True) == 5
    assert sum(len(source.lines) for source in stage.layers.sources) == 1


def test_layers_stay_in_time_by_their_reports_however_late_they_come() -> None:
    stage = Stage()
    eye = Eye(stage.layers)
    eye.line.choose(0)
    stage.shoot(0)
    stage.told()
    # Two seconds of changes, each half a second later on its way than the one before.
    first = eye.seen[0].timestamp
    for n, layer in enumerate((1, 0, 2, 0, 1), 1):
        stage.now += 0.1 * n
        eye.line.choose(layer)
        stage.shoot(layer)
        apart = (eye.seen[-1].timestamp - first) & 0xFFFFFFFF
        assert apart == pytest.approx(3000 * n, abs=2)


def test_a_choice_taken_back_changes_nothing() -> None:
    stage = Stage()
    eye = Eye(stage.layers)
    eye.line.choose(0)
    stage.shoot(0)
    stage.now += 3
    stage.shoot()
    eye.line.choose(1)
    eye.line.choose(0)
    stage.shoot(0, 1, 2)
    assert eye.line.layer == 0
    assert stage.layers.sources[1].waiting == []


def test_who_comes_late_sees_the_last_key_picture_at_once() -> None:
    stage = Stage()
    stage.shoot(0, 1, 2)
    stage.shoot(times=10)
    eye = Eye(stage.layers)
    assert eye.line.layer == 2
    assert len(eye.sent) == 22
    assert eye.pictures[0].key
    assert not stage.layers.sources[2].gate.wanted
    stage.shoot()
    eye.without_seam()
    # The best recent one is taken when the best of all is too old.
    stage.now += 2.0
    stage.shoot(1)
    other = Eye(stage.layers)
    assert other.line.layer == 1
    assert stage.layers.sources[2].gate.wanted
    stage.shoot(2)
    assert other.line.layer == 2


def test_what_leaves_from_the_ring_bears_the_time_it_leaves() -> None:
    stage = Stage(rids=("q",))
    stage.shoot(0)
    stage.now += 1.0
    stage.shoot()
    eye = Eye(stage.layers, active=False)
    eye.line.extensions("0", 1, 0, 3)
    eye.line.active = True
    stamps = {extension_of(packet, 3) for packet in eye.seen}
    assert stamps == {(int((1 + 1 / 30) * 262_144)).to_bytes(3, "big")}


def test_a_kept_key_picture_serves_a_change_when_it_is_new_enough() -> None:
    stage = Stage()
    eye = Eye(stage.layers)
    eye.line.choose(0)
    stage.shoot(0)
    stage.told()
    stage.shoot(1, only=[1])
    # Layer 1 is ahead: its key picture is later than all that was sent.
    eye.line.choose(1)
    assert eye.line.layer == 1
    eye.without_seam()
    stage.shoot(0)
    stage.shoot()
    # That of layer 0 is not: it would turn time back.
    eye.line.choose(0)
    assert eye.line.layer == 1
    assert stage.layers.sources[0].gate.wanted


def test_a_pause_sends_nothing_and_ends_with_a_key_picture() -> None:
    stage = Stage()
    eye = Eye(stage.layers)
    stage.shoot(0, 1, 2)
    eye.line.choose(None)
    count = len(eye.sent)
    stage.shoot(0, 1, 2)
    assert (eye.line.layer, len(eye.sent)) == (None, count)
    eye.line.want_keyframe()
    assert not any(source.gate.wanted for source in stage.layers.sources)
    stage.now += 3.0
    stage.shoot()
    eye.line.choose(1)
    stage.shoot()
    assert len(eye.sent) == count
    stage.shoot(1)
    assert eye.line.layer == 1
    eye.without_seam()


def test_a_short_pause_shows_nothing_twice() -> None:
    stage = Stage(rids=("q",))
    eye = Eye(stage.layers)
    stage.shoot(0)
    stage.shoot(times=3)
    count = len(eye.sent)
    eye.line.choose(None)
    stage.shoot()
    eye.line.choose(0)
    assert len(eye.sent) == count
    assert stage.layers.sources[0].gate.wanted
    stage.shoot(0)
    eye.line.choose(None)
    stage.shoot(0)
    # A key picture he has not seen is shown at once.
    eye.line.choose(0)
    assert len(eye.sent) == count + 4
    eye.without_seam()


def test_temporal_layers_are_left_out_without_a_hole_and_come_back_in_sync() -> None:
    stage = Stage(rids=("q",), pattern=(0, 2, 1, 2))
    eye = Eye(stage.layers)
    stage.shoot(0)
    stage.shoot(times=3)
    assert [p.temporal for p in eye.pictures if p.start] == [0, 2, 1, 2]
    eye.line.choose(0, 0)
    stage.shoot(times=8)
    assert [p.temporal for p in eye.pictures if p.start][4:] == [0, 0]
    assert eye.line.temporal == 0
    eye.line.choose(0, 1)
    stage.shoot(times=4)
    assert [p.temporal for p in eye.pictures if p.start][6:] == [0, 1]
    eye.line.choose(0, ALL_TEMPORAL)
    # The first of the upper layer in a round depends on nothing that was left out.
    stage.shoot(times=4)
    assert [p.temporal for p in eye.pictures if p.start][8:] == [0, 2, 1, 2]
    eye.without_seam()


def test_one_step_up_at_a_time_and_only_in_sync() -> None:
    stage = Stage(rids=("q",), pattern=(0, 2, 1, 2))
    eye = Eye(stage.layers)
    stage.shoot(0)
    eye.line.choose(0, 0)
    stage.shoot(times=3)
    eye.line.choose(0, 2)
    stage.shoot(times=4)
    # Layer 2 came first, but layer 1 was not there yet; after it, layer 2 was not in sync.
    assert [p.temporal for p in eye.pictures if p.start] == [0, 0, 1]
    stage.shoot(times=4)
    assert [p.temporal for p in eye.pictures if p.start][3:] == [0, 2, 1, 2]
    eye.without_seam()


def test_a_picture_that_has_begun_is_sent_whole() -> None:
    stage = Stage(rids=("q",), pattern=(0, 2))
    eye = Eye(stage.layers)
    stage.shoot(0)
    first, last = stage.cameras[0]()
    source = stage.layers.sources[0]
    source.receive(first, stage.now)
    eye.line.choose(0, 0)
    source.receive(last, stage.now)
    assert eye.seen[-1].marker
    stage.shoot(times=3)
    assert [p.temporal for p in eye.pictures if p.start] == [0, 2, 0, 0]
    eye.without_seam()


def test_a_late_packet_of_a_dropped_layer_becomes_padding_in_its_place() -> None:
    stage = Stage(rids=("q",), pattern=(0, 2))
    eye = Eye(stage.layers)
    eye.line.choose(0, 0)
    stage.shoot(0)
    [late, dropped], [base, _] = stage.cameras[0](), stage.cameras[0]()
    source = stage.layers.sources[0]
    source.receive(dropped, stage.now)
    source.receive(base, stage.now)
    source.receive(late, stage.now)
    numbers = [packet.sequence for packet in eye.seen]
    # The lost one might have been needed: its number was kept, and is not left open.
    assert [(n - numbers[0]) & 0xFFFF for n in numbers] == [0, 1, 3, 2]
    assert eye.seen[-1].payload == b""
    assert eye.line.repeat((numbers[-1],), 1.0) == 1
    assert eye.seen[-1].payload == b""


def test_what_is_too_late_even_for_padding_is_left() -> None:
    stage = Stage(rids=("q",), pattern=(0, 2))
    [base, _], [late, _] = stage.cameras[0](), stage.cameras[0]()
    stage.shoot(0)
    eye = Eye(stage.layers)
    eye.line.choose(0, 0)
    count = len(eye.sent)
    stage.layers.sources[0].receive(late, stage.now)
    stage.layers.sources[0].receive(base, stage.now)
    assert len(eye.sent) == count


def test_padding_of_the_publisher_is_not_passed_on() -> None:
    stage = Stage(rids=("q",))
    eye = Eye(stage.layers)
    stage.shoot(0)
    stage.layers.sources[0].receive(padding(stage.cameras[0]), stage.now)
    stage.shoot()
    eye.without_seam()
    assert len(eye.sent) == 4


def test_muted_means_nothing_and_unmuted_a_new_key_picture_of_any_layer() -> None:
    stage = Stage()
    eye = Eye(stage.layers)
    stage.shoot(0, 1, 2)
    count = len(eye.sent)
    stage.layers.mute(True)
    stage.shoot(0, 1, 2)
    assert len(eye.sent) == count
    stage.layers.mute(False)
    assert stage.layers.sources[2].gate.wanted
    stage.shoot()
    assert len(eye.sent) == count
    stage.shoot(0)
    assert eye.line.layer == 0
    stage.shoot(2)
    assert eye.line.layer == 2
    eye.without_seam()


def test_a_key_picture_is_asked_of_the_layer_that_is_seen_or_waited_for() -> None:
    stage = Stage()
    eye = Eye(stage.layers)
    stage.shoot(0, 1, 2)
    eye.line.want_keyframe()
    assert [source.gate.wanted for source in stage.layers.sources] == [False, False, True]
    stage.shoot(0, 1, 2)
    stage.layers.mute(True)
    for source in stage.layers.sources:
        source.gate.arrived()
    eye.line.want_keyframe()
    assert all(source.gate.wanted for source in stage.layers.sources)


def test_a_line_moves_to_another_publisher_by_the_time_of_arrival() -> None:
    one, two = Stage(), Stage()
    eye = Eye(one.layers)
    one.shoot(2)
    one.told()
    two.now = one.now
    two.told()
    eye.line.stand(two.layers)
    eye.line.stand(two.layers)
    one.shoot()
    assert len(eye.sent) == 2
    two.shoot(2)
    eye.without_seam()
    ahead = (eye.seen[2].timestamp - eye.seen[1].timestamp) & 0xFFFFFFFF
    assert ahead == pytest.approx(3000, abs=2)
    eye.line.stand(None)
    two.shoot(0, 1, 2)
    assert len(eye.sent) == 4
    assert eye.line.layer is None


def test_an_inactive_line_is_sent_nothing() -> None:
    stage = Stage()
    eye = Eye(stage.layers, active=False)
    stage.shoot(0, 1, 2)
    assert eye.sent == []
    assert not any(source.waiting for source in stage.layers.sources)
    eye.line.active = True
    assert eye.line.active
    assert len(eye.sent) == 2


def sound(sequence: int, level: int = -1, payload: bytes = b"opus", kind: int = 111) -> Packet:
    elements = [(4, bytes((level,))), (9, b"x")] if level >= 0 else []
    return Packet(
        payload_type=kind,
        sequence=sequence,
        timestamp=sequence * 960,
        ssrc=1,
        payload=payload,
        marker=128,
        profile=0xBEDE,
        extension=one_byte_block(elements)[4:],
    )


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
    layers.sources[0].receive(sound(1, level=5), 2.0)
    [heard] = ear.seen
    assert extension_of(heard, 1) == (b"12" if mid_id else None)
    assert extension_of(heard, 2) == (b"\x05" if level_id else None)
    assert extension_of(heard, 3) == (b"\x08\0\0" if stamp_id else None)
    assert extension_of(heard, 9) is None
    assert heard.payload == b"opus"


def test_redundant_sound_goes_to_who_took_it_and_plain_sound_to_others() -> None:
    layers = Layers(video=False)
    layers.sources[0].red_type = 50
    plain, doubled = Eye(layers), Eye(layers)
    doubled.line.red_type = 63
    whole = red([(960, b"before")], b"now")
    layers.sources[0].receive(sound(1, payload=whole, kind=50), 0.0)
    layers.sources[0].receive(sound(2), 0.0)
    assert [(p.payload_type, p.payload) for p in plain.seen] == [(96, b"now"), (96, b"opus")]
    assert [(p.payload_type, p.payload) for p in doubled.seen] == [(63, whole), (96, b"opus")]
    assert all(p.marker for p in doubled.seen)


def test_sound_is_never_asked_for_a_key_picture() -> None:
    layers = Layers(video=False)
    ear = Eye(layers)
    ear.line.want_keyframe()
    assert not layers.sources[0].gate.wanted


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


def test_the_rate_of_a_line_is_what_it_was_sent() -> None:
    stage = Stage(rids=("q",))
    eye = Eye(stage.layers)
    stage.shoot(0)
    stage.shoot(times=29)
    octets = sum(len(p.payload) for p in eye.seen)
    assert eye.line.kbps(1.0) == pytest.approx(octets * 8 / 1000)


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
