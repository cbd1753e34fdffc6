"""The switchboard over a silent engine: dropping, coming back, and being gone."""

import pytest

from rooms.ids import ParticipantId, RoomId
from signalling.engine import EngineBack
from signalling.peer import Closing
from signalling.ports import Place
from tests.fakes.wire import LEGS, SESSION, Board, settle

VILLEFORT = RoomId("villefort-visio")
ANNE, BRUNO = ParticipantId("anne"), ParticipantId("bruno")


async def test_who_drops_is_shown_lost_and_takes_up_where_he_was(board: Board) -> None:
    anne = await board.person("anne", 0)
    bruno = await board.person("bruno", 2)
    resume = bruno.line.last("welcome")["resume"]
    seen = bruno.line.said[-1]["seq"]
    bruno.caller.gone()
    await settle()
    assert anne.line.last("participant.changed")["participant"]["state"] == "lost"
    assert board.house.told[-1] == ("lost", BRUNO)
    await anne.say("track.set", kind="video", muted=True)

    board.clock.advance(30)
    back = board.guest("pa:bruno")
    await back.hello(resume=resume, last_seq=seen)
    assert back.line.last("welcome")["resumed"]
    assert [m["type"] for m in back.line.said] == ["welcome", "participant.changed"]
    assert anne.line.last("participant.changed")["participant"]["state"] == "joined"
    assert board.house.told[-1] == ("joined", BRUNO)
    assert not board.engine.called("remove")
    await back.say("track.set", kind="audio", muted=True)
    assert not back.line.of("error")


@pytest.mark.parametrize("resume", ["guessed", None])
async def test_nobody_takes_up_with_a_wrong_secret(board: Board, resume: str | None) -> None:
    bruno = await board.person("bruno", 2)
    bruno.caller.gone()
    back = board.guest("pa:bruno")
    await back.hello(resume=resume, last_seq=0)
    assert not back.line.last("welcome")["resumed"]


async def test_a_line_that_is_not_yet_known_dead_may_be_taken_up(board: Board) -> None:
    bruno = await board.person("bruno", 2)
    back = board.guest("pa:bruno")
    await back.hello(resume=bruno.line.last("welcome")["resume"], last_seq=0)
    assert bruno.line.code == Closing.ELSEWHERE
    assert [m["type"] for m in back.line.said][:2] == ["welcome", "joined"]
    bruno.caller.gone()
    await bruno.caller.receive('{"type": "leave"}')
    bruno.caller.tick(board.clock.advance(100))
    await settle()
    assert not board.house.heard("left")


async def test_the_newest_connection_of_a_token_has_it(board: Board) -> None:
    anne = await board.person("anne", 0)
    bruno = await board.person("bruno", 2)
    again = board.guest("pa:bruno")
    await again.hello()
    assert bruno.line.code == Closing.ELSEWHERE
    assert anne.line.last("participant.changed")["participant"]["state"] == "lost"
    await again.say("join")
    assert anne.line.last("participant.changed")["participant"]["state"] == "joined"
    assert again.line.last("joined")["publish_leg"] is None
    bruno.caller.gone()
    await settle()
    assert anne.line.last("participant.changed")["participant"]["state"] == "joined"


async def test_a_place_taken_by_another_line_is_lost_to_the_first(board: Board) -> None:
    anne = board.guest("pa:villefort-visio")
    await anne.arrive()
    screen = board.guest("room:villefort")
    await screen.hello()
    await screen.say("join", session=SESSION, token="pa:villefort-visio")
    assert anne.line.last("left")["reason"] == "removed"
    assert anne.line.code == Closing.DONE
    assert not board.house.heard("left")


async def test_who_never_comes_back_is_gone_after_a_minute(board: Board) -> None:
    anne = await board.person("anne", 0)
    bruno = await board.person("bruno", 2)
    bruno.caller.gone()
    await board.wire.sweep(board.clock.advance(59))
    assert not board.engine.called("remove")
    await board.wire.sweep(board.clock.advance(1))
    await settle()
    assert anne.line.last("participant.left") | {"seq": 0} == {
        "seq": 0,
        "type": "participant.left",
        "participant": "bruno",
        "reason": "gone",
    }
    assert ("left", BRUNO, "gone") in board.house.told
    assert board.engine.called("remove") == [(SESSION, BRUNO)]
    back = board.guest("pa:bruno")
    await back.hello(resume=bruno.line.last("welcome")["resume"], last_seq=0)
    assert not back.line.last("welcome")["resumed"]


async def test_joining_twice_is_answered_twice(board: Board) -> None:
    anne = await board.person("anne", 0)
    await anne.say("join", publish_leg=LEGS[0], subscribe_leg=LEGS[1])
    assert len(anne.line.of("joined")) == 2
    assert anne.line.last("joined")["publish_leg"] == LEGS[0]
    assert anne.line.last("joined")["subscribe_leg"] == LEGS[1]
    assert board.house.heard("joined") == [(ANNE,)]


async def test_what_is_said_again_is_news_to_nobody(board: Board) -> None:
    anne, bruno = await board.person("anne", 0), await board.person("bruno", 2)
    await anne.say("track.set", kind="audio", muted=True)
    board.clock.advance(1)
    heard = len(bruno.line.said)
    for _ in range(2):
        await anne.say("track.set", kind="audio", muted=True)
        await anne.say("join", publish_leg=LEGS[0], subscribe_leg=LEGS[1])
    assert not anne.line.of("error")
    assert len(bruno.line.said) == heard
    assert board.house.heard("joined") == [(ANNE,), (BRUNO,)]


async def test_who_changes_all_the_time_is_told_to_slow_down(board: Board) -> None:
    anne, bruno = await board.person("anne", 0), await board.person("bruno", 2)
    board.clock.advance(1)
    heard = len(bruno.line.said)
    for turn in range(20):
        await anne.say("track.set", kind="audio", muted=turn % 2 == 0)
    assert anne.line.code is None
    refusals = anne.line.of("error")
    assert {(one["code"], one["about"], one["fatal"]) for one in refusals} == {
        ("too-fast", "track.set", False)
    }
    told = bruno.line.said[heard:]
    assert len(told) == 5
    # Whatever was refused, who said last that he is muted is.
    await anne.say("track.set", kind="audio", muted=True)
    tracks = bruno.line.last("participant.changed")["participant"]["tracks"]
    assert {t["kind"]: t["muted"] for t in tracks}["audio"]
    await anne.say("join")
    assert anne.line.last("error")["about"] == "join"
    await anne.say("track.set", kind="audio", muted=False)
    assert len(anne.line.of("error")) == len(refusals) + 2
    board.clock.advance(1)
    await anne.say("track.set", kind="audio", muted=False)
    assert len(anne.line.of("error")) == len(refusals) + 2


async def test_a_service_that_was_killed_finds_its_people_at_the_worker(board: Board) -> None:
    anne = await board.person("anne", 0)
    await board.person("bruno", 2)
    await anne.say("subscribe.answer", leg=LEGS[1], serial=1, sdp="x")
    await anne.say("track.set", kind="audio", muted=True)
    await board.wire.stop()

    async with Board() as second:
        second.engine._sessions = board.engine._sessions
        second.engine.emit(EngineBack(fresh=False))
        await settle()
        back = second.guest("pa:anne")
        await back.hello()
        assert not back.line.last("welcome")["resumed"]
        await back.say("join", publish_leg=LEGS[0], subscribe_leg=LEGS[1], subscribe_serial=1)
        joined = back.line.last("joined")
        assert (joined["publish_leg"], joined["subscribe_leg"]) == (LEGS[0], LEGS[1])
        (you,) = joined["participants"]
        assert {t["kind"]: t["muted"] for t in you["tracks"]} == {"audio": True, "video": False}
        assert not back.line.of("subscribe.offer")
        assert not second.engine.called("publish")
        bruno = second.guest("pa:bruno")
        await bruno.arrive(publish_leg=LEGS[2], subscribe_leg=LEGS[3], subscribe_serial=0)
        assert bruno.line.last("joined")["publish_leg"] == LEGS[2]
        assert bruno.line.last("joined")["subscribe_leg"] is None
        assert back.line.last("participant.joined")["participant"]["id"] == "bruno"


async def test_nobody_vanishes_from_a_session_while_the_others_come_back_after_a_kill(
    board: Board,
) -> None:
    await board.person("anne", 0)
    await board.person("bruno", 2)
    await board.wire.stop()

    async with Board() as second:
        second.house.known = [
            Place(session=SESSION, participant=ParticipantId("bruno"), name="Bruno", kind="guest")
        ]
        second.engine._sessions = board.engine._sessions
        second.engine.emit(EngineBack(fresh=False))
        await settle()
        anne = second.guest("pa:anne")
        await anne.arrive(publish_leg=LEGS[0], subscribe_leg=LEGS[1], subscribe_serial=1)
        seen = {one["id"]: one for one in anne.line.last("joined")["participants"]}
        assert (seen["bruno"]["name"], seen["bruno"]["state"]) == ("Bruno", "lost")
        assert {track["kind"] for track in seen["bruno"]["tracks"]} == {"audio", "video"}
        bruno = second.guest("pa:bruno")
        await bruno.arrive(publish_leg=LEGS[2], subscribe_leg=LEGS[3], subscribe_serial=0)
        changed = anne.line.last("participant.changed")["participant"]
        assert (changed["id"], changed["state"]) == ("bruno", "joined")
        assert not anne.line.of("participant.joined")


async def test_who_does_not_come_back_to_a_restarted_service_is_removed(board: Board) -> None:
    await board.person("anne", 0)
    board.wire.drain()
    async with Board() as second:
        second.engine._sessions = board.engine._sessions
        second.engine.emit(EngineBack(fresh=False))
        await settle()
        await second.wire.sweep(second.clock.advance(60))
        assert second.engine.called("remove") == [(SESSION, ANNE)]
        assert second.house.told == [("left", ANNE, "gone")]


@pytest.mark.parametrize("fate", ["over", "unknown"])
async def test_media_of_a_session_that_has_ended_meanwhile_is_closed(
    board: Board, fate: str
) -> None:
    await board.person("anne", 0)
    async with Board() as second:
        getattr(second.house, fate).add(SESSION)
        second.engine._sessions = board.engine._sessions
        second.engine.emit(EngineBack(fresh=False))
        await settle()
        assert second.engine.called("close") == [(SESSION,)]


async def test_a_draining_service_asks_to_redial(board: Board) -> None:
    anne = await board.person("anne", 0)
    board.wire.drain()
    assert anne.line.code == Closing.RESTART
    anne.caller.gone()
    await settle()
    assert not board.house.heard("lost")
    late = board.guest("pa:late")
    await late.hello()
    assert late.line.code == Closing.RESTART
