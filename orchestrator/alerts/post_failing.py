"""Do alerts of this room still reach those they are posted to?"""

from collections.abc import Iterable

from orchestrator.alerts.seen import Alert, Seen

KEY = "post_failing"


def check(seen: Seen) -> Iterable[Alert]:
    """One alert for each place that has not taken them for a while."""
    for target in seen.unreached:
        yield Alert(key=KEY, room=seen.room, text="alert-post_failing", device=target)
