"""A direct PUT that lost stays in the room's calendar, marked, until it is moved to a free slot.

The mark can be taken off without loss, also when a client has dropped the X- property that
remembers what STATUS and TRANSP were: the title and our comment give it away.
"""

import re

from calendars.content import Component, Line
from calendars.ical import CalendarItem
from calendars.itip import OURS, SIGNATURE, put_comment
from calendars.values import escape

REFUSED = ("REFUSÉ", "REFUSED")
_REMEMBERED = "X-MARGERIDE-REFUSED"
_PREFIX = re.compile(rf"(?:{'|'.join(REFUSED)}) \([^)]*\) : ?")
_SHOWN = {"STATUS": "CANCELLED", "TRANSP": "TRANSPARENT"}


def mark_refused(item: CalendarItem, motive: str, comment: str, word: str = REFUSED[0]) -> None:
    """Show the refusal: `REFUSÉ (motive) : title`, cancelled, transparent, our COMMENT."""
    unmark_refused(item)
    prefix = escape(f"{word} ({motive.replace('(', '[').replace(')', ']')}) : ")
    for part in item.parts:
        memory = Line(_REMEMBERED, "1")
        for key, shown in _SHOWN.items():
            if part.value(key):
                memory = memory.with_param(f"X-{key}", part.value(key))
            part.put(Line(key, shown))
        part.add(memory)
        title = part.first("SUMMARY") or Line("SUMMARY", "")
        part.put(Line(title.name, prefix + title.value, title.params))
        put_comment(part, comment)


def unmark_refused(item: CalendarItem) -> bool:
    """Take the marks off, back to what the person wrote; whether there were any."""
    marked = [part for part in item.parts if _is_marked(part)]
    for part in marked:
        _unmark(part)
    return bool(marked)


def _is_marked(part: Component) -> bool:
    if part.first(_REMEMBERED) is not None:
        return True
    ours = any(
        line.param(OURS) is not None or line.value.startswith(escape(SIGNATURE))
        for line in part.lines("COMMENT")
    )
    cancelled = part.value("STATUS").upper() == "CANCELLED"
    return cancelled and (ours or _PREFIX.match(part.value("SUMMARY")) is not None)


def _unmark(part: Component) -> None:
    memory = part.first(_REMEMBERED) or Line(_REMEMBERED, "")
    for key, shown in _SHOWN.items():
        was, now = memory.param(f"X-{key}"), part.first(key)
        if was is not None:
            part.put(Line(key, was))
        elif now is not None and now.value.upper() == shown:
            part.drop(now)
    part.drop(memory)
    title = part.first("SUMMARY")
    if title is not None:
        own = _PREFIX.sub("", title.value, count=1) if _PREFIX.match(title.value) else title.value
        if own:
            part.replace(title, Line(title.name, own, title.params))
        else:
            part.drop(title)
    put_comment(part, "")
