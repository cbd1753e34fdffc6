from typing import Any

import pytest

from rooms.control import COMMANDS
from rooms.errors import Invalid, NotFound
from rooms.scenes import ALLOWED, DEFAULT_SCENES, SESSION_KINDS, parse_scenes


def document(**changed: Any) -> dict[str, Any]:
    return {**DEFAULT_SCENES.to_json(), **changed}


def scene(**changed: Any) -> dict[str, Any]:
    return {"id": "fete", "label": "Fête", "steps": [{"command": "room.wake"}], **changed}


def test_the_four_scenes_of_the_house_survive_the_wire() -> None:
    assert parse_scenes(document()) == DEFAULT_SCENES
    assert [one.label for one in DEFAULT_SCENES.scenes] == [
        "Réunion", "Formation", "Cérémonie", "Veille",
    ]  # fmt: skip


def test_every_kind_of_session_has_its_scene() -> None:
    assert set(DEFAULT_SCENES.start) == set(SESSION_KINDS)
    for name in DEFAULT_SCENES.start.values():
        assert DEFAULT_SCENES.scene(str(name)).steps[0].name == "room.wake"


def test_a_room_may_have_its_own_scene_and_do_nothing_at_the_end() -> None:
    mine = parse_scenes(
        {"scenes": [scene()], "start": {"meeting": "fete"}, "end": None, "before_minutes": 0}
    )
    assert mine.start == {"meeting": "fete", "training": None, "ceremony": None, "reception": None}
    assert (mine.end, mine.before_minutes) == (None, 0)


def test_an_unknown_scene_is_not_found() -> None:
    with pytest.raises(NotFound):
        DEFAULT_SCENES.scene("fete")


def test_what_a_scene_may_do_are_commands() -> None:
    assert set(COMMANDS) > ALLOWED
    assert not {"call.join", "system.reboot", "camera.preset.store", "room.preset.apply"} & ALLOWED


@pytest.mark.parametrize(
    ("changed", "argument"),
    [
        ({"scenes": [scene(), scene()], "start": {}, "end": None}, "scenes"),
        ({"scenes": [scene(id="../x")]}, "scenes[0].id"),
        ({"scenes": [scene(label="")]}, "scenes[0].label"),
        ({"scenes": [scene(steps=[{"command": "room.wake"}] * 25)]}, "scenes[0].steps"),
        ({"scenes": [scene(steps=[{"command": "call.join"}])]}, "steps.command"),
        ({"scenes": [scene(steps=[{"command": 7}])]}, "steps.command"),
        ({"scenes": [scene(steps=[{}])]}, "steps.command"),
        ({"scenes": [scene(colour="red")]}, "scenes[0].colour"),
        ({"start": {"wedding": "reunion"}}, "start.wedding"),
        ({"start": {"meeting": "nope"}}, "start.meeting"),
        ({"end": "nope"}, "end"),
        ({"before_minutes": 31}, "before_minutes"),
        ({"more": 1}, "more"),
    ],
)
def test_a_wrong_member_is_named(changed: dict[str, Any], argument: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_scenes(document(**changed))
    assert refused.value.fields["argument"] == argument


def test_a_wrong_argument_of_a_step_is_named_as_for_the_command() -> None:
    with pytest.raises(Invalid) as refused:
        parse_scenes(document(scenes=[scene(steps=[{"command": "audio.mic.set", "on": 1}])]))
    assert refused.value.key == "bad-argument"
