"""A direct PUT that lost stays in the room's calendar, marked, until it is moved to a free slot."""

from calendars.ical import CalendarItem


def mark_refused(item: CalendarItem, motive: str, comment: str) -> None:
    """Show the refusal: `REFUSÉ (motive) : title`, cancelled, transparent, our COMMENT."""
    raise NotImplementedError


def unmark_refused(item: CalendarItem) -> bool:
    """Take the marks off, back to what the person wrote; whether there were any."""
    raise NotImplementedError
