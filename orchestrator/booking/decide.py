"""Bookings an animateur has to answer: asked for, kept meanwhile, then given or refused.

Each animateur answers for the rooms of his centres. The booking is given once all have agreed;
one refusal refuses it whole, since rooms are had all together or not at all.
"""

from collections.abc import Collection
from dataclasses import replace

from calendars import ical, itip, join_link
from calendars.content import Line
from calendars.itip import Answer
from calendars.server.port import Stored
from orchestrator import roles
from orchestrator.auth import accounts
from orchestrator.auth.people import Person
from orchestrator.booking.books import Books
from orchestrator.booking.displace import decline, rewrite
from orchestrator.booking.event import AHEAD, Prepared, prepare_more
from orchestrator.store import audit, booked_sessions, bookings
from orchestrator.store import calendar_items as items
from orchestrator.store.bookings import BookingRow
from orchestrator.store.calendar_items import CalendarRow
from rooms.errors import Conflict, Forbidden, NotFound
from rooms.ids import RoomId

REFUSED = "refused-by"
LONGEST_NOTE = 280


def given(room: RoomId, asks: Collection[RoomId]) -> Answer:
    """What a room that is held answers."""
    return Answer.TENTATIVE if room in asks else Answer.ACCEPTED


def give(
    books: Books,
    row: BookingRow,
    event: Prepared,
    asks: Collection[RoomId],
    comment: str,
    locale: str,
    *,
    new: bool = False,
) -> None:
    """Write the rooms' answers in the event; sessions and their link once all are given.

    A `new` booking has no session yet that would have to agree.
    """
    answers = {room: given(room, asks) for room in event.rooms}
    itip.answer(event.item, answers, comment, books.rules.network.mail_domain)
    if asks:
        booked_sessions.suspend(books.conn, row.id)
        join_link.remove_join_link(event.item, books.rules.link_base)
        return
    code = books.agree(row, event, new=new)
    label = books.rules.say("calendar-link-label", locale)
    if code:
        join_link.add_join_link(event.item, books.rules.link(code), label)


def may_answer(person: Person, books: Books, booking: BookingRow) -> tuple[RoomId, ...]:
    """The rooms of a request that this person answers for."""
    network = books.rules.network
    return tuple(
        room
        for room in booking.pending
        if person.role == roles.ADMIN
        or (person.role == roles.ANIMATEUR and network.centre_of(room).id in person.centres)
    )


def decide(books: Books, booking: str, *, approve: bool, note: str = "") -> BookingRow:
    """Give or refuse what was asked for, in the name of the person of `books`."""
    row = bookings.by_id(books.conn, booking)
    if row is None:
        raise NotFound("no-booking", booking=booking)
    if row.state != bookings.REQUESTED:
        raise Conflict("nothing-to-decide")
    mine = may_answer(books.person, books, row)
    if not mine:
        raise Forbidden("not-yours-to-decide")
    home, event = _event(books, row)
    organiser = accounts.by_id(books.conn, row.organiser_id) or books.person
    owner = replace(books, person=organiser)
    row = replace(row, decided_by=books.person.login)
    if approve:
        row = _approve(owner, home, row, event, mine)
    else:
        _refuse(owner, home, row, event, books.person, note)
    verb = "approved" if approve else "refused"
    who, detail = books.person.login, {"rooms": list(mine), "note": note[:LONGEST_NOTE]}
    audit.record(books.conn, books.now, who, f"booking.{verb}", row.id, detail)
    if not approve or row.state == bookings.CONFIRMED:
        books.tell(f"booking.{verb}", row, row.rooms)
    return bookings.by_id(books.conn, row.id) or row


def _approve(
    books: Books,
    home: CalendarRow,
    row: BookingRow,
    event: Prepared,
    mine: Collection[RoomId],
) -> BookingRow:
    asks = [room for room in row.pending if room not in mine]
    locale = books.person.locale
    comment = _comment(books, event, row)
    row = replace(
        row,
        state=bookings.REQUESTED if asks else bookings.CONFIRMED,
        reason=[{"key": bookings.ASKED, "room": room} for room in asks] or None,
    )
    bookings.save(books.conn, books.now, row)
    waiting = books.rules.asked(asks, locale)
    give(books, row, event, asks, " ".join(filter(None, (comment, waiting))), locale)
    if home.owner_kind == items.ROOM and not asks:
        for part in event.item.parts:
            part.put(Line("STATUS", "CONFIRMED"))
    rewrite(books, home, row, event)
    for room in row.rooms:
        books.copy(home, event, row, room)
    return row


def _refuse(
    books: Books, home: CalendarRow, row: BookingRow, event: Prepared, who: Person, note: str
) -> None:
    key = "calendar-refused-because" if note else "calendar-refused-by"
    said = " ".join(note.split())[:LONGEST_NOTE]
    comment = books.rules.say(key, books.person.locale, who=who.name, note=said)
    reasons: list[dict[str, object]] = [
        {"key": REFUSED, "room": room, "facts": {"who": who.name, "note": said}}
        for room in row.rooms
    ]
    decline(books, home, row, event, reasons, comment, REFUSED)


def _comment(books: Books, event: Prepared, row: BookingRow) -> str:
    """Our comment in the event, without the sentence that it waits for an answer."""
    waiting = books.rules.asked(row.pending, books.person.locale)
    return itip.our_comment(event.item.parts[0]).replace(waiting, "").strip()


def _event(books: Books, row: BookingRow) -> tuple[CalendarRow, Prepared]:
    home = items.calendar_by_id(books.conn, row.calendar_id)
    found = items.item(books.conn, row.calendar_id, row.item_name)
    if home is None or found is None:
        raise NotFound("no-booking", booking=row.id)
    room = RoomId(home.owner_id) if home.owner_kind == items.ROOM else None
    since, until = books.now - AHEAD, books.now + AHEAD
    return home, prepare_more(books.rules.network, found.body, room, since, until)


# --- the answer given in a calendar client ---------------------------------------------------


def answer_in_calendar(
    books: Books, calendar: CalendarRow, name: str, event: Prepared
) -> Stored | None:
    """An animateur who confirms or cancels a request in the room's calendar has answered it."""
    row = bookings.by_id(books.conn, name.removesuffix(".ics"))
    row = row or bookings.of_item(books.conn, calendar.id, event.item.uid)
    if row is None or row.state != bookings.REQUESTED or not may_answer(books.person, books, row):
        return None
    approve = _said(books, calendar, event)
    if approve is None or (approve is False and row.organiser_id == books.person.id):
        return None
    decide(books, row.id, approve=approve)
    left = items.item(books.conn, calendar.id, name)
    return Stored(etag=left.etag if left else "", rewritten=True)


def _said(books: Books, calendar: CalendarRow, event: Prepared) -> bool | None:
    """Yes, no, or nothing: by the event's STATUS or by the room's own PARTSTAT."""
    # As it was sent: a cancelled event with a comment of ours looks like a refusal of ours.
    main = ical.parse(event.sent, event.zone).parts[0]
    domain = books.rules.network.mail_domain
    words = {main.value("STATUS").strip().upper()} | {
        (line.param("PARTSTAT") or "").upper()
        for line in main.lines("ATTENDEE")
        if itip.room_of(line.value, domain) == calendar.owner_id
    }
    if words & {"CANCELLED", "DECLINED"}:
        return False
    return True if words & {"CONFIRMED", "ACCEPTED"} else None
