"""The judge's clerk: gathers what is held and who may what, and puts the verdict in words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from calendars import wording
from calendars.booking import Candidate, Held
from calendars.conflicts import Reason, Verdict, judge
from calendars.policy import RoomRules
from orchestrator import roles
from orchestrator.auth.people import Person
from orchestrator.booking.event import Prepared
from orchestrator.settings.model import Network
from orchestrator.store import bookings
from orchestrator.store import calendar_items as items
from orchestrator.store.bookings import BookingRow
from orchestrator.store.calendar_items import CalendarRow
from orchestrator.words import Words
from rooms.errors import Conflict, NotFound
from rooms.ids import PersonId, RoomId


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict and how it is told to the person who asked."""

    verdict: Verdict
    sentences: tuple[str, ...] = ()  # one for each reason
    motive: str = ""  # a few words, for a title
    comment: str = ""  # everything, for an event

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
        return Conflict("rooms-refused", reasons=list(self.sentences), alternative=free)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What stays the same from one booking to the next."""

    network: Network
    public_url: str
    words: Words

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

    def room_calendar(self, conn: Connection, room: str) -> CalendarRow:
        """A room's calendar."""
        found = items.find_calendar(conn, items.ROOM, room)
        if found is None:
            raise NotFound("no-room", room=room)
        return found

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
        )
        slots = [occurrence.slot for occurrence in event.occurrences]
        held = [self._shown(row, owner, person) for row, owner in bookings.held(conn, rooms, slots)]
        verdict = judge(candidate, held, self._room_rules(rooms), now)
        extra = (*self._not_at_home(person, rooms), *self._cannot_be_held(event, rooms))
        if extra:
            known = {(reason.key, reason.room) for reason in verdict.reasons}
            fresh = [reason for reason in extra if (reason.key, reason.room) not in known]
            verdict = Verdict(False, (*fresh, *verdict.reasons), verdict.alternative)
        return self._worded(verdict, person.locale)

    def _room_rules(self, rooms: Sequence[RoomId]) -> dict[RoomId, RoomRules]:
        known = {room.id: room for room in self.network.rooms}
        return {
            room: RoomRules(known[room], self.network.centre_of(known[room]))
            for room in rooms
            if room in known
        }

    def _not_at_home(self, person: Person, rooms: Sequence[RoomId]) -> list[Reason]:
        """A booker books at his own centres only."""
        return [
            Reason("not-allowed", room, None, self._place(rules) | {"role": person.role})
            for room, rules in self._room_rules(rooms).items()
            if not roles.may_book(person, rules.centre.id, rules.room.bookable_by)
        ]

    def _cannot_be_held(self, event: Prepared, rooms: Sequence[RoomId]) -> list[Reason]:
        """No date to hold (transparent, or wholly beyond the horizon), or far too long a one."""
        long = [found for found in event.occurrences if found.slot.duration > bookings.LONGEST]
        if event.occurrences and not long:
            return []
        key = "too-long" if long else "no-date"
        most = {"days": bookings.LONGEST.days}
        rules = self._room_rules(rooms)
        return [Reason(key, room, None, self._place(rules[room]) | most) for room in rules]

    def _place(self, rules: RoomRules) -> dict[str, Any]:
        return {
            "room": rules.room.name,
            "centre": rules.centre.name,
            "zone": rules.centre.zone.key,
        }

    def _shown(self, row: Held, owner: PersonId, person: Person) -> Held:
        centre = self.network.centre_of(row.room).id
        return row if roles.may_see_title(person, owner, centre) else replace(row, title="")

    def _worded(self, verdict: Verdict, locale: str) -> Judgement:
        if verdict.accepted:
            return Judgement(verdict=verdict)
        told = (wording.sentence(reason, locale, self.words) for reason in verdict.reasons)
        return Judgement(
            verdict=verdict,
            sentences=tuple(dict.fromkeys(told)),
            motive=wording.motive(verdict, locale, self.words),
            comment=wording.answer_text(verdict, locale, self.words),
        )
