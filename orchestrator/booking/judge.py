"""The judge's clerk: gathers what is held and who may what, and puts the verdict in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from calendars import wording
from calendars.booking import Candidate, Held
from calendars.conflicts import Reason, Verdict, judge
from calendars.policy import Policy, RoomRules
from orchestrator import roles
from orchestrator.auth.people import Person
from orchestrator.booking.event import Prepared
from orchestrator.booking.lines import admitted
from orchestrator.booking.rules import room_rules
from orchestrator.settings.mail import Guests
from orchestrator.settings.model import Network
from orchestrator.store import bookings, policies
from orchestrator.store import calendar_items as items
from orchestrator.store.bookings import BookingRow
from orchestrator.store.calendar_items import CalendarRow
from orchestrator.words import Words
from rooms.errors import Conflict, NotFound
from rooms.ids import PersonId, RoomId
from rooms.room import Room

MOST_ELSEWHERE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict and how it is told to the person who asked."""

    verdict: Verdict
    sentences: tuple[str, ...] = ()  # one for each reason
    motive: str = ""  # a few words, for a title
    comment: str = ""  # everything, for an event

    @property
    def tentative(self) -> bool:
        """Whether an animateur has to answer first."""
        return self.verdict.tentative

    @property
    def accepted(self) -> bool:
        """Whether the rooms are his."""
        return self.verdict.accepted

    def as_json(self) -> list[dict[str, Any]]:
        """The reasons as they are stored."""
        return [reason.as_json() for reason in self.verdict.reasons]

    def refusal(self) -> Conflict:
        """As an error for a door that stores nothing of a refused booking."""
        slot = self.verdict.alternative
        free = [slot.start.isoformat(), slot.end.isoformat()] if slot else None
        return Conflict(
            "rooms-refused",
            reasons=list(self.sentences),
            alternative=free,
            elsewhere=list(self.verdict.elsewhere),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What stays the same from one booking to the next."""

    network: Network
    public_url: str
    words: Words
    guests: Guests | None = None  # how many outside are written to; None where there is no mail
    _shelves: dict[str, int] = field(default_factory=dict, compare=False)

    def say(self, key: str, locale: str, **facts: object) -> str:
        """A sentence of the catalogue."""
        return self.words(key, locale, facts)

    def link(self, code: str) -> str:
        """Where people join."""
        return f"{self.public_url.rstrip('/')}/join/{code}"

    @property
    def link_base(self) -> str:
        """What every link of ours begins with."""
        return self.link("")

    def title(self, event: Prepared, locale: str) -> str:
        """The title others may see."""
        return self.say("calendar-private-title", locale) if event.item.private else event.title

    def policy(self, conn: Connection, room: RoomId) -> Policy:
        """How a room is booked now."""
        return policies.effective(conn, self.network, room)

    def room_calendar(self, conn: Connection, room: str) -> CalendarRow:
        """A room's calendar."""
        found = items.find_calendar(conn, items.ROOM, room)
        if found is None:
            raise NotFound("no-room", room=room)
        return found

    def shelf(self, conn: Connection, room: str) -> int:
        """The id of a room's calendar, which is made at the first start and stays."""
        if room not in self._shelves:
            self._shelves[room] = self.room_calendar(conn, room).id
        return self._shelves[room]

    def judge(
        self,
        conn: Connection,
        now: datetime,
        person: Person,
        booking: BookingRow | None,
        event: Prepared,
        rooms: Sequence[RoomId],
    ) -> Judgement:
        """Whether the event may have these rooms, all of them, on all its dates."""
        candidate = Candidate(
            uid=booking.id if booking else "",
            rooms=tuple(rooms),
            occurrences=event.occurrences,
            organiser=person.id,
            role=person.role,
            title=event.title,
            kind=event.kind,
            seats=event.seats,
        )
        rules = room_rules(conn, self.network, rooms, _years(candidate, now))
        buffers = max((one.policy.gap for one in rules.values()), default=timedelta(0))
        near = self._held(conn, candidate, rooms, person, buffers)
        verdict = judge(candidate, near, rules, now)
        if not verdict.accepted:  # and only then, what is held further off, for an alternative
            verdict = judge(candidate, self._held(conn, candidate, rooms, person), rules, now)
        extra = (*self._not_at_home(person, rules), *self._cannot_be_held(event, rules))
        if extra:
            known = {(reason.key, reason.room) for reason in verdict.reasons}
            fresh = [reason for reason in extra if (reason.key, reason.room) not in known]
            verdict = Verdict(False, (*fresh, *verdict.reasons), verdict.alternative)
        lowered: tuple[Reason, ...] = ()
        if verdict.accepted:
            lines = admitted(conn, self.network, candidate, near, verdict.displaced, now)
            lowered = lines.lowered
            if lines.reasons:
                verdict = Verdict(False, lines.reasons)
        if not verdict.accepted:
            verdict = replace(verdict, elsewhere=self._elsewhere(conn, now, person, candidate))
        return self._worded(verdict, person.locale, lowered)

    def _held(
        self,
        conn: Connection,
        candidate: Candidate,
        rooms: Sequence[RoomId],
        person: Person,
        around: timedelta = bookings.AROUND,
    ) -> list[Held]:
        slots = [occurrence.slot for occurrence in candidate.occurrences]
        found = bookings.held(conn, rooms, slots, around)
        return [self._shown(row, owner, person) for row, owner in found]

    def _elsewhere(
        self, conn: Connection, now: datetime, person: Person, candidate: Candidate
    ) -> tuple[RoomId, ...]:
        """Rooms that would do instead of the only one asked for, at the same hour."""
        if len(candidate.rooms) != 1 or len(candidate.occurrences) != 1:
            return ()
        asked = next((room for room in self.network.rooms if room.id == candidate.rooms[0]), None)
        others = [room for room in self.network.rooms if asked and _would_do(room, asked)]
        ids = [room.id for room in others]
        rules = room_rules(conn, self.network, ids, _years(candidate, now))
        mine = [
            room
            for room, found in rules.items()
            if roles.may_book(person, found.centre.id, found.room.bookable_by)
        ]
        held = self._held(conn, candidate, mine, person)
        free = (
            room
            for room in mine
            if judge(replace(candidate, uid="", rooms=(room,)), held, rules, now)
            == Verdict(accepted=True)
        )
        return tuple(islice(free, MOST_ELSEWHERE))

    def _not_at_home(self, person: Person, rules: Mapping[RoomId, RoomRules]) -> list[Reason]:
        """A booker books at his own centres only."""
        return [
            Reason("not-allowed", room, None, self.place(found) | {"role": person.role})
            for room, found in rules.items()
            if not roles.may_book(person, found.centre.id, found.room.bookable_by)
        ]

    def _cannot_be_held(self, event: Prepared, rules: Mapping[RoomId, RoomRules]) -> list[Reason]:
        """No date to hold (transparent, or wholly beyond the horizon), or far too long a one."""
        long = [found for found in event.occurrences if found.slot.duration > bookings.LONGEST]
        if event.occurrences and not long:
            return []
        key = "too-long" if long else "no-date"
        most = {"days": bookings.LONGEST.days}
        return [Reason(key, room, None, self.place(found) | most) for room, found in rules.items()]

    def place(self, rules: RoomRules) -> dict[str, Any]:
        """The facts of a reason that name its room."""
        return {
            "room": rules.room.name,
            "centre": rules.centre.name,
            "zone": rules.centre.zone.key,
        }

    def _shown(self, row: Held, owner: PersonId, person: Person) -> Held:
        centre = self.network.centre_of(row.room).id
        return row if roles.may_see_title(person, owner, centre) else replace(row, title="")

    def _worded(self, verdict: Verdict, locale: str, lowered: Sequence[Reason] = ()) -> Judgement:
        if verdict.accepted:
            told = (
                *(wording.sentence(reason, locale, self.words) for reason in lowered),
                wording.skipped_text(verdict, locale, self.words),
                self.asked(verdict.asks, locale),
            )
            return Judgement(verdict=verdict, comment=" ".join(filter(None, told)))
        told_why = (wording.sentence(reason, locale, self.words) for reason in verdict.reasons)
        names = [self._name(room) for room in verdict.elsewhere]
        return Judgement(
            verdict=verdict,
            sentences=tuple(dict.fromkeys(told_why)),
            motive=wording.motive(verdict, locale, self.words),
            comment=wording.answer_text(verdict, locale, self.words, names),
        )

    def asked(self, rooms: Sequence[RoomId], locale: str) -> str:
        """That an animateur was asked, and for which rooms."""
        if not rooms:
            return ""
        names = ", ".join(self._name(room) for room in rooms)
        return self.say("calendar-asked", locale, rooms=names)

    def _name(self, room: RoomId) -> str:
        name, centre = self.network.room(room).name, self.network.centre_of(room).name
        return name if centre in name else f"{name} ({centre})"


def _would_do(room: Room, asked: Room) -> bool:
    """Whether what the room asked for offers is in this one too."""
    return (
        room.id != asked.id
        and room.capacity >= asked.capacity
        and set(room.equipment) >= set(asked.equipment)
    )


def _years(candidate: Candidate, now: datetime) -> set[int]:
    """The civil years a judgement may touch, alternatives included."""
    slots = [found.slot for found in candidate.occurrences]
    first = min((slot.start for slot in slots), default=now)
    last = max((slot.end for slot in slots), default=now) + bookings.AROUND
    return {*range(min(first, now).year, max(last, now).year + 1)}
