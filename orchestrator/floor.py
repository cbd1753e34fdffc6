"""The floor (parole) of a ceremony: who may be heard among those who are on air.

A seat is a person at a source: one endpoint may hold eight. The floor is held by the director, who
gives it; or goes to the raised hands one after the other; or is free for everybody on air. Nobody
who is not on air is heard, whoever holds the floor.
Nothing here waits, stores or sends. The drawing of docs/states.md is made from the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from rooms.errors import Conflict, TooMany

MOST_HANDS = 200
MOST_HANDS_OF_A_SOURCE = 30


class Mode(StrEnum):
    """Who gives the floor."""

    FREE = "free"
    DIRECTOR = "director"
    QUEUE = "queue"


class SeatState(StrEnum):
    """Where a seat stands."""

    QUIET = "quiet"
    ASKING = "asking"
    SPEAKING = "speaking"


class Turn(StrEnum):
    """What moves a seat."""

    RAISE = "raise"
    LOWER = "lower"
    GRANT = "grant"
    WITHDRAW = "withdraw"
    PASS = "pass"
    LOST = "lost"


SEAT: Mapping[SeatState, Mapping[Turn, SeatState]] = {
    SeatState.QUIET: {Turn.RAISE: SeatState.ASKING, Turn.GRANT: SeatState.SPEAKING},
    SeatState.ASKING: {
        Turn.LOWER: SeatState.QUIET,
        Turn.GRANT: SeatState.SPEAKING,
        Turn.LOST: SeatState.QUIET,
    },
    SeatState.SPEAKING: {
        Turn.WITHDRAW: SeatState.QUIET,
        Turn.PASS: SeatState.QUIET,
        Turn.LOST: SeatState.QUIET,
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A person at a source; without a name the whole of it."""

    source: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A seat that asks or speaks, since when."""

    seat: Seat
    state: SeatState
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """Who asks and who speaks, in the order in which they began to."""

    mode: Mode = Mode.FREE
    claims: tuple[Claim, ...] = ()

    @property
    def holders(self) -> tuple[Seat, ...]:
        """Who speaks."""
        return self._in(SeatState.SPEAKING)

    @property
    def queue(self) -> tuple[Seat, ...]:
        """Whose hands are up, the first to be raised first."""
        return self._in(SeatState.ASKING)

    def _in(self, state: SeatState) -> tuple[Seat, ...]:
        return tuple(claim.seat for claim in self.claims if claim.state is state)

    def state(self, seat: Seat) -> SeatState:
        """Where a seat stands."""
        return next((one.state for one in self.claims if one.seat == seat), SeatState.QUIET)


def become(floor: Floor, mode: Mode) -> Floor:
    """Another way of giving it; who speaks goes on, and hands stay up."""
    return replace(floor, mode=mode)


def move(floor: Floor, turn: Turn, seat: Seat, now: datetime) -> Floor:
    """Raise or lower a hand, give the floor or take it back; Conflict("illegal-on-floor")."""
    state = floor.state(seat)
    after = SEAT[state].get(turn)
    if after is None:
        raise Conflict("illegal-on-floor", source=seat.source, state=state.value, act=turn.value)
    if turn is Turn.RAISE:
        _has_room(floor, seat.source)
    return _set(floor, seat, after, now)


def hand_on(floor: Floor, giver: Seat, taker: Seat, now: datetime) -> Floor:
    """Pass the floor: one seat falls quiet, another speaks."""
    floor = move(floor, Turn.PASS, giver, now)
    return move(floor, Turn.GRANT, taker, now)


def lost(floor: Floor, source: str) -> Floor:
    """Nothing is heard of a source: its hands are down, and the floor is not its any more."""
    claims = tuple(claim for claim in floor.claims if claim.seat.source != source)
    return floor if len(claims) == len(floor.claims) else replace(floor, claims=claims)


def advance(floor: Floor, on_air: frozenset[str], now: datetime) -> Floor:
    """Give a floor that goes by the queue, and that nobody on air has, to the next hand on air."""
    if floor.mode is not Mode.QUEUE or any(seat.source in on_air for seat in floor.holders):
        return floor
    for seat in floor.queue:
        if seat.source in on_air:
            return move(floor, Turn.GRANT, seat, now)
    return floor


def heard(floor: Floor, on_air: frozenset[str]) -> frozenset[str]:
    """Whose sound is forwarded: never anybody's who is not on air."""
    if floor.mode is Mode.FREE:
        return on_air
    return on_air & {seat.source for seat in floor.holders}


def _set(floor: Floor, seat: Seat, state: SeatState, now: datetime) -> Floor:
    others = tuple(claim for claim in floor.claims if claim.seat != seat)
    mine = () if state is SeatState.QUIET else (Claim(seat=seat, state=state, since=now),)
    return replace(floor, claims=others + mine)


def _has_room(floor: Floor, source: str) -> None:
    beside = sum(claim.seat.source == source for claim in floor.claims)
    if len(floor.claims) >= MOST_HANDS or beside >= MOST_HANDS_OF_A_SOURCE:
        raise TooMany("too-many-hands", most=MOST_HANDS, of_a_source=MOST_HANDS_OF_A_SOURCE)
