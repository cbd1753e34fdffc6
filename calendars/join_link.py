"""The session's link in an event, wherever calendar clients look for one."""

from calendars.ical import CalendarItem


def add_join_link(item: CalendarItem, link: str, label: str) -> None:
    """Put `link` in CONFERENCE, URL, LOCATION and one DESCRIPTION line, replacing our last one."""
    raise NotImplementedError


def remove_join_link(item: CalendarItem) -> bool:
    """Take our link out again and leave what the person wrote; whether there was one."""
    raise NotImplementedError
