"""Does the microphone of a room that is in a session give any sound at all?"""

from collections.abc import Iterable
from datetime import timedelta

from orchestrator.alerts.seen import Alert, Seen

KEY = "microphone_silent"
PATIENCE = timedelta(seconds=5)
"""Its screen has listened for three minutes already."""


def check(seen: Seen) -> Iterable[Alert]:
    """One alert while its screen goes on saying so."""
    since = seen.lacks.get(KEY)
    if since is not None and seen.now - since >= PATIENCE:
        yield Alert(key=KEY, room=seen.room, text="trouble-microphone_silent")
