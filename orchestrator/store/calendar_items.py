"""Calendars, their objects, what changed in them, and the instants their events take."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)

from orchestrator.store.tables import calendars, item_changes, items, occurrences
from orchestrator.store.tables_outside import feed_busy

PERSON, ROOM, INBOX = "person", "room", "inbox"
OWN = "calendar"  # the path segment of a person's own calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRow:
    """One calendar."""

    id: int
    owner_kind: str
    owner_id: str
    name: str
    displayname: str
    color: str
    rev: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """One stored object."""

    name: str
    uid: str
    etag: str
    body: bytes
    rev: int
    schedule_tag: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """One instance of an event: seconds since 1970."""

    start: int
    end: int
    recurrence_id: str = ""


def seconds(moment: datetime) -> int:
    """An instant as the tables keep it."""
    return int(moment.timestamp())


def etag_of(body: bytes) -> str:
    """The ETag of these bytes."""
    return hashlib.sha256(body).hexdigest()[:32]


def ensure_calendar(
    conn: Connection, kind: str, owner: str, displayname: str, color: str = ""
) -> None:
    """Make the calendar of a person or a room if there is none."""
    if find_calendar(conn, kind, owner) is None:
        conn.execute(
            insert(calendars).values(
                owner_kind=kind,
                owner_id=owner,
                name=OWN if kind == PERSON else owner,
                displayname=displayname,
                color=color,
                rev=0,
            )
        )


def _calendar(row: Row[*tuple[object, ...]]) -> CalendarRow:
    return CalendarRow(**row._mapping)


def find_calendar(conn: Connection, kind: str, owner: str) -> CalendarRow | None:
    """The calendar of a room, or the one a person was given."""
    query = select(calendars).where(
        calendars.c.owner_kind == kind,
        calendars.c.owner_id == owner,
        calendars.c.name == (OWN if kind == PERSON else owner),
    )
    row = conn.execute(query).first()
    return _calendar(row) if row else None


def calendar_by_id(conn: Connection, calendar: int) -> CalendarRow | None:
    """The calendar of this id."""
    row = conn.execute(select(calendars).where(calendars.c.id == calendar)).first()
    return _calendar(row) if row else None


def room_calendars(conn: Connection) -> dict[str, CalendarRow]:
    """Every room's calendar, by room."""
    rows = conn.execute(select(calendars).where(calendars.c.owner_kind == ROOM))
    return {found.owner_id: found for found in map(_calendar, rows)}


def describe(conn: Connection, calendar: int, displayname: str | None, color: str | None) -> None:
    """Change how a calendar is shown; what is None stays."""
    wanted = {"displayname": displayname, "color": color}
    values = {name: value for name, value in wanted.items() if value is not None}
    conn.execute(update(calendars).where(calendars.c.id == calendar).values(**values))


_ITEM = tuple(items.c[name] for name in ItemRow.__dataclass_fields__)


def _items(conn: Connection, *where: ColumnElement[bool]) -> list[ItemRow]:
    rows = conn.execute(select(*_ITEM).where(*where).order_by(items.c.rev))
    return [ItemRow(**row._mapping) for row in rows]


def item(conn: Connection, calendar: int, name: str) -> ItemRow | None:
    """One object by name."""
    found = _items(conn, items.c.calendar_id == calendar, items.c.name == name)
    return found[0] if found else None


def item_by_uid(conn: Connection, calendar: int, uid: str) -> ItemRow | None:
    """One object by UID."""
    found = _items(conn, items.c.calendar_id == calendar, items.c.uid == uid)
    return found[0] if found else None


def all_items(conn: Connection, calendar: int) -> list[ItemRow]:
    """Every object, the longest unchanged first."""
    return _items(conn, items.c.calendar_id == calendar)


def items_between(conn: Connection, calendar: int, start: int, end: int) -> list[ItemRow]:
    """Objects with an instance in the interval."""
    inside = select(occurrences.c.name).where(_overlap(calendar, start, end))
    return _items(conn, items.c.calendar_id == calendar, items.c.name.in_(inside))


def items_unplaced(
    conn: Connection, calendar: int, *, beyond: bool, but: Iterable[str]
) -> list[ItemRow]:
    """Objects without any stored instance and, if `beyond` the horizon, every series."""
    placed = exists().where(
        occurrences.c.calendar_id == calendar, occurrences.c.name == items.c.name
    )
    wanted: ColumnElement[bool] = not_(placed)
    if beyond:
        wanted = or_(wanted, func.instr(items.c.body, b"RRULE") > 0)
    known = set(but)
    found = _items(conn, items.c.calendar_id == calendar, wanted)
    return [row for row in found if row.name not in known]


def _overlap(calendar: int, start: int, end: int) -> ColumnElement[bool]:
    return and_(
        occurrences.c.calendar_id == calendar,
        occurrences.c.starts_at < end,
        occurrences.c.ends_at > start,
    )


def taken(conn: Connection, calendar: int, start: int, end: int) -> list[tuple[int, int]]:
    """The instances of a calendar in an interval, in order; a room's feeds say more of them."""
    query = select(occurrences.c.starts_at, occurrences.c.ends_at).where(
        _overlap(calendar, start, end)
    )
    fed = (
        select(feed_busy.c.starts_at, feed_busy.c.ends_at)
        .join(calendars, calendars.c.owner_id == feed_busy.c.room_id)
        .where(
            calendars.c.id == calendar,
            calendars.c.owner_kind == ROOM,
            feed_busy.c.starts_at < end,
            feed_busy.c.ends_at > start,
        )
    )
    rows = conn.execute(query.union_all(fed).order_by("starts_at"))
    return [(row.starts_at, row.ends_at) for row in rows]


def changes(conn: Connection, calendar: int, since: int) -> list[tuple[int, str, str | None]]:
    """(revision, name, etag or None) of the last change of each name, oldest first.

    What was made and deleted since is left out: the client never saw it. What was changed back is
    not: the token may be one from within a first sync that has not come to it yet.
    """
    if since == 0:
        return [(row.rev, row.name, row.etag) for row in all_items(conn, calendar)]
    rows = conn.execute(
        select(item_changes.c.rev, item_changes.c.name, item_changes.c.old_etag,
               item_changes.c.new_etag)
        .where(item_changes.c.calendar_id == calendar, item_changes.c.rev > since)
        .order_by(item_changes.c.rev)
    )  # fmt: skip
    before: dict[str, str | None] = {}
    after: dict[str, tuple[int, str | None]] = {}
    for row in rows:
        before.setdefault(row.name, row.old_etag)
        after[row.name] = (row.rev, row.new_etag)
    last = [(rev, name, etag) for name, (rev, etag) in after.items() if etag or before[name]]
    return sorted(last)


def save(
    conn: Connection, now: datetime, calendar: int, name: str, uid: str, body: bytes, who: str
) -> str:
    """Store an object under a name and note the change; its ETag."""
    old, etag = item(conn, calendar, name), etag_of(body)
    rev = _next_rev(conn, calendar)
    values = {"uid": uid, "etag": etag, "body": body, "rev": rev}
    here = (items.c.calendar_id == calendar, items.c.name == name)
    if old:
        conn.execute(update(items).where(*here).values(**values))
    else:
        conn.execute(insert(items).values(calendar_id=calendar, name=name, **values))
    _note(conn, now, calendar, rev, name, old.etag if old else None, etag, who)
    return etag


def tag(conn: Connection, calendar: int, name: str, schedule_tag: str) -> None:
    """Note the schedule tag of an object."""
    here = (items.c.calendar_id == calendar, items.c.name == name)
    conn.execute(update(items).where(*here).values(schedule_tag=schedule_tag))


def remove(conn: Connection, now: datetime, calendar: int, name: str, who: str) -> None:
    """Forget an object and its instances, and note it."""
    old = item(conn, calendar, name)
    if old is None:
        return
    conn.execute(delete(items).where(items.c.calendar_id == calendar, items.c.name == name))
    place(conn, calendar, name, ())
    _note(conn, now, calendar, _next_rev(conn, calendar), name, old.etag, None, who)


def place(
    conn: Connection,
    calendar: int,
    name: str,
    instances: Sequence[Taken],
    *,
    booking: str | None = None,
    room: str | None = None,
) -> None:
    """Replace the stored instances of an object; with `room`, they hold it."""
    here = (occurrences.c.calendar_id == calendar, occurrences.c.name == name)
    conn.execute(delete(occurrences).where(*here))
    add_places(conn, calendar, name, instances, booking=booking, room=room)


def add_places(
    conn: Connection,
    calendar: int,
    name: str,
    instances: Sequence[Taken],
    *,
    booking: str | None = None,
    room: str | None = None,
) -> None:
    """Store more instances of an object."""
    if instances:
        conn.execute(
            insert(occurrences),
            [
                {
                    "calendar_id": calendar,
                    "name": name,
                    "booking_id": booking,
                    "room_id": room,
                    "starts_at": instance.start,
                    "ends_at": instance.end,
                    "recurrence_id": instance.recurrence_id,
                }
                for instance in instances
            ],
        )


def reach(conn: Connection, calendar: int, name: str, until: int | None) -> None:
    """Note until when the instances of a series are stored; None for what is no series."""
    here = (items.c.calendar_id == calendar, items.c.name == name)
    conn.execute(update(items).where(*here).values(placed_until=until))


def unbook(conn: Connection, booking: str) -> None:
    """The instances of a booking's objects hold nothing any more."""
    conn.execute(
        update(occurrences)
        .where(occurrences.c.booking_id == booking)
        .values(booking_id=None, room_id=None)
    )


def _next_rev(conn: Connection, calendar: int) -> int:
    query = (
        update(calendars)
        .where(calendars.c.id == calendar)
        .values(rev=calendars.c.rev + 1)
        .returning(calendars.c.rev)
    )
    return int(conn.execute(query).scalar_one())


def _note(
    conn: Connection,
    now: datetime,
    calendar: int,
    rev: int,
    name: str,
    old: str | None,
    new: str | None,
    who: str,
) -> None:
    conn.execute(
        insert(item_changes).values(
            calendar_id=calendar,
            rev=rev,
            name=name,
            old_etag=old,
            new_etag=new,
            who=who,
            at=seconds(now),
        )
    )
