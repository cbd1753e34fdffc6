"""A read-only calendar of somebody else's (an ICS file of council meetings): when is it busy?

One file holds many events. Each is read like an event of our own; what cannot be read is left
out and counted, so that one bad event does not open the room to double use.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from calendars import ical, recurrence
from calendars.booking import Slot
from calendars.content import Component, Line, broken, write
from calendars.content import read as read_tree
from rooms.errors import Invalid, MargerideError

MAX_BYTES = 1_000_000
MAX_EVENTS = 5_000
MAX_BUSY = 20_000
LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True, order=True)
class Busy:
    """One stretch of time that is taken."""

    slot: Slot
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What was read. `unread` events could not be."""

    busy: tuple[Busy, ...]
    events: int
    unread: int


def read(body: bytes, zone: ZoneInfo, since: datetime, until: datetime) -> Feed:
    """When the feed is busy in an interval; `Invalid` when it is no calendar or too large."""
    tree = read_tree(body, MAX_BYTES)
    if tree.name != "VCALENDAR":
        raise broken("not a VCALENDAR")
    groups = _by_uid(tree.components("VEVENT"))
    if len(groups) > MAX_EVENTS:
        raise Invalid("calendar-too-large", limit=MAX_EVENTS)
    busy: list[Busy] = []
    unread = 0
    for parts in groups:
        try:
            busy += _busy(tree, parts, zone, since, until)
        except MargerideError:
            unread += 1
        if len(busy) > MAX_BUSY:
            raise Invalid("too-many-instances", limit=MAX_BUSY)
    return Feed(busy=tuple(sorted(set(busy))), events=len(groups), unread=unread)


def _by_uid(events: Iterable[Component]) -> list[list[Component]]:
    groups: dict[str, list[Component]] = {}
    for number, event in enumerate(events):
        groups.setdefault(event.value("UID") or f"without {number}", []).append(event)
    return list(groups.values())


def _busy(
    tree: Component, parts: list[Component], zone: ZoneInfo, since: datetime, until: datetime
) -> list[Busy]:
    for part in parts:
        if not part.value("UID"):
            part.put(Line("UID", "none"))
    zones = tree.components("VTIMEZONE")
    item = ical.parse(write(Component("VCALENDAR", [*zones, *parts])), zone, stored=True)
    recurrence.check(item, zone, since)
    title = " ".join(item.title.split())[:LONGEST_TITLE]
    dates = recurrence.expand(item, zone, since, until)
    return [Busy(date.slot, title) for date in dates if date.slot.duration]
