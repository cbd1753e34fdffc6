"""Find when rooms are free together, for somebody who may book them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from calendars.booking import Slot
from calendars.finder import Ask, Place, Proposal, propose, spread
from calendars.policy import Policy, RoomRules
from orchestrator import roles
from orchestrator.auth.people import Person
from orchestrator.booking.rules import room_rules
from orchestrator.settings.model import Network
from orchestrator.store.busy import busy_between
from rooms.errors import Invalid

MOST, A_DAY = 12, 3
LONGEST_LOOK = timedelta(days=62)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for, in which rooms: all that have the equipment, or only some."""

    rooms: int
    length: timedelta
    start: datetime
    end: datetime
    part: str = ""
    seats: int = 0
    equipment: Sequence[str] = ()
    among: Sequence[str] = ()  # ids of rooms or centres


def finder(
    network: Network, person: Person, search: Search, now: datetime
) -> Callable[[Connection], list[Proposal]]:
    """The best slots, as a read of the store. Invalid("bad-interval") for too long a search."""
    if not timedelta(0) < search.end - search.start <= LONGEST_LOOK:
        raise Invalid("bad-interval")

    def find(conn: Connection) -> list[Proposal]:
        places = _places(conn, network, person, search, now)
        window = Slot(max(search.start, now), search.end)
        if window.end <= window.start:
            return []
        ask = Ask(
            rooms=search.rooms,
            length=search.length,
            window=window,
            part=search.part,
            seats=search.seats,
        )
        return spread(propose(ask, places, network.zone), network.zone, MOST, A_DAY)

    return find


def _places(
    conn: Connection, network: Network, person: Person, search: Search, now: datetime
) -> list[Place]:
    wanted = [room for room in network.rooms if set(search.equipment) <= set(room.equipment)]
    if search.among:
        wanted = [room for room in wanted if {room.id, room.centre} & set(search.among)]
    years = range(search.start.year, search.end.year + 1)
    rules = room_rules(conn, network, [room.id for room in wanted], years)
    held = busy_between(conn, search.start - timedelta(days=1), search.end + timedelta(days=1))
    places = [
        Place(
            room=rule.room.id,
            centre=rule.centre,
            seats=rule.room.capacity,
            held=tuple(Slot(one.start, one.end) for one in held if one.room == rule.room.id),
            gap=rule.policy.gap,
        )
        for rule in rules.values()
        if _may_have(person, rule, search, now)
    ]
    return sorted(places, key=lambda place: place.centre.id not in person.centres)


def _may_have(person: Person, rule: RoomRules, search: Search, now: datetime) -> bool:
    return (
        roles.may_book(person, rule.centre.id, rule.room.bookable_by)
        and _long_enough(rule.policy, search.length)
        and search.start <= now + timedelta(days=rule.policy.horizon_days)
    )


def _long_enough(policy: Policy, length: timedelta) -> bool:
    minutes = length / timedelta(minutes=1)
    longest = policy.longest_minutes or minutes
    return policy.shortest_minutes <= minutes <= longest
