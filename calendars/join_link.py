"""The session's link in an event, wherever calendar clients look for one.

CONFERENCE is for the few that know it; URL, LOCATION and a line of the DESCRIPTION for the rest.
Ours is known by its address (`https://…/join/` and a code), so that it is found again after a
client has dropped the properties and parameters it does not know.
"""

import re

from calendars.content import Component, Line
from calendars.ical import CalendarItem
from calendars.values import escape, unescape

_BETWEEN = " – "


def add_join_link(item: CalendarItem, link: str, label: str) -> None:
    """Put `link` where clients look for it, in the place of our earlier one.

    What the person wrote stays: his URL is kept, his LOCATION and DESCRIPTION are added to.
    """
    remove_join_link(item, base_of(link))
    conference = Line("CONFERENCE", link, (("VALUE", "URI"), ("FEATURE", "AUDIO,VIDEO")))
    for part in item.parts:
        part.add(conference.with_param("LABEL", label))
        if part.first("URL") is None:
            part.add(Line("URL", link, (("VALUE", "URI"),)))
        _append(part, "LOCATION", _BETWEEN, link)
        _append(part, "DESCRIPTION", "\n", _said(label, link))


def remove_join_link(item: CalendarItem, base: str) -> bool:
    """Take out every link that begins with `base` and was put by us; whether there was one."""
    return any([_remove(part, base) for part in item.parts])


def base_of(link: str) -> str:
    """What all our links begin with."""
    return link.rpartition("/")[0] + "/"


def _said(label: str, link: str) -> str:
    return f"{label} : {link}"


def _append(part: Component, key: str, between: str, text: str) -> None:
    line = part.first(key)
    if line is None or not line.value:
        part.put(Line(key, escape(text)))
    else:
        part.replace(line, Line(line.name, line.value + escape(between + text), line.params))


def _remove(part: Component, base: str) -> bool:
    address = re.escape(base) + r"[\w-]+"
    found = False
    for line in (*part.lines("CONFERENCE"), *part.lines("URL")):
        if line.value.startswith(base):
            part.drop(line)
            found = True
    in_location = _cut(part, "LOCATION", rf"(?:^|{_BETWEEN}){address}$")
    in_description = _cut(part, "DESCRIPTION", rf"(?:^|\n)[^\n]{{1,100}} : {address}(?=\n|$)")
    return found or in_location or in_description


def _cut(part: Component, key: str, ours: str) -> bool:
    line = part.first(key)
    if line is None:
        return False
    text = unescape(line.value)
    kept = re.sub(ours, "", text)
    if kept == text:
        return False
    if not kept:
        part.drop(line)
        return True
    raw = escape(kept)
    # The person's own spelling of the same text is kept as it was.
    same = line.value[: len(line.value) - len(escape(text[len(kept) :]))]
    value = same if text.startswith(kept) and unescape(same) == kept else raw
    part.replace(line, Line(line.name, value, line.params))
    return True
