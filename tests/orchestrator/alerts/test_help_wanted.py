"""Somebody in the room calls for help."""

from orchestrator.alerts.help_wanted import check
from tests.orchestrator.alerts.helpers import ROOM, seen


def test_a_room_that_does_not_call_is_left_alone() -> None:
    assert list(check(seen())) == []


def test_a_call_stands_until_it_is_closed_and_says_when_somebody_comes() -> None:
    (asked,) = check(seen(help="asked"))
    (answered,) = check(seen(help="answered"))
    assert (asked.key, asked.room, asked.text) == ("help_wanted", ROOM, "alert-help_wanted")
    assert answered.key == asked.key  # the same alert, in other words
    assert answered.text == "alert-help_wanted-answered"
