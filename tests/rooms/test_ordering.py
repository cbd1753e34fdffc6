from typing import Any

import pytest

from rooms.control import COMMANDS
from rooms.ordering import group, kind, overtakes, voids


def test_the_last_position_of_a_joystick_is_the_only_one_that_matters() -> None:
    assert voids("camera.move", {"pan": 9}, "camera.move", {"pan": 1})
    assert voids("audio.volume.set", {"volume": 9}, "audio.volume.set", {"volume": 1})


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ("call.leave", "call.join"),
        ("room.standby", "room.wake"),
        ("share.stop", "share.start"),
        ("room.message.clear", "room.message.show"),
        ("call.resume", "call.hold"),
    ],
)
def test_the_opposite_makes_void_what_was_asked_before(newer: str, older: str) -> None:
    assert voids(newer, {}, older, {})


@pytest.mark.parametrize(
    "name", ["camera.preset.store", "camera.preset.delete", "system.reboot", "call.dtmf"]
)
def test_what_is_kept_or_heard_one_by_one_is_never_superseded(name: str) -> None:
    assert kind(name, {}) is None
    assert not voids(name, {}, name, {})


def test_two_cameras_are_moved_apart() -> None:
    assert not voids("camera.move", {"device": "left"}, "camera.move", {"device": "right"})
    assert voids("camera.move", {"device": "left"}, "camera.move", {"device": "left"})


def test_the_last_camera_chosen_is_the_one() -> None:
    assert voids("camera.select", {"device": "left"}, "camera.select", {"device": "right"})


@pytest.mark.parametrize(
    ("older", "arguments", "void"),
    [
        ("camera.move", {}, True),
        ("camera.move", {"device": "left"}, False),
        ("camera.goto", {}, False),
        ("camera.stop", {}, False),
    ],
)
def test_stop_makes_the_moves_that_wait_void_and_nothing_else(
    older: str, arguments: dict[str, Any], void: bool
) -> None:
    assert voids("camera.stop", {}, older, arguments) is void
    assert not voids("camera.move", {}, "camera.stop", {})


def test_only_stop_overtakes() -> None:
    assert [name for name in COMMANDS if overtakes(name)] == ["camera.stop"]


def test_the_group_is_the_first_word() -> None:
    assert {group(name) for name in COMMANDS} == {
        "call", "audio", "video", "share", "camera", "display", "room", "system",
    }  # fmt: skip
