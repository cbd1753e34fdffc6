"""Is the agent of the room of the same version as the service?"""

import re
from collections.abc import Iterable

from orchestrator.alerts.seen import Alert, Seen

_NUMBERS = re.compile(r"\d{1,6}(?:\.\d{1,6}){1,3}")


def check(seen: Seen) -> Iterable[Alert]:
    """One alert when it is older; one that is newer waits for the service."""
    if seen.report is None or seen.silent(seen.agent_gone):
        return
    theirs, ours = _version(seen.report.machine.agent), _version(seen.service)
    if theirs and theirs < ours:
        yield Alert(
            key="agent_outdated", room=seen.room, text="alert-agent_outdated", pressing=False
        )


def _version(text: str) -> tuple[int, ...]:
    """Its numbers, without what comes behind them; none when it is no version of ours."""
    found = _NUMBERS.match(text)
    if found is None:
        return ()
    numbers = [int(part) for part in found[0].split(".")]
    return tuple(numbers + [0] * (4 - len(numbers)))
