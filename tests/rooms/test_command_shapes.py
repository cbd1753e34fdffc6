from dataclasses import fields

import pytest

from rooms.command_shapes import Bare, Switch
from rooms.control import COMMANDS
from rooms.errors import Invalid
from rooms.fields import Fields


@pytest.mark.parametrize(("sent", "on"), [({"on": True}, True), ({"on": False}, False)])
def test_a_switch_is_on_or_off(sent: dict[str, bool], on: bool) -> None:
    assert Switch.read(Fields(sent, key="bad")) == Switch(on=on)


@pytest.mark.parametrize("sent", [{}, {"on": 1}, {"on": None}, {"on": "true"}])
def test_a_switch_is_nothing_between(sent: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        Switch.read(Fields(sent, key="bad"))


def test_a_command_without_arguments_reads_none() -> None:
    given = Fields({"volume": 3}, key="bad")
    assert isinstance(Bare.read(given), Bare)
    with pytest.raises(Invalid):
        given.end()


def test_no_command_reads_on_or_off_alone_in_its_own_way() -> None:
    alone = {
        name for name, kind in COMMANDS.items() if [field.name for field in fields(kind)] == ["on"]
    }
    assert "audio.mic.set" in alone
    assert {name for name in alone if not issubclass(COMMANDS[name], Switch)} == set()
