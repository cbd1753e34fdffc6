"""Is everything there before the hour? One condition, one file, one remedy.

A check looks at one session and finds issues; each has a suggestion in the words of whoever runs
the session: the catalogue holds `<key>` and `<key>-suggestion`.
"""

from orchestrator.means import Means
from orchestrator.readiness import media_worker_answers, room_screen_connected
from orchestrator.readiness.issue import Check, Issue
from orchestrator.store.sessions import Stored

CHECKS: tuple[Check, ...] = (room_screen_connected.check, media_worker_answers.check)


async def run(means: Means, stored: Stored) -> list[Issue]:
    """Everything that stands in the way of this session now."""
    return [issue for check in CHECKS for issue in await check(means, stored)]
