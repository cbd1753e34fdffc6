"""The one file of an agent, and what it keeps on its disk."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rooms.agent import disk, machine
from rooms.agent.config import load, parse
from rooms.agent.plan import Done, Plan
from rooms.errors import Invalid

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "service": "https://visio.lozere.example",
    "room": "villefort-visio",
    "state": "/var/lib/margeride-agent",
}
SAMPLE = Path(__file__).parents[3] / "config" / "agent.yaml"


def test_the_sample_file_is_a_good_one() -> None:
    config = load(SAMPLE)
    assert config.devices
    assert config.kiosk is not None


def test_the_socket_and_the_screen_are_those_of_the_room() -> None:
    config = parse(GOOD)
    assert config.socket == "wss://visio.lozere.example/ws/agent/v1?room=villefort-visio"
    assert config.screen == "https://visio.lozere.example/rooms/villefort-visio/screen"
    plain = parse({**GOOD, "service": "http://10.0.0.2:8080/"})
    assert plain.socket.startswith("ws://10.0.0.2:8080/ws/")


def test_a_line_is_tested_by_itself_unless_the_file_says_no() -> None:
    said: list[dict[str, Any]] = [{}, {"line_tests": False}]
    kept = [parse({**GOOD, "kiosk": kiosk}).kiosk for kiosk in said]
    assert [one and one.line_tests for one in kept] == [True, False]


@pytest.mark.parametrize(
    ("changed", "argument"),
    [
        ({"service": "visio.lozere.example"}, "service"),
        ({"service": "ftp://x"}, "service"),
        ({"service": "https://me@x"}, "service"),
        ({"service": "https://[x"}, "service"),
        ({"room": "../x"}, "room"),
        ({"devices": [{"id": "x", "driver": "nope"}]}, "devices[0].driver"),
        ({"devices": "x"}, "devices"),
        ({"kiosk": {"browser": 7}}, "kiosk.browser"),
        ({"kiosk": {"line_tests": "no"}}, "kiosk.line_tests"),
        ({"reboot": "now"}, "reboot"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_member_is_named(changed: dict[str, Any], argument: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse({**GOOD, **changed})
    assert refused.value.fields["argument"] == argument


def test_what_is_no_yaml_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    path.write_text("room: a\n  x: [\n")
    with pytest.raises(Invalid) as refused:
        load(path)
    assert refused.value.fields["argument"] == "line 2"
    path.write_text("#" * 300_000)
    with pytest.raises(Invalid):
        load(path)


def test_a_token_is_kept_for_ones_own_eyes(tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert disk.read_token(state) is None
    disk.write_token(state, "first")
    disk.write_token(state, "second")
    assert disk.read_token(state) == "second"
    assert (state / disk.TOKEN).stat().st_mode & 0o777 == 0o600
    (state / disk.TOKEN).write_bytes(b"\xff")
    assert disk.read_token(state) is None


def test_a_plan_that_was_cut_off_in_the_middle_is_no_plan(tmp_path: Path) -> None:
    done = frozenset({Done("se-1", "start", NOON)})
    disk.write_plan(tmp_path, Plan(version=4), done)
    assert disk.read_plan(tmp_path) == (Plan(version=4), done)
    whole = (tmp_path / disk.PLAN).read_text()
    for text in (whole[:-9], "[]", '{"plan": {}}', whole.replace("se-1", "se-1", 1)[:0]):
        (tmp_path / disk.PLAN).write_text(text)
        assert disk.read_plan(tmp_path) == (None, frozenset())
    assert disk.read_plan(tmp_path / "nowhere") == (None, frozenset())


def test_a_machine_tells_what_it_can(tmp_path: Path) -> None:
    zone = tmp_path / "thermal_zone0"
    zone.mkdir()
    (zone / "temp").write_text("52000\n")
    (tmp_path / "thermal_zone1").mkdir()
    (tmp_path / "thermal_zone1" / "temp").write_text("hot")
    uptime = tmp_path / "uptime"
    uptime.write_text("86400.5 1.0\n")
    found = machine.look("0.1.0", tmp_path, -3, tmp_path, uptime)
    assert (found.temperature_c, found.uptime_s, found.clock_offset_ms) == (52, 86400, -3)
    assert found.disk_free_mb is not None
    bare = machine.look("0.1.0", tmp_path / "none", None, tmp_path / "none", tmp_path / "none")
    assert (bare.temperature_c, bare.uptime_s, bare.disk_free_mb) == (None, 0, None)
