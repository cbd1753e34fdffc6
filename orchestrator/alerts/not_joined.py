"""Is the room in the session that has begun?"""

from collections.abc import Iterable
from datetime import timedelta

from orchestrator.alerts.seen import Alert, Seen
from orchestrator.session import AIRING, SiteState

MISSING = (SiteState.EXPECTED, SiteState.DROPPED)
PATIENCE = timedelta(seconds=60)


def check(seen: Seen) -> Iterable[Alert]:
    """One alert when its screen is there, was called, and a minute later is not in."""
    need = seen.need
    if need is None or seen.screen_gone is not None:
        return
    late = need.state in AIRING and seen.now >= need.starts_at + PATIENCE
    if late and need.site in MISSING:
        yield Alert(key="not_joined", room=seen.room, text="alert-not_joined")
