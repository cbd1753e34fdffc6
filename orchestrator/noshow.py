"""Rooms nobody came to are given back: so long after the start as the policy of the room says.

A check-in, or anybody in the session, keeps the booking. Trainings are never touched: trainees
may be enrolled. With several rooms the most patient one decides, and one that waits for ever
keeps them all.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator import roles
from orchestrator.auth.people import Person
from orchestrator.booking import Bookings
from orchestrator.cases.attendance import is_checked_in, release
from orchestrator.means import utc_now
from orchestrator.settings.model import Network
from orchestrator.store import attendance, policies
from orchestrator.store import bookings as rows
from orchestrator.store.attendance import Date
from orchestrator.words import words
from rooms.errors import MargerideError
from rooms.ids import PersonId

log = logging.getLogger(__name__)
LOOK = 20.0
BY = PersonId("margeride")


class NoShow:
    """The timer, on the bookings of one service."""

    def __init__(self, bookings: Bookings, clock: Callable[[], datetime] = utc_now) -> None:
        self._bookings = bookings
        self._clock = clock

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK)

    async def look(self) -> int:
        """Give back what nobody came to; how many dates."""
        now, network = self._clock(), self._bookings.rules.network
        given = 0
        for date in await self._bookings.database.read(lambda conn: deserted(conn, network, now)):
            try:
                await release(self._bookings, _clock(), date.booking, now, why="no-show", only=date)
                given += 1
            except MargerideError as error:  # changed meanwhile: the next look sees it
                log.warning("booking %s is not given back: %s", date.booking, error)
        return given


def deserted(conn: Connection, network: Network, now: datetime) -> list[Date]:
    """The dates that began long enough ago, with nobody in the rooms."""
    return [
        date
        for date in attendance.running(conn, now)
        if _waited(conn, network, date, now) and not _kept(conn, date)
    ]


def _waited(conn: Connection, network: Network, date: Date, now: datetime) -> bool:
    known = {room.id for room in network.rooms}
    row = rows.by_id(conn, date.booking)
    rooms = [room for room in row.rooms if room in known] if row else []
    patience = [policies.effective(conn, network, room).no_show_minutes for room in rooms]
    return bool(patience) and all(patience) and now >= date.start + timedelta(minutes=max(patience))


def _kept(conn: Connection, date: Date) -> bool:
    at = attendance.more(conn, [date.booking])[date.booking].checked_in_at
    return is_checked_in(date, at) or attendance.somebody_joined(conn, date)


def _clock() -> Person:
    """Who gives back, as the organiser reads it."""
    name = words("nobody-came", "fr", {})
    return Person(id=BY, login=BY, name=name, role=roles.ADMIN, centres=frozenset())
