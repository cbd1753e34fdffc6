"""A letter that nobody takes for good: its guest's line in the event says so (5.1)."""

from datetime import datetime

from sqlalchemy import Connection

from calendars import ical
from calendars.addresses import address_in
from calendars.ical import CalendarItem
from orchestrator.booking.outsiders import LATER, SENT
from orchestrator.mail.story import Office, calendar_in
from orchestrator.store import bookings, own_calendars
from orchestrator.store import calendar_items as items
from orchestrator.store.mails import EVENT, MailRow

BY = "mail"
STATUS = "SCHEDULE-STATUS"


def note(conn: Connection, now: datetime, office: Office, row: MailRow) -> None:
    """Write it down in the transaction that gives the letter up."""
    told, zone = calendar_in(row.message), office.network.zone
    owner = _organiser(conn, row.booking_id or "")
    if told is None or not owner or b'method="REQUEST"' not in row.message:
        return
    uid = ical.parse(told, zone, stored=True).uid
    for home in own_calendars.of_person(conn, owner):
        found = items.item_by_uid(conn, home.id, uid)
        item = ical.parse(found.body, zone, stored=True) if found else None
        if found is None or item is None or not _marked(item, row.recipient):
            continue
        items.save(conn, now, home.id, found.name, uid, ical.serialise(item), BY)
        items.tag(conn, home.id, found.name, found.schedule_tag or found.etag)


def _organiser(conn: Connection, about: str) -> str:
    if about.startswith(EVENT):
        return about.removeprefix(EVENT).rpartition("-")[0]
    booking = bookings.by_id(conn, about)
    return booking.organiser_id if booking else ""


def _marked(item: CalendarItem, recipient: str) -> bool:
    marked = False
    for part in item.parts:
        for line in part.lines("ATTENDEE"):
            if address_in(line.value) == recipient and line.param(STATUS) == SENT:
                part.replace(line, line.without(STATUS).with_param(STATUS, LATER))
                marked = True
    return marked
