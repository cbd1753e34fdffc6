"""How a device announces itself over MQTT, in the words of Home Assistant's device discovery.

A retained message at `homeassistant/device/<id>/config` names its parts (`cmps`): a `switch` with a
topic to command it and one where it tells its state, a `binary_sensor` of class occupancy. Long
and short names are both used (`command_topic`, `cmd_t`); `~` at either end stands for `~` of the
announcement.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rooms.drivers.port import DeviceFailure, Patch

LARGEST = 64 * 1024
LONGEST_TOPIC = 250
LONGEST_PAYLOAD = 200
SHORT = {
    "command_topic": "cmd_t",
    "state_topic": "stat_t",
    "payload_on": "pl_on",
    "payload_off": "pl_off",
    "state_on": "stat_on",
    "state_off": "stat_off",
    "availability_topic": "avty_t",
    "payload_available": "pl_avail",
    "device_class": "dev_cla",
    "platform": "p",
    "components": "cmps",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """What is published where to switch it, and what it tells where."""

    command_topic: str
    state_topic: str
    on: str = "ON"
    off: str = "OFF"
    told_on: str = "ON"
    told_off: str = "OFF"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """Whether somebody is there."""

    state_topic: str
    told_on: str = "ON"
    told_off: str = "OFF"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """One device: its first switch, its first sensor of occupancy, where it says it is there."""

    switch: Switch | None
    sensor: Sensor | None
    availability_topic: str
    available: str

    @property
    def topics(self) -> tuple[str, ...]:
        """Where it tells things."""
        parts = (self.switch, self.sensor)
        found = [part.state_topic for part in parts if part is not None]
        return (*found, self.availability_topic) if self.availability_topic else (*found,)

    def read(self, topic: str, payload: bytes) -> Patch:
        """What a message says of the device; nothing where it says nothing."""
        text = payload[:LONGEST_PAYLOAD].decode("utf-8", "replace")
        patch: dict[str, bool | str] = {}
        if self.switch is not None and topic == self.switch.state_topic:
            known = {self.switch.told_on: "on", self.switch.told_off: "off"}
            patch["power"] = known.get(text, "unknown")
        if self.sensor is not None and topic == self.sensor.state_topic:
            known_too = {self.sensor.told_on: True, self.sensor.told_off: False}
            if text in known_too:
                patch["occupied"] = known_too[text]
        return patch

    def present(self, topic: str, payload: bytes) -> bool | None:
        """Whether the device says that it is there; None when the message is about else."""
        if topic != self.availability_topic:
            return None
        return payload[:LONGEST_PAYLOAD].decode("utf-8", "replace") == self.available


def topic_of(device: str) -> str:
    """Where a device announces itself."""
    return f"homeassistant/device/{device}/config"


def announced(payload: bytes) -> Announced:
    """The device of an announcement, or DeviceFailure."""
    document = _document(payload)
    base = _text(document, "~", "")
    parts = _member(document, "components")
    if not isinstance(parts, dict):
        raise DeviceFailure("announces no parts")
    found = [part for part in parts.values() if isinstance(part, dict)]
    return Announced(
        switch=next((_switch(part, base) for part in found if _is(part, "switch")), None),
        sensor=next((_sensor(part, base) for part in found if _is_occupancy(part)), None),
        availability_topic=_topic(document, "availability_topic", base),
        available=_text(document, "payload_available", "online"),
    )


def _document(payload: bytes) -> dict[str, Any]:
    try:
        document = json.loads(payload) if len(payload) <= LARGEST else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise DeviceFailure("announces what is no JSON object")
    return document


def _switch(part: Mapping[str, Any], base: str) -> Switch:
    on, off = _text(part, "payload_on", "ON"), _text(part, "payload_off", "OFF")
    command, state = _topic(part, "command_topic", base), _topic(part, "state_topic", base)
    if not command or not state:
        raise DeviceFailure("a switch without topics: nobody could tell whether it switched")
    return Switch(
        command_topic=command,
        state_topic=state,
        on=on,
        off=off,
        told_on=_text(part, "state_on", on),
        told_off=_text(part, "state_off", off),
    )


def _sensor(part: Mapping[str, Any], base: str) -> Sensor:
    state = _topic(part, "state_topic", base)
    if not state:
        raise DeviceFailure("a sensor without a topic")
    on, off = _text(part, "payload_on", "ON"), _text(part, "payload_off", "OFF")
    return Sensor(state_topic=state, told_on=on, told_off=off)


def _is(part: Mapping[str, Any], platform: str) -> bool:
    return bool(_member(part, "platform") == platform)


def _is_occupancy(part: Mapping[str, Any]) -> bool:
    classes = ("occupancy", "presence", "motion")
    return _is(part, "binary_sensor") and _member(part, "device_class") in classes


def _member(part: Mapping[str, Any], name: str) -> object:
    return part.get(name, part.get(SHORT.get(name, name)))


def _text(part: Mapping[str, Any], name: str, usual: str) -> str:
    value = _member(part, name)
    return value[:LONGEST_TOPIC] if isinstance(value, str) else usual


def _topic(part: Mapping[str, Any], name: str, base: str) -> str:
    topic = _text(part, name, "")
    if topic.startswith("~"):
        topic = base + topic[1:]
    elif topic.endswith("~"):
        topic = topic[:-1] + base
    if any(sign in topic for sign in "#+\0"):
        raise DeviceFailure("a topic with wildcards")
    return topic
