"""`If-Match`: a document is replaced by who has read the version it has."""

from orchestrator.api.endpoint import Call
from orchestrator.api.problems import MustMatch
from rooms.errors import Stale

LONGEST = 9


def version_of(call: Call, changed: str, **facts: str) -> int | None:
    """The version that was read; None for `*`. MustMatch without, Stale(changed) for another."""
    told = call.request.headers.get("If-Match", "").strip()
    if not told:
        raise MustMatch("if-match-missing")
    if told == "*":
        return None
    digits = told.strip('"')
    known = f'"{digits}"' == told and digits.isascii() and digits.isdigit()
    if not known or len(digits) > LONGEST:
        raise Stale(changed, **facts)
    return int(digits)
