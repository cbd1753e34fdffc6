"""Calendars, their objects, what changed in them, and the instants their events take.

Every statement is made once, when the module is read: SQLAlchemy takes four times as long to put
one together as to run it. A name that ends in `_` is a parameter of a WHERE.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    Connection,
    Executable,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    union_all,
    update,
)

from orchestrator.store.seen import Seen, seen_by
from orchestrator.store.tables import (
    IS_LONG,
    LONG,
    calendars,
    item_changes,
    items,
    occurrences,
)
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


_CALENDAR = tuple(calendars.c[name] for name in CalendarRow.__dataclass_fields__)
_THE_CALENDAR = calendars.c.id == bindparam("calendar_")
_NEW_CALENDAR = insert(calendars)
_OF_OWNER = select(*_CALENDAR).where(
    calendars.c.owner_kind == bindparam("kind_"),
    calendars.c.owner_id == bindparam("owner_"),
    calendars.c.name == bindparam("name_"),
)
_BY_ID = select(*_CALENDAR).where(_THE_CALENDAR)
_OF_ROOMS = select(*_CALENDAR).where(calendars.c.owner_kind == ROOM)
_CHANGE_CALENDAR = update(calendars).where(_THE_CALENDAR)


def ensure_calendar(
    conn: Connection, kind: str, owner: str, displayname: str, color: str = ""
) -> None:
    """Make the calendar of a person or a room if there is none."""
    if find_calendar(conn, kind, owner) is None:
        values = {"owner_kind": kind, "owner_id": owner, "name": _first_name(kind, owner)}
        shown = {"displayname": displayname, "color": color, "rev": 0}
        conn.execute(_NEW_CALENDAR, values | shown)


def _first_name(kind: str, owner: str) -> str:
    return OWN if kind == PERSON else owner


def find_calendar(conn: Connection, kind: str, owner: str) -> CalendarRow | None:
    """The calendar of a room, or the one a person was given."""
    wanted = {"kind_": kind, "owner_": owner, "name_": _first_name(kind, owner)}
    row = conn.execute(_OF_OWNER, wanted).first()
    return CalendarRow(**row._mapping) if row else None


def calendar_by_id(conn: Connection, calendar: int) -> CalendarRow | None:
    """The calendar of this id."""
    row = conn.execute(_BY_ID, {"calendar_": calendar}).first()
    return CalendarRow(**row._mapping) if row else None


def room_calendars(conn: Connection) -> dict[str, CalendarRow]:
    """Every room's calendar, by room."""
    return {row.owner_id: CalendarRow(**row._mapping) for row in conn.execute(_OF_ROOMS)}


def describe(conn: Connection, calendar: int, displayname: str | None, color: str | None) -> None:
    """Change how a calendar is shown; what is None stays."""
    wanted = {"displayname": displayname, "color": color}
    values = {name: value for name, value in wanted.items() if value is not None}
    conn.execute(_CHANGE_CALENDAR, {"calendar_": calendar, **values})


_ITEM = tuple(items.c[name] for name in ItemRow.__dataclass_fields__)
_IN_CALENDAR = items.c.calendar_id == bindparam("calendar_")
_HERE = (_IN_CALENDAR, items.c.name == bindparam("name_"))
_ITEMS = select(*_ITEM).where(_IN_CALENDAR)
_ONE_ITEM = select(*_ITEM).where(*_HERE)
_OF_UID = select(*_ITEM).where(_IN_CALENDAR, items.c.uid == bindparam("uid_"))
_CLASHES = select(*_ITEM).where(
    _IN_CALENDAR, or_(items.c.name == bindparam("name_"), items.c.uid == bindparam("uid_"))
)
_NEW_ITEM = insert(items)
_CHANGE_ITEM = update(items).where(*_HERE)
_DROP_ITEM = delete(items).where(*_HERE)


def _items(conn: Connection, query: Executable, calendar: int, **wanted: Any) -> list[ItemRow]:
    rows = conn.execute(query, {"calendar_": calendar, **wanted})
    found = [ItemRow(**row._mapping) for row in rows]
    return sorted(found, key=lambda row: row.rev)  # here: SQLite would go by it and read them all


def item(conn: Connection, calendar: int, name: str) -> ItemRow | None:
    """One object by name; read once in a transaction."""
    rows = _seen(conn).rows
    if (calendar, name) not in rows:
        found = _items(conn, _ONE_ITEM, calendar, name_=name)
        rows[calendar, name] = found[0] if found else None
    return rows[calendar, name]


def _seen(conn: Connection) -> Seen[ItemRow]:
    return cast(Seen[ItemRow], seen_by(conn))


def item_by_uid(conn: Connection, calendar: int, uid: str) -> ItemRow | None:
    """One object by UID."""
    return next(iter(_items(conn, _OF_UID, calendar, uid_=uid)), None)


def clashes(conn: Connection, calendar: int, name: str, uid: str) -> list[ItemRow]:
    """The objects that have this name or this UID."""
    found = _items(conn, _CLASHES, calendar, name_=name, uid_=uid)
    named = next((row for row in found if row.name == name), None)
    _seen(conn).rows[calendar, name] = named
    return found


def all_items(conn: Connection, calendar: int) -> list[ItemRow]:
    """Every object, the longest unchanged first."""
    return _items(conn, _ITEMS, calendar)


_WITHIN = and_(
    occurrences.c.calendar_id == bindparam("calendar_"),
    occurrences.c.starts_at < bindparam("end_"),
    occurrences.c.ends_at > bindparam("start_"),
)
# Sought by its start, so that nobody reads the years before; few events last for months.
_NEAR = (_WITHIN, occurrences.c.starts_at > bindparam("first_"), text(f"NOT ({IS_LONG})"))
_LONG = (_WITHIN, text(IS_LONG))
_BETWEEN = _ITEMS.where(
    items.c.name.in_(
        union_all(*(select(occurrences.c.name).where(*where) for where in (_NEAR, _LONG)))
    )
)
_UNPLACED = _ITEMS.where(text("unplaced"))  # as its index says it
_BEYOND = _ITEMS.where(or_(items.c.unplaced, func.instr(items.c.body, b"RRULE") > 0))


def items_between(conn: Connection, calendar: int, start: int, end: int) -> list[ItemRow]:
    """Objects with an instance in the interval."""
    return _items(conn, _BETWEEN, calendar, start_=start, end_=end, first_=start - LONG)


def items_unplaced(
    conn: Connection, calendar: int, *, beyond: bool, but: Iterable[str]
) -> list[ItemRow]:
    """Objects without any stored instance and, if `beyond` the horizon, every series."""
    known = set(but)
    found = _items(conn, _BEYOND if beyond else _UNPLACED, calendar)
    return [row for row in found if row.name not in known]


_FED = (
    select(feed_busy.c.starts_at, feed_busy.c.ends_at)
    .join(calendars, calendars.c.owner_id == feed_busy.c.room_id)
    .where(
        _THE_CALENDAR,
        calendars.c.owner_kind == ROOM,
        feed_busy.c.starts_at < bindparam("end_"),
        feed_busy.c.ends_at > bindparam("start_"),
    )
)
_TAKEN = union_all(
    *(
        select(occurrences.c.starts_at, occurrences.c.ends_at).where(*where)
        for where in (_NEAR, _LONG)
    ),
    _FED,
)


def taken(conn: Connection, calendar: int, start: int, end: int) -> list[tuple[int, int]]:
    """The instances of a calendar in an interval, in order; a room's feeds say more of them."""
    wanted = {"calendar_": calendar, "start_": start, "end_": end, "first_": start - LONG}
    rows = conn.execute(_TAKEN, wanted)
    return sorted((starts_at, ends_at) for starts_at, ends_at in rows)


_NEW_CHANGE = insert(item_changes)
_NEXT_REV = (
    update(calendars)
    .where(_THE_CALENDAR)
    .values(rev=calendars.c.rev + 1)
    .returning(calendars.c.rev)
)


def save(
    conn: Connection,
    now: datetime,
    calendar: int,
    name: str,
    uid: str,
    body: bytes,
    who: str,
    *,
    placed: bool = False,
    tagged: bool = False,
) -> str:
    """Store an object under a name and note the change; its ETag.

    With `placed`, the caller stores its instances next. A new object that is `tagged` has its ETag
    for a schedule tag.
    """
    old, seen = item(conn, calendar, name), _seen(conn)
    etag, rev = etag_of(body), _next_rev(conn, calendar)
    values: dict[str, Any] = {"uid": uid, "etag": etag, "body": body, "rev": rev}
    if old is not None:
        conn.execute(_CHANGE_ITEM, _at(calendar, name) | values)
        seen.rows[calendar, name] = replace(old, **values)
    else:
        values["schedule_tag"] = etag if tagged else None
        conn.execute(
            _NEW_ITEM, {"calendar_id": calendar, "name": name, "unplaced": not placed, **values}
        )
        seen.rows[calendar, name] = ItemRow(name=name, **values)
        seen.fresh[calendar, name] = placed
    _note(conn, now, calendar, rev, name, old.etag if old else None, etag, who)
    return etag


def tag(conn: Connection, calendar: int, name: str, schedule_tag: str) -> None:
    """Note the schedule tag of an object."""
    known = item(conn, calendar, name)
    if known is not None and known.schedule_tag != schedule_tag:
        conn.execute(_CHANGE_ITEM, _at(calendar, name) | {"schedule_tag": schedule_tag})
        _seen(conn).rows[calendar, name] = replace(known, schedule_tag=schedule_tag)


def remove(conn: Connection, now: datetime, calendar: int, name: str, who: str) -> None:
    """Forget an object and its instances, and note it."""
    old = item(conn, calendar, name)
    if old is None:
        return
    conn.execute(_DROP_ITEM, _at(calendar, name))
    place(conn, calendar, name, ())
    _seen(conn).rows[calendar, name] = None
    _note(conn, now, calendar, _next_rev(conn, calendar), name, old.etag, None, who)


_UNPLACE = delete(occurrences).where(
    occurrences.c.calendar_id == bindparam("calendar_"), occurrences.c.name == bindparam("name_")
)
_PLACE = insert(occurrences)
_UNBOOK = update(occurrences).where(occurrences.c.booking_id == bindparam("booking_"))


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
    if (calendar, name) not in _seen(conn).fresh:
        conn.execute(_UNPLACE, _at(calendar, name))
        if not instances:
            conn.execute(_CHANGE_ITEM, _at(calendar, name) | {"unplaced": True})
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
        if not _seen(conn).fresh.pop((calendar, name), False):
            conn.execute(_CHANGE_ITEM, _at(calendar, name) | {"unplaced": False})
        conn.execute(
            _PLACE,
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
    conn.execute(_CHANGE_ITEM, _at(calendar, name) | {"placed_until": until})


def unbook(conn: Connection, booking: str) -> None:
    """The instances of a booking's objects hold nothing any more."""
    conn.execute(_UNBOOK, {"booking_": booking, "booking_id": None, "room_id": None})


def _at(calendar: int, name: str) -> dict[str, Any]:
    return {"calendar_": calendar, "name_": name}


def _next_rev(conn: Connection, calendar: int) -> int:
    return int(conn.execute(_NEXT_REV, {"calendar_": calendar}).scalar_one())


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
    change = {"calendar_id": calendar, "rev": rev, "name": name, "old_etag": old, "new_etag": new}
    conn.execute(_NEW_CHANGE, change | {"who": who, "at": seconds(now)})
