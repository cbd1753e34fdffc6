import pytest

from orchestrator.alerts.told_by_screen import KEYS, check
from orchestrator.words import CATALOGUES
from tests.orchestrator.alerts.helpers import ago, seen


def test_a_camera_that_was_missing_for_a_few_seconds_is_left_alone() -> None:
    assert list(check(seen())) == []
    assert list(check(seen(lacks={"no_camera": ago(14)}))) == []


def test_a_camera_and_a_microphone_that_stay_away_are_two_alerts() -> None:
    found = list(check(seen(lacks={"no_microphone": ago(15), "no_camera": ago(90)})))
    assert [(one.key, one.room, one.text, one.pressing) for one in found] == [
        ("no_camera", "villefort-visio", "trouble-no_camera", True),
        ("no_microphone", "villefort-visio", "trouble-no_microphone", True),
    ]


def test_what_else_a_screen_may_say_is_no_alert_of_this_kind() -> None:
    assert list(check(seen(lacks={"too_old": ago(90)}))) == []


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_each_has_its_sentence_and_its_remedy(locale: str) -> None:
    wanted = {"trouble-told"}
    wanted |= {each for key in KEYS for each in (f"trouble-{key}", f"alert-{key}-suggestion")}
    assert wanted - CATALOGUES[locale].keys() == set()
