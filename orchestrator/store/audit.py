"""The record of what was done: by whom, to what, when. Rows are added, never changed."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from orchestrator.store.prepared import Prepared
from orchestrator.store.tables import audit

_RECORD = Prepared(insert(audit), "at", "who", "action", "target", "detail")


def record(
    conn: Connection,
    now: datetime,
    who: str,
    action: str,
    target: str,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write one line, in the transaction of what it tells."""
    said = {"who": who, "action": action, "target": target, "detail": detail or {}}
    _RECORD.run(conn, at=int(now.timestamp()), **said)


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
