"""The clock of the house: sessions open, start and end by their hour, and rooms are called in.

Every look compares what the store wants with what is there and does the difference: a look after
a kill, a restart or a long sleep does the same as the looks it missed.
"""

import asyncio
import contextlib
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator import conduct
from orchestrator.cases import calls
from orchestrator.house import House
from orchestrator.room_control import Wish
from orchestrator.session import AIRING, RUNNING, Act, SiteState, State, Step
from orchestrator.store import participants, rehearsals, sessions
from orchestrator.store.sessions import Stored
from orchestrator.timetable import BY_THE_HOUR, OVERTIME, Around, Screen, due, in_overtime, to_call
from rooms.control import MessageShow
from rooms.errors import MargerideError
from rooms.ids import RoomId, SessionId
from signalling.ports import Json

log = logging.getLogger(__name__)
LOOK = 1.0
TOLD_FOR = 600  # seconds an overtime message stays on a screen
NOT_FLOWING = (SiteState.CHECKED_IN, SiteState.TESTED, SiteState.RECOVERING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A session that is due, as it was when the look began."""

    stored: Stored
    people_are_in: bool
    called: frozenset[RoomId]  # about to join it
    held_elsewhere: frozenset[RoomId]  # in another session, on air
    rehearsed_until: datetime | None = None


class Punctual:
    """Looks every second, and whenever the house says that something happened."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._means = house.means
        self._called: dict[tuple[SessionId, RoomId], datetime] = {}
        self._told_overtime: set[SessionId] = set()
        by_hand = self._means.settings.service.ceremony_starts == "by_hand"
        self._by_the_hour = BY_THE_HOUR - {"ceremony"} if by_hand else BY_THE_HOUR

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self._house.wakened.clear()
            try:
                await self.look()
            except Exception:
                log.exception("the clock stumbled; it goes on")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._house.wakened.wait(), LOOK)

    async def look(self) -> None:
        """Do what is due now."""
        now = self._means.clock()
        await self._house.expire(now)
        until = now + self._means.doors_before
        for seen in await self._means.database.read(lambda conn: _due(conn, until)):
            try:
                await self._look_at(seen, now)
            except MargerideError as error:  # somebody was quicker: the next look sees it
                log.debug("session %s: %s", seen.stored.id, error)
        self._forget(now)

    async def _look_at(self, seen: Seen, now: datetime) -> None:
        around = Around(
            kind=seen.stored.kind,
            people_are_in=seen.people_are_in,
            doors_before=self._means.opens_before(seen.stored.doors),
            by_the_hour=self._by_the_hour,
            rehearsed_until=seen.rehearsed_until,
        )
        act = due(seen.stored.session, around, now)
        if act is not None:
            seen = await self._act(seen, act, now)
        elif in_overtime(seen.stored.session, around, now):
            await self._tell_overtime(seen.stored)
        if seen.stored.session.state in RUNNING:
            await self._call(seen, now)
            await self._see_who_flows(seen.stored)

    async def _act(self, seen: Seen, act: Act, now: datetime) -> Seen:
        """Do it; the session as it is then, and whom that has called."""
        after = await conduct.act(self._house.conductor, seen.stored.id, act, conduct.CLOCK)
        if act is Act.START:
            self._note_called(seen.stored, now)
        called = await self._means.database.read(lambda conn: calls.being_called(conn, after.id))
        return replace(seen, stored=after, called=frozenset(called))

    def _note_called(self, stored: Stored, now: datetime) -> None:
        """The start has called whoever was missing."""
        for site in stored.session.sites:
            if self._house.screens.since(site.room) is not None:
                self._called[stored.id, site.room] = now

    async def _call(self, seen: Seen, now: datetime) -> None:
        stored = seen.stored
        screens = {
            site.room: Screen(
                since=self._house.screens.since(site.room),
                called_at=self._called.get((stored.id, site.room)),
                being_called=site.room in seen.called,
                held_elsewhere=site.room in seen.held_elsewhere,
            )
            for site in stored.session.sites
        }
        for room in to_call(stored.session, screens, now):
            self._called[stored.id, room] = now
            await conduct.call_if_missing(self._house.conductor, stored.id, room, conduct.CLOCK)

    async def _see_who_flows(self, stored: Stored) -> None:
        waiting = {s.room for s in stored.session.sites if s.state in NOT_FLOWING}
        if not waiting:
            return
        figures = await self._means.wire.figures(stored.id)
        for room in sorted(waiting & _flowing(figures)):
            await conduct.learn(self._house.conductor, stored.id, room, Step.FLOWING)

    async def _tell_overtime(self, stored: Stored) -> None:
        if stored.id in self._told_overtime:
            return
        self._told_overtime.add(stored.id)
        ends = stored.session.ends_at + OVERTIME
        self._means.bus.publish("session.overtime", session=stored.id, until=ends.isoformat())
        for site in stored.session.sites:
            if self._means.wire.screen_connected(site.room):
                zone = self._means.network.centre_of(site.room).zone
                until = ends.astimezone(zone).strftime("%H:%M")
                locale = self._means.network.centre_of(site.room).languages[0]
                text = self._house.words("session-overtime", locale, {"until": until})
                message = MessageShow(text=text, level="warning", seconds=TOLD_FOR)
                await self._house.control.submit(
                    Wish(room=site.room, command=message, by=conduct.CLOCK, session=stored.id)
                )

    def _forget(self, now: datetime) -> None:
        old = now - timedelta(hours=1)
        self._called = {key: at for key, at in self._called.items() if at > old}


def _due(conn: Connection, until: datetime) -> list[Seen]:
    """The sessions to look at, each with what is around it."""
    looked = sessions.due(conn, until)
    here = participants.here(conn)
    inside = {one.session for one in here if one.state == participants.JOINED and one.is_somebody}
    called = calls.all_being_called(conn)
    return [
        Seen(
            stored=stored,
            people_are_in=stored.id in inside,
            called=frozenset(called.get(stored.id, ())),
            held_elsewhere=_held(looked, stored),
            rehearsed_until=_rehearsed_until(conn, stored),
        )
        for stored in looked
    ]


def _rehearsed_until(conn: Connection, stored: Stored) -> datetime | None:
    """When its rehearsal ends, while it is rehearsed."""
    if stored.session.state is not State.REHEARSAL:
        return None
    found = rehearsals.running(conn, stored.id)
    return None if found is None else found.until


def _held(looked: list[Stored], stored: Stored) -> frozenset[RoomId]:
    """The rooms of the session that another one, on air, holds now."""
    return frozenset(
        site.room
        for other in looked
        if other.id != stored.id and other.session.state in AIRING
        for site in other.session.sites
        if site.state not in (SiteState.EXPECTED, SiteState.LEFT)
    )


def _flowing(figures: Json) -> set[RoomId]:
    """The rooms with a connected leg."""
    return {
        RoomId(one["room"])
        for one in figures.get("participants", ())
        if one.get("room")
        and any(
            (one.get(leg) or {}).get("state") == "connected" for leg in ("publish", "subscribe")
        )
    }
