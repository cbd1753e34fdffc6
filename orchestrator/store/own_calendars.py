"""The calendars of people beyond the first, and whose calendars one may see."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from orchestrator.store import seen
from orchestrator.store.calendar_items import OWN, PERSON, CalendarRow
from orchestrator.store.instants import seconds
from orchestrator.store.tables import calendars, delegations, items, occurrences

GONE = "gone"  # a deleted calendar keeps its line: its id, part of sync tokens, is never used again
READ, WRITE = "read", "write"
RIGHTS = (READ, WRITE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """What one person lets another do with his calendars."""

    owner: str
    delegate: str
    rights: str


_OF_PERSON = (
    select(calendars)
    .where(calendars.c.owner_kind == PERSON, calendars.c.owner_id == bindparam("person_"))
    .order_by(calendars.c.name != OWN, calendars.c.id)
)
_DELEGATED = (
    select(delegations)
    .where(delegations.c.delegate_id == bindparam("person_"))
    .order_by(delegations.c.created_at, delegations.c.owner_id)
)


def of_person(conn: Connection, person: str) -> list[CalendarRow]:
    """All of a person's, the first one first."""
    rows = conn.execute(_OF_PERSON, {"person_": person})
    return [CalendarRow(**row._mapping) for row in rows]


def named(conn: Connection, person: str, name: str) -> CalendarRow | None:
    """One of them."""
    return next((row for row in of_person(conn, person) if row.name == name), None)


def make(conn: Connection, person: str, name: str, displayname: str, color: str) -> None:
    """One more."""
    conn.execute(
        insert(calendars).values(
            owner_kind=PERSON, owner_id=person, name=name, displayname=displayname,
            color=color, rev=0,
        )
    )  # fmt: skip


def bury(conn: Connection, calendar: int) -> None:
    """Forget a calendar with what is left in it."""
    conn.execute(delete(items).where(items.c.calendar_id == calendar))
    seen.forget(conn)
    conn.execute(delete(occurrences).where(occurrences.c.calendar_id == calendar))
    conn.execute(
        update(calendars)
        .where(calendars.c.id == calendar)
        .values(owner_kind=GONE, name=str(calendar))
    )


def delegate(
    conn: Connection, now: datetime, owner: str, delegate_to: str, rights: str | None
) -> None:
    """Let someone read or write one's calendars; None takes it back."""
    pair = (delegations.c.owner_id == owner, delegations.c.delegate_id == delegate_to)
    conn.execute(delete(delegations).where(*pair))
    if rights is not None:
        conn.execute(
            insert(delegations).values(
                owner_id=owner, delegate_id=delegate_to, rights=rights, created_at=seconds(now)
            )
        )


def delegated_to(conn: Connection, person: str) -> list[Delegation]:
    """Whose calendars a person may see."""
    return [
        Delegation(owner=row.owner_id, delegate=row.delegate_id, rights=row.rights)
        for row in conn.execute(_DELEGATED, {"person_": person})
    ]


def delegated_by(conn: Connection, person: str) -> list[Delegation]:
    """Whom a person let into his calendars."""
    query = select(delegations).where(delegations.c.owner_id == person)
    return [
        Delegation(owner=row.owner_id, delegate=row.delegate_id, rights=row.rights)
        for row in conn.execute(query.order_by(delegations.c.created_at, delegations.c.delegate_id))
    ]


def count(conn: Connection, person: str) -> int:
    """How many a person has."""
    query = select(func.count()).where(
        calendars.c.owner_kind == PERSON, calendars.c.owner_id == person
    )
    return int(conn.execute(query).scalar_one())
