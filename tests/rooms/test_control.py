from typing import Any, get_args

import pytest

from rooms.control import (
    COMMANDS,
    LIFE,
    CallJoin,
    CallLeave,
    CameraSet,
    Command,
    CommandEvent,
    CommandState,
    MessageShow,
    MicSet,
    SpeakerSet,
    advance,
    arguments_of,
    is_over,
    parse_command,
)
from rooms.device_commands import DeviceCommand
from rooms.errors import Conflict, Invalid
from rooms.house_commands import HouseCommand
from rooms.ids import SessionId

GOOD: list[tuple[Command, dict[str, Any]]] = [
    (CallJoin(session=SessionId("se-1f")), {"session": "se-1f"}),
    (CallLeave(), {}),
    (MicSet(on=False), {"on": False}),
    (SpeakerSet(on=True), {"on": True}),
    (SpeakerSet(on=True, volume=0), {"on": True, "volume": 0}),
    (CameraSet(on=True), {"on": True}),
    (MessageShow(text="Bonjour"), {"text": "Bonjour", "level": "info"}),
    (
        MessageShow(text="Bonjour", level="warning", seconds=60),
        {"text": "Bonjour", "level": "warning", "seconds": 60},
    ),
]


@pytest.mark.parametrize(("command", "arguments"), GOOD)
def test_a_command_survives_the_wire(command: Command, arguments: dict[str, Any]) -> None:
    assert arguments_of(command) == arguments
    assert parse_command(command.name, arguments) == command


def test_every_command_of_the_vocabulary_is_tried_here_or_beside() -> None:
    beside = {kind.name for kind in get_args(DeviceCommand | HouseCommand)}
    assert {command.name for command, _ in GOOD} == set(COMMANDS) - beside


def test_what_may_be_left_out_may_also_be_null() -> None:
    message = {"text": "Bonjour", "level": None, "seconds": None}
    assert parse_command("room.message.show", message) == MessageShow(text="Bonjour")
    assert parse_command("audio.speaker.set", {"on": True, "volume": None}) == SpeakerSet(on=True)


@pytest.mark.parametrize("name", ["audio.mic.toggle", "", "CALL.JOIN", "x" * 1000])
def test_an_unknown_command_is_answered_with_those_there_are(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_command(name, {})
    assert refused.value.key == "bad-command"
    assert refused.value.fields["accepted"] == sorted(COMMANDS)
    assert len(str(refused.value.fields["command"])) <= 64


@pytest.mark.parametrize(
    ("name", "arguments", "argument"),
    [
        ("call.join", {}, "session"),
        ("call.join", {"session": "../x"}, "session"),
        ("call.leave", {"session": "se-1"}, "session"),
        ("audio.mic.set", {}, "on"),
        ("audio.mic.set", {"on": "yes"}, "on"),
        ("audio.mic.set", {"on": True, "volume": 3}, "volume"),
        ("audio.speaker.set", {"on": True, "volume": 101}, "volume"),
        ("video.camera.set", {"on": 1}, "on"),
        ("room.message.show", {"text": ""}, "text"),
        ("room.message.show", {"text": "x" * 281}, "text"),
        ("room.message.show", {"text": "x", "level": "panic"}, "level"),
        ("room.message.show", {"text": "x", "seconds": 0}, "seconds"),
        ("room.message.show", {"text": "x", "seconds": 3601}, "seconds"),
    ],
)
def test_a_wrong_argument_is_named(name: str, arguments: dict[str, Any], argument: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_command(name, arguments)
    assert refused.value.key == "bad-argument"
    assert refused.value.fields["argument"] == argument


def test_a_command_lives_from_accepted_to_done() -> None:
    state = advance(None, CommandEvent.ACCEPT)
    assert state is CommandState.ACCEPTED
    state = advance(state, CommandEvent.START)
    assert state is CommandState.RUNNING
    assert not is_over(state)
    state = advance(state, CommandEvent.FINISH)
    assert state is CommandState.DONE
    assert is_over(state)


@pytest.mark.parametrize("state", [CommandState.ACCEPTED, CommandState.RUNNING])
@pytest.mark.parametrize(
    ("event", "end"),
    [
        (CommandEvent.FAIL, CommandState.FAILED),
        (CommandEvent.TIME_OUT, CommandState.TIMED_OUT),
        (CommandEvent.SUPERSEDE, CommandState.SUPERSEDED),
        (CommandEvent.CANCEL, CommandState.CANCELLED),
    ],
)
def test_a_command_may_end_badly_before_or_while_it_runs(
    state: CommandState, event: CommandEvent, end: CommandState
) -> None:
    assert advance(state, event) is end
    assert is_over(end)


def test_whatever_is_not_in_the_table_is_refused_with_state_and_event() -> None:
    refusals = 0
    for state, after in LIFE.items():
        for event in set(CommandEvent) - set(after):
            with pytest.raises(Conflict) as refused:
                advance(state, event)
            assert refused.value.key == "illegal-transition"
            assert refused.value.fields == {"state": state, "event": event}
            refusals += 1
    assert refusals == len(LIFE) * len(CommandEvent) - 11


def test_every_state_has_its_row() -> None:
    assert set(LIFE) == {None, *CommandState}
