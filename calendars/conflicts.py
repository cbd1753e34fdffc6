"""The one judge: whatever door a booking came through, `judge` says yes or says why not.

All rooms on all dates or none. Pure and quick (sorting and bisection), so that it can run
inside the transaction that writes the booking.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate, islice, pairwise

from calendars.alternative import nearest_free
from calendars.booking import Candidate, Held, Slot
from calendars.policy import RoomRules
from rooms.centre import Centre
from rooms.errors import Fact
from rooms.ids import CentreId, RoomId

MAX_REASONS = 20


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing in the way. `slot` is the date asked; instants in `facts` are ISO 8601 in UTC."""

    key: str
    room: RoomId
    slot: Slot | None
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """The reason as it is stored and shown to programs."""
        start, end = (self.slot.start, self.slot.end) if self.slot else (None, None)
        return {
            "key": self.key,
            "room": self.room,
            "start": start and start.isoformat(),
            "end": end and end.isoformat(),
            "facts": dict(self.facts),
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """Yes, or every reason why not (the first twenty) and the nearest slot that is free."""

    accepted: bool
    reasons: tuple[Reason, ...] = ()
    alternative: Slot | None = None


class HeldRoom:
    """What is held of one room, ready to be asked about many slots."""

    def __init__(self, rows: Iterable[Held]) -> None:
        self.rows = sorted(rows, key=lambda row: row.slot.start)
        self.starts = [row.slot.start for row in self.rows]
        # A long row may outlive those after it: the latest end so far says how far to look back.
        self.latest = list(accumulate((row.slot.end for row in self.rows), max))

    def in_the_way(self, slot: Slot) -> Iterator[Held]:
        """The rows that overlap `slot`, the latest first."""
        index = bisect_left(self.starts, slot.end) - 1
        while index >= 0 and self.latest[index] > slot.start:
            if self.rows[index].slot.overlaps(slot):
                yield self.rows[index]
            index -= 1


def judge(
    candidate: Candidate,
    held: Iterable[Held],
    rules: Mapping[RoomId, RoomRules],
    now: datetime,
) -> Verdict:
    """Whether `candidate` may have all its rooms on all its dates, given what is held.

    `held` may hold rows of other rooms and of the candidate itself: the former are ignored;
    what the candidate already has, it keeps even if the hours of the centre have changed since.
    """
    case = _Case(candidate, held, rules, now)
    reasons = tuple(islice(case.reasons(), MAX_REASONS))
    if not reasons:
        return Verdict(accepted=True)
    return Verdict(accepted=False, reasons=reasons, alternative=case.alternative())


class _Case:
    def __init__(
        self,
        candidate: Candidate,
        held: Iterable[Held],
        rules: Mapping[RoomId, RoomRules],
        now: datetime,
    ) -> None:
        self.candidate = candidate
        self.now = now
        self.slots = sorted(occurrence.slot for occurrence in candidate.occurrences)
        self.rooms = list(dict.fromkeys(candidate.rooms))
        self.rules = {room: rules[room] for room in self.rooms if room in rules}
        rows: dict[RoomId, list[Held]] = {room: [] for room in self.rooms}
        self.own: set[tuple[RoomId, Slot]] = set()
        for row in held:
            if row.uid == candidate.uid:
                self.own.add((row.room, row.slot))
            elif row.room in rows:
                rows[row.room].append(row)
        self.held = {room: HeldRoom(theirs) for room, theirs in rows.items()}
        # Centres of a network mostly keep the same hours: each slot is compared with them once.
        alike: dict[object, Centre] = {}
        self.centres = {
            room: alike.setdefault((rule.centre.zone.key, *_hours(rule.centre)), rule.centre)
            for room, rule in self.rules.items()
        }

    def reasons(self) -> Iterator[Reason]:
        yield from self._about_the_whole()
        for slot in self.slots:
            open_at: dict[CentreId, bool] = {}
            for room, centre in self.centres.items():
                if slot.end > slot.start and centre.id not in open_at:
                    open_at[centre.id] = centre.is_open(slot.start, slot.end)
                yield from self._about(room, slot, open_at.get(centre.id, False))

    def _about_the_whole(self) -> Iterator[Reason]:
        for room in self.rooms:
            if room not in self.rules:
                yield Reason("unknown-room", room, None, {"room": room})
            elif not self.rules[room].may_book(self.candidate.role):
                facts = self._place(room) | {"role": self.candidate.role}
                yield Reason("not-allowed", room, None, facts)
        if self._is_past():
            for room in self.rules:
                yield Reason("past", room, self.slots[-1], self._place(room))
        for earlier, later in pairwise(self.slots):
            if earlier.overlaps(later):
                for room in self.rules:
                    yield Reason("overlaps-itself", room, later, self._place(room))

    def _is_past(self) -> bool:
        if not self.slots or any(slot.end > self.now for slot in self.slots):
            return False
        return any((room, slot) not in self.own for room in self.rules for slot in self.slots)

    def _about(self, room: RoomId, slot: Slot, is_open: bool) -> Iterator[Reason]:
        if slot.end <= slot.start:
            yield Reason("no-duration", room, slot, self._place(room))
            return
        for row in self.held[room].in_the_way(slot):
            facts = self._place(room) | {
                "from": row.slot.start.isoformat(),
                "until": row.slot.end.isoformat(),
                "title": row.title,
            }
            yield Reason("room-taken", room, slot, facts)
        if not is_open and slot.end > self.now and (room, slot) not in self.own:
            yield self._closed(room, self.rules[room].centre, slot)

    def _closed(self, room: RoomId, centre: Centre, slot: Slot) -> Reason:
        for day in _days(centre, slot):
            closure = centre.closure_on(day)
            if closure is not None:
                facts = self._place(room) | {
                    "first": closure.first.isoformat(),
                    "last": closure.last.isoformat(),
                    "why": closure.reason,
                }
                return Reason("centre-closure", room, slot, facts)
        day = slot.start.astimezone(centre.zone).date()
        hours = [f"{a.isoformat()}/{b.isoformat()}" for a, b in centre.opening_on(day)]
        return Reason("centre-closed", room, slot, self._place(room) | {"hours": hours})

    def _place(self, room: RoomId) -> dict[str, Fact]:
        rules = self.rules[room]
        return {
            "room": rules.room.name,
            "centre": rules.centre.name,
            "zone": rules.centre.zone.key,
        }

    def alternative(self) -> Slot | None:
        """The nearest slot as long as the one asked, for a single date that could be moved."""
        allowed = [rule for rule in self.rules.values() if rule.may_book(self.candidate.role)]
        if len(self.slots) != 1 or not allowed or len(allowed) < len(self.rooms):
            return None
        centres = {rule.centre.id: rule.centre for rule in allowed}
        busy = [row.slot for theirs in self.held.values() for row in theirs.rows]
        return nearest_free(self.slots[0], list(centres.values()), busy, self.now)


def _hours(centre: Centre) -> tuple[object, object]:
    return centre.opening_hours, centre.closures


def _days(centre: Centre, slot: Slot) -> Iterator[date]:
    """The civil days at the centre that `slot` touches, at most a fortnight of them."""
    first = slot.start.astimezone(centre.zone).date()
    last = (slot.end - timedelta(microseconds=1)).astimezone(centre.zone).date()
    for ahead in range(min((last - first).days, 13) + 1):
        yield first + timedelta(days=ahead)
