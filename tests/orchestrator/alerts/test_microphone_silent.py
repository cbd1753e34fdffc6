import pytest

from orchestrator.alerts.microphone_silent import KEY, check
from orchestrator.words import CATALOGUES
from tests.orchestrator.alerts.helpers import ago, seen


def test_a_screen_that_says_nothing_of_it_is_no_alert_nor_one_that_has_just_said_so() -> None:
    assert list(check(seen())) == []
    assert list(check(seen(lacks={"no_camera": ago(90)}))) == []
    assert list(check(seen(lacks={KEY: ago(4)}))) == []


def test_a_screen_that_goes_on_saying_so_is_one_alert_and_it_is_pressing() -> None:
    found = list(check(seen(lacks={KEY: ago(5), "no_camera": ago(90)})))
    assert [(one.key, one.room, one.text, one.pressing) for one in found] == [
        (KEY, "villefort-visio", "trouble-microphone_silent", True)
    ]


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_it_has_its_sentence_and_its_remedy(locale: str) -> None:
    wanted = {f"trouble-{KEY}", f"alert-{KEY}-suggestion"}
    assert wanted - CATALOGUES[locale].keys() == set()
