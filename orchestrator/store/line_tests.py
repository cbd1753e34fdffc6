"""Tests of the centres' lines: their history, and what of it decides."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from orchestrator.store.among import among
from orchestrator.store.instants import instant, seconds
from orchestrator.store.tables_lines import line_tests
from rooms.centre import Centre
from rooms.ids import CentreId
from rooms.line import BELIEVED, LineTest, Profile, profile

KEPT = timedelta(days=400)
_RECENT = select(line_tests).where(
    among(line_tests.c.centre_id, "centres_"),
    line_tests.c.taken_at >= bindparam("since_"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A test as kept; `by` is a person, or the room whose screen made it."""

    id: str
    centre: CentreId
    by: str
    test: LineTest


def add(conn: Connection, kept: Kept) -> None:
    """Keep one more."""
    test = kept.test
    conn.execute(
        insert(line_tests).values(
            id=kept.id,
            centre_id=kept.centre,
            path=test.path,
            down_kbps=test.down_kbps,
            up_kbps=test.up_kbps,
            down_at_least=test.down_at_least,
            up_at_least=test.up_at_least,
            rtt_ms=test.rtt_ms,
            jitter_ms=test.jitter_ms,
            loss=test.loss,
            taken_at=seconds(test.taken_at),
            by=kept.by,
        )
    )


def history(conn: Connection, centre: CentreId, most: int) -> list[Kept]:
    """The last of a centre, the newest first."""
    query = select(line_tests).where(line_tests.c.centre_id == centre)
    last = query.order_by(line_tests.c.taken_at.desc(), line_tests.c.id).limit(most)
    return [_kept(row) for row in conn.execute(last)]


def profiles(conn: Connection, centres: Iterable[Centre], now: datetime) -> dict[CentreId, Profile]:
    """What each line carries now; one query."""
    known = {centre.id: centre for centre in centres}
    tests = recent(conn, known, now)
    return {name: profile(known[name].line, found, now) for name, found in tests.items()}


def recent(
    conn: Connection, centres: Iterable[CentreId], now: datetime
) -> dict[CentreId, list[LineTest]]:
    """The tests of each line that are not too old; one query."""
    tests: dict[CentreId, list[LineTest]] = {centre: [] for centre in centres}
    wanted = {"centres_": list(tests), "since_": seconds(now - BELIEVED)}
    for row in conn.execute(_RECENT, wanted):
        tests[row.centre_id].append(_kept(row).test)
    return tests


def drop(conn: Connection, now: datetime) -> int:
    """Forget those that are too old; how many."""
    old = line_tests.c.taken_at < seconds(now - KEPT)
    return conn.execute(delete(line_tests).where(old)).rowcount


def _kept(row: Any) -> Kept:
    test = LineTest(
        path=row.path,
        down_kbps=row.down_kbps,
        up_kbps=row.up_kbps,
        down_at_least=row.down_at_least,
        up_at_least=row.up_at_least,
        rtt_ms=row.rtt_ms,
        jitter_ms=row.jitter_ms,
        loss=row.loss,
        taken_at=instant(row.taken_at),
    )
    return Kept(id=row.id, centre=CentreId(row.centre_id), by=row.by, test=test)
