"""The queue of the reception desks (visio-accueil): who rings, who answers, who waits.

A visitor presses the one button of a desk. The animateurs of its centre ring, longest idle first,
one more every few seconds; then those of all centres. Nobody there in time: the call overflows, and
the visitor may leave a number. Nothing here waits, stores or sends: `tick` says what the hour
changes, and whoever calls it keeps the new hall and tells the difference.

The drawing of docs/reception.md is made from the table.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from rooms.errors import Conflict, NotFound
from rooms.ids import CentreId, PersonId
from rooms.room import DeskId

CallId = NewType("CallId", str)


class State(StrEnum):
    """Where a call stands."""

    NEW = "new"
    QUEUED = "queued"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"
    OVERFLOW = "overflow"
    CLOSED = "closed"
    ABANDONED = "abandoned"


class Act(StrEnum):
    """What happens to a call."""

    RING = "ring"
    WAIT = "wait"
    ANSWER = "answer"
    HANG_UP = "hang_up"
    OVERFLOW = "overflow"
    CLOSE = "close"


_WAITING = {
    Act.RING: State.RINGING,
    Act.WAIT: State.QUEUED,
    Act.HANG_UP: State.ABANDONED,
    Act.OVERFLOW: State.OVERFLOW,
}
CALL: Mapping[State, Mapping[Act, State]] = {
    State.NEW: {**_WAITING, Act.CLOSE: State.CLOSED},
    State.QUEUED: _WAITING,
    State.RINGING: {**_WAITING, Act.ANSWER: State.ANSWERED},
    State.ANSWERED: {Act.HANG_UP: State.ENDED},
    State.ENDED: {},
    State.OVERFLOW: {},
    State.CLOSED: {},
    State.ABANDONED: {},
}
WAITING = frozenset({State.NEW, State.QUEUED, State.RINGING})
OPEN = WAITING | {State.ANSWERED}


class Standing(StrEnum):
    """Whether somebody may be rung."""

    AVAILABLE = "available"
    BUSY = "busy"
    AWAY = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How long everything takes."""

    ring: timedelta = timedelta(seconds=20)
    step: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(seconds=60)
    misses: int = 3
    wrap_up: timedelta = timedelta(seconds=10)


RULES = Rules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """Somebody rings for a call."""

    person: PersonId
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One press of a desk's button. Tier 1 is the centre of the desk, tier 2 all centres."""

    id: CallId
    desk: DeskId
    centre: CentreId
    asked_at: datetime
    state: State = State.NEW
    tier: int = 1
    tier_at: datetime | None = None
    rings: tuple[Ring, ...] = ()
    declined: frozenset[PersonId] = frozenset()
    missed: frozenset[PersonId] = frozenset()
    by: PersonId | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None

    def rings_at(self, person: PersonId) -> bool:
        """Whether this is one of those whose page rings."""
        return any(ring.person == person for ring in self.rings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An animateur. `here`: his page is open. `free_at`: idle since then, wrap-up included."""

    person: PersonId
    centres: frozenset[CentreId]
    free_at: datetime
    here: bool = True
    away: bool = False
    misses: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """Every call that is not over, oldest first, and everybody who might answer."""

    calls: tuple[Call, ...] = ()
    agents: tuple[Agent, ...] = ()

    def call(self, call: CallId) -> Call:
        """One of them; NotFound("no-desk-call")."""
        for one in self.calls:
            if one.id == call:
                return one
        raise NotFound("no-desk-call", call=call)

    def agent(self, person: PersonId) -> Agent:
        """One of them; NotFound("no-desk-agent")."""
        for one in self.agents:
            if one.person == person:
                return one
        raise NotFound("no-desk-agent", person=person)

    def of_desk(self, desk: DeskId) -> Call | None:
        """The call of a desk that is not over."""
        return next((one for one in self.calls if one.desk == desk and one.state in OPEN), None)

    def position(self, call: CallId) -> int:
        """Place in the queue from 1; 0 for a call that does not wait."""
        waiting = [one.id for one in self.calls if one.state in WAITING]
        return waiting.index(call) + 1 if call in waiting else 0

    def standing(self, agent: Agent, now: datetime) -> Standing:
        """Whether he may be rung now. Who rings for one call is busy for the others."""
        if agent.away:
            return Standing.AWAY
        taken = any(
            one.rings_at(agent.person) or (one.state is State.ANSWERED and one.by == agent.person)
            for one in self.calls
        )
        return Standing.BUSY if taken or now < agent.free_at else Standing.AVAILABLE


def press(hall: Hall, call: Call, now: datetime, *, is_open: bool, rules: Rules = RULES) -> Hall:
    """A visitor presses the button. Conflict("desk-calling") while the desk is in a call."""
    if hall.of_desk(call.desk) is not None:
        raise Conflict("desk-calling", desk=call.desk)
    if not is_open:
        call = _step(replace(call, ended_at=now), Act.CLOSE)
    return tick(replace(hall, calls=(*hall.calls, call)), now, rules)


def answer(hall: Hall, call: CallId, person: PersonId, now: datetime) -> Hall:
    """The first one has it: Conflict("already-answered") for the others, Conflict("not-ringing")
    for who is not rung. His own answer said twice is one answer."""
    one = hall.call(call)
    if one.by is not None:
        if one.by != person:
            raise Conflict("already-answered", call=call)
        return hall
    if not one.rings_at(person):
        raise Conflict("not-ringing", call=call)
    taken = replace(_step(one, Act.ANSWER), by=person, answered_at=now, rings=())
    return _agent(_call(hall, taken), replace(hall.agent(person), misses=0))


def decline(
    hall: Hall, call: CallId, person: PersonId, now: datetime, rules: Rules = RULES
) -> Hall:
    """Not me, this time: the next one rings. It is no miss."""
    one = hall.call(call)
    if not one.rings_at(person):
        raise Conflict("not-ringing", call=call)
    refused = replace(one, rings=_without(one, person), declined=one.declined | {person})
    return tick(_call(hall, refused), now, rules)


def hang_up(hall: Hall, call: CallId, now: datetime, rules: Rules = RULES) -> Hall:
    """Either side ends it, or the visitor gives up waiting. What is over stays as it is."""
    one = hall.call(call)
    if one.state not in OPEN:
        return hall
    over = replace(_step(one, Act.HANG_UP), ended_at=now, rings=())
    hall = _call(hall, over)
    if one.by is not None:
        hall = _each_agent(
            hall,
            lambda agent: (
                replace(agent, free_at=now + rules.wrap_up) if agent.person == one.by else agent
            ),
        )
    return tick(hall, now, rules)


def set_away(
    hall: Hall, person: PersonId, now: datetime, *, away: bool, rules: Rules = RULES
) -> Hall:
    """He goes, or is back with a clean slate."""
    agent = replace(hall.agent(person), away=away, misses=0)
    return tick(_agent(hall, agent), now, rules)


def tick(hall: Hall, now: datetime, rules: Rules = RULES) -> Hall:
    """What the hour changes: misses, those who went, overflow, tiers, and who is rung next."""
    hall = _count_misses(hall, now, rules)
    hall = _silence(hall)
    for one in _waiting(hall):
        if now - one.asked_at >= rules.longest:
            over = replace(_step(one, Act.OVERFLOW), ended_at=now, rings=())
            hall = _call(hall, over)
    for one in sorted(_waiting(hall), key=lambda one: bool(one.rings)):  # first who rings nobody
        hall = _ring(hall, one, now, rules)
    return hall


def _waiting(hall: Hall) -> Iterator[Call]:
    return (one for one in hall.calls if one.state in WAITING)


def _count_misses(hall: Hall, now: datetime, rules: Rules) -> Hall:
    """Who let it ring too long has missed this call, once."""
    for one in _waiting(hall):
        late = {ring.person for ring in one.rings if now - ring.since >= rules.ring} - one.missed
        if late:
            hall = _call(hall, replace(one, missed=one.missed | late))
            hall = _missed(hall, late, rules)
    return hall


def _missed(hall: Hall, late: set[PersonId], rules: Rules) -> Hall:
    def counted(agent: Agent) -> Agent:
        if agent.person not in late:
            return agent
        misses = agent.misses + 1
        return replace(agent, misses=misses, away=agent.away or misses >= rules.misses)

    return _each_agent(hall, counted)


def _silence(hall: Hall) -> Hall:
    """Nobody rings who has gone."""
    there = {agent.person for agent in hall.agents if agent.here and not agent.away}
    for one in _waiting(hall):
        kept = tuple(ring for ring in one.rings if ring.person in there)
        if kept != one.rings:
            hall = _call(hall, replace(one, rings=kept))
    return hall


def _ring(hall: Hall, one: Call, now: datetime, rules: Rules) -> Hall:
    """Let the next one ring when it is time, and say whether anybody does."""
    one = _in_tier(hall, one, now, rules)
    if not one.rings or now - max(ring.since for ring in one.rings) >= rules.step:
        following = next(iter(_candidates(hall, one, now)), None)
        if following is not None:
            ring = Ring(person=following.person, since=now)
            one = replace(one, rings=(*one.rings, ring), tier_at=one.tier_at or now)
    return _call(hall, _step(one, Act.RING if one.rings else Act.WAIT))


def _in_tier(hall: Hall, one: Call, now: datetime, rules: Rules) -> Call:
    """All centres, once the desk's own had its time or has nobody to ring."""
    if one.tier > 1:
        return one
    had_its_time = one.tier_at is not None and now - one.tier_at >= rules.ring
    if had_its_time or (not one.rings and not _candidates(hall, one, now)):
        return replace(one, tier=2, tier_at=None)
    return one


def _candidates(hall: Hall, one: Call, now: datetime) -> list[Agent]:
    """Who may be rung for it, longest idle first."""
    fit = [
        agent
        for agent in hall.agents
        if agent.here
        and hall.standing(agent, now) is Standing.AVAILABLE
        and agent.person not in one.declined
        and (one.tier > 1 or one.centre in agent.centres)
    ]
    return sorted(fit, key=lambda agent: (agent.free_at, agent.person))


def _step(one: Call, act: Act) -> Call:
    return replace(one, state=CALL[one.state][act])


def _without(one: Call, person: PersonId) -> tuple[Ring, ...]:
    return tuple(ring for ring in one.rings if ring.person != person)


def _call(hall: Hall, changed: Call) -> Hall:
    calls = tuple(changed if one.id == changed.id else one for one in hall.calls)
    return replace(hall, calls=calls)


def _agent(hall: Hall, changed: Agent) -> Hall:
    return _each_agent(hall, lambda one: changed if one.person == changed.person else one)


def _each_agent(hall: Hall, change: Callable[[Agent], Agent]) -> Hall:
    return replace(hall, agents=tuple(change(one) for one in hall.agents))
