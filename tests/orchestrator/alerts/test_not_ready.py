"""A room whose ceremony comes and is not ready: one alert, with everything that is missing."""

from orchestrator.alerts.not_ready import check
from orchestrator.words import CATALOGUES, words
from tests.orchestrator.alerts.helpers import seen


def test_a_room_that_is_ready_or_not_needed_is_no_alert() -> None:
    assert list(check(seen())) == []


def test_everything_that_is_missing_is_told_at_once_in_words() -> None:
    (alert,) = check(seen(unready=("camera", "line")))
    text, suggestion = alert.said(words, "fr")
    assert "caméra pas vérifiée, ligne insuffisante" in text
    assert suggestion == CATALOGUES["fr"]["alert-not_ready-suggestion"]
