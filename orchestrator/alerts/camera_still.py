"""Does the camera of a room that is in a session give pictures, and not black ones?"""

from collections.abc import Iterable
from datetime import timedelta

from orchestrator.alerts.seen import Alert, Seen

KEY = "camera_still"
PATIENCE = timedelta(seconds=5)
"""Its screen has looked for longer already."""


def check(seen: Seen) -> Iterable[Alert]:
    """One alert while its screen goes on saying so."""
    since = seen.lacks.get(KEY)
    if since is not None and seen.now - since >= PATIENCE:
        yield Alert(key=KEY, room=seen.room, text="trouble-camera_still")
