"""What the screen of the room lacks: its camera, its microphone."""

from collections.abc import Iterable
from datetime import timedelta

from orchestrator.alerts.seen import Alert, Seen

KEYS = ("no_camera", "no_microphone")
"""The words of the screen's `health` that are told of, and of the alerts."""
PATIENCE = timedelta(seconds=15)
"""What is back sooner was a cable that changed places, or a page that was still starting."""


def check(seen: Seen) -> Iterable[Alert]:
    """One alert for each device that has been missing for longer than that."""
    for key in KEYS:
        since = seen.lacks.get(key)
        if since is not None and seen.now - since >= PATIENCE:
            yield Alert(key=key, room=seen.room, text=f"trouble-{key}")
