"""Slots at which enough rooms are free together: "four rooms, 90 minutes, mornings"."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from calendars.booking import Slot
from rooms.centre import Centre
from rooms.ids import RoomId

STEP = timedelta(minutes=15)
PARTS: Mapping[str, tuple[time, time]] = {
    "morning": (time(0), time(12, 30)),
    "afternoon": (time(12), time(18)),
    "evening": (time(17), time(0)),
}
"""Parts of the day; the end at midnight is the end of the day."""
USUAL = (time(8), time(19))
"""When people mostly meet: proposed before the other hours of the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A room that could be taken: when it is open, what is held of it, what stays free around."""

    room: RoomId
    centre: Centre
    seats: int
    held: tuple[Slot, ...]
    gap: timedelta = timedelta(0)
    until: datetime | None = None  # the last instant at which a booking of it may begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """How many rooms, for how long, within which time and part of the day."""

    rooms: int
    length: timedelta
    window: Slot
    part: str = ""
    seats: int = 0  # in all the rooms together


@dataclass(frozen=True, slots=True)
class Proposal:
    """A slot, the rooms it proposes, and every room that is free then.

    `asks` are those of `rooms` that would be kept, but not given before an animateur answers.
    """

    slot: Slot
    rooms: tuple[RoomId, ...]
    free: tuple[RoomId, ...]
    asks: tuple[RoomId, ...] = ()


Ruling = Callable[[Proposal], tuple[RoomId, ...] | None]
"""The judge's word on a proposal: the rooms that would have to be asked for; None for a no."""


def propose(ask: Ask, places: Sequence[Place], zone: ZoneInfo) -> Iterator[Proposal]:
    """The slots that would do, day by day, on each day the usual hours first, then most rooms.

    `places` come in the order of preference; rooms of different centres are proposed before two
    of the same one.
    """
    free = {place.room: list(_free(place, ask.window)) for place in places}
    day = ask.window.start.astimezone(zone).date()
    while day <= ask.window.end.astimezone(zone).date():
        found = []
        for slot in _slots(ask, datetime.combine(day, time(0), zone)):
            open_then = [
                place
                for place in places
                if (place.until is None or slot.start <= place.until)
                and _within(slot, free[place.room])
            ]
            chosen = _choose(ask, open_then)
            if chosen:
                everyone = tuple(place.room for place in open_then)
                found.append(Proposal(slot, tuple(place.room for place in chosen), everyone))
        found.sort(key=lambda one: (_odd(one.slot, zone), -len(one.free), one.slot))
        yield from found
        day += timedelta(days=1)


def spread(
    proposals: Iterable[Proposal], zone: ZoneInfo, most: int, a_day: int, ruling: Ruling
) -> list[Proposal]:
    """The first `most` that can be had, at most `a_day` of one day, and none over another.

    Only what would be kept is ruled upon: a few proposals, whatever the length of the window.
    """
    kept: list[Proposal] = []
    for one in proposals:
        day = one.slot.start.astimezone(zone).date()
        same = [held for held in kept if held.slot.start.astimezone(zone).date() == day]
        if len(same) < a_day and not any(held.slot.overlaps(one.slot) for held in same):
            asks = ruling(one)
            if asks is not None:
                kept.append(replace(one, asks=asks))
        if len(kept) == most:
            break
    return sorted(kept, key=lambda one: one.slot)


def _choose(ask: Ask, places: Sequence[Place]) -> list[Place]:
    """So many of them, of as many centres as there are; with room for everybody."""
    centres: set[str] = set()
    first: list[Place] = []
    again: list[Place] = []
    for place in places:
        (again if place.centre.id in centres else first).append(place)
        centres.add(place.centre.id)
    chosen = [*first, *again][: ask.rooms]
    if sum(place.seats for place in chosen) < ask.seats:
        chosen = sorted(places, key=lambda place: -place.seats)[: ask.rooms]
    enough = sum(place.seats for place in chosen) >= ask.seats
    return chosen if enough and len(chosen) == ask.rooms else []


def _slots(ask: Ask, midnight: datetime) -> Iterator[Slot]:
    opens, closes = PARTS.get(ask.part, (time(0), time(0)))
    first = midnight.replace(hour=opens.hour, minute=opens.minute).astimezone(UTC)
    last = midnight.replace(hour=closes.hour, minute=closes.minute)
    last = (last if closes != time(0) else last + timedelta(days=1)).astimezone(UTC)
    start = _quarter_up(max(first, ask.window.start))
    while start + ask.length <= min(last, ask.window.end):
        yield Slot(start, start + ask.length)
        start += STEP


def _odd(slot: Slot, zone: ZoneInfo) -> bool:
    start, end = slot.start.astimezone(zone), slot.end.astimezone(zone)
    return start.time() < USUAL[0] or end.time() > USUAL[1] or start.date() != end.date()


def _free(place: Place, window: Slot) -> Iterator[Slot]:
    """What is left of the opening hours of a room."""
    taken = sorted(slot.widened(place.gap) for slot in place.held)
    reached = list(accumulate((slot.end for slot in taken), max))  # what ends before is behind
    day = place.centre.day_of(window.start)
    while day <= place.centre.day_of(window.end):
        for opens, closes in place.centre.opening_on(day):
            start = opens
            for slot in taken[bisect_right(reached, opens) :]:
                if slot.start >= closes:
                    break
                if slot.end <= start:
                    continue
                if slot.start > start:
                    yield Slot(start, slot.start)
                start = slot.end
            if start < closes:
                yield Slot(start, closes)
        day += timedelta(days=1)


def _within(slot: Slot, free: Sequence[Slot]) -> bool:
    """Whether one of the gaps, which are in order and apart, holds the slot."""
    last = bisect_right(free, slot.start, key=lambda gap: gap.start) - 1
    return last >= 0 and slot.end <= free[last].end


def _quarter_up(instant: datetime) -> datetime:
    past = (instant - datetime(1970, 1, 1, tzinfo=UTC)) % STEP
    return instant if not past else instant - past + STEP
