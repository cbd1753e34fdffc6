"""Is the screen of the room on the line?"""

from collections.abc import Iterable

from orchestrator.alerts.seen import Alert, Seen


def check(seen: Seen) -> Iterable[Alert]:
    """One alert when it has been away for longer than a restart takes."""
    if seen.silent(seen.screen_gone):
        yield Alert(key="screen_silent", room=seen.room, text="alert-screen_silent")
