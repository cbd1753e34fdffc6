"""A centre closes over what was booked: the bookings stay, and their people are told.

Whoever closes it decides about each booking himself: he cancels it, or opens the door. Meanwhile
the organiser reads of it in his event and by mail, and so do his guests.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta

from calendars import ical, itip
from calendars.booking import Slot
from calendars.content import MAX_BYTES
from calendars.policy import RoomRules
from calendars.wording import date_text
from orchestrator.auth import accounts
from orchestrator.auth.people import Person
from orchestrator.booking.books import Books
from orchestrator.booking.guest import guest_by_id
from orchestrator.booking.rules import room_rules
from orchestrator.store import bookings, closures
from orchestrator.store import calendar_items as items
from orchestrator.store.bookings import BookingRow
from orchestrator.store.busy import Busy, busy_between
from orchestrator.store.closures import ClosureRow
from rooms.centre import Centre
from rooms.ids import RoomId, is_slug

CLOSED, REOPENED = "booking.closed", "booking.reopened"
Rules = dict[RoomId, RoomRules]
Found = dict[str, list[Slot]]


def close(books: Books, centre: Centre, row: ClosureRow) -> Sequence[str]:
    """Keep an exceptional closing or opening; the bookings it shuts out, which are told."""
    dates, before = _around(books, centre, row)
    closures.add(books.conn, books.now, row)
    return _told(books, centre, row, dates, before, gone=False)


def reopen(books: Books, centre: Centre, row: ClosureRow) -> Sequence[str]:
    """Take one back: those it had shut out are told too, or, of an opening, those it let in."""
    dates, before = _around(books, centre, row)
    closures.remove(books.conn, row.id)
    return _told(books, centre, row, dates, before, gone=True)


def _around(books: Books, centre: Centre, row: ClosureRow) -> tuple[list[Busy], Rules]:
    """What is held on those days, from now on, and the rules as they are."""
    first = datetime.combine(row.first, time(0), centre.zone)
    end = datetime.combine(row.last, time(0), centre.zone) + timedelta(days=1)
    start = max(first.astimezone(UTC), books.now)
    rooms = {room.id for room in centre.rooms}
    found = busy_between(books.conn, start, end) if start < end else []
    dates = [one for one in found if one.room in rooms and is_slug(one.booking)]  # no feeds
    return dates, _rules(books, centre, row)


def _rules(books: Books, centre: Centre, row: ClosureRow) -> Rules:
    years = range(row.first.year - 1, row.last.year + 2)
    return room_rules(books.conn, books.rules.network, [one.id for one in centre.rooms], years)


def _told(
    books: Books,
    centre: Centre,
    row: ClosureRow,
    dates: Sequence[Busy],
    before: Rules,
    *,
    gone: bool,
) -> Sequence[str]:
    after = _rules(books, centre, row)
    shut = _changed(dates, before, after)
    opened = _changed(dates, after, before)
    every = [row, *closures.of_centre(books.conn, centre.id)]

    def unsaid(locale: str) -> list[str]:
        return [sentence(books, centre, one, locale) for one in every]

    _tell(books, shut, CLOSED, lambda locale: [sentence(books, centre, row, locale)])
    _tell(books, opened, REOPENED, unsaid)
    return [*shut, *(one for one in opened if gone and one not in shut)]


def _changed(dates: Sequence[Busy], then: Rules, now: Rules) -> Found:
    """The dates at which a centre was open then and is not now, by booking."""
    found: Found = {}
    for one in dates:
        was, still = (rules[one.room].centre.is_open(one.start, one.end) for rules in (then, now))
        slot = Slot(one.start, one.end)
        if was and not still and slot not in found.setdefault(one.booking, []):
            found[one.booking].append(slot)
    return {booking: slots for booking, slots in found.items() if slots}


def _tell(books: Books, found: Found, topic: str, say: Callable[[str], list[str]]) -> None:
    for booking, slots in found.items():
        row = bookings.by_id(books.conn, booking)
        if row is not None:
            said = say(_organiser(books, row).locale)
            _comment(books, row, said, keep=topic == CLOSED)
            books.tell(topic, row, dates=[slot.start.isoformat() for slot in slots])


def sentence(books: Books, centre: Centre, row: ClosureRow, locale: str) -> str:
    """What the organiser reads: that the centre is closed, why, and that his booking stays."""
    words = books.rules.words
    one_day = row.first == row.last
    key = "closed-over" if row.kind == "closed" else "opening-gone"
    facts = {
        "centre": centre.name,
        "first": date_text(row.first, locale, words),
        "last": date_text(row.last, locale, words),
        "why": f" ({row.reason})" if row.reason else "",
    }
    return words(f"{key}-day" if one_day else key, locale, facts)


def _comment(books: Books, row: BookingRow, said: Sequence[str], *, keep: bool) -> None:
    """Add sentences to our comment in the event, or take them out again."""
    home = items.calendar_by_id(books.conn, row.calendar_id)
    found = items.item(books.conn, row.calendar_id, row.item_name)
    if home is None or found is None:
        return
    item = ical.parse(found.body, books.rules.network.zone, stored=True)
    for part in item.parts:
        text = itip.our_comment(part)
        for one in said:
            text = text.replace(one, "")
        itip.put_comment(part, " ".join([*text.split(), *(said if keep else ())]))
    body = ical.serialise(item)
    if len(body) > MAX_BYTES or body == found.body:
        return  # by mail he reads it all the same
    books.remember(home, found.name)
    who = books.person.login
    items.save(books.conn, books.now, home.id, found.name, found.uid, body, who)


def _organiser(books: Books, row: BookingRow) -> Person:
    found = accounts.by_id(books.conn, row.organiser_id)
    return found or guest_by_id(books.rules.network, row.organiser_id) or books.person
