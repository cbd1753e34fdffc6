"""The nearest slot that would do: same length, same rooms, every centre open."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from calendars.booking import Slot
from rooms.centre import Centre

DAYS_AHEAD = 14
STEP = timedelta(minutes=15)


def nearest_free(
    asked: Slot, centres: Sequence[Centre], busy: Iterable[Slot], now: datetime
) -> Slot | None:
    """The free slot as long as `asked` and nearest to it, starting at a quarter of an hour.

    Looked for from the morning of the day asked (never before `now`) to a fortnight later.
    """
    length = asked.duration
    if length <= timedelta(0):
        return None
    zone = centres[0].zone
    today = max(asked.start, now).astimezone(zone).date()
    limit = today + timedelta(days=DAYS_AHEAD)
    floor = _quarter_up(now)
    best: Slot | None = None
    taken = sorted(slot for slot in busy if slot.end > floor)
    for day in (today + timedelta(days=ahead) for ahead in range((limit - today).days + 1)):
        for gap in _gaps(list(_open_together(centres, day)), taken):
            found = _fit(asked.start, length, Slot(max(gap.start, floor), gap.end))
            if found is not None and (best is None or _far(found, asked) < _far(best, asked)):
                best = found
        if best is not None:
            return best
    return None


def _far(slot: Slot, asked: Slot) -> timedelta:
    return abs(slot.start - asked.start)


def _fit(wish: datetime, length: timedelta, gap: Slot) -> Slot | None:
    earliest = _quarter_up(gap.start)
    latest = _quarter_down(gap.end - length)
    if latest < earliest:
        return None
    start = min(max(_quarter_up(wish), earliest), latest)
    return Slot(start, start + length)


def _open_together(centres: Sequence[Centre], day: date) -> Iterator[Slot]:
    """When all centres are open on the civil day `day`."""
    stretches = [Slot(*stretch) for stretch in centres[0].opening_on(day)]
    for centre in centres[1:]:
        theirs = [Slot(*stretch) for stretch in centre.opening_on(day)]
        stretches = [
            Slot(max(ours.start, their.start), min(ours.end, their.end))
            for ours in stretches
            for their in theirs
            if ours.overlaps(their)
        ]
    yield from stretches


def _gaps(stretches: Iterable[Slot], taken: Sequence[Slot]) -> Iterator[Slot]:
    """What the sorted `taken` leave of each stretch."""
    for stretch in stretches:
        start = stretch.start
        for slot in taken:
            if slot.start >= stretch.end:
                break
            if slot.end > start:
                if slot.start > start:
                    yield Slot(start, slot.start)
                start = slot.end
        if start < stretch.end:
            yield Slot(start, stretch.end)


def _quarter_down(instant: datetime) -> datetime:
    return instant - (instant - datetime(1970, 1, 1, tzinfo=UTC)) % STEP


def _quarter_up(instant: datetime) -> datetime:
    down = _quarter_down(instant)
    return down if down == instant else down + STEP
