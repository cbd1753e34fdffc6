"""Does the media worker answer, within two seconds?"""

import asyncio

from orchestrator.means import Means
from orchestrator.readiness.issue import Issue
from orchestrator.store.sessions import Stored
from rooms.errors import MargerideError

PATIENCE = 2.0


async def check(means: Means, stored: Stored) -> list[Issue]:
    """One issue when sound and picture have nowhere to go."""
    try:
        async with asyncio.timeout(PATIENCE):
            await means.engine.state()
    except (MargerideError, TimeoutError):
        return [Issue(key="media-worker-silent")]
    return []
