"""What the agent of the room finds wrong with its devices and its machine."""

from collections.abc import Iterable

from orchestrator.alerts.seen import Alert, Seen
from rooms.agent.report import Ailment, Report
from rooms.agent.state import faults_of
from rooms.ids import RoomId

BY_KIND = ("device_lost", "device_faulty", "scene_failed")
"""Where the sentence says which kind of device it is."""


def check(seen: Seen) -> Iterable[Alert]:
    """One alert for each ailment; nothing is known of an agent that has long been silent."""
    if seen.report is None or seen.silent(seen.agent_gone):
        return []
    return alerts(seen.room, seen.report)


def alerts(room: RoomId, report: Report) -> list[Alert]:
    """What a report finds wrong; the screen of the room says it in the same words."""
    return [
        Alert(
            key=ill.key,
            room=room,
            text=_sentence(report, ill),
            device=ill.device,
            faults=_faults(report, ill),
        )
        for ill in report.health
    ]


def _sentence(report: Report, ill: Ailment) -> str:
    kinds = {device.id: device.kind for device in report.devices}
    kind = kinds.get(ill.device or "")
    return f"trouble-{ill.key}-{kind}" if kind and ill.key in BY_KIND else f"trouble-{ill.key}"


def _faults(report: Report, ill: Ailment) -> tuple[str, ...]:
    if ill.key != "device_faulty":
        return ()
    return tuple(word for one in report.devices if one.id == ill.device for word in faults_of(one))
