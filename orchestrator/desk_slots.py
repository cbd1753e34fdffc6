"""When a visitor may have an appointment: within the hours of the centre, with somebody free."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from calendars.booking import Slot
from rooms.centre import Centre
from rooms.ids import PersonId

LENGTH = timedelta(minutes=30)
SOONEST = timedelta(hours=1)
AHEAD = timedelta(days=21)
MOST, A_DAY = 6, 2
LATE = timedelta(minutes=10)
"""What was offered may be taken a little later, by whoever writes his name slowly."""

Busy = Mapping[PersonId, Sequence[Slot]]


def grid(centre: Centre, now: datetime) -> Iterator[Slot]:
    """Every half hour at which the centre is open, not before `SOONEST` from now, in order."""
    day, last = centre.day_of(now), centre.day_of(now + AHEAD)
    while day <= last:
        for opens, closes in centre.opening_on(day):
            start = opens
            while start + LENGTH <= closes:
                if start >= now + SOONEST:
                    yield Slot(start, start + LENGTH)
                start += LENGTH
        day += timedelta(days=1)


def offered(centre: Centre, busy: Busy, now: datetime) -> list[Slot]:
    """The nearest ones at which somebody is free; not all of one day, for who cannot come then."""
    found: list[Slot] = []
    for slot in grid(centre, now):
        day = centre.day_of(slot.start)
        same = [one for one in found if centre.day_of(one.start) == day]
        apart = all(slot.start - one.start >= 4 * LENGTH for one in same)
        if len(same) < A_DAY and apart and free(slot, busy):
            found.append(slot)
        if len(found) == MOST:
            break
    return found


def slot_at(centre: Centre, start: datetime, now: datetime) -> Slot | None:
    """The one that begins then, if it may be had; None for any other instant."""
    return next((slot for slot in grid(centre, now - LATE) if slot.start == start), None)


def free(slot: Slot, busy: Busy) -> list[PersonId]:
    """Who is free then: whoever is least busy first."""
    able = [who for who, taken in busy.items() if not any(slot.overlaps(other) for other in taken)]
    return sorted(able, key=lambda who: (len(busy[who]), who))
