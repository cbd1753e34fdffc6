"""What a client sent, read before the transaction: an event, or in one's own calendar a task."""

import re
from datetime import datetime

from calendars import ical, recurrence
from orchestrator.booking.event import Prepared, prepare
from orchestrator.settings.model import Network
from rooms.ids import RoomId

_EVENT = re.compile(rb"^BEGIN:VEVENT\s*$", re.MULTILINE | re.IGNORECASE)


def read(network: Network, body: bytes, room: RoomId | None, now: datetime) -> Prepared:
    """A room's calendar holds events; a person's may hold tasks and notes, which book nothing."""
    if room is not None or _EVENT.search(body):
        return prepare(network, body, room, now)
    item = ical.parse(body, network.zone)
    if item.parts[0].first("RRULE"):
        recurrence.check(item, network.zone, now)
    return Prepared(item=item, sent=body, zone=network.zone, rooms=(), occurrences=())
