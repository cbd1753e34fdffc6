from pathlib import Path
from typing import Any

import pytest

from rooms.drivers.build import DRIVERS, drivers_of
from rooms.drivers.port import DeviceKind
from rooms.errors import Invalid

GOOD: list[dict[str, Any]] = [
    {"id": "projector", "driver": "pjlink", "host": "10.0.0.2", "password": "x", "class": 2},
    {"id": "camera", "driver": "visca", "host": "camera.lan", "port": 1259},
    {
        "id": "side",
        "driver": "visca-tcp",
        "host": "10.0.0.4",
        "pan": {"low": -100, "zero": 0, "high": 100},
    },
    {
        "id": "codec",
        "driver": "xapi",
        "host": "10.0.0.5",
        "user": "admin",
        "fingerprint": "ab" * 32,
    },
    {
        "id": "old-codec",
        "driver": "line",
        "host": "10.0.0.6",
        "file": "config/devices/polycom-hdx.yaml",
    },
    {"id": "dome", "driver": "onvif", "host": "10.0.0.9", "user": "admin", "password": "x"},
    {"id": "tv", "driver": "cec"},
    {"id": "tv-2", "driver": "cec", "program": "cec-client -t p -d 1 /dev/ttyACM0"},
    {
        "id": "computer",
        "driver": "wake-on-lan",
        "mac": "00:11:22:AA:BB:CC",
        "host": "10.0.0.8",
        "probe": 22,
        "broadcast": "10.0.0.255",
    },
    {"id": "plug", "driver": "mqtt", "host": "broker", "announced_as": "0x00158d00"},
    {"id": "computer-2", "driver": "wake-on-lan", "mac": "00-11-22-aa-bb-cc"},
]


def test_every_driver_is_made_from_a_configuration() -> None:
    drivers = drivers_of(GOOD)
    assert [driver.device for driver in drivers] == [one["id"] for one in GOOD]
    assert {one["driver"] for one in GOOD} == set(DRIVERS) - {"sound"}  # that wants libpulse
    assert drivers[0].capabilities().kind is DeviceKind.DISPLAY
    assert "display.freeze.set" in drivers[0].capabilities().commands


@pytest.mark.parametrize("driver", ["pjlink", "line", "xapi", "onvif", "mqtt"])
def test_a_device_is_told_its_password_as_it_was_typed(driver: str) -> None:
    [first] = [one for one in GOOD if one["driver"] == driver][:1]
    [made] = drivers_of([{**first, "password": " deux  espaces "}])
    assert vars(made)["_settings"].password == " deux  espaces "
    with pytest.raises(Invalid) as refused:
        drivers_of([{**first, "password": "x\r%1POWR 1"}])
    assert refused.value.fields["argument"] == "devices[0].password"


def test_the_simulated_sound_is_only_there_when_the_room_hears_through_the_projector() -> None:
    quiet, loud = drivers_of(
        [
            {"id": "a", "driver": "pjlink", "host": "h"},
            {"id": "b", "driver": "pjlink", "host": "h", "sound": True},
        ]
    )
    assert "audio.speaker.set" not in quiet.capabilities().commands
    assert "audio.speaker.set" in loud.capabilities().commands


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"driver": "telnet"}, "devices[0].driver"),
        ({"id": "../x"}, "devices[0].id"),
        ({"host": "a b"}, "devices[0].host"),
        ({"host": None}, "devices[0].host"),
        ({"port": 0}, "devices[0].port"),
        ({"class": 3}, "devices[0].class"),
        ({"colour": "blue"}, "devices[0].colour"),
        ({"driver": "visca", "pan": {"low": 1, "zero": 0, "high": 2}}, "devices[0].pan"),
        ({"driver": "xapi", "user": "u", "fingerprint": "12"}, "devices[0].fingerprint"),
        ({"driver": "wake-on-lan", "mac": "hello"}, "devices[0].mac"),
    ],
)
def test_a_wrong_member_is_named(change: dict[str, Any], argument: str) -> None:
    with pytest.raises(Invalid) as refused:
        drivers_of([{"id": "a", "driver": "pjlink", "host": "h"} | change])
    assert refused.value.key == "bad-device"
    assert refused.value.fields["argument"] == argument


def test_two_devices_do_not_share_a_name() -> None:
    with pytest.raises(Invalid) as refused:
        drivers_of([{"id": "a", "driver": "cec"}, {"id": "a", "driver": "cec"}])
    assert refused.value.fields["argument"] == "devices[1].id"


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        ("name: [", ":1"),
        ("name: x\nkind: codec\nport: 24\nends: FF\ncommands: {}\n", "ends"),
        ("- 1", ""),
        ("a: " + "x" * 300_000, "bad.yaml"),
    ],
)
def test_a_wrong_file_of_lines_says_where(tmp_path: Path, text: str, argument: str) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(text)
    with pytest.raises(Invalid) as refused:
        drivers_of([{"id": "a", "driver": "line", "host": "h", "file": str(bad)}])
    assert refused.value.key == "bad-device-file"
    assert str(refused.value.fields["argument"]).endswith(argument)


def test_a_missing_file_of_lines_is_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        drivers_of([{"id": "a", "driver": "line", "host": "h", "file": str(tmp_path / "no")}])
    assert refused.value.fields["expected"] == "FileNotFoundError"
