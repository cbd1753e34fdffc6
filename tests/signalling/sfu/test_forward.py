"""Lines: layers, seams and pauses."""

import pytest

from signalling.sfu.outlet import ALL_TEMPORAL
from signalling.sfu.packet import extension_of
from tests.fakes.layers import Eye, Stage
from tests.fakes.packets import padding


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
    """No key picture is kept that would do."""
    stage = Stage()
    eye = Eye(stage.layers)
    eye.line.choose(0)
    stage.shoot(0, 1, 2)
    if told:
        stage.told()
    for layer in (1, 2, 0, 1):
        stage.now += 3.0
        stage.shoot()
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
    assert len(eye.sent) == 2 * (29 + 3)
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
    # That of layer 0 is not: it leaves with the pictures behind it when the next one comes.
    eye.line.choose(0)
    assert eye.line.layer == 1
    assert not stage.layers.sources[0].gate.wanted
    stage.shoot()
    assert eye.line.layer == 0
    eye.without_seam()


def test_a_pause_sends_nothing_and_ends_with_a_key_picture() -> None:
    stage = Stage()
    eye = Eye(stage.layers)
    stage.shoot(0, 1, 2)
    eye.line.choose(None)
    count = len(eye.sent)
    stage.shoot(0, 1, 2)
    assert (eye.line.layer, len(eye.sent)) == (None, count)
    assert not eye.line.pads
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
