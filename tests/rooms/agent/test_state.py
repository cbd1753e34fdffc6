from typing import Any

import pytest

from rooms.agent.report import Ailment, DeviceReport, Machine, parse_report
from rooms.agent.state import OWN, RoomState, faults_of

DISPLAY = DeviceReport(id="tv", kind="display", driver="pjlink", commands=("display.power.set",))
CAMERA = DeviceReport(id="cam", kind="camera", driver="visca", commands=("camera.home",))


def room(*devices: DeviceReport, **more: Any) -> RoomState:
    return RoomState(
        devices={one.id: one for one in devices}, machine=Machine(agent="0.1.0"), **more
    )


def test_what_a_room_can_is_what_its_devices_can_and_the_agent_itself() -> None:
    assert set(room(CAMERA).commands) == {"camera.home", *OWN}
    assert {"room.wake", "room.standby"} < set(room(DISPLAY).commands)


def test_what_a_device_tells_is_kept_until_it_tells_otherwise() -> None:
    state = room(CAMERA)
    state.told("cam", {"pan": 3, "errors": ["x" * 300], "name": "y" * 300})
    state.told("cam", {"pan": 4})
    facts = dict(state.devices["cam"].facts)
    assert (facts["pan"], len(str(facts["name"])), facts["errors"]) == (4, 200, ["x" * 200])


def test_a_device_that_does_not_answer_ails_the_room_until_it_does() -> None:
    state = room(CAMERA)
    assert state.report().health == ()
    state.lost("cam")
    assert state.report().health == (Ailment(key="device_lost", device="cam"),)
    state.told("cam", {"answering": True})
    assert state.report().health == ()
    state.told("cam", {"answering": False})
    assert not state.devices["cam"].here


def test_a_device_that_failed_the_plan_ails_the_room_until_it_does_something() -> None:
    state = room(CAMERA)
    state.tried("cam", done=False)  # somebody asked by hand, and is told himself
    assert state.report().health == ()
    state.by_plan = True
    state.tried("cam", done=False)
    assert state.report().health == (Ailment(key="scene_failed", device="cam"),)
    state.lost("cam")
    assert state.report().health == (Ailment(key="device_lost", device="cam"),)
    state.told("cam", {"answering": True})
    state.tried("cam", done=True)
    assert state.report().health == ()


def test_a_projector_that_says_what_is_broken_ails_the_room_and_one_that_warns_does_not() -> None:
    state = room(DISPLAY)
    state.told("tv", {"errors": ["filter-warning"]})
    assert state.report().health == ()
    state.told("tv", {"errors": ["filter-warning", "lamp-error"]})
    assert state.report().health == (Ailment(key="device_faulty", device="tv"),)
    assert faults_of(state.devices["tv"]) == ["lamp"]
    state.told("tv", {"errors": []})
    assert state.report().health == ()


@pytest.mark.parametrize(
    ("facts", "power"),
    [({}, "standby"), ({"power": "off"}, "standby"), ({"power": "warming"}, "waking"),
     ({"power": "on"}, "ready")],
)  # fmt: skip
def test_a_room_is_as_ready_as_its_display(facts: dict[str, Any], power: str) -> None:
    state = room(DISPLAY)
    state.told("tv", facts)
    assert state.power == power


def test_a_room_without_a_display_to_switch_is_ready_by_its_scene() -> None:
    state = room(CAMERA)
    seen = [state.power]
    for scene in ("reunion", "veille"):
        state.scene = scene
        seen.append(state.power)
    state.waking = 1
    assert [*seen, state.power] == ["standby", "ready", "standby", "waking"]


@pytest.mark.parametrize(
    ("machine", "key"),
    [
        (Machine(disk_used_percent=95), "disk_full"),
        (Machine(temperature_c=85), "too_hot"),
        (Machine(clock_offset_ms=-5000), "clock_off"),
    ],
)
def test_what_ails_the_machine_is_named(machine: Machine, key: str) -> None:
    state = room(CAMERA)
    state.machine = machine
    assert [one.key for one in state.report().health] == [key]


def test_a_stuck_kiosk_and_a_token_not_kept_ail_the_room() -> None:
    state = room(kiosk="stuck", token_kept=False)
    assert [one.key for one in state.report().health] == ["kiosk_stuck", "token_not_kept"]


def test_the_report_is_one_the_service_can_read() -> None:
    state = room(CAMERA, DISPLAY, scene="reunion", rtt_ms=12)
    state.told("cam", {f"fact{number:02d}": number for number in range(40)})
    assert parse_report(state.report().to_json()) == state.report()
