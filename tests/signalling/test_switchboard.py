"""The switchboard over a silent engine: who speaks, and what is asked of whom."""

import json
from dataclasses import replace

import pytest

from rooms.ids import CommandId, ParticipantId, RoomId
from signalling.engine import Path, Role, Transport
from signalling.peer import Closing
from tests.fakes.wire import LEGS, SESSION, Board, RecordingLine, settle

VILLEFORT = RoomId("villefort-visio")
ANNE, BRUNO = ParticipantId("anne"), ParticipantId("bruno")


async def test_a_screen_says_hello_reports_and_is_commanded(board: Board) -> None:
    screen = board.guest("room:villefort-visio")
    assert not board.wire.screen_connected(VILLEFORT)
    await screen.hello()
    assert screen.line.last("welcome")["room"] == "villefort-visio"
    assert board.wire.screen_connected(VILLEFORT)
    await screen.say("room.state", version=1, document={"call": {}})
    board.house.commands.add(CommandId("cm-1"))
    assert await board.wire.command(
        VILLEFORT, CommandId("cm-1"), "audio.mic.set", {"on": False}, "soon"
    )
    assert screen.line.last("command")["arguments"] == {"on": False}
    await screen.say("command.accepted", id="cm-1")
    await screen.say("command.done", id="cm-1")
    await screen.say("command.failed", id="cm-1", error="no_media")
    await board.wire.cancel_command(VILLEFORT, CommandId("cm-1"))
    assert screen.line.last("command.cancel")["id"] == "cm-1"
    await board.wire.code_burnt(VILLEFORT)
    assert screen.line.last("code.burnt")
    assert board.house.told == [
        ("screen_on", VILLEFORT),
        ("room_state", VILLEFORT, 1, {"call": {}}),
        ("accepted", VILLEFORT, "cm-1"),
        ("done", VILLEFORT, "cm-1", {}),
        ("failed", VILLEFORT, "cm-1", "no_media", ""),
    ]


async def test_a_screen_that_is_away_is_not_commanded(board: Board) -> None:
    assert not await board.wire.command(VILLEFORT, CommandId("cm-1"), "call.leave", {}, "soon")
    await board.wire.cancel_command(VILLEFORT, CommandId("cm-1"))
    await board.wire.code_burnt(VILLEFORT)
    screen = board.guest("room:villefort-visio")
    await screen.hello()
    screen.caller.gone()
    await settle()
    assert board.house.told[-1] == ("screen_off", VILLEFORT)
    assert not await board.wire.command(VILLEFORT, CommandId("cm-1"), "call.leave", {}, "soon")


async def test_a_command_of_another_room_is_nobodys_here(board: Board) -> None:
    screen = board.guest("room:villefort-visio")
    await screen.hello()
    await screen.say("command.done", id="cm-of-somebody-else")
    assert screen.line.last("error")["code"] == "no-command"
    assert screen.line.code is None


async def test_a_person_may_not_speak_as_a_screen(board: Board) -> None:
    anne = board.guest("pa:anne")
    await anne.hello()
    await anne.say("room.state", version=1, document={})
    assert anne.line.last("error") | {"seq": 0} == {
        "seq": 0,
        "type": "error",
        "code": "forbidden",
        "text": "fr:forbidden",
        "fatal": False,
        "about": "room.state",
    }


@pytest.mark.parametrize("said", ["publish.offer", "subscribe.start"])
async def test_who_has_not_joined_is_told_so(board: Board, said: str) -> None:
    anne = board.guest("pa:anne")
    await anne.hello()
    await anne.say(said, leg=LEGS[0], **({"sdp": "x"} if said == "publish.offer" else {}))
    assert anne.line.last("error")["code"] == "not-joined"


async def test_an_unknown_token_is_refused_with_its_own_code(board: Board) -> None:
    stranger = board.guest("guess")
    await stranger.hello()
    assert stranger.line.last("error")["code"] == "bad-token"
    assert stranger.line.last("error")["fatal"]
    assert stranger.line.code == Closing.BAD_TOKEN


async def test_a_session_that_is_over_cannot_be_joined(board: Board) -> None:
    board.house.over.add(SESSION)
    anne = board.guest("pa:anne")
    await anne.arrive()
    assert anne.line.last("error")["code"] == "session-over"
    assert anne.line.code is None


async def test_a_fault_of_the_house_is_not_the_clients(
    board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    board.house.broken = True
    anne = board.guest("pa:anne")
    await anne.arrive()
    assert anne.line.last("error")["code"] == "internal"
    assert "join of anne failed" in caplog.text


async def test_messages_may_follow_join_without_waiting(board: Board) -> None:
    anne = board.guest("pa:anne")
    await anne.hello()
    for said in (
        {"type": "join"},
        {"type": "publish.offer", "leg": LEGS[0], "sdp": "x"},
    ):
        await anne.caller.receive(json.dumps(said))
    await settle()
    assert [m["type"] for m in anne.line.said] == ["welcome", "joined", "publish.answer"]


async def test_who_leaves_is_taken_from_the_others(board: Board) -> None:
    anne = await board.person("anne", 0)
    bruno = await board.person("bruno", 2)
    await anne.say("subscribe.answer", leg=LEGS[1], serial=1, sdp="x")
    await bruno.say("leave")
    assert bruno.line.last("left")["reason"] == "left"
    assert bruno.line.code == Closing.DONE
    assert anne.line.last("participant.left")["participant"] == "bruno"
    assert anne.line.last("subscribe.offer")["tracks"] == []
    assert ("left", BRUNO, "left") in board.house.told
    assert board.engine.called("remove") == [(SESSION, BRUNO)]


async def test_a_screen_that_leaves_stays_on_the_wire(board: Board) -> None:
    screen = board.guest("room:villefort-visio")
    await screen.hello()
    await screen.say("join", session=SESSION, token="pa:villefort-visio")
    assert screen.line.last("joined")["you"] == "villefort-visio"
    await screen.say("leave")
    assert screen.line.last("left")["reason"] == "left"
    assert screen.line.code is None
    assert board.wire.screen_connected(VILLEFORT)


async def test_a_screen_called_elsewhere_leaves_where_it_was(board: Board) -> None:
    screen = board.guest("room:villefort-visio")
    await screen.hello()
    await screen.say("join", session="se-1", token="pa:villefort-visio")
    await screen.say("join", session="se-2", token="pa:villefort-visio")
    assert board.house.heard("left") == [("villefort-visio", "left")]
    assert screen.line.last("joined")["session"]["id"] == "se-2"


async def test_the_end_of_a_session_is_told_to_everybody(board: Board) -> None:
    anne = await board.person("anne", 0)
    screen = board.guest("room:villefort-visio")
    await screen.hello()
    await screen.say("join", session=SESSION, token="pa:villefort-visio")
    await board.wire.session_changed(SESSION)
    assert anne.line.last("session.changed")["session"]["id"] == SESSION
    await board.wire.end(SESSION)
    assert anne.line.last("left")["reason"] == "ended"
    assert anne.line.code == Closing.DONE
    assert screen.line.last("left")["reason"] == "ended"
    assert screen.line.code is None
    assert board.engine.called("close") == [(SESSION,)]
    await board.wire.session_changed(SESSION)
    await board.wire.end(SESSION)


async def test_somebody_is_put_out(board: Board) -> None:
    anne = await board.person("anne", 0)
    await board.wire.remove(SESSION, ANNE)
    await board.wire.remove(SESSION, BRUNO)
    assert anne.line.last("left")["reason"] == "removed"
    assert board.house.heard("left") == [(ANNE, "removed")]


async def test_a_revoked_screen_is_hung_up(board: Board) -> None:
    await board.wire.disconnect_screen(VILLEFORT)
    screen = board.guest("room:villefort-visio")
    await screen.hello()
    await board.wire.disconnect_screen(VILLEFORT)
    assert screen.line.code == Closing.BAD_TOKEN


async def test_a_client_that_asks_for_too_much_at_once_is_let_go(board: Board) -> None:
    anne = board.guest("pa:anne")
    await anne.hello()
    for _ in range(60):
        await anne.caller.receive('{"type": "join"}')
    assert anne.line.last("error")["code"] == "too-fast"
    assert anne.line.code == Closing.REFUSED


async def test_a_mailbox_has_an_end(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    anne = board.guest("pa:anne")
    monkeypatch.setattr(anne.caller.peer._mailbox, "_maxsize", 3)
    await anne.hello()
    for _ in range(5):
        await anne.caller.receive('{"type": "join"}')
    assert anne.line.last("error")["code"] == "too-fast"


async def test_time_passes_for_a_caller(board: Board) -> None:
    anne = board.guest("pa:anne")
    await anne.hello()
    anne.caller.tick(board.clock.advance(5))
    assert anne.line.last("heartbeat") == {"type": "heartbeat"}
    anne.caller.tick(board.clock.advance(10))
    assert anne.line.code == Closing.SILENT


async def test_a_line_that_never_said_hello_leaves_nothing_behind(board: Board) -> None:
    line = RecordingLine()
    caller = board.wire.connect(line, "fr")
    caller.tick(board.clock.advance(5))
    assert line.last("error")["code"] == "hello-first"
    caller.gone()
    assert board.house.told == []


async def test_how_a_leg_comes_is_among_its_figures(board: Board) -> None:
    await board.person("anne", 0)
    seat = board.engine._sessions[SESSION][ANNE]
    [before] = (await board.wire.figures(SESSION))["participants"]
    assert "path" not in before["publish"]
    way = Path(transport=Transport.TCP, family=6)
    seat.legs[Role.PUBLISH] = replace(seat.legs[Role.PUBLISH], path=way)
    [shown] = (await board.wire.figures(SESSION))["participants"]
    assert shown["publish"]["path"] == {"transport": "tcp", "family": 6}
