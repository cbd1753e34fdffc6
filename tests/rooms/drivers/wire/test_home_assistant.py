import json
from typing import Any

import pytest

from rooms.drivers.port import DeviceFailure
from rooms.drivers.wire.home_assistant import Sensor, Switch, announced, topic_of

LONG: dict[str, Any] = {
    "device": {"identifiers": ["p"]},
    "origin": {"name": "zigbee"},
    "availability_topic": "z/p/there",
    "payload_available": "up",
    "components": {
        "light": {"platform": "light", "command_topic": "z/p/light"},
        "plug": {
            "platform": "switch",
            "command_topic": "z/p/set",
            "state_topic": "z/p/state",
            "payload_on": "1",
            "payload_off": "0",
            "state_on": "yes",
        },
        "eye": {
            "platform": "binary_sensor",
            "device_class": "motion",
            "state_topic": "z/p/eye",
            "payload_on": "seen",
        },
    },
}
SHORT: dict[str, Any] = {
    "~": "z/p",
    "cmps": {"a": {"p": "switch", "cmd_t": "~/set", "stat_t": "state/~"}, "b": "no part"},
}


def message(document: object) -> bytes:
    return json.dumps(document).encode()


def test_a_device_announces_its_parts_in_long_words() -> None:
    device = announced(message(LONG))
    assert device.switch == Switch(
        command_topic="z/p/set",
        state_topic="z/p/state",
        on="1",
        off="0",
        told_on="yes",
        told_off="0",
    )
    assert device.sensor == Sensor(state_topic="z/p/eye", told_on="seen")
    assert device.topics == ("z/p/state", "z/p/eye", "z/p/there")


def test_a_device_announces_its_parts_in_short_words() -> None:
    device = announced(message(SHORT))
    assert device.switch == Switch(command_topic="z/p/set", state_topic="state/z/p")
    assert device.sensor is None
    assert device.topics == ("state/z/p",)
    assert device.present("", b"online")


def test_what_it_tells_becomes_our_words() -> None:
    device = announced(message(LONG))
    assert device.read("z/p/state", b"yes") == {"power": "on"}
    assert device.read("z/p/state", b"0") == {"power": "off"}
    assert device.read("z/p/state", b"\xff") == {"power": "unknown"}
    assert device.read("z/p/eye", b"seen") == {"occupied": True}
    assert device.read("z/p/eye", b"OFF") == {"occupied": False}
    assert device.read("z/p/eye", b"perhaps") == {}
    assert device.read("z/p/light", b"yes") == {}


def test_a_mere_sensor_has_no_switch() -> None:
    eye = {"cmps": {"e": LONG["components"]["eye"]}}
    device = announced(message(eye))
    assert device.switch is None
    assert device.read("z/p/state", b"yes") == {}
    assert announced(message({"cmps": {}})).read("z/p/eye", b"seen") == {}


def test_it_says_whether_it_is_there() -> None:
    device = announced(message(LONG))
    assert device.present("z/p/there", b"up") is True
    assert device.present("z/p/there", b"down") is False
    assert device.present("z/p/state", b"up") is None


def test_it_announces_itself_under_its_name() -> None:
    assert topic_of("prise-1") == "homeassistant/device/prise-1/config"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"[" * 60_000,
        b'"' + b"x" * 70_000 + b'"',
        message({"cmps": []}),
        message({"cmps": {"a": {"p": "switch", "cmd_t": "x"}}}),
        message({"cmps": {"a": {"p": "switch", "stat_t": "x"}}}),
        message({"cmps": {"a": {"p": "switch", "cmd_t": "x/#", "stat_t": "x"}}}),
        message({"cmps": {"a": {"p": "binary_sensor", "dev_cla": "occupancy"}}}),
    ],
)
def test_what_is_no_announcement_is_a_failure(payload: bytes) -> None:
    with pytest.raises(DeviceFailure):
        announced(payload)
