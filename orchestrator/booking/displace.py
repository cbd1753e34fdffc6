"""Dates that give way: those a series is booked without, and those taken for a ceremony."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from calendars import ical, itip, join_link, marks, wording
from calendars.booking import Held, Slot
from calendars.conflicts import Reason
from calendars.itip import Answer
from calendars.series import take_out
from orchestrator.auth import accounts
from orchestrator.booking.books import Books
from orchestrator.booking.event import AHEAD, Prepared, prepare_more
from orchestrator.booking.rules import room_rules
from orchestrator.store import audit, booked_sessions, bookings
from orchestrator.store import calendar_items as items
from orchestrator.store.bookings import BookingRow
from orchestrator.store.calendar_items import CalendarRow
from rooms.ids import RoomId

DISPLACED = "displaced"


def without(event: Prepared, slots: Collection[Slot]) -> Prepared:
    """The event without these dates."""
    if not slots:
        return event
    gone = [found for found in event.occurrences if found.slot in slots]
    take_out(event.item, gone, event.zone)
    kept = tuple(found for found in event.occurrences if found.slot not in slots)
    return replace(event, occurrences=kept)


def displace(books: Books, rows: Iterable[Held], by: BookingRow) -> None:
    """Take these slots from those who held them, for a booking that has priority."""
    taken: dict[str, list[Held]] = {}
    for row in rows:
        taken.setdefault(row.uid, []).append(row)
    for found, slots in taken.items():
        booking = bookings.by_id(books.conn, found)
        if booking is not None:
            _displace(books, booking, slots, by)


def _displace(books: Books, booking: BookingRow, taken: list[Held], by: BookingRow) -> None:
    home = items.calendar_by_id(books.conn, booking.calendar_id)
    found = items.item(books.conn, booking.calendar_id, booking.item_name)
    person = accounts.by_id(books.conn, booking.organiser_id) or books.person
    if home is None or found is None:
        books.free(booking, bookings.DECLINED, "booking.displaced")
        return
    owner = replace(books, person=person)
    room = RoomId(home.owner_id) if home.owner_kind == items.ROOM else None
    event = prepare_more(
        books.rules.network, found.body, room, books.now - AHEAD, books.now + AHEAD
    )
    slots = {row.slot for row in taken}
    reason = _reason(books, taken[0], by)
    sentence = wording.sentence(reason, person.locale, books.rules.words)
    if booking.recurring and any(one.slot not in slots for one in event.occurrences):
        _take_dates(owner, home, booking, without(event, slots), sentence)
        books.tell("booking.displaced", booking, dates=[one.start.isoformat() for one in slots])
    else:
        _take_all(owner, home, booking, event, reason, sentence)
    detail = {"by": by.id, "dates": sorted(one.start.isoformat() for one in slots)}
    audit.record(books.conn, books.now, books.person.login, "booking.displaced", booking.id, detail)


def _take_dates(
    books: Books, home: CalendarRow, booking: BookingRow, event: Prepared, sentence: str
) -> None:
    for part in event.item.parts[:1]:
        itip.put_comment(part, sentence)
    rewrite(books, home, booking, event)
    for room in booking.rooms:
        books.hold(home, event, booking, room)
    owner = home.owner_id if home.owner_kind == items.ROOM else None
    items.place(books.conn, home.id, booking.item_name, event.taken, booking=booking.id, room=owner)
    if booking.state == bookings.CONFIRMED:
        wish = books.wish(booking, replace(event, rooms=booking.rooms))
        booked_sessions.agree(books.conn, books.now, wish)


def _take_all(
    books: Books,
    home: CalendarRow,
    booking: BookingRow,
    event: Prepared,
    reason: Reason,
    sentence: str,
) -> None:
    judged = books.rules.judge(books.conn, books.now, books.person, booking, event, booking.rooms)
    free = judged.verdict.alternative
    texts = [sentence]
    if free is not None:
        zone = books.rules.network.centre_of(reason.room).zone
        locale = books.person.locale
        texts.append(wording.alternative_text(free, zone, locale, books.rules.words))
    comment = " ".join(texts)
    decline(books, home, booking, event, [reason.as_json()], comment, reason.key)
    books.tell(
        "booking.displaced", booking, booking.rooms,
        alternative=[free.start.isoformat(), free.end.isoformat()] if free else None,
    )  # fmt: skip


def decline(
    books: Books,
    home: CalendarRow,
    booking: BookingRow,
    event: Prepared,
    reason: list[dict[str, object]],
    comment: str,
    key: str,
) -> None:
    """Take a booking's rooms back and write it in its event. `books` are its organiser's."""
    books.free(booking, bookings.DECLINED, "")
    row = replace(booking, state=bookings.DECLINED, reason=list(reason), rooms=())
    bookings.save(books.conn, books.now, row)
    join_link.remove_join_link(event.item, books.rules.link_base)
    answers = {room: Answer.DECLINED for room in event.rooms}
    itip.answer(event.item, answers, comment, books.rules.network.mail_domain)
    if home.owner_kind == items.ROOM:
        word = books.rules.say("refused-word", books.person.locale)
        motive = books.rules.say(f"calendar-motive-{key}", books.person.locale)
        marks.mark_refused(event.item, motive, comment, word)
        items.place(books.conn, home.id, booking.item_name, ())
    rewrite(books, home, booking, event)


def rewrite(books: Books, home: CalendarRow, booking: BookingRow, event: Prepared) -> None:
    """Write the event again where it is at home."""
    books.remember(home, booking.item_name)
    items.save(
        books.conn, books.now, home.id, booking.item_name, booking.uid,
        ical.serialise(event.item), books.person.login,
    )  # fmt: skip


def _reason(books: Books, row: Held, by: BookingRow) -> Reason:
    rules = room_rules(books.conn, books.rules.network, [row.room], [])[row.room]
    facts = books.rules.place(rules) | {"title": by.title}
    return Reason(DISPLACED, row.room, row.slot, facts)
