"""Does somebody in the room call for help?"""

from collections.abc import Iterable

from orchestrator.alerts.seen import Alert, Seen

KEY = "help_wanted"


def check(seen: Seen) -> Iterable[Alert]:
    """One alert until the call is over; it says whether somebody comes."""
    if seen.help is not None:
        text = "alert-help_wanted-answered" if seen.help == "answered" else "alert-help_wanted"
        yield Alert(key=KEY, room=seen.room, text=text)
