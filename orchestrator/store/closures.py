"""Exceptional closings and openings of the centres, beside those of the file."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Literal

from sqlalchemy import Connection, bindparam, delete, insert, select

from orchestrator.store.instants import seconds
from orchestrator.store.tables import closures
from rooms.centre import Centre, Closure, Opening
from rooms.ids import CentreId

Kind = Literal["closed", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureRow:
    """Whole days closed, or open at exceptional hours (`opens` and `closes` are then given)."""

    id: str
    centre: CentreId
    kind: Kind
    first: date
    last: date
    opens: time | None = None
    closes: time | None = None
    reason: str = ""
    created_by: str = ""


def add(conn: Connection, now: datetime, row: ClosureRow) -> None:
    """Keep one more."""
    conn.execute(
        insert(closures).values(
            id=row.id,
            centre_id=row.centre,
            kind=row.kind,
            first_day=row.first.isoformat(),
            last_day=row.last.isoformat(),
            opens=row.opens and f"{row.opens:%H:%M}",
            closes=row.closes and f"{row.closes:%H:%M}",
            reason=row.reason,
            created_by=row.created_by,
            created_at=seconds(now),
        )
    )


def remove(conn: Connection, closure: str) -> None:
    """Forget one."""
    conn.execute(delete(closures).where(closures.c.id == closure))


_OF_CENTRE = (
    select(closures)
    .where(closures.c.centre_id == bindparam("centre_"))
    .order_by(closures.c.first_day)
)


def of_centre(conn: Connection, centre: CentreId) -> list[ClosureRow]:
    """Those of a centre, in order."""
    return [
        ClosureRow(
            id=row.id,
            centre=CentreId(row.centre_id),
            kind="open" if row.kind == "open" else "closed",
            first=date.fromisoformat(row.first_day),
            last=date.fromisoformat(row.last_day),
            opens=time.fromisoformat(row.opens) if row.opens else None,
            closes=time.fromisoformat(row.closes) if row.closes else None,
            reason=row.reason,
            created_by=row.created_by,
        )
        for row in conn.execute(_OF_CENTRE, {"centre_": centre})
    ]


def effective(conn: Connection, centre: Centre) -> Centre:
    """The centre with its exceptional closings and openings."""
    return applied(centre, of_centre(conn, centre.id))


def applied(centre: Centre, rows: Iterable[ClosureRow]) -> Centre:
    """The centre with these too."""
    closed, opened = [], []
    for row in rows:
        if row.kind == "closed":
            closed.append(Closure(first=row.first, last=row.last, reason=row.reason))
        elif row.opens is not None and row.closes is not None:
            opened.append(
                Opening(
                    first=row.first, last=row.last, opens=row.opens, closes=row.closes,
                    reason=row.reason,
                )
            )  # fmt: skip
    if not closed and not opened:
        return centre
    return replace(
        centre,
        closures=(*centre.closures, *closed),
        openings=(*centre.openings, *opened),
    )
