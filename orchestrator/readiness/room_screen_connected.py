"""Is the screen of every room of the session on the wire?"""

from orchestrator.means import Means
from orchestrator.readiness.issue import Issue
from orchestrator.store.sessions import Stored


async def check(means: Means, stored: Stored) -> list[Issue]:
    """One issue for each room nobody could call now."""
    return [
        Issue(key="screen-not-connected", room=site.room, facts={"site": means.label(site.room)})
        for site in stored.session.sites
        if not means.wire.screen_connected(site.room)
    ]
