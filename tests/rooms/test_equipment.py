import pytest

from rooms.equipment import NEEDS, allowed_by, check_supported, is_visio
from rooms.errors import Invalid

VISIO = ("screen", "camera", "microphone", "speaker")


def test_a_visio_room_sees_hears_is_seen_and_heard() -> None:
    assert is_visio(VISIO)
    assert is_visio(("projector", "camera", "microphone", "speaker", "whiteboard"))


@pytest.mark.parametrize("missing", VISIO)
def test_a_room_that_lacks_one_of_them_is_no_visio_room(missing: str) -> None:
    assert not is_visio([kind for kind in VISIO if kind != missing])


@pytest.mark.parametrize("command", [*NEEDS, "call.leave"])
def test_a_visio_room_can_do_every_command(command: str) -> None:
    check_supported(command, VISIO)


def test_a_room_without_camera_refuses_to_show_itself() -> None:
    with pytest.raises(Invalid) as refused:
        check_supported("video.camera.set", ("screen", "speaker"))
    assert refused.value.key == "unsupported"
    assert refused.value.fields == {"command": "video.camera.set", "missing": ["camera"]}


def test_either_of_two_displays_will_do() -> None:
    check_supported("room.message.show", ("projector",))
    with pytest.raises(Invalid) as refused:
        check_supported("room.message.show", ("speaker",))
    assert refused.value.fields["missing"] == ["projector|screen"]


def test_of_what_is_said_to_be_possible_only_what_the_equipment_allows_is_left() -> None:
    said = ("video.camera.set", "room.wake", "display.blank.set")
    assert allowed_by(("screen", "speaker"), said) == {"room.wake", "display.blank.set"}
    assert allowed_by(VISIO, said) == set(said)
