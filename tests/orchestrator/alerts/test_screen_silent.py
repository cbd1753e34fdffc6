from orchestrator.alerts.screen_silent import check
from tests.orchestrator.alerts.helpers import ago, seen


def test_a_room_whose_screen_is_there_or_was_a_minute_ago_is_left_alone() -> None:
    assert list(check(seen())) == []
    assert list(check(seen(screen_gone=ago(59)))) == []


def test_a_room_whose_screen_has_been_away_for_a_minute_is_told_of() -> None:
    (alert,) = check(seen(screen_gone=ago(60)))
    assert (alert.key, alert.room) == ("screen_silent", "villefort-visio")
