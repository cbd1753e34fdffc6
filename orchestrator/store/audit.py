"""The record of what was done: by whom, to what, when. Rows are added, never changed, but for the
count of those that strangers can have written as often as they please (`refused`)."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from orchestrator.store.prepared import Prepared
from orchestrator.store.tables import audit
from orchestrator.store.tables_ceremonies import rehearsals

SOURCES = 10
"""Lines of one kind of refusal within one minute, before the others share one."""
OTHERS = "*"
_RECORD = Prepared(insert(audit), "at", "who", "action", "target", "detail")


def record(
    conn: Connection,
    now: datetime,
    who: str,
    action: str,
    target: str,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write one line, in the transaction of what it tells. What happens to a session that is being
    rehearsed bears the name of the rehearsal: it is no part of what happened on the day."""
    about = detail or {}
    if target.startswith("se-") and (of := _rehearsal(conn, target)) is not None:
        about = {**about, "rehearsal": of}
    said = {"who": who, "action": action, "target": target, "detail": about}
    _RECORD.run(conn, at=int(now.timestamp()), **said)


def _rehearsal(conn: Connection, session: str) -> str | None:
    found = conn.execute(
        select(rehearsals.c.id).where(
            rehearsals.c.session_id == session, rehearsals.c.ended_at.is_(None)
        )
    )
    return found.scalar()


def refused(
    conn: Connection, now: datetime, who: str, action: str, target: str, detail: dict[str, Any]
) -> None:
    """Write a refusal that a stranger can cause: one line for what is alike within one minute of
    the clock, with how many `times`; ten of them, and one for all others (target `*`)."""
    minute = int(now.timestamp()) // 60 * 60
    there = conn.execute(
        select(audit.c.id, audit.c.who, audit.c.target, audit.c.detail)
        .where(audit.c.at >= minute, audit.c.action == action)
        .order_by(audit.c.id)
    )
    lines = {_alike(row.who, row.target, row.detail): row for row in there}
    if _alike(who, target, detail) not in lines and len(lines) >= SOURCES:
        who, target, detail = "nobody", OTHERS, {}
    known = lines.get(_alike(who, target, detail))
    if known is None:
        record(conn, now, who, action, target, {**detail, "times": 1})
    else:
        counted = {**known.detail, "times": known.detail["times"] + 1}
        conn.execute(update(audit).where(audit.c.id == known.id).values(detail=counted))


def _alike(who: str, target: str, detail: dict[str, Any]) -> tuple[str, str, str]:
    said = {name: value for name, value in detail.items() if name != "times"}
    return who, target, json.dumps(said, sort_keys=True)


def latest(conn: Connection, limit: int = 200, before: int | None = None) -> list[dict[str, Any]]:
    """The newest lines first; `before` is the id of the last one already seen."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [
        {
            "id": row.id,
            "at": datetime.fromtimestamp(row.at, UTC).isoformat().replace("+00:00", "Z"),
            "who": row.who,
            "action": row.action,
            "target": row.target,
            "detail": row.detail,
        }
        for row in conn.execute(query)
    ]
