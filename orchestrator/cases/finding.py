"""Find when rooms are free together, for whoever may book them; the judge has the last word."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from calendars.booking import Candidate, Held, Occurrence, Slot
from calendars.conflicts import judge
from calendars.finder import Ask, Place, Proposal, Ruling, propose, spread
from calendars.policy import Policy, RoomRules
from orchestrator import roles
from orchestrator.auth.people import Person
from orchestrator.booking.rules import room_rules
from orchestrator.settings.model import Network
from orchestrator.store import bookings
from rooms.errors import Invalid
from rooms.ids import RoomId

MOST, A_DAY = 12, 3
LONGEST_LOOK = timedelta(days=62)
Rules = Mapping[RoomId, RoomRules]


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
    """The best slots, as a read of the store. Invalid("bad-interval") for too long a search.

    Each is one that the judge would accept of this person at this moment.
    """
    if not timedelta(0) < search.end - search.start <= LONGEST_LOOK:
        raise Invalid("bad-interval")

    def find(conn: Connection) -> list[Proposal]:
        window = Slot(max(search.start, now), search.end)
        if window.end <= window.start:
            return []
        rules = _rules(conn, network, person, search)
        held = [row for row, _ in bookings.held(conn, tuple(rules), [window], bookings.NEAR)]
        places = _places(rules, held, person, now)
        ask = Ask(
            rooms=search.rooms,
            length=search.length,
            window=window,
            part=search.part,
            seats=search.seats,
        )
        ruling = _ruling(person, search, rules, held, now)
        found = propose(ask, places, network.zone)
        return spread(found, network.zone, MOST, A_DAY, ruling)

    return find


def _rules(conn: Connection, network: Network, person: Person, search: Search) -> Rules:
    """The rules of the rooms that he may have for so long."""
    wanted = [room for room in network.rooms if set(search.equipment) <= set(room.equipment)]
    if search.among:
        wanted = [room for room in wanted if {room.id, room.centre} & set(search.among)]
    years = range(search.start.year, search.end.year + 1)
    found = room_rules(conn, network, [room.id for room in wanted], years)
    return {room: rule for room, rule in found.items() if _may_have(person, rule, search)}


def _places(rules: Rules, held: Sequence[Held], person: Person, now: datetime) -> list[Place]:
    taken: dict[RoomId, list[Slot]] = {room: [] for room in rules}
    for row in held:
        taken[row.room].append(row.slot)
    places = [
        Place(
            room=room,
            centre=rule.centre,
            seats=rule.room.capacity,
            held=tuple(taken[room]),
            gap=rule.policy.gap,
            until=now + timedelta(days=rule.policy.horizon_days),
        )
        for room, rule in rules.items()
    ]
    asking = {room for room, rule in rules.items() if rule.policy.must_ask(person.role)}
    return sorted(
        places, key=lambda place: (place.centre.id not in person.centres, place.room in asking)
    )


def _ruling(
    person: Person, search: Search, rules: Rules, held: Sequence[Held], now: datetime
) -> Ruling:
    rows = sorted(held, key=lambda row: row.slot.start)
    starts = [row.slot.start for row in rows]
    longest = max((row.slot.duration for row in rows), default=timedelta(0))

    def rule(proposal: Proposal) -> tuple[RoomId, ...] | None:
        slot = proposal.slot.widened(bookings.NEAR)
        near = rows[bisect_left(starts, slot.start - longest) : bisect_left(starts, slot.end)]
        candidate = Candidate(
            uid="",
            rooms=proposal.rooms,
            occurrences=(Occurrence(proposal.slot),),
            organiser=person.id,
            role=person.role,
            title="",
            seats=search.seats,
        )
        verdict = judge(candidate, near, rules, now)
        return verdict.asks if verdict.accepted else None

    return rule


def _may_have(person: Person, rule: RoomRules, search: Search) -> bool:
    return (
        rule.may_book(person.role)
        and roles.may_book(person, rule.centre.id, rule.room.bookable_by)
        and _long_enough(rule.policy, search.length)
    )


def _long_enough(policy: Policy, length: timedelta) -> bool:
    minutes = length / timedelta(minutes=1)
    longest = policy.longest_minutes or minutes
    return policy.shortest_minutes <= minutes <= longest
