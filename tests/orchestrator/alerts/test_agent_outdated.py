import pytest

from orchestrator.alerts.agent_outdated import check
from rooms.agent.report import Machine, Report
from tests.orchestrator.alerts.helpers import ago, seen


def told(agent: str, service: str, gone: float = 0) -> list[str]:
    report = Report(machine=Machine(agent=agent))
    away = ago(gone) if gone else None
    found = list(check(seen(report=report, service=service, agent_gone=away)))
    assert not any(alert.pressing for alert in found)  # no session suffers from it
    return [alert.key for alert in found]


@pytest.mark.parametrize(
    ("agent", "service"),
    [
        ("0.1.0", "0.2.0"),
        ("0.9", "0.10"),
        ("1.2", "1.2.1"),
        ("0.1.0rc1", "0.1.1"),
        ("0.9.9", "1.0"),
    ],
)
def test_an_agent_older_than_the_service_is_told_of(agent: str, service: str) -> None:
    assert told(agent, service) == ["agent_outdated"]


@pytest.mark.parametrize(
    ("agent", "service"),
    [
        ("0.2.0", "0.2.0"),
        ("0.2", "0.2.0"),
        ("0.3.0", "0.2.0"),  # its service is about to be updated
        ("", "0.2.0"),
        ("quite new", "0.2.0"),
        ("0.1.0", "0"),  # a service that was never installed has no version
        ("9" * 40, "0.2.0"),
    ],
)
def test_one_of_the_same_version_or_newer_or_of_none_is_left_alone(
    agent: str, service: str
) -> None:
    assert told(agent, service) == []


def test_it_closes_when_the_agent_was_updated_and_while_nothing_is_known_of_it() -> None:
    assert told("0.1.0", "0.2.0") == ["agent_outdated"]
    assert told("0.2.0", "0.2.0") == []
    assert told("0.1.0", "0.2.0", gone=60) == []
    assert list(check(seen(service="0.2.0"))) == []
