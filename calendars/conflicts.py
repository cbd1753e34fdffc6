"""The one judge: whatever door a booking came through, `judge` says yes or says why not.

All rooms on all dates or none; where every room says `skip_conflicts`, a series may lose dates,
each for all its rooms. Pure and quick (sorting and bisection), so that it can run inside the
transaction that writes the booking.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice, pairwise

from calendars.alternative import nearest_free
from calendars.booking import Candidate, Held, Slot
from calendars.held import HeldRoom
from calendars.policy import Policy, RoomRules
from rooms.centre import Centre
from rooms.errors import Fact
from rooms.ids import RoomId

MAX_REASONS = 20
NO_OTHER_TIME = frozenset({"not-allowed", "unknown-room", "too-many-people", "too-short",
                           "lasts-too-long", "no-duration"})  # fmt: skip
"""What another hour would not help."""


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
    """Yes, or every reason why not (the first twenty) and what would do instead.

    An accepted series may have `skipped` dates: then the reasons are theirs. `asks` are the rooms
    whose animateur has to answer first, `displaced` what gives way to the booking.
    """

    accepted: bool
    reasons: tuple[Reason, ...] = ()
    alternative: Slot | None = None
    skipped: tuple[Slot, ...] = ()
    asks: tuple[RoomId, ...] = ()
    displaced: tuple[Held, ...] = ()
    elsewhere: tuple[RoomId, ...] = ()  # rooms that would do as well, free at the hour asked

    @property
    def tentative(self) -> bool:
        """Whether the rooms are kept but not yet given."""
        return bool(self.asks)


def judge(
    candidate: Candidate,
    held: Iterable[Held],
    rules: Mapping[RoomId, RoomRules],
    now: datetime,
) -> Verdict:
    """Whether `candidate` may have all its rooms on all its dates, given what is held.

    `held` may hold rows of other rooms and of the candidate itself: the former are ignored;
    what the candidate already has, it keeps even if hours and policy have changed since.
    """
    case = _Case(candidate, held, rules, now)
    if case.may_skip:
        return case.with_dates_skipped()
    reasons = tuple(islice(case.reasons(), MAX_REASONS))
    if reasons:
        return Verdict(accepted=False, reasons=reasons, alternative=case.alternative(reasons))
    return case.granted(case.slots)


class _Bounds:
    """What a room's policy says of time, worked out once for all the dates of a series."""

    def __init__(self, policy: Policy, *, recurring: bool) -> None:
        self.gap = policy.gap
        self.days = policy.series_horizon_days if recurring else policy.horizon_days
        self.horizon = timedelta(days=self.days)
        self.shortest = timedelta(minutes=policy.shortest_minutes)
        self.longest = timedelta(minutes=policy.longest_minutes) or timedelta.max


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
        self.own: dict[tuple[RoomId, datetime], Held] = {}
        for row in held:
            if row.uid == candidate.uid:
                self.own[row.room, row.slot.start] = row
            elif row.room in rows:
                rows[row.room].append(row)
        self.held = {room: HeldRoom(theirs) for room, theirs in rows.items()}
        self.displaced: list[tuple[Slot, Held]] = []  # by which date
        # Centres of a network mostly keep the same hours: each slot is compared with them once.
        alike: dict[object, Centre] = {}
        self.centres = {
            room: alike.setdefault((rule.centre.zone.key, *_hours(rule.centre)), rule.centre)
            for room, rule in self.rules.items()
        }
        self.bounds = {
            room: _Bounds(rule.policy, recurring=candidate.recurring)
            for room, rule in self.rules.items()
        }

    def _has(self, room: RoomId, slot: Slot) -> bool:
        """Whether it holds the room then already."""
        return bool(self.own) and self._kept(room, slot) is not None

    def _kept(self, room: RoomId, slot: Slot) -> Held | None:
        """What it holds of that slot: the same, or one under way that is to end sooner."""
        row = self.own.get((room, slot.start))
        if row is None or slot.end > row.slot.end:
            return None
        return row if slot.end == row.slot.end or slot.start < self.now else None

    @property
    def may_skip(self) -> bool:
        """Whether the dates of a series that cannot be had are left out."""
        return len(self.slots) > 1 and all(
            rule.policy.series == "skip_conflicts" for rule in self.rules.values()
        )

    def reasons(self) -> Iterator[Reason]:
        yield from self._about_the_whole()
        for slot in self.slots:
            yield from self._about_date(slot)

    def with_dates_skipped(self) -> Verdict:
        """All rooms on the dates that can be had; a refusal when there is none."""
        whole = tuple(islice(self._about_the_whole(), MAX_REASONS))
        if whole:
            return Verdict(accepted=False, reasons=whole)
        skipped: dict[Slot, list[Reason]] = {}
        for slot in self.slots:
            if reasons := list(self._about_date(slot)):
                skipped[slot] = reasons
        told = tuple(reason for reasons in skipped.values() for reason in reasons)[:MAX_REASONS]
        kept = [slot for slot in self.slots if slot not in skipped]
        if not kept:
            return Verdict(accepted=False, reasons=told)
        return self.granted(kept, tuple(skipped), told)

    def granted(
        self, slots: list[Slot], skipped: tuple[Slot, ...] = (), reasons: tuple[Reason, ...] = ()
    ) -> Verdict:
        """Yes, on these dates."""
        wanted = set(slots)
        gone = dict.fromkeys(row for slot, row in self.displaced if slot in wanted)
        return Verdict(
            accepted=True,
            reasons=reasons,
            skipped=skipped,
            asks=tuple(room for room in self.rules if self._must_ask(room, slots)),
            displaced=tuple(gone),
        )

    def _must_ask(self, room: RoomId, slots: list[Slot]) -> bool:
        if not self.rules[room].policy.must_ask(self.candidate.role):
            return False
        mine = (self._kept(room, slot) for slot in slots)
        return any(row is None or row.tentative for row in mine)

    def _about_the_whole(self) -> Iterator[Reason]:
        for room in self.rooms:
            if room not in self.rules:
                yield Reason("unknown-room", room, None, {"room": room})
            elif not self.rules[room].may_book(self.candidate.role):
                facts = self._place(room) | {"role": self.candidate.role}
                yield Reason("not-allowed", room, None, facts)
        yield from self._about_people()
        if self._is_past():
            for room in self.rules:
                yield Reason("past", room, self.slots[-1], self._place(room))
        for earlier, later in pairwise(self.slots):
            if earlier.overlaps(later):
                for room in self.rules:
                    yield Reason("overlaps-itself", room, later, self._place(room))

    def _about_people(self) -> Iterator[Reason]:
        seats, people = (
            sum(rule.room.capacity for rule in self.rules.values()),
            self.candidate.seats,
        )
        for room, rule in self.rules.items():
            if rule.policy.enforce_capacity and people > seats:
                facts = self._place(room) | {"people": people, "seats": seats}
                yield Reason("too-many-people", room, None, facts)

    def _is_past(self) -> bool:
        if not self.slots or any(slot.end > self.now for slot in self.slots):
            return False
        return any(not self._has(room, slot) for room in self.rules for slot in self.slots)

    def _about_date(self, slot: Slot) -> Iterator[Reason]:
        open_at: dict[int, bool] = {}
        for room, centre in self.centres.items():
            if slot.end > slot.start and id(centre) not in open_at:
                open_at[id(centre)] = centre.is_open(slot.start, slot.end)
            yield from self._about(room, slot, open_at.get(id(centre), False))

    def _about(self, room: RoomId, slot: Slot, is_open: bool) -> Iterator[Reason]:
        if slot.end <= slot.start:
            yield Reason("no-duration", room, slot, self._place(room))
            return
        yield from self._taken(room, slot)
        if slot.end > self.now and not self._has(room, slot):
            yield from self._against_policy(room, slot)
            if not is_open:
                yield self._closed(room, self.rules[room].centre, slot)

    def _taken(self, room: RoomId, slot: Slot) -> Iterator[Reason]:
        policy = self.rules[room].policy
        gap = timedelta(0) if self._has(room, slot) else self.bounds[room].gap
        for row in self.held[room].in_the_way(slot.widened(gap) if gap else slot):
            if policy.displaces(self.candidate.kind, row.kind, self.candidate.role):
                self.displaced.append((slot, row))
                continue
            facts = self._place(room) | {
                "from": row.slot.start.isoformat(),
                "until": row.slot.end.isoformat(),
                "title": row.title,
            }
            if row.slot.overlaps(slot):
                yield Reason("room-taken", room, slot, facts)
            else:
                minutes = {"minutes": gap // timedelta(minutes=1)}
                yield Reason("room-buffer", room, slot, facts | minutes)

    def _against_policy(self, room: RoomId, slot: Slot) -> Iterator[Reason]:
        policy, bounds, lasts = self.rules[room].policy, self.bounds[room], slot.duration
        if slot.start - self.now > bounds.horizon:
            facts = self._place(room) | {"days": bounds.days}
            yield Reason("beyond-horizon", room, slot, facts)
        if lasts < bounds.shortest:
            facts = self._place(room) | {"minutes": policy.shortest_minutes}
            yield Reason("too-short", room, slot, facts)
        if lasts > bounds.longest:
            facts = self._place(room) | {"minutes": policy.longest_minutes}
            yield Reason("lasts-too-long", room, slot, facts)

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

    def alternative(self, reasons: tuple[Reason, ...]) -> Slot | None:
        """The nearest slot as long as the one asked, for a single date that could be moved."""
        if len(self.slots) != 1 or any(reason.key in NO_OTHER_TIME for reason in reasons):
            return None
        busy = [
            row.slot.widened(self.rules[room].policy.gap)
            for room, theirs in self.held.items()
            for row in theirs.rows
        ]
        centres = {id(centre): centre for centre in self.centres.values()}
        found = nearest_free(self.slots[0], list(centres.values()), busy, self.now)
        days = min(rule.policy.horizon_days for rule in self.rules.values())
        return found if found and found.start - self.now <= timedelta(days=days) else None


def _hours(centre: Centre) -> tuple[object, object, object]:
    return centre.opening_hours, centre.closures, centre.openings


def _days(centre: Centre, slot: Slot) -> Iterator[date]:
    """The civil days at the centre that `slot` touches, at most a fortnight of them."""
    first = slot.start.astimezone(centre.zone).date()
    last = (slot.end - timedelta(microseconds=1)).astimezone(centre.zone).date()
    for ahead in range(min((last - first).days, 13) + 1):
        yield first + timedelta(days=ahead)
