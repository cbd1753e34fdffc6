"""Lines: one layer after another, with what is kept of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalling.sfu.forward import ROOM
from signalling.sfu.packet import extension_of
from tests.fakes.layers import Eye, Stage


def watched(layer: int, *, rids: str = "qh", pattern: tuple[int, ...] = (0,)) -> tuple[Stage, Eye]:
    """One who has been sent this layer for a while; nothing of the others is kept."""
    stage = Stage(rids=rids, pattern=pattern)
    eye = Eye(stage.layers)
    eye.line.choose(layer)
    stage.shoot(*range(len(rids)))
    stage.told()
    stage.shoot(times=3)
    stage.now += 3.0
    stage.told()
    stage.shoot()
    return stage, eye


def times_of(eye: Eye) -> list[int]:
    """The times of its pictures, from the first on."""
    seen = [packet.timestamp for packet in eye.seen if packet.payload]
    return [(time - seen[0]) & 0xFFFFFFFF for time in dict.fromkeys(seen)]


@pytest.mark.parametrize(("before", "after"), [(0, 1), (1, 0)])
def test_a_kept_key_picture_and_all_behind_it_leave_before_the_next_picture(
    before: int, after: int
) -> None:
    stage, eye = watched(before)
    stage.shoot(0, 1)
    stage.shoot(times=12)
    count = len(times_of(eye))
    eye.line.choose(after)
    assert eye.line.layer == before
    assert not stage.layers.sources[after].gate.wanted
    stage.shoot()
    assert eye.line.layer == after
    stage.shoot(times=2)
    eye.without_seam()
    times = times_of(eye)[count - 1 :]
    # Of what follows the key picture all but the newest is over in an instant, within that of the
    # last picture of the former layer; the newest comes in time.
    last = times[0] if after == 0 else times[1]
    catching_up = [time for time in times if last < time < last + 100]
    assert len(catching_up) >= 12
    assert (times[-1] - times[-2], times[-2] - times[-3]) == (3000, 3000)
    assert [one.key for one in eye.pictures if one.start].count(True) == (4 if before else 3)


def test_pictures_stay_in_time_through_a_change_by_their_reports() -> None:
    stage, eye = watched(1)
    stage.shoot(0, 1)
    stage.shoot(times=5)
    was = eye.seen[-1].timestamp
    eye.line.choose(0)
    # Its pictures come first here: each a thirtieth after the last one of the upper layer.
    stage.shoot()
    assert (eye.seen[-1].timestamp - was) & 0xFFFFFFFF == pytest.approx(3000, abs=2)


def test_pictures_stay_in_time_by_their_arrival_where_nothing_is_reported() -> None:
    stage = Stage(rids="qh")
    eye = Eye(stage.layers)
    eye.line.choose(1)
    stage.shoot(0, 1)
    stage.shoot(times=5)
    was = eye.seen[-1].timestamp
    eye.line.choose(0)
    stage.shoot()
    assert (eye.seen[-1].timestamp - was) & 0xFFFFFFFF == pytest.approx(3000, abs=20)
    eye.line.choose(1)
    stage.shoot(times=2)
    eye.without_seam()


def test_too_much_for_the_line_is_not_sent_at_once_but_asked_for() -> None:
    stage, eye = watched(1)
    stage.shoot(0, 1)
    stage.shoot(times=3)
    eye.line.choose(0, room=100)
    assert stage.layers.sources[0].gate.wanted
    stage.shoot(times=2)
    assert eye.line.layer == 1
    stage.shoot(0)
    assert eye.line.layer == 0
    eye.without_seam()


def test_what_has_become_too_much_while_it_waited_is_asked_for() -> None:
    stage, eye = watched(1)
    stage.shoot(0, 1)
    eye.line.choose(0, room=60)
    source = stage.layers.sources[0]
    assert not source.gate.wanted
    stage.shoot(only=[1])
    stage.shoot(only=[1])
    # Two pictures of it are missing: there is a hole.
    stage.shoot()
    assert source.gate.wanted
    assert eye.line.layer == 1


@pytest.mark.parametrize("smooth", [True, False])
def test_down_smoothly_means_with_the_picture_after_the_key_picture(smooth: bool) -> None:
    stage, eye = watched(1)
    eye.line.choose(0, smooth=smooth, room=10)
    assert stage.layers.sources[0].gate.wanted
    stage.shoot(0, 1)
    assert eye.line.layer == (1 if smooth else 0)
    # The encoder rests after so large a picture.
    stage.shoot(times=4, rests=[0])
    assert eye.line.layer == (1 if smooth else 0)
    stage.shoot()
    assert eye.line.layer == 0
    stage.shoot(times=2)
    eye.without_seam()


def test_down_smoothly_is_with_the_second_key_picture_where_all_are() -> None:
    stage, eye = watched(1)
    eye.line.choose(0, smooth=True, room=10)
    stage.shoot(0, 1)
    assert eye.line.layer == 1
    stage.shoot(0, 1)
    assert eye.line.layer == 0
    eye.without_seam()


def test_a_hole_in_what_was_asked_for_is_mended_and_not_asked_for_again() -> None:
    stage, eye = watched(1)
    eye.line.choose(0, smooth=True, room=10)
    stage.shoot(0, 1)
    camera, source = stage.cameras[0], stage.layers.sources[0]
    lost, [*more] = camera(), camera()
    for packet in more:
        source.receive(packet, stage.now)
    assert eye.line.layer == 1
    assert not source.gate.wanted
    for packet in lost:
        source.receive(packet, stage.now)
    for packet in camera():
        source.receive(packet, stage.now)
    assert eye.line.layer == 0
    eye.without_seam()


def test_up_is_with_the_key_picture_however_smooth() -> None:
    stage, eye = watched(0)
    eye.line.choose(1, smooth=True)
    stage.shoot(1)
    assert eye.line.layer == 1
    eye.without_seam()


def test_who_sees_nothing_any_more_begins_at_once_with_what_is_kept() -> None:
    stage, eye = watched(1)
    stage.shoot(0, 1)
    stage.shoot(times=15, only=[0])
    count = len(eye.sent)
    eye.line.choose(0, smooth=True)
    assert eye.line.layer == 0
    assert len(eye.sent) == count + 32
    eye.without_seam()
    stage.shoot()
    eye.without_seam()


def test_who_sees_nothing_any_more_begins_with_the_key_picture_however_smooth() -> None:
    stage, eye = watched(1)
    stage.shoot(times=15, only=[0])
    eye.line.choose(0, smooth=True)
    assert stage.layers.sources[0].gate.wanted
    stage.shoot(0, only=[0])
    assert eye.line.layer == 0
    eye.without_seam()


@pytest.mark.parametrize("told", [True, False])
def test_a_key_picture_that_is_all_there_is_leaves_in_its_own_time(told: bool) -> None:
    stage, eye = watched(1)
    for source in stage.layers.sources if not told else ():
        source.reception._report = None
    was, at = eye.seen[-1].timestamp, stage.now
    stage.shoot(times=20, rests=[0, 1])
    stage.shoot(0, rests=[1])
    eye.line.choose(0)
    assert eye.line.layer == 0
    gone = (eye.seen[-1].timestamp - was) & 0xFFFFFFFF
    assert gone == pytest.approx((stage.now - at) * 90_000, abs=3100)
    eye.without_seam()


def test_what_a_layer_sent_before_it_stopped_is_not_begun_with() -> None:
    stage, eye = watched(0)
    stage.shoot(0, 1)
    stage.shoot(times=15, only=[0])
    eye.line.choose(1)
    assert eye.line.layer == 0
    assert stage.layers.sources[1].gate.wanted
    # Nor when nothing is sent at all.
    eye.line.choose(None)
    eye.line.choose(1)
    assert eye.line.layer != 1


def test_what_is_left_out_of_a_run_up_leaves_no_hole() -> None:
    stage, eye = watched(1, pattern=(0, 2, 1, 2))
    stage.shoot(0, 1)
    stage.shoot(times=9)
    eye.line.choose(0, 1)
    stage.shoot(times=5)
    assert eye.line.layer == 0
    assert [p.temporal for p in eye.pictures if p.start][-8:] == [0, 1] * 4
    eye.without_seam()


def test_what_leaves_at_once_bears_the_time_it_leaves() -> None:
    stage, eye = watched(1)
    eye.line.extensions("0", 1, 0, 3)
    stage.shoot(0, 1)
    stage.shoot(times=6)
    count = len(eye.sent)
    eye.line.choose(0)
    stage.shoot()
    stamps = {extension_of(packet, 3) for packet in eye.seen[count:]}
    assert len(stamps) == 1


def test_no_report_is_made_of_one_from_before_a_run_up() -> None:
    stage, eye = watched(1)
    stage.shoot(0, 1)
    stage.told()
    stage.shoot()
    eye.line.choose(0)
    stage.shoot()
    assert eye.line.layer == 0
    assert eye.line.report(stage.now) is None
    stage.told()
    report = eye.line.report(stage.now)
    assert report is not None
    stage.shoot()
    assert (eye.seen[-1].timestamp - report.timestamp) & 0xFFFFFFFF == pytest.approx(0, abs=3)


def test_a_repeat_of_what_left_at_once_finds_it() -> None:
    stage, eye = watched(1)
    stage.shoot(0, 1)
    stage.shoot(times=6)
    count = len(eye.sent)
    eye.line.choose(0)
    stage.shoot()
    for packet in eye.seen[count:]:
        eye.line.repeat((packet.sequence,), 100.0)
        again = eye.seen[-1]
        assert (again.sequence, again.timestamp) == (packet.sequence, packet.timestamp)
        assert again.payload == packet.payload


STEP = st.one_of(
    st.tuples(st.just("shoot"), st.sets(st.integers(0, 2)), st.sets(st.integers(0, 2))),
    st.tuples(
        st.just("choose"),
        st.sampled_from([0, 1, 2, 2, 1, 0, None]),
        st.tuples(st.integers(0, 2), st.booleans(), st.sampled_from([50, 400, ROOM])),
    ),
    st.tuples(st.just("told"), st.none(), st.none()),
    st.tuples(st.just("wait"), st.sampled_from([0.1, 1.0, 3.0]), st.none()),
)


@settings(deadline=None)
@given(st.lists(STEP, max_size=50))
def test_whatever_is_chosen_there_is_no_seam_and_each_layer_begins_with_a_key_picture(
    steps: list[tuple[str, object, object]],
) -> None:
    stage = Stage(pattern=(0, 2, 1, 2))
    eye = Eye(stage.layers)
    layers: list[int | None] = []
    for what, one, two in steps:
        count, before = len(eye.sent), eye.line.layer
        if what == "shoot":
            assert isinstance(one, set)
            assert isinstance(two, set)
            stage.shoot(*(one - two), rests=two)
        elif what == "choose":
            assert one is None or isinstance(one, int)
            assert isinstance(two, tuple)
            eye.line.choose(one, two[0], smooth=two[1], room=two[2])
        elif what == "told":
            stage.told()
        else:
            assert isinstance(one, float)
            stage.now += one
        layers.append(eye.line.layer)
        begun = [picture.key for picture in eye.pictures[:] if picture.start]
        if eye.line.layer not in (before, None):
            fresh = [p for p in eye.pictures[count:] if p.start]
            assert any(picture.key for picture in fresh), (before, eye.line.layer)
        assert begun[:1] in ([], [True])
    eye.without_seam()
