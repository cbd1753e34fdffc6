"""When people and rooms are taken, from the stored instances: no title, no expansion."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection

from calendars import itip
from calendars.server.port import Busy
from orchestrator.booking.rules import room_rules
from orchestrator.settings.model import Network
from orchestrator.store import calendar_items as items
from orchestrator.store import own_calendars, people
from orchestrator.store.calendar_items import seconds
from rooms.centre import Centre
from rooms.ids import RoomId

Stretch = tuple[datetime, datetime]


def joined(taken: Iterable[tuple[int, int]], first: int, last: int) -> list[Stretch]:
    """In order, clipped, in one piece where they touch."""
    found: list[tuple[int, int]] = []
    for a, b in sorted(taken):
        a, b = max(a, first), min(b, last)
        if found and a <= found[-1][1]:
            found[-1] = (found[-1][0], max(b, found[-1][1]))
        elif a < b:
            found.append((a, b))
    return [(datetime.fromtimestamp(a, UTC), datetime.fromtimestamp(b, UTC)) for a, b in found]


def busy_of(
    conn: Connection, network: Network, address: str, start: datetime, end: datetime
) -> Sequence[Busy] | None:
    """When the person or the room of this address is taken; None for anybody else."""
    room = itip.room_of(address, network.mail_domain)
    if room is not None:
        return _room(conn, network, room, start, end)
    person = people.by_address(conn, network.mail_domain, address)
    if person is None:
        return None
    calendars = own_calendars.of_person(conn, person.id)
    return _taken(conn, [row.id for row in calendars], start, end)


def _taken(conn: Connection, calendars: list[int], start: datetime, end: datetime) -> list[Busy]:
    first, last = seconds(start), seconds(end)
    taken = [pair for one in calendars for pair in items.taken(conn, one, first, last)]
    return [Busy(a, b) for a, b in joined(taken, first, last)]


def _room(
    conn: Connection, network: Network, room: RoomId, start: datetime, end: datetime
) -> Sequence[Busy] | None:
    years = range(start.year, end.year + 1)
    rules = room_rules(conn, network, [room], years).get(room)
    if rules is None:
        return None
    shelf = items.find_calendar(conn, items.ROOM, room)
    taken = _taken(conn, [shelf.id] if shelf else [], start, end)
    shut = [Busy(a, b, "BUSY-UNAVAILABLE") for a, b in closed(rules.centre, start, end)]
    return sorted([*taken, *shut], key=lambda one: one.start)


def closed(centre: Centre, start: datetime, end: datetime) -> list[Stretch]:
    """When the centre is closed in an interval."""
    found, reached = [], start
    for opens, closes in _open(centre, start, end):
        if opens > reached:
            found.append((reached, min(opens, end)))
        reached = max(reached, closes)
    if reached < end:
        found.append((reached, end))
    return found


def _open(centre: Centre, start: datetime, end: datetime) -> list[Stretch]:
    day, last = centre.day_of(start) - timedelta(days=1), centre.day_of(end)
    days: list[date] = []
    while day <= last:
        days.append(day)
        day += timedelta(days=1)
    stretches = [pair for one in days for pair in centre.opening_on(one)]
    return sorted((a, b) for a, b in stretches if b > start and a < end)
