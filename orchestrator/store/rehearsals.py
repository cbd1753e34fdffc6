"""Rehearsals of sessions, each with its report, and the tests of sites."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from orchestrator.rehearsal import Report
from orchestrator.site_test import Measured
from orchestrator.store.instants import instant, seconds
from orchestrator.store.tables import audit, participants
from orchestrator.store.tables_ceremonies import rehearsals, site_tests
from rooms.ids import RoomId, SessionId, new_id

KEPT_TESTS = timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """One rehearsal. `staging` is the stage as it was before, to be put back; `report` comes with
    the end."""

    id: str
    session: SessionId
    began_at: datetime
    began_by: str
    until: datetime
    ended_at: datetime | None
    staging: str | None
    report: Report | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteTest:
    """The test of a site; `by` is a person, or the room whose screen made it."""

    id: str
    room: RoomId
    at: datetime
    by: str
    measured: Measured


_report = cache(lambda: TypeAdapter(Report))
_measured = cache(lambda: TypeAdapter(Measured))


def begin(
    conn: Connection,
    now: datetime,
    session: SessionId,
    who: str,
    until: datetime,
    staging: str | None,
) -> str:
    """One more; its id."""
    made = new_id("rh")
    conn.execute(
        insert(rehearsals).values(
            id=made,
            session_id=session,
            began_at=seconds(now),
            began_by=who,
            until=seconds(until),
            report={"staging": staging},
        )
    )
    return made


def running(conn: Connection, session: SessionId) -> Rehearsal | None:
    """The one that goes on."""
    found = [one for one in of_session(conn, session) if one.ended_at is None]
    return found[-1] if found else None


def of_session(conn: Connection, session: SessionId) -> list[Rehearsal]:
    """All of a session, in order."""
    return _where(conn, rehearsals.c.session_id == session)


def since(conn: Connection, start: datetime) -> list[Rehearsal]:
    """Of any session, those that go on, or went on after `start`."""
    ends = func.coalesce(rehearsals.c.ended_at, rehearsals.c.until)
    return _where(conn, ends > seconds(start))


def _where(conn: Connection, condition: ColumnElement[bool]) -> list[Rehearsal]:
    query = select(rehearsals).where(condition)
    return [
        Rehearsal(
            id=row.id,
            session=SessionId(row.session_id),
            began_at=instant(row.began_at),
            began_by=row.began_by,
            until=instant(row.until),
            ended_at=None if row.ended_at is None else instant(row.ended_at),
            staging=(row.report or {}).get("staging"),
            report=_read(row.report),
        )
        for row in conn.execute(query.order_by(rehearsals.c.began_at, rehearsals.c.id))
    ]


def end(conn: Connection, now: datetime, rehearsal: str, report: Report) -> None:
    """It is over, and this is what it showed."""
    values = {"ended_at": seconds(now), "report": _report().dump_python(report, mode="json")}
    conn.execute(update(rehearsals).where(rehearsals.c.id == rehearsal).values(**values))


def forget_people(conn: Connection, session: SessionId) -> None:
    """Who was there for the rehearsal has not been at the ceremony."""
    conn.execute(delete(participants).where(participants.c.session_id == session))


def happened(
    conn: Connection, session: SessionId, rehearsal: str, actions: Iterable[str], most: int
) -> list[tuple[datetime, str, str]]:
    """(when, what, to whom) of these actions, as the record of a rehearsal has them."""
    query = select(audit).where(audit.c.target == session, audit.c.action.in_(list(actions)))
    return [
        (instant(row.at), row.action, str(row.detail.get("source") or row.detail.get("room") or ""))
        for row in conn.execute(query.order_by(audit.c.id))
        if row.detail.get("rehearsal") == rehearsal
    ][:most]


def keep_test(conn: Connection, test: SiteTest) -> None:
    """One more test; those that are too old go."""
    conn.execute(delete(site_tests).where(site_tests.c.at < _ms(test.at - KEPT_TESTS)))
    document = _measured().dump_python(test.measured, mode="json")
    conn.execute(
        insert(site_tests).values(
            id=test.id, room_id=test.room, at=_ms(test.at), by=test.by, document=document
        )
    )


def latest_tests(
    conn: Connection, rooms: Iterable[RoomId], since: datetime, until: datetime
) -> dict[RoomId, SiteTest]:
    """The last test of each room in an interval."""
    query = select(site_tests).where(
        site_tests.c.room_id.in_(list(rooms)),
        site_tests.c.at >= _ms(since),
        site_tests.c.at <= _ms(until),
    )
    return {
        RoomId(row.room_id): SiteTest(
            id=row.id,
            room=RoomId(row.room_id),
            at=datetime.fromtimestamp(row.at / 1000, UTC),
            by=row.by,
            measured=_measured().validate_python(row.document),
        )
        for row in conn.execute(query.order_by(site_tests.c.at, site_tests.c.id))
    }


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _read(document: dict[str, object] | None) -> Report | None:
    if document is None or "staging" in document:
        return None
    return _report().validate_python(document)
