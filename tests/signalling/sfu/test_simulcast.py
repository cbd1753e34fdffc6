from signalling.sfu.simulcast import Layers
from tests.fakes.packets import Camera


def test_a_track_without_simulcast_has_one_layer_and_no_name_for_it() -> None:
    layers = Layers(video=True)
    assert layers.rids == ()
    assert [(s.rid, s.index) for s in layers.sources] == [("", 0)]


def test_layers_are_named_low_to_high_and_more_than_there_are_means_the_highest() -> None:
    layers = Layers(video=True, rids=("q", "h", "f"))
    assert [(s.rid, s.index) for s in layers.sources] == [("q", 0), ("h", 1), ("f", 2)]
    assert layers.layer(1).rid == "h"
    assert layers.layer(9).rid == "f"


def test_only_what_came_lately_is_alive() -> None:
    layers = Layers(video=True, rids=("q", "h"))
    camera = Camera(5)
    for now in (2.9, 3.0):
        layers.sources[1].receive(camera(1)[0], now)
    assert layers.alive(3.4) == [layers.sources[1]]
    assert layers.alive(3.6) == []


def test_a_layer_that_others_have_left_behind_has_stopped() -> None:
    layers, cameras = Layers(video=True, rids=("q", "h")), [Camera(5), Camera(6)]
    assert not any(layers.stopped(source) for source in layers.sources)
    for source, camera in zip(layers.sources, cameras, strict=True):
        source.receive(camera(1)[0], 3.0)
    layers.sources[1].receive(cameras[1](1)[0], 3.3)
    assert not layers.stopped(layers.sources[0])
    layers.sources[1].receive(cameras[1](1)[0], 3.5)
    assert [layers.stopped(source) for source in layers.sources] == [True, False]


def test_a_mute_holds_for_every_layer_and_everybody_is_told_once() -> None:
    layers = Layers(video=True, rids=("q", "h"))
    told: list[bool] = []
    layers.alert(lambda: told.append(True))
    layers.mute(False)
    layers.mute(True)
    assert layers.muted
    assert all(source.muted for source in layers.sources)
    layers.mute(False)
    assert not any(source.muted for source in layers.sources)
    layers.sources[1].want_keyframe()
    assert told == [True]


def test_a_track_that_has_ended_keeps_no_packet_and_tells_nobody() -> None:
    layers = Layers(video=True, rids=("q", "h"))
    told: list[bool] = []
    layers.alert(lambda: told.append(True))
    for source in layers.sources:
        source.receive(Camera(5)(key=True)[0], 3.0)
    layers.end()
    assert [len(source.ring) for source in layers.sources] == [0, 0]
    assert [source.recent() for source in layers.sources] == [None, None]
    layers.sources[0].want_keyframe()
    assert told == []
