"""What binds each room now: the file, what the animateur changed, the calendar of the Republic."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from sqlalchemy import Connection

from calendars.policy import RoomRules
from orchestrator.settings.model import Network
from orchestrator.store import closures, policies
from rooms.centre import Centre, Closure
from rooms.ids import CentreId, RoomId

COUNTRY, LANGUAGE = "FR", "fr"


def room_rules(
    conn: Connection, network: Network, rooms: Iterable[RoomId], years: Iterable[int]
) -> dict[RoomId, RoomRules]:
    """The rules of those rooms that exist, with the public holidays of these years."""
    known = {room.id: room for room in network.rooms}
    centres: dict[CentreId, Centre] = {}
    wanted = tuple(sorted(set(years)))
    found = {}
    for room in (known[name] for name in rooms if name in known):
        if room.centre not in centres:
            centres[room.centre] = closures.effective(conn, network.centre_of(room))
        policy = policies.effective(conn, network, room.id)
        centre = centres[room.centre]
        if policy.closed_on_holidays:
            centre = replace(centre, closures=(*centre.closures, *public_holidays(wanted)))
        found[room.id] = RoomRules(replace(room, bookable_by=policy.bookable_by), centre, policy)
    return found


@cache
def public_holidays(years: tuple[int, ...]) -> tuple[Closure, ...]:
    """The French public holidays of these years. Blocking at the first call."""
    import holidays  # noqa: PLC0415 - half a second, which only those who ask for it wait

    days = holidays.country_holidays(COUNTRY, years=years, language=LANGUAGE)
    return tuple(Closure(first=day, last=day, reason=name) for day, name in sorted(days.items()))
