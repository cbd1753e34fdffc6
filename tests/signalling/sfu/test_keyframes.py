from signalling.sfu.keyframes import KeyframeGate


def test_many_wishes_make_one_request() -> None:
    gate = KeyframeGate()
    assert not gate.due(0.0)
    gate.want()
    gate.want()
    assert gate.due(0.0)
    assert not gate.due(0.1)


def test_a_wish_is_repeated_until_the_picture_comes() -> None:
    gate = KeyframeGate()
    gate.want()
    assert gate.due(0.0)
    assert gate.due(0.5)
    assert not gate.due(1.2, rtt=0.8)
    assert gate.due(1.3, rtt=0.8)
    gate.arrived()
    assert not gate.wanted
    assert not gate.due(9.0)


def test_a_new_wish_still_waits_its_turn() -> None:
    gate = KeyframeGate()
    gate.want()
    gate.due(0.0)
    gate.arrived()
    gate.want()
    assert not gate.due(0.4)
    assert gate.due(0.6)
