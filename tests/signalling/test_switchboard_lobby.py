"""The lobby over a silent engine: nobody knows of who waits, and he knows of nobody."""

import pytest

from rooms.ids import ParticipantId
from signalling.engine import EngineBack, Role
from signalling.peer import LOBBY_FOR, Closing
from signalling.switchboard_seats import MOST_WAITING
from tests.fakes.wire import LEGS, SESSION, Board, Guest, settle

UP, DOWN = LEGS[10], LEGS[11]
EMPTY = "sendrecv "  # an offer whose lines send nothing
BRUNO = ParticipantId("bruno")


async def waiting(board: Board, name: str = "bruno") -> Guest:
    """Somebody who looks at himself, both legs made."""
    guest = board.guest(f"pa:{name}")
    await guest.hello()
    await guest.say("lobby")
    await guest.say("publish.offer", leg=UP, sdp=EMPTY)
    await guest.say("subscribe.start", leg=DOWN)
    await guest.say("subscribe.answer", leg=DOWN, serial=1, sdp="x")
    return guest


def kinds(guest: Guest) -> list[str]:
    return [message["type"] for message in guest.line.said]


async def test_who_waits_makes_his_legs_and_hears_of_nobody(board: Board) -> None:
    anne = await board.person("anne", 0)
    bruno = await waiting(board)
    assert bruno.line.last("welcome")["lobby"] == LOBBY_FOR.total_seconds()
    assert bruno.line.last("waiting")["until"] == "2013-06-14T12:10:00.000000Z"
    offer = bruno.line.last("subscribe.offer")
    assert (offer["leg"], offer["tracks"]) == (DOWN, [])
    assert bruno.line.last("publish.answer")["leg"] == UP
    await anne.say("chat", text="entre nous")
    await anne.say("track.set", kind="audio", muted=True)
    await anne.say("publish.offer", leg=LEGS[0], sdp="sendrecv audio video")
    await board.wire.session_changed(SESSION)
    expected = ["welcome", "waiting", "publish.answer", "subscribe.offer"]
    assert kinds(bruno) == expected


async def test_nobody_hears_of_who_waits(board: Board) -> None:
    anne = await board.person("anne", 0)
    before = kinds(anne)
    bruno = await waiting(board)
    await anne.say("whisper", to="bruno", data="x")
    assert anne.line.last("error")["code"] == "no-participant"
    await anne.arrive()
    await anne.say("join")
    assert [one["id"] for one in anne.line.last("joined")["participants"]] == ["anne"]
    figures = await board.wire.figures(SESSION)
    assert [one["id"] for one in figures["participants"]] == ["anne"]
    bruno.caller.gone()
    await settle()
    assert not {"participant.joined", "participant.changed", "participant.left"} & set(
        kinds(anne)[len(before) :]
    )
    assert not board.house.heard("joined")[1:]
    assert not board.house.heard("left")
    assert board.engine.called("remove") == [(SESSION, BRUNO)]


async def test_with_join_his_legs_come_with_him_and_carry_the_others(board: Board) -> None:
    anne = await board.person("anne", 0)
    bruno = await waiting(board)
    await bruno.say("join", name="Bruno", publish_leg=UP, subscribe_leg=DOWN, subscribe_serial=1)
    await bruno.say("publish.offer", leg=UP, sdp="sendrecv audio video")
    joined = bruno.line.last("joined")
    assert (joined["publish_leg"], joined["subscribe_leg"]) == (UP, DOWN)
    offer = bruno.line.last("subscribe.offer")
    assert (offer["serial"], {one["participant"] for one in offer["tracks"]}) == (2, {"anne"})
    assert anne.line.last("participant.joined")["participant"]["id"] == "bruno"
    changed = anne.line.last("participant.changed")["participant"]
    assert {track["kind"] for track in changed["tracks"]} == {"audio", "video"}
    assert not board.engine.called("remove")
    await board.wire.sweep(board.clock.advance(LOBBY_FOR.total_seconds() + 1))
    await settle()
    assert not bruno.line.of("left")


async def test_an_answer_that_is_under_way_at_the_press_is_waited_for(board: Board) -> None:
    await board.person("anne", 0)
    bruno = board.guest("pa:bruno")
    await bruno.hello()
    await bruno.say("lobby")
    await bruno.say("subscribe.start", leg=DOWN)
    await bruno.say("join", subscribe_leg=DOWN)
    assert bruno.line.last("joined")["subscribe_leg"] == DOWN
    assert len(bruno.line.of("subscribe.offer")) == 1
    await bruno.say("subscribe.answer", leg=DOWN, serial=1, sdp="x")
    assert len(bruno.line.last("subscribe.offer")["tracks"]) == 2


async def test_nothing_may_be_sent_from_the_lobby(board: Board) -> None:
    anne = await board.person("anne", 0)
    bruno = board.guest("pa:bruno")
    await bruno.hello()
    await bruno.say("lobby")
    await bruno.say("publish.offer", leg=UP, sdp="sendrecv audio")
    error = bruno.line.last("error")
    assert (error["code"], error["about"], error["fatal"]) == ("forbidden", "publish.offer", False)
    assert board.engine.called("remove") == [(SESSION, BRUNO)]
    assert len(anne.line.of("subscribe.offer")) == 0


@pytest.mark.parametrize(
    "said",
    [
        {"what": "chat", "text": "x"},
        {"what": "hand", "up": True},
        {"what": "track.set", "kind": "audio", "muted": False},
        {"what": "view", "tracks": []},
        {"what": "stats", "legs": []},
        {"what": "whisper", "to": "anne", "data": "x"},
    ],
)
async def test_what_is_for_participants_is_refused_in_the_lobby(
    board: Board, said: dict[str, object]
) -> None:
    anne = await board.person("anne", 0)
    bruno = await waiting(board)
    before = len(anne.line.frames)
    await bruno.say(str(said.pop("what")), **said)
    assert bruno.line.last("error")["code"] == "not-joined"
    assert len(anne.line.frames) == before


async def test_the_lobby_is_for_persons_who_may_come_in_and_are_not_in(board: Board) -> None:
    screen = board.guest("room:villefort-visio")
    await screen.hello()
    assert "lobby" not in screen.line.last("welcome")
    await screen.say("lobby")
    assert screen.line.last("error")["code"] == "forbidden"
    anne = await board.person("anne", 0)
    await anne.say("lobby")
    assert anne.line.last("error")["code"] == "forbidden"
    board.house.over.add(SESSION)
    bruno = board.guest("pa:bruno")
    await bruno.hello()
    await bruno.say("lobby")
    await bruno.say("subscribe.start", leg=DOWN)
    assert [error["code"] for error in bruno.line.of("error")] == ["session-over", "not-joined"]


async def test_who_waits_too_long_is_sent_home_and_may_come_back(board: Board) -> None:
    bruno = await waiting(board)
    await board.wire.sweep(board.clock.advance(LOBBY_FOR.total_seconds()))
    await settle()
    assert not bruno.line.of("left")
    await board.wire.sweep(board.clock.advance(1))
    await settle()
    assert bruno.line.last("left")["reason"] == "waited"
    assert bruno.line.code == Closing.DONE
    assert board.engine.called("remove") == [(SESSION, BRUNO)]
    again = board.guest("pa:bruno")
    await again.arrive()
    assert again.line.last("joined")["you"] == "bruno"


async def test_with_the_session_the_lobby_ends(board: Board) -> None:
    await board.person("anne", 0)
    bruno = await waiting(board)
    await board.wire.end(SESSION)
    assert bruno.line.last("left")["reason"] == "ended"
    assert bruno.line.code == Closing.DONE


async def test_who_is_put_out_of_the_lobby_or_leaves_it_is_out(board: Board) -> None:
    bruno = await waiting(board)
    await board.wire.remove(SESSION, BRUNO)
    assert bruno.line.last("left")["reason"] == "removed"
    claire = await waiting(board, "claire")
    await claire.say("leave")
    assert claire.line.last("left")["reason"] == "left"
    assert not board.house.told


async def test_a_broken_line_forgets_who_waits_and_he_begins_anew(board: Board) -> None:
    bruno = await waiting(board)
    resume = bruno.line.last("welcome")["resume"]
    bruno.caller.gone()
    await settle()
    assert board.engine.called("remove") == [(SESSION, BRUNO)]
    back = board.guest("pa:bruno")
    await back.hello(resume=resume, last_seq=3)
    assert back.line.last("welcome")["resumed"]
    await back.say("subscribe.start", leg=LEGS[12])
    assert back.line.last("error")["code"] == "not-joined"
    await back.say("lobby")
    await back.say("subscribe.start", leg=LEGS[12])
    assert back.line.last("subscribe.offer")["leg"] == LEGS[12]
    await back.say("join", publish_leg=UP, subscribe_leg=DOWN)
    joined = back.line.last("joined")
    assert (joined["publish_leg"], joined["subscribe_leg"]) == (None, None)


async def test_said_twice_the_legs_are_made_anew(board: Board) -> None:
    bruno = await waiting(board)
    await bruno.say("lobby")
    assert board.engine.called("remove") == [(SESSION, BRUNO)]
    await bruno.say("join", publish_leg=UP, subscribe_leg=DOWN)
    assert bruno.line.last("joined")["publish_leg"] is None


async def test_who_was_lost_and_waits_outside_is_no_longer_in(board: Board) -> None:
    anne = await board.person("anne", 0)
    bruno = await board.person("bruno", 2)
    bruno.caller.gone()
    await settle()
    await waiting(board)
    assert anne.line.last("participant.left")["participant"] == "bruno"
    assert board.house.told[-1] == ("left", BRUNO, "left")


async def test_the_newest_page_of_a_token_has_the_lobby(board: Board) -> None:
    first = await waiting(board)
    second = await waiting(board)
    assert first.line.code == Closing.ELSEWHERE
    first.caller.gone()
    await settle()
    await second.say("join", publish_leg=UP, subscribe_leg=DOWN)
    assert second.line.last("joined")["publish_leg"] == UP


async def test_a_full_lobby_leaves_the_door_open(board: Board) -> None:
    for number in range(MOST_WAITING):
        guest = board.guest(f"pa:g{number}")
        await guest.hello()
        await guest.say("lobby")
    late = board.guest("pa:late")
    await late.hello()
    await late.say("lobby")
    assert late.line.last("error")["code"] == "lobby-full"
    await late.say("join")
    assert late.line.of("joined")


async def test_a_leg_of_the_lobby_that_the_worker_loses_is_told(board: Board) -> None:
    bruno = await waiting(board)
    board.engine.fail(SESSION, BRUNO, Role.PUBLISH)
    await settle()
    assert bruno.line.last("leg.lost")["leg"] == UP
    board.engine.forget()
    board.engine.emit(EngineBack(fresh=True))
    await settle()
    assert bruno.line.last("leg.lost")["leg"] == DOWN
    assert (SESSION,) in board.engine.called("open")


async def test_who_waits_is_not_taken_for_a_participant_when_the_service_looks_at_the_worker(
    board: Board,
) -> None:
    anne = await board.person("anne", 0)
    bruno = await waiting(board)
    board.engine.emit(EngineBack(fresh=False))
    await settle()
    await anne.say("join")
    assert [one["id"] for one in anne.line.last("joined")["participants"]] == ["anne"]
    await bruno.say("join", publish_leg=UP, subscribe_leg=DOWN)
    assert anne.line.last("participant.joined")["participant"]["id"] == "bruno"


async def test_a_restarted_service_shows_nobody_who_waited_before_it(board: Board) -> None:
    await waiting(board)
    board.wire.drain()
    async with Board() as second:
        second.engine._sessions = board.engine._sessions
        second.engine.emit(EngineBack(fresh=False))
        await settle()
        anne = second.guest("pa:anne")
        await anne.arrive()
        await anne.say("subscribe.start", leg=LEGS[1])
        assert [one["id"] for one in anne.line.last("joined")["participants"]] == ["anne"]
        assert not anne.line.of("subscribe.offer")
        bruno = second.guest("pa:bruno")
        await bruno.hello()
        await bruno.say("lobby")
        assert bruno.line.of("waiting")
        assert kinds(anne) == ["welcome", "joined"]


async def test_a_lobby_is_said_no_faster_than_a_join(board: Board) -> None:
    bruno = board.guest("pa:bruno")
    await bruno.hello()
    for _ in range(6):
        await bruno.say("lobby")
    error = bruno.line.last("error")
    assert (error["code"], error["about"], error["fatal"]) == ("too-fast", "lobby", False)
