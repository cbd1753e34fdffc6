"""People of other networks among the guests of an event: who is to be written to, and how many.

The decision stands on their ATTENDEE lines as SCHEDULE-STATUS (RFC 6638 §3.2.9), where whoever
writes the letters reads it: 1.1 a letter is on its way, 1.0 it will be once the rooms are given,
5.1 not while the rooms are refused, 5.2 there is no mail here, 5.3 too many, 3.7 no address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from calendars import imip, itip
from calendars.addresses import address_in
from calendars.ical import CalendarItem
from calendars.scheduling import Who
from orchestrator.booking.books import Books
from orchestrator.settings.mail import Guests
from orchestrator.store import bookings, mails, people
from rooms.ids import PersonId

CHANGED, ANSWERED = "guests.changed", "guest.answered"
WAITING, SENT, LATER, NO_WAY, TOO_MANY, NO_ADDRESS = "1.0", "1.1", "5.1", "5.2", "5.3", "3.7"
TOLD = ("1.1", "2.0")
DAY = timedelta(days=1)
NAMED = 5
TELLS = tuple(
    f"booking.{verb}"
    for verb in ("made", "moved", "changed", "cancelled", "displaced", "approved", "clash",
                 "released")
)  # fmt: skip
"""What is told of a booking and reaches its guests by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What becomes of each address, and what the organiser is told of it."""

    statuses: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""


def rule(
    books: Books,
    owner: PersonId,
    item: CalendarItem,
    old: CalendarItem | None,
    outside: Sequence[str],
) -> Ruling:
    """Who of the people outside is written to of this event, in the transaction that changes it."""
    guests = books.rules.guests
    good = [address for address in outside if address_in(address)]
    statuses = dict.fromkeys(outside, NO_ADDRESS) | dict.fromkeys(good, NO_WAY)
    if guests is None or not good:
        return Ruling(statuses=statuses)
    if len(good) > guests.per_event:
        facts = {"number": len(good), "most": guests.per_event}
        comment = _say(books, owner, "guests-too-many", facts)
        return Ruling(statuses=statuses | dict.fromkeys(good, TOO_MANY), comment=comment)
    return _within(books, owner, item, old, statuses, good, guests)


def _within(
    books: Books,
    owner: PersonId,
    item: CalendarItem,
    old: CalendarItem | None,
    statuses: dict[str, str],
    good: Sequence[str],
    guests: Guests,
) -> Ruling:
    before = _told(old) if old else set()
    same = old is not None and imip.digest(old) == imip.digest(item)
    held_up = _held_up(item, books.rules.network.mail_domain)
    fresh = [address for address in good if address.lower() not in before]
    statuses |= dict.fromkeys(good, SENT)
    if held_up:
        statuses |= dict.fromkeys(fresh, held_up)
    asked = [
        address
        for address in good
        if (address in fresh and not held_up) or (address not in fresh and not same)
    ]
    sent = mails.asked_for(books.conn, owner, books.now - DAY) if asked else 0
    if sent + len(asked) > guests.per_day:
        names = ", ".join(address_in(address) or "" for address in asked[:NAMED])
        facts = {"most": guests.per_day, "names": names + (" …" if asked[NAMED:] else "")}
        comment = _say(books, owner, "guests-too-many-today", facts)
        return Ruling(statuses=statuses | dict.fromkeys(asked, TOO_MANY), comment=comment)
    if asked:
        mails.ask_for(books.conn, owner, books.now, len(asked))
    return Ruling(statuses=statuses)


def _told(old: CalendarItem) -> set[str]:
    """Whoever holds an earlier version of the event by a letter of ours."""
    return {
        line.value.lower()
        for part in old.parts
        for line in part.lines("ATTENDEE")
        if (line.param("SCHEDULE-STATUS") or "").split(";")[0].strip('"') in TOLD
    }


def _held_up(item: CalendarItem, mail_domain: str) -> str:
    """Why nobody new is invited yet: the rooms are refused, or asked for."""
    answers = {
        (line.param("PARTSTAT") or "").upper()
        for line in item.parts[0].lines("ATTENDEE")
        if itip.room_of(line.value, mail_domain) is not None
    }
    if "DECLINED" in answers:
        return LATER
    return WAITING if "TENTATIVE" in answers else ""


def comment(item: CalendarItem, text: str, mail_domain: str) -> None:
    """Say it in the event, beside what is said of its rooms."""
    alone = not itip.rooms_invited(item, mail_domain)
    for part in item.parts:
        before = "" if alone else itip.our_comment(part).replace(text, "").strip()
        if alone or text:
            itip.put_comment(part, " ".join(filter(None, (before, text))))


def tell(books: Books, owner: PersonId, calendar: int, name: str, uid: str) -> None:
    """Have them written to, unless what is told of the booking does so already."""
    if books.rules.guests is None:
        return
    mine = bookings.ids_of(books.conn, owner, uid)
    told = [topic for topic, facts in books.told if facts["booking"] in mine]
    if told and told[-1] in TELLS:
        return
    payload = {"person": owner, "calendar": calendar, "name": name, "uid": uid}
    bookings.tell(books.conn, books.now, CHANGED, payload)


def answer(books: Books, owner: PersonId, item: CalendarItem, is_his: Who, given: str) -> str:
    """Tell an organiser elsewhere what a person of ours answers; what becomes of it."""
    guests, line = books.rules.guests, item.parts[0].first("ORGANIZER")
    address = address_in(line.value) if line else None
    if line is None or address is None or (line.param("SCHEDULE-AGENT") or "SERVER") != "SERVER":
        return ""  # his client tells himself
    if guests is None:
        return NO_WAY
    if mails.asked_for(books.conn, owner, books.now - DAY) >= guests.per_day:
        return TOO_MANY
    mails.ask_for(books.conn, owner, books.now, 1)
    reply = imip.answer(item, is_his, books.now).decode()
    payload = {"person": owner, "uid": item.uid, "to": address, "given": given, "reply": reply}
    bookings.tell(books.conn, books.now, ANSWERED, payload)
    return SENT


def _say(books: Books, owner: PersonId, key: str, facts: Mapping[str, object]) -> str:
    person = people.by_id(books.conn, owner)
    return books.rules.words(key, person.locale if person else "fr", facts)
