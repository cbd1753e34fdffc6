from dataclasses import replace
from typing import Any

import pytest

from rooms.agent.report import Ailment, DeviceReport, Machine, Report, parse_report
from rooms.errors import Invalid

WHOLE = Report(
    power="ready",
    devices=(
        DeviceReport(
            id="projecteur",
            kind="display",
            driver="pjlink",
            commands=("display.power.set",),
            facts=(("errors", ["lamp"]), ("power", "on")),
        ),
    ),
    commands=("display.power.set", "room.preset.apply"),
    scene="reunion",
    kiosk="here",
    machine=Machine(
        agent="0.1.0",
        uptime_s=5,
        disk_free_mb=9,
        disk_used_percent=31,
        temperature_c=52,
        clock_offset_ms=-3,
    ),
    rtt_ms=41,
    health=(Ailment(key="device_lost", device="camera"),),
)


def document(**changed: Any) -> dict[str, Any]:
    return {**WHOLE.to_json(), **changed}


def test_a_report_survives_the_wire() -> None:
    assert parse_report(document()) == WHOLE


def test_what_cannot_be_told_is_null() -> None:
    bare = Report(machine=Machine(agent="0.1.0"))
    assert parse_report(bare.to_json()) == bare


def test_time_that_passes_is_no_news() -> None:
    later = replace(WHOLE, machine=replace(WHOLE.machine, uptime_s=9, disk_free_mb=8), rtt_ms=7)
    assert later.steady == WHOLE.steady
    assert replace(WHOLE, scene=None).steady != WHOLE.steady


@pytest.mark.parametrize(
    ("changed", "argument"),
    [
        ({"power": "on"}, "power"),
        ({"devices": [{}]}, "devices[0].id"),
        ({"devices": [{}] * 33}, "devices"),
        ({"commands": ["x"] * 65}, "commands"),
        ({"scene": "../x"}, "scene"),
        ({"kiosk": "dead"}, "kiosk"),
        ({"machine": {}}, "machine.agent"),
        ({"link": {"rtt_ms": -1}}, "link.rtt_ms"),
        ({"link": {"up": 1}}, "link.up"),
        ({"health": [{"key": "hungry"}]}, "health[0].key"),
        ({"more": 1}, "more"),
    ],
)
def test_a_wrong_member_is_named(changed: dict[str, Any], argument: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_report(document(**changed))
    assert refused.value.fields["argument"] == argument
