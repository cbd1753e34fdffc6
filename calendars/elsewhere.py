"""An event of a room's calendar as it stands on another server, and what of it counts as said.

What is written there carries the booking's id, no organiser and no attendees: another server
would take them for people to write to, or for rooms to answer by itself.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from calendars import ical, itip, marks, recurrence
from calendars.content import Component, Line
from calendars.ical import CalendarItem
from calendars.values import escape, instant, moments, unescape
from rooms.errors import MargerideError

WINDOW = timedelta(days=400)
_SCHEDULING = ("ORGANIZER", "ATTENDEE", "REQUEST-STATUS")
_DATES = ("DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE")
_WORDS = ("SUMMARY",)
_DEFAULTS = {"STATUS": "CONFIRMED", "TRANSP": "OPAQUE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an object elsewhere says; without a digest it cannot be read."""

    uid: str = ""
    digest: str = ""
    holds: bool = False  # it takes time
    to_come: bool = False  # and some of it is ahead


def outgoing(body: bytes, uid: str, zone: ZoneInfo, mail_domain: str, private_title: str) -> bytes:
    """An event booked here as it is written there, under `uid`; a private one says no more than
    the hours."""
    item = ical.parse(body, zone, stored=True)
    if item.private:
        item = itip.room_copy(item, mail_domain, private_title)
    for part in item.parts:
        for line in (line for key in _SCHEDULING for line in part.lines(key)):
            part.drop(line)
        part.put(Line("UID", escape(uid)))
    return ical.serialise(item)


def incoming(theirs: bytes, ours: bytes, zone: ZoneInfo) -> bytes:
    """An event that we wrote there and people changed there, as a change of ours."""
    there, here = ical.parse(theirs, zone), ical.parse(ours, zone, stored=True)
    kept = [line for key in _SCHEDULING for line in here.parts[0].lines(key)]
    for part in there.parts:
        part.put(Line("UID", escape(here.uid)))
        for line in kept:
            part.add(line)
    return ical.serialise(there)


def read(body: bytes, zone: ZoneInfo, now: datetime) -> Reading:
    """What it says; an empty reading when it is not an event, or one that is too much."""
    try:
        item = ical.parse(body, zone)
        recurrence.check(item, zone, now)
        said = digest(item, zone)
        marks.unmark_refused(item)  # what we marked, people may move to a free hour
        dates = recurrence.expand(item, zone, now - WINDOW, now + WINDOW)
    except MargerideError:
        return Reading()
    if item.kind != "VEVENT":
        return Reading()
    return Reading(
        uid=item.uid,
        digest=said,
        holds=bool(dates) or _beyond(item, zone, now),
        to_come=any(date.slot.end > now for date in dates) or _beyond(item, zone, now),
    )


def _beyond(item: CalendarItem, zone: ZoneInfo, now: datetime) -> bool:
    """Whether it takes time, but later than we look."""
    later = now + WINDOW
    return bool(recurrence.expand(item, zone, later, later + 10 * WINDOW))


def digest(item: CalendarItem, zone: ZoneInfo) -> str:
    """What it says to people, whatever a server made of its spelling: dates, title, state."""
    told = sorted(_facts(part, zone) for part in item.parts)
    return hashlib.sha256("\n\n".join(told).encode()).hexdigest()[:32]


def _facts(part: Component, zone: ZoneInfo) -> str:
    facts = [f"{key}={' '.join(unescape(part.value(key)).split())}" for key in _WORDS]
    facts += [f"{key}={part.value(key).upper() or usual}" for key, usual in _DEFAULTS.items()]
    facts += [f"{key}={','.join(_instants(part, key, zone))}" for key in _DATES]
    facts.append(f"DURATION={part.value('DURATION')}")
    facts += sorted(f"RRULE={_rule(line.value)}" for line in part.lines("RRULE"))
    return "\n".join(facts)


def _instants(part: Component, key: str, zone: ZoneInfo) -> list[str]:
    found = []
    for line in part.lines(key):
        if "/" in line.value:
            found.append(line.value)
        else:
            found += [instant(one, zone).astimezone(UTC).isoformat() for one in moments(line)]
    return sorted(found)


def _rule(text: str) -> str:
    parts = (part.strip() for part in text.upper().split(";"))
    return ";".join(sorted(part for part in parts if part and part != "INTERVAL=1"))
