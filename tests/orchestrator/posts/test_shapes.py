import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestrator.posts.shapes import LONGEST_MESSAGE, request, secret_key
from orchestrator.settings.targets import Target
from tests.fakes.targets import KEY, SECRET, signed

NINE = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
HOOK = Target(id="hook", kind="webhook", url="https://a.example/hook", secret=Path("/etc/secret"))
NTFY = Target(id="phone", kind="ntfy", url="https://ntfy.example", topic="rooms")
SESSION = {
    "id": "se-1",
    "title": "Atelier",
    "starts_at": "2026-11-26T09:00:00Z",
    "ends_at": "2026-11-26T10:00:00Z",
}


def body(**more: Any) -> dict[str, Any]:
    facts = {
        "id": "po-1",
        "event": "alert.opened",
        "at": "2026-11-26T08:50:00Z",
        "title": "Salle (Villefort) : problème",
        "text": "La caméra ne répond pas.",
        "suggestion": "Vérifiez le câble.",
        "session": None,
        "url": "https://visio.example/centres/villefort",
    }
    return facts | more


def ntfy(**more: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(request(NTFY, "", body(**more), NINE).body)
    return made


def test_a_webhook_is_signed_over_its_id_its_instant_and_its_body() -> None:
    made = request(HOOK, SECRET, body(), NINE)
    assert made.url == "https://a.example/hook"
    assert made.headers["webhook-timestamp"] == "1795683600"
    assert signed(made.headers, made.body)
    assert not signed(made.headers, made.body + b" ")
    assert not signed({**made.headers, "webhook-timestamp": "1795683601"}, made.body)
    assert json.loads(made.body) == body()


def test_the_signature_is_the_example_of_the_specification() -> None:
    """github.com/standard-webhooks/standard-webhooks, its own test vector."""
    from orchestrator.posts import shapes

    key = secret_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    said = b'{"test": 2432232314}'
    sent = {"id": "msg_p5jXN8AQM9LWM0D4loKWxJek"}
    at = datetime.fromtimestamp(1614265330, UTC)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapes, "_json", lambda _: said)
        made = request(HOOK, "whsec_" + base64.b64encode(key).decode(), sent, at)
    assert made.headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "text",
    ["", "secret", "whsec_", "whsec_é", "whsec_AAAA", "whsec_" + "A" * 88, "whsec_A" * 10],
)
def test_a_secret_that_is_short_long_or_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"whsec_|base64|bytes"):
        secret_key(text)
    assert secret_key(SECRET) == KEY


def test_a_telephone_gets_title_message_priority_tag_and_what_opens_at_a_touch() -> None:
    assert ntfy() == {
        "topic": "rooms",
        "title": "Salle (Villefort) : problème",
        "message": "La caméra ne répond pas.\n\nVérifiez le câble.",
        "priority": 3,
        "tags": ["warning"],
        "click": "https://visio.example/centres/villefort",
    }


def test_it_rings_high_before_a_session_urgent_during_it_and_low_when_all_is_well() -> None:
    assert ntfy(session=SESSION)["priority"] == 4
    assert ntfy(session=SESSION, at="2026-11-26T09:00:00Z")["priority"] == 5
    assert ntfy(session=SESSION, at="2026-11-26T10:00:00Z")["priority"] == 4
    closed = ntfy(event="alert.closed", session=SESSION)
    assert (closed["priority"], closed["tags"]) == (2, ["white_check_mark"])
    assert closed["message"] == "La caméra ne répond pas."


def test_a_token_goes_along_and_a_long_message_is_cut() -> None:
    made = request(NTFY, "tk_1", body(text="é" * 9999), NINE)
    assert made.url == "https://ntfy.example/"
    assert made.headers["Authorization"] == "Bearer tk_1"
    assert len(json.loads(made.body)["message"]) == LONGEST_MESSAGE
    assert "Authorization" not in request(NTFY, "", body(), NINE).headers
