"""Who directs a ceremony: the director, and the first of his deputies who is there when he is lost.

One holds the desk at a time; his acts count, the others' are refused. The desk does not go back by
itself: who was lost takes it back, or is given it. While nobody of them is there, the program
stays as it is, and the first who comes has the desk.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from rooms.errors import Forbidden, Invalid

MOST_DEPUTIES = 10


class Held(StrEnum):
    """Who has the desk."""

    BY_DIRECTOR = "by_director"
    BY_DEPUTY = "by_deputy"
    BY_NOBODY = "by_nobody"


class Shift(StrEnum):
    """What makes it change hands."""

    LOST = "lost"
    LAST_LOST = "last_lost"
    DEPUTY_COMES = "deputy_comes"
    DIRECTOR_COMES = "director_comes"
    HAND_OVER = "hand_over"
    TAKE_BACK = "take_back"


DESK: Mapping[Held, Mapping[Shift, Held]] = {
    Held.BY_DIRECTOR: {
        Shift.LOST: Held.BY_DEPUTY,
        Shift.LAST_LOST: Held.BY_NOBODY,
        Shift.HAND_OVER: Held.BY_DEPUTY,
    },
    Held.BY_DEPUTY: {
        Shift.LOST: Held.BY_DEPUTY,
        Shift.LAST_LOST: Held.BY_NOBODY,
        Shift.HAND_OVER: Held.BY_DEPUTY,
        Shift.TAKE_BACK: Held.BY_DIRECTOR,
    },
    Held.BY_NOBODY: {
        Shift.DEPUTY_COMES: Held.BY_DEPUTY,
        Shift.DIRECTOR_COMES: Held.BY_DIRECTOR,
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """`here` are those of them whose desk is open now; `holder` has it, perhaps nobody."""

    director: str
    deputies: tuple[str, ...] = ()
    here: tuple[str, ...] = ()
    holder: str | None = None

    @property
    def people(self) -> tuple[str, ...]:
        """In the order in which they follow each other."""
        return (self.director, *self.deputies)

    @property
    def held(self) -> Held:
        """Who has it, in the words of the table."""
        if self.holder is None:
            return Held.BY_NOBODY
        return Held.BY_DIRECTOR if self.holder == self.director else Held.BY_DEPUTY


def here(direction: Direction, person: str) -> Direction:
    """Somebody's desk is open; if nobody has the desk, he does."""
    if person not in direction.people:
        raise Forbidden("not-a-director")
    if person not in direction.here:
        direction = replace(direction, here=(*direction.here, person))
    return direction if direction.holder is not None else replace(direction, holder=person)


def lost(direction: Direction, person: str) -> Direction:
    """Nothing is heard of his desk; if he had it, the next who is there has it at once."""
    there = tuple(one for one in direction.here if one != person)
    direction = replace(direction, here=there)
    if direction.holder != person:
        return direction
    return replace(direction, holder=next((one for one in direction.people if one in there), None))


def hand_over(direction: Direction, by: str, to: str) -> Direction:
    """Who has the desk gives it to another who is there; the director may take it back himself."""
    if by != direction.director or to != by:
        holds(direction, by)
    if to not in direction.people or to not in direction.here:
        raise Invalid("not-at-the-desk", person=to)
    return replace(direction, holder=to)


def name(direction: Direction, by: str, deputies: tuple[str, ...]) -> Direction:
    """Who follows the director, in this order; who has the desk stays in it."""
    holds(direction, by)
    if len(deputies) > MOST_DEPUTIES or len({direction.director, *deputies}) <= len(deputies):
        raise Invalid("bad-deputies", most=MOST_DEPUTIES)
    if direction.holder not in (direction.director, *deputies):
        raise Invalid("bad-deputies", most=MOST_DEPUTIES)
    there = tuple(one for one in direction.here if one in (direction.director, *deputies))
    return replace(direction, deputies=deputies, here=there)


def holds(direction: Direction, person: str) -> None:
    """His acts count; Forbidden("not-at-the-desk-now") else."""
    if direction.holder != person:
        raise Forbidden("not-at-the-desk-now", holder=direction.holder)
