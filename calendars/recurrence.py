"""Series: refused at the door when they could run away, expanded within a window otherwise."""

from datetime import datetime
from zoneinfo import ZoneInfo

from calendars.booking import Occurrence
from calendars.ical import CalendarItem

MAX_INSTANCES = 730


def check(item: CalendarItem, zone: ZoneInfo, now: datetime) -> None:
    """Raise `Invalid` for any rule or date that is not to be stored; nothing is expanded."""
    raise NotImplementedError


def expand(
    item: CalendarItem, zone: ZoneInfo, window_start: datetime, window_end: datetime
) -> list[Occurrence]:
    """The dates of a checked event that touch the window, in order, as instants in UTC.

    Floating and all-day values are read in `zone`, the centre's. Cancelled and transparent
    dates are not occurrences. The window is at most 400 days ahead of its start plus the past.
    """
    raise NotImplementedError
