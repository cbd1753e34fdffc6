"""Letters some time before each session: the day before, the hour before, as the network says."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from orchestrator.mail.notices import Notices
from orchestrator.mail.story import invited_to, organiser_of, read_story
from orchestrator.means import utc_now
from orchestrator.store import bookings, mails
from orchestrator.store.database import Database
from orchestrator.store.instants import seconds
from orchestrator.store.tables import bookings as booking_table
from orchestrator.store.tables import occurrences

LOOK = 30.0
KEPT = timedelta(days=180)  # letters are personal data: they go after half a year
Due = tuple[str, int, int, timedelta]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminders:
    """The task that looks for sessions that are near."""

    database: Database
    notices: Notices
    clock: Callable[[], datetime] = utc_now

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK)

    async def look(self) -> int:
        """Write what is due; for how many sessions."""
        now, leads = self.clock(), self.notices.office.mail.reminders
        due = await self.database.read(lambda conn: _due(conn, now, leads))
        if due:
            await self.database.write(lambda conn: self._write(conn, now, due))
        await self.database.write(lambda conn: mails.forget(conn, now - KEPT))
        return len(due)

    def _write(self, conn: Connection, now: datetime, due: list[Due]) -> None:
        for booking, start, end, lead in due:
            story = read_story(conn, self.notices.office, booking, (), bookings.slot_of(start, end))
            if story is None or story.booking.state != bookings.CONFIRMED:
                continue
            readers = invited_to(conn, self.notices.office, story)
            organiser = organiser_of(story)
            for reader in [*([organiser] if organiser else []), *readers]:
                self.notices.letter(
                    conn, now, story, "reminder", reader, "PUBLISH", _key(booking, start, lead)
                )


def _key(booking: str, start: int, lead: timedelta) -> str:
    return f"{booking}/reminder/{start}/{int(lead.total_seconds())}"


def _due(conn: Connection, now: datetime, leads: tuple[timedelta, ...]) -> list[Due]:
    """Sessions not begun whose reminder's moment has come since the booking last changed."""
    if not leads:
        return []
    query = (
        select(
            occurrences.c.booking_id,
            occurrences.c.starts_at,
            occurrences.c.ends_at,
            booking_table.c.updated_at,
        )
        .join(booking_table, booking_table.c.id == occurrences.c.booking_id)
        .where(
            occurrences.c.room_id.is_not(None),
            occurrences.c.starts_at > seconds(now),
            occurrences.c.starts_at <= seconds(now + max(leads)),
            booking_table.c.state == bookings.CONFIRMED,
        )
        .distinct()
    )
    found = []
    for row in conn.execute(query):
        lead = _lead(row.starts_at, row.updated_at, now, leads)
        if lead is not None and not _written(conn, row.booking_id, row.starts_at, lead):
            found.append((row.booking_id, row.starts_at, row.ends_at, lead))
    return found


def _lead(
    start: int, updated: int, now: datetime, leads: tuple[timedelta, ...]
) -> timedelta | None:
    """The last reminder whose moment has come; none if the booking is younger than it."""
    for lead in sorted(leads):
        moment = start - int(lead.total_seconds())
        if moment <= seconds(now):
            return lead if updated <= moment else None
    return None


def _written(conn: Connection, booking: str, start: int, lead: timedelta) -> bool:
    return mails.begun_with(conn, f"{_key(booking, start, lead)}/")
