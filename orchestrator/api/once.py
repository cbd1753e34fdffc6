"""`Idempotency-Key`: a request sent again is answered again, and done once."""

from pydantic import BaseModel

from orchestrator.api.endpoint import Call
from orchestrator.store.idempotency import Once

HEADER = "Idempotency-Key"


def once_of(call: Call, what: str, sent: BaseModel, who: str | None = None) -> Once | None:
    """The key a client gave, for this person (or `who`), this resource and this body."""
    key = call.request.headers.get(HEADER)
    if key is None:
        return None
    scope = f"{who or call.person.id} {what}"
    return Once(scope=scope, key=key, body=sent.model_dump(mode="json"))


def replayed_if(replayed: bool) -> dict[str, str]:
    """The header that says so."""
    return {"Idempotent-Replayed": "true"} if replayed else {}
