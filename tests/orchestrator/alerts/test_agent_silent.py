from orchestrator.alerts.agent_silent import check
from tests.orchestrator.alerts.helpers import ago, seen


def test_a_room_whose_agent_is_there_or_was_a_minute_ago_is_left_alone() -> None:
    assert list(check(seen())) == []
    assert list(check(seen(agent_gone=ago(59)))) == []


def test_a_room_whose_agent_has_been_away_for_a_minute_is_told_of() -> None:
    (alert,) = check(seen(agent_gone=ago(60)))
    assert (alert.key, alert.room) == ("agent_silent", "villefort-visio")
