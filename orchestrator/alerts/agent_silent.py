"""Is the agent of the room on the line?"""

from collections.abc import Iterable

from orchestrator.alerts.seen import Alert, Seen


def check(seen: Seen) -> Iterable[Alert]:
    """One alert when it has been away for longer than a restart takes."""
    if seen.silent(seen.agent_gone):
        yield Alert(key="agent_silent", room=seen.room, text="alert-agent_silent")
