from dataclasses import asdict

import pytest

from rooms.errors import Invalid, MargerideError, NotFound, Unavailable
from rooms.ids import LegId, ParticipantId, SessionId, TrackId
from signalling.engine import (
    Air,
    Arrival,
    Budget,
    Choice,
    EngineBack,
    EngineEvent,
    EngineLost,
    EngineState,
    Kind,
    LayersWanted,
    Leg,
    LegChanged,
    LegChose,
    LegState,
    Member,
    Placed,
    PublishAnswer,
    Role,
    Spoke,
    SubscribeOffer,
    Track,
    TrackStarted,
    Why,
    Wish,
)
from signalling.engines import wire

ANNE, SESSION, LEG = ParticipantId("pa-1"), SessionId("se-1"), LegId("lg-1")
TRACK = Track(id=TrackId("tr-1"), participant=ANNE, kind=Kind.VIDEO, source="camera", muted=True)
PLACED = Placed(mid="0", track=TRACK.id)
CHOICE = Choice(track=TRACK.id, layer=None, temporal=0, kbps=0.0, why=Why.LINE)
ARRIVAL = Arrival(track=TRACK.id, kind=Kind.VIDEO, source="camera", layers=1, asked=2)
FIGURES = Leg(
    id=LEG,
    role=Role.SUBSCRIBE,
    state=LegState.CONNECTED,
    serial=3,
    tracks=(PLACED,),
    kbps=1.5,
    loss=0.1,
    rtt_ms=20.0,
    profile="P",
    available_kbps=480.0,
    choices=(CHOICE,),
    counts={"nacked": 2},
    arrivals=(ARRIVAL,),
    quiet_ms=12.5,
)


def test_what_is_on_air_comes_over_unchanged() -> None:
    talks = frozenset({(ParticipantId("pa-3"), ANNE)})
    told = Air(heard=frozenset({ANNE}), seen=frozenset({ANNE, ParticipantId("pa-2")}), talks=talks)
    line = wire.encode({"air": wire.air_to_json(told)})
    assert wire.air(wire.decode(line)["air"]) == told


def test_a_worker_that_does_not_say_what_arrives_is_understood() -> None:
    member = Member(participant=ANNE, legs=(FIGURES,))
    told = wire.result_to_json(EngineState(sessions={SESSION: (member,)}))
    del told["sessions"][SESSION][0]["legs"][0]["arrivals"]
    del told["sessions"][SESSION][0]["legs"][0]["quiet_ms"]
    leg = wire.engine_state(told).sessions[SESSION][0].legs[0]
    assert (leg.arrivals, leg.quiet_ms) == ((), None)


def test_answers_come_over_unchanged() -> None:
    answer = PublishAnswer(sdp="v=0", tracks=(TRACK,))
    offer = SubscribeOffer(leg=LEG, serial=3, sdp="v=0", tracks=(PLACED,))
    member = Member(participant=ANNE, tracks=(TRACK,), legs=(FIGURES,))
    state = EngineState(sessions={SESSION: (member,)})
    line = wire.encode({"a": [wire.result_to_json(one) for one in (answer, offer, state, None)]})
    a, o, s, nothing = wire.decode(line)["a"]
    assert wire.publish_answer(a) == answer
    assert wire.subscribe_offer(o) == offer
    assert wire.engine_state(s) == state
    assert nothing is None


@pytest.mark.parametrize(
    "event",
    [
        EngineLost(),
        EngineLost(sessions=(SESSION,)),
        EngineBack(fresh=True),
        LegChose(
            session=SESSION, participant=ANNE, leg=LEG, available_kbps=None, choices=(CHOICE,)
        ),
        LayersWanted(
            session=SESSION, participant=ANNE, leg=LEG, track=TRACK.id, rids=("q", "h"), kbps=None
        ),
        Spoke(session=SESSION, participants=(ANNE,)),
        TrackStarted(session=SESSION, participant=ANNE, track=TRACK.id),
        LegChanged(
            session=SESSION,
            participant=ANNE,
            leg=LEG,
            role=Role.PUBLISH,
            state=LegState.FAILED,
        ),
    ],
)
def test_events_come_over_unchanged(event: EngineEvent) -> None:
    line = wire.encode(wire.event_to_json(event))
    assert wire.event_from_json(wire.decode(line)) == event


@pytest.mark.parametrize("error", [Invalid("bad-sdp", reason="x"), NotFound("no-leg", leg="lg-1")])
def test_refusals_keep_their_class_and_facts(error: MargerideError) -> None:
    again = wire.error_from_json(wire.error_to_json(error))
    assert (type(again), again.key, again.fields) == (type(error), error.key, error.fields)


def test_a_class_we_do_not_know_is_unavailable() -> None:
    for name in ("SystemExit", "ClassVar", "Nonsense"):
        again = wire.error_from_json({"class": name, "key": "k"})
        assert type(again) is Unavailable
    with pytest.raises(ValueError, match="object"):
        wire.decode(b"[1]\n")


def test_what_a_page_shows_and_the_line_behind_it_come_over_unchanged() -> None:
    wish = Wish(track=TRACK.id, height=360, stage=True)
    budget = Budget(line="villefort", up_kbps=400, down_kbps=None, rtt_ms=600)
    line = wire.encode({"wish": asdict(wish), "budget": asdict(budget)})
    message = wire.decode(line)
    assert wire.wish(message["wish"]) == wish
    assert wire.budget(message["budget"]) == budget
