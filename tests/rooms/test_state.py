import copy
import json
from typing import Any

import pytest

from rooms.errors import Invalid
from rooms.state import DEFAULT_STATE, RoomState, parse_room_state

DOCUMENT: dict[str, Any] = {
    "call": {"state": "in_call", "session": "se-1f"},
    "audio": {"mic_muted": True, "mic_present": True, "speaker_on": False, "volume": 40},
    "video": {"camera_on": False, "camera_present": True},
    "message": {"text": "La séance commence", "level": "warning"},
    "health": [{"key": "no_camera", "text": "Caméra débranchée"}],
}


def changed(path: str, value: object) -> dict[str, Any]:
    """The document with one member replaced, `audio.volume`."""
    document = copy.deepcopy(DOCUMENT)
    *outer, last = path.split(".")
    place = document
    for name in outer:
        place = place[name]
    place[last] = value
    return document


def test_a_document_reads_as_it_was_written() -> None:
    assert parse_room_state(DOCUMENT).to_json() == DOCUMENT


def test_the_level_of_the_microphone_is_told_in_a_session_only() -> None:
    document = changed("audio.mic_level", 0)
    assert parse_room_state(document).to_json() == document
    assert parse_room_state(changed("audio.mic_level", None)).to_json() == DOCUMENT


def test_the_default_document_is_itself_good() -> None:
    document = json.loads(json.dumps(DEFAULT_STATE.to_json()))
    assert document["call"] == {"state": "idle", "session": None}
    assert document["message"] is None
    assert document["health"] == []
    assert parse_room_state(document) == RoomState()


def test_text_on_the_screen_is_cleaned() -> None:
    document = changed("message.text", "La séance\n\x00commence")
    assert parse_room_state(document).to_json() == DOCUMENT


@pytest.mark.parametrize(
    ("path", "value", "argument"),
    [
        ("call", None, "call"),
        ("call.state", "on_fire", "call.state"),
        ("call.session", "../x", "call.session"),
        ("call.since", "08:30", "call.since"),
        ("audio.mic_muted", 1, "audio.mic_muted"),
        ("audio.volume", 101, "audio.volume"),
        ("audio.gain", 3, "audio.gain"),
        ("audio.mic_level", 5, "audio.mic_level"),
        ("audio.mic_level", 0.5, "audio.mic_level"),
        ("video.camera_on", None, "video.camera_on"),
        ("video.zoom", 3, "video.zoom"),
        ("message.level", "panic", "message.level"),
        ("message.colour", "red", "message.colour"),
        ("message", "bonjour", "message"),
        ("health", None, "health"),
        ("health", [{"key": "a", "text": "b"}] * 33, "health"),
        ("health", [{"key": "a", "text": "b", "at": 3}], "health[0].at"),
        ("health", [{"key": "x" * 65, "text": "b"}], "health[0].key"),
        ("power", "on", "power"),
    ],
)
def test_a_wrong_member_is_named(path: str, value: object, argument: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_room_state(changed(path, value))
    assert refused.value.key == "bad-state"
    assert refused.value.fields["argument"] == argument


@pytest.mark.parametrize("document", [None, [], "{}", 3])
def test_only_an_object_is_a_document(document: object) -> None:
    with pytest.raises(Invalid):
        parse_room_state(document)


def test_a_document_is_at_most_sixteen_kilobytes() -> None:
    entry = {"key": "clé", "text": "é" * 280}
    with pytest.raises(Invalid) as refused:
        parse_room_state(changed("health", [entry] * 32))
    assert refused.value.fields == {"argument": "health", "expected": "≤ 16384 B"}


def test_a_screen_may_say_what_it_is_able_to_do() -> None:
    document = {**DOCUMENT, "able": ["call.join", "video.layout.set"]}
    state = parse_room_state(document)
    assert state.able == ("call.join", "video.layout.set")
    assert state.to_json() == document


def test_a_hand_is_told_while_it_is_up_and_only_then() -> None:
    raised = changed("call.hand", True)
    assert parse_room_state(raised).call.hand
    assert parse_room_state(raised).to_json() == raised
    assert not parse_room_state(DOCUMENT).call.hand
    assert parse_room_state(changed("call.hand", False)).to_json() == DOCUMENT


def test_a_hand_is_up_or_not() -> None:
    with pytest.raises(Invalid) as refused:
        parse_room_state(changed("call.hand", "up"))
    assert refused.value.fields["argument"] == "call.hand"
