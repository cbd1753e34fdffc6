"""Keeps series stored 400 days ahead: at start and once a day, one series a transaction.

An event is read and expanded on a worker thread before its transaction, which is given up if the
event was changed meanwhile: whoever changed it stored its dates.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Connection

from orchestrator.auth import accounts
from orchestrator.auth.people import Person
from orchestrator.booking import Bookings
from orchestrator.booking.event import AHEAD, LATE, Prepared, prepare_more
from orchestrator.booking.extension import extend
from orchestrator.booking.guest import guest_by_id
from orchestrator.booking.ledger import Entry
from orchestrator.means import utc_now
from orchestrator.settings.model import Network
from orchestrator.store import bookings as rows
from orchestrator.store import calendar_items as items
from orchestrator.store import series
from orchestrator.store.series import SeriesRow
from rooms.errors import MargerideError
from rooms.ids import RoomId

log = logging.getLogger(__name__)
DAILY = 24 * 3600.0


class Horizon:
    """The job, on the bookings of one service."""

    def __init__(self, bookings: Bookings, clock: Callable[[], datetime] = utc_now) -> None:
        self._bookings = bookings
        self._database = bookings.database
        self._clock = clock

    async def run(self) -> None:
        """Now, and then once a day until cancelled."""
        while True:
            await self.extend()
            await asyncio.sleep(DAILY)

    async def extend(self) -> int:
        """Bring every series up to the horizon; how many were looked at."""
        now = self._clock()
        due = items.seconds(now + AHEAD - LATE / 2)
        found = await self._database.read(lambda conn: series.short_of(conn, due))
        for calendar, name in found:
            try:
                await self._extend_one(calendar, name, now)
            except MargerideError as error:  # one series never keeps the others waiting
                log.warning("series %s of calendar %d is not extended: %s", name, calendar, error)
        return len(found)

    async def _extend_one(self, calendar: int, name: str, now: datetime) -> None:
        found = await self._database.read(lambda conn: series.get(conn, calendar, name))
        if found is None:
            return
        network, room = self._bookings.rules.network, found.room
        since = datetime.fromtimestamp(found.placed_until, UTC)
        event = await asyncio.to_thread(
            prepare_more, network, found.body, RoomId(room) if room else None, since, now + AHEAD
        )
        booked = await self._database.read(lambda conn: _organiser(conn, network, found))
        if booked is None:
            await self._database.write(lambda conn: _store(conn, found, event, now))
            return
        booking, person = booked
        if person is None:
            return

        def work(entry: Entry) -> None:
            if _is_same(entry.conn, found):
                extend(entry, found, booking, event)
                _reach(entry.conn, found, now)

        await self._bookings.write(person, now, work)


def _organiser(
    conn: Connection, network: Network, found: SeriesRow
) -> tuple[rows.BookingRow, Person | None] | None:
    booking = rows.of_item(conn, found.calendar, found.uid)
    if booking is None or booking.state not in rows.HOLDING:
        return None
    person = accounts.by_id(conn, booking.organiser_id)
    return booking, person or guest_by_id(network, booking.organiser_id)


def _store(conn: Connection, found: SeriesRow, event: Prepared, now: datetime) -> None:
    """A series that holds nothing."""
    if _is_same(conn, found):
        known = series.dates(conn, found.calendar, found.name)
        fresh = [taken for taken in event.taken if taken.recurrence_id not in known]
        items.add_places(conn, found.calendar, found.name, fresh)
        _reach(conn, found, now)


def _is_same(conn: Connection, found: SeriesRow) -> bool:
    known = series.get(conn, found.calendar, found.name)
    return known is not None and known.etag == found.etag


def _reach(conn: Connection, found: SeriesRow, now: datetime) -> None:
    items.reach(conn, found.calendar, found.name, items.seconds(now + AHEAD))
