from rooms.ids import LegId, ParticipantId
from signalling.engine import Air, EngineState, Leg, LegState, MediaEngine, Role
from signalling.engines.remote import RemoteEngine
from signalling.engines.silent import SilentEngine


def test_every_engine_is_the_same_port() -> None:
    engines: list[type[MediaEngine]] = [SilentEngine, RemoteEngine]
    assert all(hasattr(engine, "subscribe") for engine in engines)


def test_a_new_leg_has_no_figures_yet() -> None:
    leg = Leg(id=LegId("lg-1"), role=Role.PUBLISH, state=LegState.NEW)
    assert (leg.kbps, leg.loss, leg.rtt_ms, leg.tracks) == (0.0, 0.0, None, ())
    assert EngineState().sessions == {}


def test_who_is_heard_by_everybody_speaks_to_nobody_alone() -> None:
    anne, bruno, tom = map(ParticipantId, ("pa-anne", "pa-bruno", "pa-tom"))
    air = Air(heard=frozenset({anne}), talks=frozenset({(anne, tom), (bruno, tom)}))
    assert air.talkers == {bruno}
