from typing import Any

import pytest

from orchestrator.alerts.told_by_agent import BY_KIND, check
from orchestrator.words import CATALOGUES
from rooms.agent.report import HEALTH, KINDS, Ailment, DeviceReport, Report
from tests.orchestrator.alerts.helpers import ago, seen

PROJECTOR = DeviceReport(
    id="pj", kind="display", driver="pjlink", facts=(("errors", ["lamp-error", "fan-warning"]),)
)
CAMERA = DeviceReport(id="cam", kind="camera", driver="visca")


def told(*health: Ailment, **more: Any) -> list[tuple[str, str, tuple[str, ...]]]:
    report = Report(devices=(PROJECTOR, CAMERA), health=health)
    return [(a.key, a.text, a.faults) for a in check(seen(report=report, **more))]


def test_a_lost_device_is_told_by_its_kind() -> None:
    ills = (Ailment(key="device_lost", device="cam"), Ailment(key="device_lost", device="gone"))
    assert told(*ills) == [
        ("device_lost", "trouble-device_lost-camera", ()),
        ("device_lost", "trouble-device_lost", ()),
    ]


def test_a_projector_that_reports_a_fault_is_told_with_what_is_broken() -> None:
    assert told(Ailment(key="device_faulty", device="pj"), Ailment(key="too_hot")) == [
        ("device_faulty", "trouble-device_faulty-display", ("lamp",)),
        ("too_hot", "trouble-too_hot", ()),
    ]


def test_of_a_room_that_reported_nothing_or_is_long_silent_nothing_is_known() -> None:
    ill = Ailment(key="too_hot")
    assert list(check(seen())) == []
    assert told(ill, agent_gone=ago(60)) == []
    assert len(told(ill, agent_gone=ago(59))) == 1


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_every_ailment_has_its_sentence_and_its_remedy(locale: str) -> None:
    by_kind = {f"trouble-{key}-{kind}" for key in BY_KIND for kind in KINDS}
    plain = {f"trouble-{key}" for key in HEALTH}
    more = {"agent_silent", "screen_silent", "not_joined", "line_degraded", "agent_outdated"}
    more |= {"post_failing"}
    remedies = {f"alert-{key}-suggestion" for key in {*HEALTH, *more}}
    wanted = by_kind | plain | remedies | {f"alert-{key}" for key in more}
    assert wanted - CATALOGUES[locale].keys() == set()
