"""The clock of the house: sessions open, start and end by their hour, and rooms are called in.

Every look compares what the store wants with what is there and does the difference: a look after
a kill, a restart or a long sleep does the same as the looks it missed.
"""

import asyncio
import contextlib
import logging
from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator import conduct
from orchestrator.cases import calls
from orchestrator.house import House
from orchestrator.room_control import Wish
from orchestrator.session import AIRING, RUNNING, Act, SiteState, Step
from orchestrator.store import participants, sessions
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
        for stored, people in await self._means.database.read(
            lambda conn: _due(conn, now + self._means.doors_before)
        ):
            around = Around(
                kind=stored.kind,
                people_are_in=people,
                doors_before=self._means.doors_before,
                by_the_hour=self._by_the_hour,
            )
            try:
                await self._look_at(stored, around, now)
            except MargerideError as error:  # somebody was quicker: the next look sees it
                log.debug("session %s: %s", stored.id, error)
        self._forget(now)

    async def _look_at(self, stored: Stored, around: Around, now: datetime) -> None:
        act = due(stored.session, around, now)
        if act is not None:
            before = stored
            stored = await conduct.act(self._house.conductor, stored.id, act, conduct.CLOCK)
            if act is Act.START:
                self._note_called(before, now)
        elif in_overtime(stored.session, around, now):
            await self._tell_overtime(stored)
        if stored.session.state in RUNNING:
            await self._call(stored, now)
            await self._see_who_flows(stored)

    def _note_called(self, stored: Stored, now: datetime) -> None:
        """The start has called whoever was missing."""
        for site in stored.session.sites:
            if self._house.screens.since(site.room) is not None:
                self._called[stored.id, site.room] = now

    async def _call(self, stored: Stored, now: datetime) -> None:
        database = self._means.database
        elsewhere = await database.read(lambda conn: _held(conn, stored, now))
        called = await database.read(lambda conn: calls.being_called(conn, stored.id))
        screens = {
            site.room: Screen(
                since=self._house.screens.since(site.room),
                called_at=self._called.get((stored.id, site.room)),
                being_called=site.room in called,
                held_elsewhere=site.room in elsewhere,
            )
            for site in stored.session.sites
        }
        for room in to_call(stored.session, screens, now):
            self._called[stored.id, room] = now
            await conduct.call_room(self._house.conductor, stored.id, room, conduct.CLOCK)

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


def _due(conn: Connection, until: datetime) -> list[tuple[Stored, bool]]:
    """The sessions to look at, and whether anybody is in them."""
    looked = sessions.due(conn, until)
    inside = {one.session for one in participants.here(conn) if one.state == participants.JOINED}
    return [(stored, stored.id in inside) for stored in looked]


def _held(conn: Connection, stored: Stored, now: datetime) -> set[RoomId]:
    """The rooms of the session that another one, on air, holds now."""
    others = [other for other in sessions.due(conn, now) if other.id != stored.id]
    return {
        site.room
        for other in others
        if other.session.state in AIRING
        for site in other.session.sites
        if site.state not in (SiteState.EXPECTED, SiteState.LEFT)
    }


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
