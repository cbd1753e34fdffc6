"""What everybody may know of a public page; before its hour nothing but the hour."""

from typing import Any

from orchestrator.broadcast.order import Ready
from orchestrator.cases.broadcasts import Seen
from orchestrator.means import Means
from orchestrator.session import OVER
from orchestrator.store.instants import iso


def told(means: Means, seen: Seen, ready: Ready | None, host: str) -> dict[str, Any]:
    """The document of `GET /live/{code}`; `host` is how the caller names this machine."""
    page, now = seen.page, means.clock()
    hour = None if page.opens_at is None else iso(page.opens_at)
    if not page.is_open(now):
        return {"state": "closed", "now": iso(now), "opens_at": hour}
    session, among = seen.stored.session, frozenset(seen.stored.centres)
    return {
        "state": state_of(seen, ready),
        "now": iso(now),
        "opens_at": hour,
        "title": seen.stored.title,
        "sites": [means.label(site.room, among) for site in session.sites],
        "starts_at": iso(session.starts_at),
        "ends_at": iso(session.ends_at),
        "captions": bool(page.caption),
        "media": [] if ready is None else _media(means, page.code, ready.port, host),
        "replay": f"/live/{page.code}/replay" if seen.replay else None,
    }


def state_of(seen: Seen, ready: Ready | None) -> str:
    """`soon`, `live`, `back_soon` while a broadcaster is being started again, `over`."""
    page, over = seen.page, seen.stored.session.state in OVER
    if page.on_air and not over:
        return "soon" if ready is None and page.life == 0 else "live" if ready else "back_soon"
    return "over" if over or page.ended_at is not None else "soon"


def _media(means: Means, code: str, port: int, host: str) -> list[str]:
    """The broadcaster itself where no encryption and no proxy stand between, then this service."""
    here = f"/live/{code}/media/"
    if means.settings.service.behind_proxy or not means.public_url.startswith("http:"):
        return [here]
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    return [f"http://{name}:{port}{here}", here]
