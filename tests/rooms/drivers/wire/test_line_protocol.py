from typing import Any

import pytest

from rooms.drivers.port import DeviceBusy, DeviceKind, Unsupported
from rooms.drivers.wire.line_protocol import Answer, Case, LineProtocol, parse_protocol, text_of
from rooms.drivers.wire.pattern import Pattern
from rooms.errors import Invalid

WELL: dict[str, Any] = {
    "name": "an old codec",
    "kind": "codec",
    "port": 24,
    "ends": "CRLF",
    "full_volume": 50,
    "login": [{"expect": "Password:", "send": "{password}"}],
    "commands": {
        "audio.mic.set": [
            {"when": {"on": True}, "send": "mute off", "expect": "mute off"},
            {"send": "mute on", "expect": "mute on", "state": {"mic_muted": True}},
        ],
        "audio.volume.set": [{"send": "volume set {volume}", "expect": "volume {volume}"}],
        "camera.preset.recall": [
            {"when": {"preset": "0..9"}, "send": "go {preset}", "expect": "go *", "done": "there"}
        ],
        "camera.move": [
            {"when": {"pan": "negative"}, "send": "left", "expect": "left"},
            {"when": {"pan": "zero", "tilt": "positive"}, "send": "up", "expect": "up"},
        ],
        "display.input.set": [{"when": {"input": "hdmi1"}, "send": "1!", "expect": "In1"}],
    },
    "poll": [
        {
            "send": "get",
            "answers": [
                {"expect": "volume {volume}"},
                {"expect": "quiet", "state": {"volume": 0, "call": "idle"}},
                {"expect": "input {input}"},
                {"expect": "seen {people}"},
            ],
        }
    ],
    "events": [{"expect": "ring", "state": {"call": "in_call"}}],
    "errors": [
        {"expect": "error: not in call", "code": "device_busy"},
        {"expect": "error: *", "code": "unsupported"},
    ],
}


@pytest.fixture
def protocol() -> LineProtocol:
    return parse_protocol(WELL)


def case(protocol: LineProtocol, command: str, **arguments: object) -> Case:
    found = protocol.case(command, arguments)
    assert found is not None
    return found


def test_a_language_is_read_from_its_file(protocol: LineProtocol) -> None:
    assert (protocol.kind, protocol.port, protocol.end) == (DeviceKind.CODEC, 24, b"\r\n")
    assert protocol.login[0].expect == "Password:"
    assert set(protocol.commands) == set(WELL["commands"])


def test_a_language_needs_no_more_than_its_commands() -> None:
    least = parse_protocol(
        {"name": "x", "kind": "display", "port": 23, "ends": "CR", "commands": {}}
    )
    assert (least.login, least.poll, least.events, least.errors) == ((), (), (), ())
    assert least.case("call.leave", {}) is None


def test_the_first_case_that_fits_is_meant(protocol: LineProtocol) -> None:
    assert case(protocol, "audio.mic.set", on=True).send.text == "mute off"
    assert case(protocol, "audio.mic.set", on=False).send.text == "mute on"
    assert case(protocol, "camera.move", pan=-3, tilt=0).send.text == "left"
    assert case(protocol, "camera.move", pan=0, tilt=9).send.text == "up"
    assert case(protocol, "display.input.set", input="hdmi1").send.text == "1!"
    assert protocol.case("camera.move", {"pan": 5, "tilt": 0}) is None
    assert protocol.case("camera.preset.recall", {"preset": 10}) is None
    assert protocol.case("display.input.set", {"input": "hdmi2"}) is None


def test_the_device_counts_volume_its_own_way(protocol: LineProtocol) -> None:
    volume = case(protocol, "audio.volume.set", volume=80)
    assert volume.send.fill(volume.values({"volume": 80, "device": None})) == "volume set 40"
    mute = case(protocol, "audio.mic.set", on=True)
    assert mute.values({"on": True}) == {"on": True}
    (question,) = protocol.poll
    assert question.answers[0].read("volume 40") == {"volume": 80}
    assert question.answers[0].read("volume 999") == {"volume": 100}
    assert question.answers[0].read("volume high") is None


def test_an_answer_says_what_stands_in_it_and_what_the_file_says(protocol: LineProtocol) -> None:
    (question,) = protocol.poll
    assert question.answers[1].read("quiet") == {"volume": 0, "call": "idle"}
    assert question.answers[2].read("input vga1") == {"input": "vga1"}
    assert question.answers[3].read("seen 4") == {"people": 4}
    assert question.answers[1].read("loud") is None


def test_a_case_says_what_is_different_afterwards(protocol: LineProtocol) -> None:
    assert case(protocol, "audio.mic.set", on=False).patch({"on": False}) == {"mic_muted": True}
    volume = case(protocol, "audio.volume.set", volume=80)
    assert volume.patch({"volume": 80, "device": None}) == {"volume": 80}


def test_what_is_done_later_has_a_second_line(protocol: LineProtocol) -> None:
    done = case(protocol, "camera.preset.recall", preset=3).done
    assert done is not None
    assert done.read("there") == {}


def test_the_first_error_that_fits_is_meant(protocol: LineProtocol) -> None:
    assert isinstance(protocol.error("error: not in call"), DeviceBusy)
    assert isinstance(protocol.error("error: what"), Unsupported)
    assert protocol.error("volume 3") is None


def test_what_is_said_unasked_is_known(protocol: LineProtocol) -> None:
    assert protocol.event("RING") == {"call": "in_call"}
    assert protocol.event("volume 3") is None


def test_a_volume_in_hundredths_is_left_as_it_is() -> None:
    answer = Answer(expect=Pattern("{volume}"), state={})
    assert answer.read("30") == {"volume": 30}


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"name": ""}, "name"),
        ({"kind": "toaster"}, "kind"),
        ({"ends": "FF"}, "ends"),
        ({"port": 0}, "port"),
        ({"full_volume": 0}, "full_volume"),
        ({"colour": 1}, "colour"),
        ({"commands": {"toast": []}}, "commands.toast"),
        ({"commands": {"call.leave": [{"send": "x"}]}}, "commands.call.leave[0].expect"),
        (
            {"commands": {"call.leave": [{"send": "x {preset}", "expect": "x"}]}},
            "commands.call.leave[0].send",
        ),
        (
            {"commands": {"audio.mic.set": [{"when": {"on": "x"}, "send": "x", "expect": "x"}]}},
            "commands.audio.mic.set[0].when.on",
        ),
        (
            {
                "commands": {
                    "camera.preset.recall": [
                        {"when": {"preset": "a..b"}, "send": "x", "expect": "x"}
                    ]
                }
            },
            "commands.camera.preset.recall[0].when.preset",
        ),
        ({"poll": [{"send": "x", "answers": [{"expect": "{on}"}]}]}, "poll[0].answers[0].expect"),
        ({"events": [{"expect": "x", "state": {"moon": 1}}]}, "events[0].state.moon"),
        ({"events": [{"expect": "x", "state": {"blanked": 1}}]}, "events[0].state.blanked"),
        ({"errors": [{"expect": "x", "code": "oops"}]}, "errors[0].code"),
        ({"login": [{"expect": "x", "send": "{on}"}]}, "login[0].send"),
    ],
)
def test_a_wrong_member_is_named(change: dict[str, Any], argument: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_protocol(WELL | change)
    assert refused.value.key == "bad-device-file"
    assert refused.value.fields["argument"] == argument


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"mute near on\r\n", "mute near on"),
        (b"\xff\xfb\x01\xff\xfd\x03hello\r", "hello"),
        (b"\xff\xfa\x18\x01\xff\xf0\xff\xf1ok\n", "ok"),
        (b"caf\xe9\r", "café"),
    ],
)
def test_the_negotiations_of_telnet_are_not_part_of_a_line(data: bytes, line: str) -> None:
    assert text_of(data) == line
