"""What leaves by HTTP for an alert: a signed webhook, or a message of ntfy. Pure.

Webhooks are signed as standardwebhooks.com says, so that receivers find their check ready-made:
`webhook-signature: v1,` and the base64 HMAC-SHA256 of `ID.TIMESTAMP.BODY`.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator.settings.targets import Target

PREFIX = "whsec_"
SHORTEST_SECRET, LONGEST_SECRET = 24, 64
LONGEST_TITLE, LONGEST_MESSAGE = 200, 3500
"""Characters; ntfy takes 4,096 bytes of a message, and makes a file of what is longer."""
URGENT, HIGH, USUAL, LOW = 5, 4, 3, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is posted."""

    url: str
    headers: Mapping[str, str]
    body: bytes


def secret_key(text: str) -> bytes:
    """The bytes of a webhook's secret; ValueError when it is none of ours."""
    if not text.startswith(PREFIX):
        raise ValueError(f"must begin with {PREFIX}")
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise ValueError("not base64") from None
    if not SHORTEST_SECRET <= len(key) <= LONGEST_SECRET:
        raise ValueError(f"{SHORTEST_SECRET} to {LONGEST_SECRET} bytes")
    return key


def request(target: Target, secret: str, body: Mapping[str, Any], now: datetime) -> Request:
    """What is posted to this target for this alert, at this try."""
    if target.kind == "webhook":
        return _webhook(target, secret_key(secret), body, now)
    return _ntfy(target, secret, body)


def _webhook(target: Target, key: bytes, body: Mapping[str, Any], now: datetime) -> Request:
    said = _json(body)
    at = str(int(now.timestamp()))
    signed = b".".join((str(body["id"]).encode(), at.encode(), said))
    signature = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    headers = {
        "Content-Type": "application/json",
        "webhook-id": str(body["id"]),
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{signature}",
    }
    return Request(url=target.url, headers=headers, body=said)


def _ntfy(target: Target, token: str, body: Mapping[str, Any]) -> Request:
    """As JSON, so that accents come through; docs.ntfy.sh/publish/#publish-as-json."""
    closed = body["event"] == "alert.closed"
    lines = [body["text"]] if closed else [body["text"], "", body["suggestion"]]
    message = {
        "topic": target.topic,
        "title": body["title"][:LONGEST_TITLE],
        "message": "\n".join(lines)[:LONGEST_MESSAGE],
        "priority": _priority(body, closed=closed),
        "tags": ["white_check_mark" if closed else "warning"],
        "click": body["url"],
    }
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return Request(url=target.url + "/", headers=headers, body=_json(message))


def _priority(body: Mapping[str, Any], *, closed: bool) -> int:
    """Urgent while the session goes on, high when it comes."""
    if closed:
        return LOW
    session = body["session"]
    if session is None:
        return USUAL
    return URGENT if session["starts_at"] <= body["at"] < session["ends_at"] else HIGH


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
