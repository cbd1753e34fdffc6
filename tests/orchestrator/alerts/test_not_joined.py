import pytest

from orchestrator.alerts.not_joined import check
from orchestrator.alerts.seen import Need
from orchestrator.session import SiteState, State
from tests.orchestrator.alerts.helpers import ago, need, seen


@pytest.mark.parametrize("state", [State.ON_AIR, State.PAUSED])
@pytest.mark.parametrize("site", [SiteState.EXPECTED, SiteState.DROPPED])
def test_a_room_missing_a_minute_after_the_hour_is_told_of(state: State, site: SiteState) -> None:
    (alert,) = check(seen(need=need(state=state, site=site)))
    assert (alert.key, alert.device) == ("not_joined", None)


@pytest.mark.parametrize(
    "needed",
    [
        None,
        need(starts_at=ago(59)),
        need(state=State.DOORS),
        need(state=State.ENDED),
        need(site=SiteState.LIVE),
        need(site=SiteState.LEFT),
    ],
)
def test_a_room_that_is_in_or_need_not_be_is_left_alone(needed: Need | None) -> None:
    assert list(check(seen(need=needed))) == []


def test_a_room_whose_screen_is_away_is_told_of_by_that() -> None:
    assert list(check(seen(need=need(), screen_gone=ago(1)))) == []
