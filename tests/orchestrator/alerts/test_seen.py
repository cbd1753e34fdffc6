from orchestrator.alerts.seen import Alert
from orchestrator.words import words
from tests.orchestrator.alerts.helpers import ROOM, ago, seen


def test_away_for_a_minute_is_silent_and_here_is_not() -> None:
    room = seen()
    assert [room.silent(gone) for gone in (None, ago(59), ago(60))] == [False, False, True]


def test_an_alert_says_what_is_wrong_and_what_to_do_in_the_language_of_the_reader() -> None:
    text = "trouble-device_faulty-display"
    alert = Alert(key="device_faulty", room=ROOM, text=text, faults=("lamp", "fan"))
    wrong, remedy = alert.said(words, "fr")
    assert "lampe, ventilateur" in wrong
    assert "remplacez la lampe" in remedy
    assert "lamp, fan" in alert.said(words, "en")[0]
