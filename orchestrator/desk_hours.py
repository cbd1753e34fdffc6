"""When a desk is attended: the hours of its centre, its closures, and the public holidays."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from rooms.centre import Centre, Closure

LOOKED_AHEAD = 60
"""Days within which an opening is looked for."""


def with_holidays(centre: Centre, holidays: Iterable[Closure]) -> Centre:
    """The centre, closed on these days too unless it opens exceptionally."""
    return replace(centre, closures=(*centre.closures, *holidays))


def is_open(centre: Centre, now: datetime) -> bool:
    """Whether somebody may be called now."""
    return centre.is_open(now, now)


def next_opening(centre: Centre, now: datetime) -> datetime | None:
    """The first opening after `now`; None when none is known."""
    first = centre.day_of(now)
    for ahead in range(LOOKED_AHEAD + 1):
        for opens, _ in centre.opening_on(first + timedelta(days=ahead)):
            if opens > now:
                return opens
    return None
