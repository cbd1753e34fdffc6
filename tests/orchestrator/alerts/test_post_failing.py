from orchestrator.alerts.post_failing import check
from tests.orchestrator.alerts.helpers import seen


def test_each_place_that_does_not_take_alerts_is_told_of_by_its_name() -> None:
    found = list(check(seen(unreached=("astreinte", "mairie"))))
    assert [(alert.key, alert.device) for alert in found] == [
        ("post_failing", "astreinte"),
        ("post_failing", "mairie"),
    ]
    assert list(check(seen())) == []
