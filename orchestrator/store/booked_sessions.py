"""Sessions as their booking makes, moves and unmakes them. What is running is left alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

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


def join_code(conn: Connection, booking: str) -> str | None:
    """The code of the booking's sessions, the same for every date."""
    query = select(sessions.c.join_code).where(sessions.c.booking_id == booking).limit(1)
    return conn.execute(query).scalar_one_or_none()


def agree(conn: Connection, now: datetime, wish: Wish) -> str:
    """Make the waiting sessions what the booking says, one for each date; the join code."""
    code = join_code(conn, wish.booking) or new_secret()
    known = _known(conn, wish.booking)
    wanted = {instance.recurrence_id: instance for instance in wish.instances}
    gone = [row for key, row in known.items() if key not in wanted]
    _delete(conn, (id_ for id_, state in gone if state in WAITING))
    kept = {key: row for key, row in known.items() if key in wanted}
    waiting = [(id_, wanted[key]) for key, (id_, state) in kept.items() if state in WAITING]
    for id_, instance in waiting:
        conn.execute(update(sessions).where(sessions.c.id == id_).values(_facts(wish, instance)))
    _delete_sites(conn, [id_ for id_, _ in waiting])
    fresh = _add(conn, now, wish, [wanted[key] for key in wanted if key not in kept], code)
    _seat(conn, [id_ for id_, _ in waiting] + fresh, wish.seats)
    return code


def extend(conn: Connection, now: datetime, wish: Wish) -> None:
    """Make sessions for more dates of a booking; those it has stay as they are."""
    code, known = join_code(conn, wish.booking) or new_secret(), _known(conn, wish.booking)
    dates = [instance for instance in wish.instances if instance.recurrence_id not in known]
    _seat(conn, _add(conn, now, wish, dates, code), wish.seats)


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
        conn.execute(insert(sessions), rows)
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
        conn.execute(insert(sites), rows)


def suspend(conn: Connection, booking: str) -> None:
    """The rooms were refused: waiting sessions are drafts without sites, their code is kept."""
    ids = [id_ for id_, state in _known(conn, booking).values() if state in WAITING]
    _delete_sites(conn, ids)
    for id_ in ids:
        conn.execute(update(sessions).where(sessions.c.id == id_).values(state=DRAFT))


def forget(conn: Connection, booking: str) -> None:
    """The booking is cancelled: waiting sessions go, running ones are the conductor's."""
    _delete(conn, (id_ for id_, state in _known(conn, booking).values() if state in WAITING))


def of_bookings(conn: Connection, ids: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    """Booking -> (its first session that is not over, or its last; the join code)."""
    query = (
        select(sessions.c.booking_id, sessions.c.id, sessions.c.join_code, sessions.c.state)
        .where(sessions.c.booking_id.in_(list(ids)))
        .order_by(sessions.c.starts_at.desc())
    )
    found: dict[str, tuple[str, str]] = {}
    for row in conn.execute(query):
        if row.booking_id not in found or row.state not in ("ended", "archived"):
            found[row.booking_id] = (row.id, row.join_code)
    return found


def _known(conn: Connection, booking: str) -> dict[str, tuple[str, str]]:
    query = select(sessions.c.recurrence_id, sessions.c.id, sessions.c.state)
    rows = conn.execute(query.where(sessions.c.booking_id == booking))
    return {row.recurrence_id: (row.id, row.state) for row in rows}


def _delete(conn: Connection, ids: Iterable[str]) -> None:
    gone = list(ids)
    if gone:
        conn.execute(delete(sessions).where(sessions.c.id.in_(gone)))


def _delete_sites(conn: Connection, ids: Sequence[str]) -> None:
    if ids:
        conn.execute(delete(sites).where(sites.c.session_id.in_(ids)))
