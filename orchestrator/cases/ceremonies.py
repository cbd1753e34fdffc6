"""A ceremony planned from the template: every room, for the day and for the rehearsal, or none.

What is planned is kept first, so that the sites have their parts whenever the rooms are given: at
once, after an animateur agreed, or anew after a move. All of it is one transaction.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from calendars.booking import Slot
from orchestrator import rundown as rules
from orchestrator.auth import accounts
from orchestrator.auth.people import Person
from orchestrator.booking import Bookings, own_calendar
from orchestrator.booking.event import Prepared, compose, prepare
from orchestrator.booking.ledger import Entry
from orchestrator.cases import rights, rundown_screens
from orchestrator.cases.conductor import Conductor
from orchestrator.ceremony import Invited, SiteRole, Wish, checked, keeps_its_slot, starting
from orchestrator.ceremony_lines import Bearing, Bears, bearings
from orchestrator.cue import CueId
from orchestrator.means import Means
from orchestrator.rundown import Entry as Line
from orchestrator.store import audit, bookings, line_tests, rundowns, sessions
from orchestrator.store import ceremonies as rows
from orchestrator.store.bookings import BookingRow
from orchestrator.store.ceremonies import Ceremony, Guest, Planned
from orchestrator.store.instants import instant
from orchestrator.store.sessions import Stored
from orchestrator.words import words
from rooms.errors import Conflict, Fact, NotFound, Stale
from rooms.ids import RoomId, SessionId, new_id

REFUSED = "rooms-refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A plan as it stands. `stored` None while an animateur has to agree; `rehearsal` None when
    there is none (any more)."""

    planned: Planned
    stored: Stored | None
    guests: Sequence[Guest]
    lines: Sequence[Bearing]
    rehearsal: BookingRow | None

    @property
    def slot(self) -> Slot | None:
        """When the rehearsal is."""
        row = self.rehearsal
        return None if row is None else _slot(row)

    @property
    def fate(self) -> tuple[str, str]:
        """What became of the rehearsal's slot, and the key of the sentence that says so."""
        ceremony = self.planned.ceremony
        if ceremony.rehearsal == "none":
            return "none", "ceremony-rehearsal-none"
        if ceremony.rehearsal == "lost" or self.rehearsal is None:
            return "lost", ceremony.why or "ceremony-rehearsal-given-up"
        if self.rehearsal.state == bookings.REQUESTED:
            return "kept", "ceremony-rehearsal-asked"
        return "kept", "ceremony-rehearsal-kept"


class _OnlyAsked(Exception):
    """What was asked could be had; nothing of it is to be kept."""

    def __init__(self, shown: Shown) -> None:
        self.shown = shown


async def plan(
    conductor: Conductor, booked: Bookings, person: Person, wish: Wish, *, only_ask: bool = False
) -> Shown:
    """Book it all; Conflict("ceremony-refused") says of each part why not, and what is free.

    With `only_ask` the same is found out and nothing is kept.
    """
    means, now = conductor.means, conductor.means.clock()
    wish = checked(wish, now)
    for room in wish.rooms:
        means.network.room(room)
    events = await asyncio.to_thread(_events, means, person, wish, now)

    def work(entry: Entry) -> Shown:
        shown = _booked(means, entry, person, wish, events)
        if only_ask:
            raise _OnlyAsked(shown)
        return shown

    try:
        return await booked.write(person, now, work, door=bookings.REST)
    except _OnlyAsked as found:
        return found.shown


async def see(conductor: Conductor, person: Person, session: SessionId) -> Shown:
    """The plan of a session one runs; NotFound("no-ceremony")."""
    means, now = conductor.means, conductor.means.clock()

    def look(conn: Connection) -> Shown:
        return _shown(conn, means, _mine(conn, person, session), now)

    return await means.database.read(look)


async def invite(
    conductor: Conductor,
    person: Person,
    session: SessionId,
    people: Sequence[Invited],
    version: int | None,
) -> Shown:
    """These people and no others; who stays keeps his link."""
    means, now = conductor.means, conductor.means.clock()

    def work(conn: Connection) -> Shown:
        planned = _mine(conn, person, session)
        if version is not None and version != planned.version:
            raise Stale("ceremony-changed", session=session)
        stored = sessions.get(conn, session)
        slot = Slot(stored.session.starts_at, stored.session.ends_at)
        roles = tuple(planned.ceremony.roles.items())
        checked(
            Wish(title=stored.title, sites=roles, slot=slot, people=tuple(people)),
            slot.start - timedelta(seconds=1),
        )
        rows.keep(conn, planned, planned.ceremony)
        rows.invite(conn, planned.id, people)
        detail = {"people": len(people)}
        audit.record(conn, now, person.id, "ceremony.people", session, detail)
        return _shown(conn, means, _mine(conn, person, session), now)

    return await means.database.write(work)


async def follow(conductor: Conductor, booked: Bookings, booking: str) -> None:
    """What became of the booking of a ceremony, or of its rehearsal, is noted in its plan; a
    rehearsal that would not be over before the doors open loses its slot, and its rooms are free.
    """
    means, now = conductor.means, conductor.means.clock()

    def look(conn: Connection) -> tuple[BookingRow, Planned, Person] | None:
        row = bookings.by_id(conn, booking)
        planned = None if row is None else _planned_of(conn, row)
        owner = None if planned is None else accounts.by_id(conn, planned.organiser)
        if row is None or planned is None or owner is None:
            return None
        return row, planned, owner

    found = await means.database.read(look)
    if found is not None:
        row, planned, owner = found

        def work(entry: Entry) -> bool:
            fresh = _planned_of(entry.conn, row)
            return fresh is not None and _follow(means, entry, fresh)

        if await booked.write(owner, now, work):
            means.bus.publish("session.ceremony.changed", session=planned.session)


def _planned_of(conn: Connection, row: BookingRow) -> Planned | None:
    return rows.of_event(conn, row.organiser_id, row.uid) or rows.rehearsed_by(
        conn, row.organiser_id, row.uid
    )


def _follow(means: Means, entry: Entry, planned: Planned) -> bool:
    """Whether anything of the plan is different now."""
    _settle(means, entry.conn, entry.now, planned)
    rehearsal = _rehearsal(entry.conn, planned)
    ceremony, why = planned.ceremony, _lost(entry.conn, planned, rehearsal)
    if ceremony.rehearsal != "kept" or not why:
        return False
    if rehearsal is not None:
        entry.withdraw(rehearsal)
    rows.keep(entry.conn, planned, replace(ceremony, rehearsal="lost", why=why))
    target, detail = planned.session or planned.id, {"why": why}
    audit.record(entry.conn, entry.now, entry.person.id, "ceremony.rehearsal-lost", target, detail)
    return True


def _lost(conn: Connection, planned: Planned, rehearsal: BookingRow | None) -> str:
    """Why the rehearsal cannot be when it was; nothing when it can."""
    day = None if planned.booking is None else bookings.by_id(conn, planned.booking)
    if day is None or day.state == bookings.CANCELLED:
        return "ceremony-rehearsal-cancelled"
    if rehearsal is None:
        return "ceremony-rehearsal-given-up"
    doors = timedelta(minutes=planned.ceremony.doors)
    if day.state in bookings.HOLDING and not keeps_its_slot(
        _slot(rehearsal), instant(day.starts_at), doors
    ):
        return "ceremony-rehearsal-too-late"
    return ""


def _events(
    means: Means, person: Person, wish: Wish, now: datetime
) -> tuple[Prepared, Prepared | None]:
    """The event of the day, and that of the rehearsal."""
    title = words("ceremony-rehearsal-title", person.locale, {"title": wish.title})[:200]
    day = _event(means, person, wish, wish.title, wish.slot, now)
    if wish.rehearsal is None:
        return day, None
    return day, _event(means, person, wish, title, wish.rehearsal, now)


def _event(
    means: Means, person: Person, wish: Wish, title: str, slot: Slot, now: datetime
) -> Prepared:
    network = means.network
    uid = f"{new_id('bk')}@{network.mail_domain}"
    body = compose(
        network, person, uid, title=title, kind="ceremony", rooms=wish.rooms,
        start=slot.start, end=slot.end, now=now,
    )  # fmt: skip
    return prepare(network, body, None, now)


def _booked(
    means: Means,
    entry: Entry,
    person: Person,
    wish: Wish,
    events: tuple[Prepared, Prepared | None],
) -> Shown:
    conn, now = entry.conn, entry.now
    day, before = events
    ceremony = Ceremony(
        roles=dict(wish.sites),
        doors=wish.doors // timedelta(minutes=1),
        locale=person.locale,
        rehearsal="none" if before is None else "kept",
    )
    other = f"none-{new_id('bk')}" if before is None else before.item.uid
    made = rows.add(conn, now, person.id, day.item.uid, other, ceremony)
    rows.invite(conn, made, wish.people)
    lines = _lines(conn, means, wish.sites, now)
    _put_all(means, entry, person, lines, day, before)
    planned = rows.of_event(conn, person.id, day.item.uid)
    assert planned is not None  # kept above
    _settle(means, conn, now, planned, wish)
    detail = {"sites": len(wish.sites), "people": len(wish.people)}
    audit.record(conn, now, person.id, "ceremony.planned", planned.session or made, detail)
    return _shown(conn, means, planned, now)


def _put_all(
    means: Means,
    entry: Entry,
    person: Person,
    lines: Sequence[Bearing],
    day: Prepared,
    before: Prepared | None,
) -> None:
    """Book both, and tell of everything that stands in the way at once."""
    home = own_calendar(entry.conn, person)
    why: dict[str, dict[str, Fact]] = {}
    for part, event in (("day", day), ("rehearsal", before)):
        if event is not None:
            try:
                entry.put(home, f"{event.item.uid.partition('@')[0]}.ics", event, strict=True)
            except Conflict as refusal:
                if refusal.key != REFUSED:
                    raise
                why[part] = refusal.fields
    refused = [one for one in lines if one.bears is Bears.REFUSED]
    if not why and not refused:
        return
    raise Conflict(
        "ceremony-refused",
        day=_texts(why.get("day", {}).get("reasons")),
        day_free=_texts(why.get("day", {}).get("alternative")),
        rehearsal=_texts(why.get("rehearsal", {}).get("reasons")),
        rehearsal_free=_texts(why.get("rehearsal", {}).get("alternative")),
        lines=[" ".join(told(means, one, person.locale)) for one in refused],
    )


def told(means: Means, one: Bearing, locale: str) -> tuple[str, str]:
    """What a line says to a role, and what to do: both empty when it bears it."""
    if not one.key:
        return "", ""
    facts = {**one.facts, "site": means.label(one.room)}
    return words(one.key, locale, facts), words(f"{one.key}-remedy", locale, facts)


def _texts(said: object) -> list[str]:
    return [str(one) for one in said] if isinstance(said, list) else []


def _lines(
    conn: Connection, means: Means, sites: Sequence[tuple[RoomId, SiteRole]], now: datetime
) -> tuple[Bearing, ...]:
    known = {room.id for room in means.network.rooms}
    roles = [(room, role) for room, role in sites if room in known]
    centres = {room: means.network.centre_of(room) for room, _ in roles}
    profiles = line_tests.profiles(conn, {one.id: one for one in centres.values()}.values(), now)
    return bearings(roles, {room: profiles[one.id] for room, one in centres.items()})


def _settle(
    means: Means, conn: Connection, now: datetime, planned: Planned, wish: Wish | None = None
) -> None:
    """Give the session what was planned, once it is there: its doors, and its run of show."""
    if planned.session is None:
        return
    stored = sessions.get(conn, planned.session)
    sessions.open_before(conn, planned.session, timedelta(minutes=planned.ceremony.doors))
    version, rundown = rundowns.get(conn, stored.session)
    if version:
        return
    wish = wish or _again(conn, planned, stored)
    names = {room: means.label(room, frozenset(stored.centres)) for room in wish.rooms}

    def say(key: str, facts: Mapping[str, object]) -> str:
        return words(key, planned.ceremony.locale, facts)

    lines = [Line(plan=one) for one in starting(wish, names, say)]
    written = rules.edited(rundown, lines, lambda: CueId(new_id("cu")))
    rundowns.keep(conn, now, stored.session, written, 1, planned.organiser)
    rundown_screens.keep(conn, stored.id, rundown, written, 1)


def _again(conn: Connection, planned: Planned, stored: Stored) -> Wish:
    """What was wished, from what is kept of it: the rooms were given only later."""
    return Wish(
        title=stored.title,
        sites=tuple(planned.ceremony.roles.items()),
        slot=Slot(stored.session.starts_at, stored.session.ends_at),
        people=tuple(one.who for one in rows.guests(conn, planned.id)),
    )


def _mine(conn: Connection, person: Person, session: SessionId) -> Planned:
    rights.runs(person)(conn, sessions.get(conn, session))
    planned = rows.of_session(conn, session)
    if planned is None:
        raise NotFound("no-ceremony", session=session)
    return planned


def _shown(conn: Connection, means: Means, planned: Planned, now: datetime) -> Shown:
    return Shown(
        planned=planned,
        stored=None if planned.session is None else sessions.get(conn, planned.session),
        guests=rows.guests(conn, planned.id),
        lines=_lines(conn, means, tuple(planned.ceremony.roles.items()), now),
        rehearsal=_rehearsal(conn, planned),
    )


def _rehearsal(conn: Connection, planned: Planned) -> BookingRow | None:
    return bookings.holding_of(conn, planned.organiser, planned.rehearsal_uid)


def _slot(row: BookingRow) -> Slot:
    return Slot(
        datetime.fromtimestamp(row.starts_at, UTC), datetime.fromtimestamp(row.ends_at, UTC)
    )
