"""What goes wrong in rooms, told to whoever runs their centre. One condition, one file, one remedy.

A condition looks at one room as it is seen now (`seen.Seen`) and finds alerts; an alert that is
found no more has closed by itself. Nothing is stored: a service that starts again finds the same.
What was told to whom is kept by who tells it: letters in `orchestrator.mail`, posts in
`orchestrator.posts`.
"""

from orchestrator.alerts import (
    agent_outdated,
    agent_silent,
    camera_still,
    help_wanted,
    line_degraded,
    microphone_silent,
    not_joined,
    not_ready,
    post_failing,
    screen_silent,
    told_by_agent,
    told_by_screen,
)
from orchestrator.alerts.seen import Alert, Condition, Seen

CONDITIONS: tuple[Condition, ...] = (
    help_wanted.check,
    told_by_agent.check,
    told_by_screen.check,
    microphone_silent.check,
    camera_still.check,
    agent_silent.check,
    screen_silent.check,
    not_joined.check,
    not_ready.check,
    line_degraded.check,
    agent_outdated.check,
    post_failing.check,
)


def alerts_of(seen: Seen) -> list[Alert]:
    """Everything that is wrong with this room now."""
    return [alert for condition in CONDITIONS for alert in condition(seen)]
