"""Sessions as their booking makes, moves and unmakes them. What is running is left alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from orchestrator.store.among import among
from orchestrator.store.calendar_items import Taken, seconds
from orchestrator.store.tables import sessions, sites
from rooms.ids import BookingId, PersonId, new_id, new_secret

DRAFT, BOOKED = "draft", "booked"
WAITING = (DRAFT, BOOKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A room of the session."""

    room: str
    centre: str
    role: str  # host remote


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a confirmed booking wants of its sessions."""

    booking: BookingId
    organiser: PersonId
    kind: str
    title: str
    instances: Sequence[Taken]
    seats: Sequence[Seat]


_OF_BOOKING = sessions.c.booking_id == bindparam("booking_")
_KNOWN = select(
    sessions.c.recurrence_id, sessions.c.id, sessions.c.state, sessions.c.join_code
).where(_OF_BOOKING)
_NEW = insert(sessions)
_CHANGE = update(sessions).where(sessions.c.id == bindparam("id_"))
_DELETE = delete(sessions).where(among(sessions.c.id, "ids_"))
_SEAT = insert(sites)
_UNSEAT = delete(sites).where(among(sites.c.session_id, "ids_"))
_OF_BOOKINGS = (
    select(sessions.c.booking_id, sessions.c.id, sessions.c.join_code, sessions.c.state)
    .where(among(sessions.c.booking_id, "ids_"))
    .order_by(sessions.c.starts_at.desc())
)


def join_code(conn: Connection, booking: str) -> str | None:
    """The code of the booking's sessions, the same for every date."""
    return next((code for _, _, code in _known(conn, booking).values()), None)


def agree(conn: Connection, now: datetime, wish: Wish, *, new: bool = False) -> str:
    """Make the waiting sessions what the booking says, one for each date; the join code."""
    known = {} if new else _known(conn, wish.booking)
    code = _code(known)
    wanted = {instance.recurrence_id: instance for instance in wish.instances}
    gone = [row for key, row in known.items() if key not in wanted]
    _delete(conn, (id_ for id_, state, _ in gone if state in WAITING))
    kept = {key: row for key, row in known.items() if key in wanted}
    waiting = [(id_, wanted[key]) for key, (id_, state, _) in kept.items() if state in WAITING]
    for id_, instance in waiting:
        conn.execute(_CHANGE, {"id_": id_, **_facts(wish, instance)})
    _delete_sites(conn, [id_ for id_, _ in waiting])
    fresh = _add(conn, now, wish, [wanted[key] for key in wanted if key not in kept], code)
    _seat(conn, [id_ for id_, _ in waiting] + fresh, wish.seats)
    return code


def extend(conn: Connection, now: datetime, wish: Wish) -> None:
    """Make sessions for more dates of a booking; those it has stay as they are."""
    known = _known(conn, wish.booking)
    dates = [instance for instance in wish.instances if instance.recurrence_id not in known]
    _seat(conn, _add(conn, now, wish, dates, _code(known)), wish.seats)


def _add(
    conn: Connection, now: datetime, wish: Wish, dates: Iterable[Taken], code: str
) -> list[str]:
    rows = [
        {
            "id": new_id("se"),
            "booking_id": wish.booking,
            "recurrence_id": instance.recurrence_id,
            "join_code": code,
            **_facts(wish, instance),
        }
        for instance in dates
        if instance.end > seconds(now)
    ]
    if rows:
        conn.execute(_NEW, rows)
    return [str(row["id"]) for row in rows]


def _facts(wish: Wish, instance: Taken) -> dict[str, object]:
    return {
        "kind": wish.kind,
        "title": wish.title,
        "state": BOOKED,
        "organiser_id": wish.organiser,
        "starts_at": instance.start,
        "ends_at": instance.end,
    }


def _seat(conn: Connection, ids: Sequence[str], seats: Sequence[Seat]) -> None:
    rows = [
        {
            "session_id": id_,
            "room_id": seat.room,
            "centre_id": seat.centre,
            "role": seat.role,
            "state": "expected",
        }
        for id_ in ids
        for seat in seats
    ]
    if rows:
        conn.execute(_SEAT, rows)


def suspend(conn: Connection, booking: str) -> None:
    """The rooms were refused: waiting sessions are drafts without sites, their code is kept."""
    ids = [id_ for id_, state, _ in _known(conn, booking).values() if state in WAITING]
    _delete_sites(conn, ids)
    for id_ in ids:
        conn.execute(_CHANGE, {"id_": id_, "state": DRAFT})


def forget(conn: Connection, booking: str) -> None:
    """The booking is cancelled: waiting sessions go, running ones are the conductor's."""
    _delete(conn, (id_ for id_, state, _ in _known(conn, booking).values() if state in WAITING))


def of_bookings(conn: Connection, ids: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    """Booking -> (its first session that is not over, or its last; the join code)."""
    found: dict[str, tuple[str, str]] = {}
    for row in conn.execute(_OF_BOOKINGS, {"ids_": list(ids)}):
        if row.booking_id not in found or row.state not in ("ended", "archived"):
            found[row.booking_id] = (row.id, row.join_code)
    return found


def _known(conn: Connection, booking: str) -> dict[str, tuple[str, str, str]]:
    """Date -> (session, its state, its join code)."""
    rows = conn.execute(_KNOWN, {"booking_": booking})
    return {row.recurrence_id: (row.id, row.state, row.join_code) for row in rows}


def _code(known: Mapping[str, tuple[str, str, str]]) -> str:
    """The join code of the booking's sessions, the same for every date."""
    return next((code for _, _, code in known.values()), None) or new_secret()


def _delete(conn: Connection, ids: Iterable[str]) -> None:
    gone = list(ids)
    if gone:
        conn.execute(_DELETE, {"ids_": gone})


def _delete_sites(conn: Connection, ids: Sequence[str]) -> None:
    if ids:
        conn.execute(_UNSEAT, {"ids_": list(ids)})
