"""Answers already given, so that a request sent again is answered and not done again."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from orchestrator.store.instants import seconds
from orchestrator.store.tables import idempotency
from rooms.errors import Invalid

LASTS = timedelta(hours=24)
KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """One request meant to be done once: whose and of what (`scope`), its key, its parsed body."""

    scope: str
    key: str
    body: Any

    def __post_init__(self) -> None:
        if KEY.fullmatch(self.key) is None:
            raise Invalid("bad-idempotency-key", accepted=KEY.pattern)

    @property
    def body_hash(self) -> str:
        """The body as parsed: spaces and the order of members do not matter."""
        canonical = json.dumps(self.body, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def find(conn: Connection, once: Once, now: datetime) -> dict[str, Any] | None:
    """The answer given before; Invalid("idempotency-conflict") when the body was another."""
    row = conn.execute(
        select(idempotency).where(
            idempotency.c.scope == once.scope,
            idempotency.c.key == once.key,
            idempotency.c.at > seconds(now - LASTS),
        )
    ).one_or_none()
    if row is None:
        return None
    if row.body_hash != once.body_hash:
        raise Invalid("idempotency-conflict")
    answer: dict[str, Any] = row.answer
    return answer


def keep(
    conn: Connection, once: Once, now: datetime, answer: dict[str, Any], status: int = 202
) -> None:
    """Remember the answer, and forget those of yesterday."""
    conn.execute(delete(idempotency).where(idempotency.c.at <= seconds(now - LASTS)))
    conn.execute(
        insert(idempotency).values(
            scope=once.scope,
            key=once.key,
            body_hash=once.body_hash,
            status=status,
            answer=answer,
            at=seconds(now),
        )
    )
