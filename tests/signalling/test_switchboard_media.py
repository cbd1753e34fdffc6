"""The switchboard over a silent engine: legs and offers."""

import json

import pytest

from rooms.errors import NotFound, Unavailable
from rooms.ids import LegId, ParticipantId, RoomId, SessionId, TrackId
from signalling.engine import (
    Choice,
    EngineBack,
    EngineLost,
    LayersWanted,
    LegChose,
    Mode,
    Role,
    Spoke,
    Why,
    Wish,
)
from tests.fakes.wire import LEGS, SESSION, Board, settle

VILLEFORT = RoomId("villefort-visio")
ANNE, BRUNO = ParticipantId("anne"), ParticipantId("bruno")


async def test_two_people_are_offered_each_other(board: Board) -> None:
    anne = await board.person("anne", 0)
    assert not anne.line.of("subscribe.offer")
    bruno = await board.person("bruno", 2)
    assert [m["id"] for m in bruno.line.last("joined")["participants"]] == ["anne", "bruno"]
    assert anne.line.last("participant.joined")["participant"]["name"] == "Bruno"
    assert len(anne.line.last("participant.changed")["participant"]["tracks"]) == 2
    (offer,) = anne.line.of("subscribe.offer")
    assert {(t["participant"], t["kind"], t["source"]) for t in offer["tracks"]} == {
        ("bruno", "audio", "microphone"),
        ("bruno", "video", "camera"),
    }
    assert {t["participant"] for t in bruno.line.last("subscribe.offer")["tracks"]} == {"anne"}


async def test_one_offer_is_open_at_a_time_and_what_changes_goes_into_the_next(
    board: Board,
) -> None:
    anne = await board.person("anne", 0)
    await board.person("bruno", 2)
    await board.person("claire", 4)
    assert len(anne.line.of("subscribe.offer")) == 1
    await anne.say("subscribe.answer", leg=LEGS[1], serial=1, sdp="x")
    assert len(anne.line.of("subscribe.offer")) == 2
    assert {t["participant"] for t in anne.line.last("subscribe.offer")["tracks"]} == {
        "bruno",
        "claire",
    }
    await anne.say("subscribe.answer", leg=LEGS[1], serial=1, sdp="late")
    await anne.say("subscribe.answer", leg=LEGS[1], serial=2, sdp="x")
    await anne.say("subscribe.answer", leg=LEGS[1], serial=2, sdp="said again")
    assert not anne.line.of("error")
    assert len(anne.line.of("subscribe.offer")) == 2


async def test_an_answer_on_a_leg_that_is_none_is_refused(board: Board) -> None:
    anne = await board.person("anne", 0)
    await anne.say("subscribe.answer", leg=LEGS[9], serial=1, sdp="x")
    assert anne.line.last("error")["code"] == "no-leg"


async def test_an_answer_the_engine_cannot_take_loses_the_leg(board: Board) -> None:
    anne = await board.person("anne", 0)
    await board.person("bruno", 2)
    await anne.say("subscribe.answer", leg=LEGS[1], serial=1, sdp="")
    assert anne.line.last("error")["code"] == "bad-sdp"
    assert anne.line.last("leg.lost")["role"] == "subscribe"


async def test_a_bad_offer_keeps_what_was_sent_before(board: Board) -> None:
    anne = await board.person("anne", 0)
    bruno = await board.person("bruno", 2)
    await anne.say("publish.offer", leg=LEGS[8], sdp="")
    assert anne.line.last("error")["code"] == "bad-sdp"
    assert {t["participant"] for t in bruno.line.last("subscribe.offer")["tracks"]} == {"anne"}


async def test_a_mute_is_seen_by_the_others_and_done_by_the_worker(board: Board) -> None:
    anne = await board.person("anne", 0)
    bruno = await board.person("bruno", 2)
    await anne.say("track.set", kind="audio", muted=True)
    tracks = bruno.line.last("participant.changed")["participant"]["tracks"]
    assert {t["kind"]: t["muted"] for t in tracks} == {"audio": True, "video": False}
    assert board.engine.called("mute") == [(SESSION, ANNE, "audio", True)]
    await anne.say("publish.offer", leg=LEGS[8], sdp="x")
    assert board.engine.called("mute")[-1] == (SESSION, ANNE, "audio", True)


async def test_a_leg_that_fails_at_the_worker_is_asked_for_again(board: Board) -> None:
    anne = await board.person("anne", 0)
    bruno = await board.person("bruno", 2)
    await bruno.say("subscribe.answer", leg=LEGS[3], serial=1, sdp="x")
    board.engine.fail(SESSION, ANNE, Role.PUBLISH)
    await settle()
    assert anne.line.last("leg.lost") | {"seq": 0} == {
        "seq": 0,
        "type": "leg.lost",
        "leg": LEGS[0],
        "role": "publish",
    }
    assert bruno.line.last("participant.changed")["participant"]["tracks"] == []
    board.engine.fail(SESSION, ANNE, Role.SUBSCRIBE)
    await settle()
    assert anne.line.last("leg.lost")["role"] == "subscribe"
    await anne.say("publish.offer", leg=LEGS[8], sdp="x")
    await anne.say("subscribe.start", leg=LEGS[9])
    assert anne.line.last("subscribe.offer")["leg"] == LEGS[9]


async def test_a_leg_that_was_replaced_is_not_missed(board: Board) -> None:
    anne = await board.person("anne", 0)
    await anne.say("leg.failed", leg=LEGS[1])
    await anne.say("subscribe.start", leg=LEGS[9])
    await anne.say("leg.failed", leg=LEGS[1])
    await board.person("bruno", 2)
    assert anne.line.last("subscribe.offer")["leg"] == LEGS[9]


async def test_a_worker_that_was_killed_loses_every_leg_once_it_is_back(board: Board) -> None:
    anne = await board.person("anne", 0)
    await board.person("bruno", 2)
    board.engine.absent = True
    board.engine.forget()
    board.engine.emit(EngineLost())
    await settle()
    assert not anne.line.of("leg.lost")
    await anne.say("publish.offer", leg=LEGS[8], sdp="x")
    assert anne.line.last("error")["code"] == "no-media-worker"
    board.engine.absent = False
    board.engine.emit(EngineBack(fresh=True))
    await settle()
    assert [(m["leg"], m["role"]) for m in anne.line.of("leg.lost")] == [
        (LEGS[8], "publish"),
        (LEGS[1], "subscribe"),
    ]
    await anne.say("publish.offer", leg=LEGS[9], sdp="x")
    assert anne.line.last("publish.answer")["leg"] == LEGS[9]


@pytest.mark.parametrize("call", ["publish", "subscribe", "answer"])
async def test_a_leg_of_which_the_worker_said_nothing_in_time_is_made_anew_though_it_carries_it(
    board: Board, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anne = await board.person("anne", 0)
    bruno = await board.person("bruno", 2)
    done = getattr(board.engine, call)

    async def too_late(*words: object) -> None:
        await done(*words)
        raise Unavailable("no-media-worker")

    with monkeypatch.context() as late:
        late.setattr(board.engine, call, too_late)
        if call == "answer":
            await anne.say("subscribe.answer", leg=LEGS[1], serial=1, sdp="x")
        elif call == "publish":
            await anne.say("publish.offer", leg=LEGS[0], sdp="x", sources={})
        else:  # asked for by nobody who would hear the refusal: the tracks of another who came
            await anne.say("subscribe.answer", leg=LEGS[1], serial=1, sdp="x")
            await board.person("claire", 4)
    assert not anne.line.of("leg.lost")
    board.engine.emit(EngineBack(fresh=False))
    await settle()
    role, leg = ("publish", LEGS[0]) if call == "publish" else ("subscribe", LEGS[1])
    assert [(m["leg"], m["role"]) for m in anne.line.of("leg.lost")] == [(leg, role)]
    assert not [m for m in bruno.line.of("leg.lost") if call != "subscribe"]
    await anne.say("subscribe.start", leg=LEGS[9])
    offered = {track["participant"] for track in anne.line.last("subscribe.offer")["tracks"]}
    assert offered == ({"bruno", "claire"} if call == "subscribe" else {"bruno"})
    board.engine.emit(EngineBack(fresh=False))
    await settle()
    assert len(anne.line.of("leg.lost")) == 1  # nothing is doubted twice


async def test_a_refusal_nobody_waits_for_is_told_to_who_would_see_nothing(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    anne = await board.person("anne", 0)

    async def refuses(*words: object) -> None:
        raise NotFound("no-session")

    with monkeypatch.context() as closed:
        closed.setattr(board.engine, "subscribe", refuses)
        await board.person("bruno", 2)
    assert [m["leg"] for m in anne.line.of("leg.lost")] == [LEGS[1]]
    await anne.say("subscribe.start", leg=LEGS[9])
    assert {track["participant"] for track in anne.line.last("subscribe.offer")["tracks"]} == {
        "bruno"
    }


async def test_figures_show_both_sides_of_each_leg(board: Board) -> None:
    assert await board.wire.figures(SESSION) == {"participants": []}
    anne = await board.person("anne", 0)
    await anne.say("stats", legs=[{"role": "publish", "kbps": 412.5, "loss": 0.01}])
    (figures,) = (await board.wire.figures(SESSION))["participants"]
    assert figures["name"] == "Anne"
    assert figures["publish"]["id"] == LEGS[0]
    assert figures["subscribe"] is None
    assert figures["reported"] == [{"role": "publish", "kbps": 412.5, "loss": 0.01}]
    board.engine.absent = True
    (figures,) = (await board.wire.figures(SESSION))["participants"]
    assert figures["publish"] is None
    assert json.dumps(figures)


async def test_what_a_page_shows_goes_to_the_engine(board: Board) -> None:
    anne = await board.person("anne", 0)
    shown = {"track": "tr-1", "height": 360, "stage": True}
    await anne.say("view", tracks=[shown, {"track": "tr-2", "height": 0}], mode="saving")
    [(session, participant, wishes, mode)] = board.engine.called("view")
    assert (session, participant, mode) == (SESSION, "anne", Mode.SAVING)
    assert wishes == (
        Wish(track=TrackId("tr-1"), height=360, stage=True),
        Wish(track=TrackId("tr-2"), height=0),
    )
    await anne.say("view", tracks=[], mode="everything")
    assert anne.line.last("error")["code"] == "bad-message"


async def test_what_is_sent_and_why_not_more_is_told_on_the_leg_it_is_about(board: Board) -> None:
    anne = await board.person("anne", 0)
    paused = Choice(track=TrackId("tr-1"), layer=None, temporal=0, kbps=0.0, why=Why.LINE)
    for leg in (LEGS[9], LEGS[1]):
        board.engine.emit(
            LegChose(
                session=SESSION,
                participant=ANNE,
                leg=LegId(leg),
                available_kbps=480.0,
                choices=(paused,),
            )
        )
    await settle()
    [told] = anne.line.of("view.chosen")
    assert told["available_kbps"] == 480.0
    assert told["tracks"] == [{"track": "tr-1", "layer": None, "kbps": 0.0, "why": "line"}]


async def test_a_publisher_is_told_which_layers_somebody_looks_at(board: Board) -> None:
    anne = await board.person("anne", 0)
    for leg in (LEGS[9], LEGS[0]):
        board.engine.emit(
            LayersWanted(
                session=SESSION,
                participant=ANNE,
                leg=LegId(leg),
                track=TrackId("tr-1"),
                rids=("q",),
                kbps=120.0,
            )
        )
    await settle()
    [told] = anne.line.of("publish.layers")
    assert (told["rids"], told["kbps"]) == (["q"], 120.0)


async def test_everybody_hears_who_speaks(board: Board) -> None:
    anne, bruno = await board.person("anne", 0), await board.person("bruno", 2)
    board.engine.emit(Spoke(session=SESSION, participants=(BRUNO,)))
    board.engine.emit(Spoke(session=SessionId("se-none"), participants=(BRUNO,)))
    await settle()
    for person in (anne, bruno):
        assert person.line.last("speakers")["participants"] == ["bruno"]
