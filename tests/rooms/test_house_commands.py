from typing import Any, get_args

import pytest

from rooms.control import arguments_of, parse_command
from rooms.errors import Invalid
from rooms.house_commands import (
    CallDtmf,
    CallHold,
    CallResume,
    DiagnosticsRun,
    DndSet,
    HandSet,
    HouseCommand,
    Identify,
    LayoutSet,
    LineMeasure,
    LogsCollect,
    MessageClear,
    PictureKeep,
    Reboot,
    Restart,
    SceneApply,
    SelfviewSet,
    ShareStart,
    ShareStop,
)

GOOD: list[tuple[HouseCommand, dict[str, Any]]] = [
    (CallHold(), {}),
    (CallResume(), {}),
    (CallDtmf(tones="12#"), {"tones": "12#"}),
    (HandSet(on=True), {"on": True}),
    (SelfviewSet(on=True), {"on": True}),
    (PictureKeep(preset=3), {"preset": 3}),
    (LayoutSet(layout="pip"), {"layout": "pip"}),
    (ShareStart(), {}),
    (ShareStop(), {}),
    (SceneApply(preset="formation"), {"preset": "formation"}),
    (DndSet(on=False), {"on": False}),
    (MessageClear(), {}),
    (Identify(), {}),
    (DiagnosticsRun(), {}),
    (LineMeasure(), {}),
    (Restart(), {}),
    (Reboot(), {}),
    (LogsCollect(), {}),
]


@pytest.mark.parametrize(("command", "arguments"), GOOD)
def test_a_command_for_the_house_survives_the_wire(
    command: HouseCommand, arguments: dict[str, Any]
) -> None:
    assert arguments_of(command) == arguments
    assert parse_command(command.name, arguments) == command


def test_every_command_for_the_house_is_tried_here() -> None:
    assert {type(command) for command, _ in GOOD} == set(get_args(HouseCommand))


@pytest.mark.parametrize(
    ("name", "arguments", "argument"),
    [
        ("call.dtmf", {"tones": ""}, "tones"),
        ("call.dtmf", {"tones": "call me"}, "tones"),
        ("call.hold", {"on": True}, "on"),
        ("video.layout.set", {"layout": "tiles"}, "layout"),
        ("room.preset.apply", {"preset": "../x"}, "preset"),
        ("room.dnd.set", {}, "on"),
        ("system.reboot", {"now": True}, "now"),
    ],
)
def test_a_wrong_argument_is_named(name: str, arguments: dict[str, Any], argument: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_command(name, arguments)
    assert refused.value.key == "bad-argument"
    assert refused.value.fields["argument"] == argument
