"""More dates of a series that holds rooms: each is judged against what is held by now.

A date that cannot be had is taken out of the series (EXDATE) with the reason in its COMMENT, so
that what the calendar shows stays what is held, and the next change of the event is not refused
for it. Nothing that was held is touched.
"""

from collections.abc import Sequence
from dataclasses import replace

from calendars import ical
from calendars.booking import Occurrence
from calendars.itip import put_comment
from calendars.series import take_out
from orchestrator.booking.event import Prepared
from orchestrator.booking.ledger import Entry
from orchestrator.store import audit, booked_sessions, series
from orchestrator.store import calendar_items as items
from orchestrator.store.bookings import CONFIRMED, BookingRow
from orchestrator.store.calendar_items import CalendarRow
from orchestrator.store.series import SeriesRow

TOLD = 5  # reasons, at most, in one comment
BY = "calendar"


def extend(entry: Entry, found: SeriesRow, booking: BookingRow, event: Prepared) -> None:
    """Hold the rooms on these dates too, or take the dates out of the series and say so."""
    home = items.calendar_by_id(entry.conn, found.calendar)
    if home is None:
        return
    known = series.dates(entry.conn, found.calendar, found.name)
    fresh = [date for date in event.occurrences if date.recurrence_id not in known]
    free, refused, why = _sorted_out(entry, booking, event, fresh)
    if refused:
        _leave_out(entry, home, found, booking, event, refused, why)
    _hold(entry, home, found, booking, replace(event, occurrences=tuple(free)))


def _sorted_out(
    entry: Entry, booking: BookingRow, event: Prepared, fresh: Sequence[Occurrence]
) -> tuple[list[Occurrence], list[Occurrence], list[str]]:
    free: list[Occurrence] = []
    refused: list[Occurrence] = []
    why: list[str] = []
    for date in fresh:
        asked = replace(event, occurrences=(date,))
        judged = entry.rules.judge(
            entry.conn, entry.now, entry.person, booking, asked, booking.rooms
        )
        (free if judged.accepted else refused).append(date)
        why += judged.sentences
    return free, refused, why


def _hold(
    entry: Entry, home: CalendarRow, found: SeriesRow, booking: BookingRow, event: Prepared
) -> None:
    if not event.occurrences:
        return
    for room in booking.rooms:
        shelf = entry.rules.shelf(entry.conn, room)
        if shelf != home.id:
            items.add_places(
                entry.conn, shelf, f"{booking.id}.ics", event.taken,
                booking=booking.id, room=room,
            )  # fmt: skip
    items.add_places(
        entry.conn, home.id, found.name, event.taken, booking=booking.id, room=found.room
    )
    if booking.state != CONFIRMED:
        return
    wish = entry.wish(booking, replace(event, rooms=booking.rooms))
    booked_sessions.extend(entry.conn, entry.now, wish)


def _leave_out(
    entry: Entry,
    home: CalendarRow,
    found: SeriesRow,
    booking: BookingRow,
    event: Prepared,
    refused: Sequence[Occurrence],
    why: Sequence[str],
) -> None:
    names = [date.recurrence_id for date in refused]
    take_out(event.item, refused, event.zone)
    comment = entry.rules.say(
        "series-date-left-out", entry.person.locale, why=" ".join(dict.fromkeys(why[:TOLD]))
    )
    put_comment(event.item.parts[0], comment)
    body = ical.serialise(event.item)
    entry.remember(home, found.name)
    items.save(entry.conn, entry.now, home.id, found.name, found.uid, body, BY)
    for room in booking.rooms:
        entry.copy(home, event, booking, room)
    detail = {"dates": names, "rooms": list(booking.rooms)}
    audit.record(entry.conn, entry.now, BY, "booking.clash", booking.id, detail)
    entry.tell("booking.clash", booking)
