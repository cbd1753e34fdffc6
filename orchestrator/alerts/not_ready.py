"""Is everything ready in the room for the ceremony that comes within the hour?"""

from collections.abc import Iterable

from orchestrator.alerts.seen import Alert, Seen

KEY = "not_ready"


def check(seen: Seen) -> Iterable[Alert]:
    """One alert with everything that is not; the page of the ceremony says what to do."""
    if seen.unready:
        faults = tuple(f"not-ready-{one}" for one in seen.unready)
        yield Alert(key=KEY, room=seen.room, text="alert-not_ready", faults=faults)
