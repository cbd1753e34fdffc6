"""Recording what is on air: on what terms, from when to when, and for how long it is kept.

A recording without purpose, basis and term does not begin, and a rehearsal is never recorded. What
is kept here is what is wanted; `orchestrator.recording.keeper` sees to it that it is so.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from orchestrator.cases import services
from orchestrator.cases.rights import SessionCheck, anyone
from orchestrator.means import Means
from orchestrator.recorded import Terms
from orchestrator.session import RUNNING, State
from orchestrator.store import audit, participants, people, recordings, sessions
from orchestrator.store.instants import iso
from orchestrator.store.recordings import Recording
from rooms.errors import Conflict
from rooms.ids import SessionId
from signalling.ports import SERVICE, Json

PLACE = "recorder"


async def set_terms(
    means: Means, session: SessionId, wanted: Terms, by: str, check: SessionCheck = anyone
) -> None:
    """From the next recording on. Conflict("recording-runs"): everybody was told other ones."""
    now = means.clock()

    def keep(conn: Connection) -> None:
        check(conn, sessions.get(conn, session))
        if recordings.running(conn, session) is not None:
            raise Conflict("recording-runs", session=session)
        recordings.keep_terms(conn, session, wanted)
        audit.record(conn, now, by, "recording.terms", session, wanted.to_json())

    await means.database.write(keep)
    await means.wire.session_changed(session)


async def terms(means: Means, session: SessionId, check: SessionCheck = anyone) -> Terms | None:
    """On which it may be recorded; None: it may not yet."""

    def look(conn: Connection) -> Terms | None:
        check(conn, sessions.get(conn, session))
        return recordings.terms(conn, session)

    return await means.database.read(look)


async def begin(
    means: Means, session: SessionId, by: str, check: SessionCheck = anyone
) -> Recording:
    """Record from now on; the one that runs already is the answer, too.

    Raises:
        NotFound: "no-session".
        Conflict: "recording-in-rehearsal", "recording-not-running", "recording-no-terms".
    """
    now = means.clock()

    def start(conn: Connection) -> tuple[Recording, bool]:
        stored = sessions.get(conn, session)
        check(conn, stored)
        known = recordings.running(conn, session)
        if known is not None:
            return known, False
        wanted = _allowed(conn, session, stored.session.state)
        place, _ = participants.add(conn, now, session, name=PLACE, kind=SERVICE)
        made = recordings.start(conn, now, session, place, wanted, by)
        put_on_record(
            conn, now, made, by, "begun", {"until": iso(made.delete_at), **wanted.to_json()}
        )
        return made, True

    made, fresh = await means.database.write(start)
    if fresh:
        await tell(means, made)
    return made


def _allowed(conn: Connection, session: SessionId, state: State) -> Terms:
    if state is State.REHEARSAL:
        raise Conflict("recording-in-rehearsal", session=session)
    if state not in RUNNING:
        raise Conflict("recording-not-running", session=session)
    wanted = recordings.terms(conn, session)
    if wanted is None:
        raise Conflict("recording-no-terms", session=session)
    return wanted


async def end(
    means: Means,
    session: SessionId,
    by: str,
    check: SessionCheck = anyone,
    recording: str | None = None,
) -> Recording | None:
    """Record no more; None where nothing ran. NotFound("no-recording")."""
    now = means.clock()

    def stop(conn: Connection) -> Recording | None:
        check(conn, sessions.get(conn, session))
        if recording is not None:
            recordings.get(conn, session, recording)
        known = recordings.running(conn, session)
        if known is None or recording not in (None, known.id):
            return None
        recordings.stop(conn, now, known.id, by)
        put_on_record(conn, now, known, by, "ended", {})
        return recordings.get(conn, session, known.id)

    ended = await means.database.write(stop)
    if ended is not None:
        await services.take_place(means, session, ended.participant)
        await tell(means, ended)
    return ended


async def settled(means: Means, recording: Recording, state: str, why: str, parts: Any) -> None:
    """Its files are closed, or cannot be written: the index is as they are."""
    now = means.clock()

    def keep(conn: Connection) -> None:
        recordings.index(conn, recording.id, parts)
        recordings.settle(conn, recording.id, state)
        facts = {"parts": len(parts), "bytes": sum(one.size for one in parts), "why": why}
        put_on_record(conn, now, recording, "clock", state, {k: v for k, v in facts.items() if v})

    await means.database.write(keep)
    await tell(means, recording)


async def forget(
    means: Means, session: SessionId, recording: str, by: str, check: SessionCheck = anyone
) -> None:
    """Delete it; its files go at the keeper's next look. Conflict("recording-runs")."""
    now = means.clock()

    def drop(conn: Connection) -> Recording:
        check(conn, sessions.get(conn, session))
        known = recordings.get(conn, session, recording)
        if known.state in recordings.OPEN:
            raise Conflict("recording-runs", session=session)
        recordings.forget(conn, recording)
        put_on_record(conn, now, known, by, "deleted", {})
        return known

    await tell(means, await means.database.write(drop))


def expired(conn: Connection, now: datetime) -> list[Recording]:
    """Delete those whose time is over; in the transaction of the keeper."""
    over = [
        one
        for one in recordings.everything(conn)
        if one.delete_at <= now and one.state not in recordings.OPEN
    ]
    for one in over:
        recordings.forget(conn, one.id)
        put_on_record(conn, now, one, "clock", "deleted", {"why": "retention"})
    return over


async def notice(means: Means, session: SessionId) -> Json | None:
    """What everybody is told: that it is recorded, or may be; None where it may not."""

    def look(conn: Connection) -> Json | None:
        running = recordings.running(conn, session)
        known = running.terms if running else recordings.terms(conn, session)
        if known is None:
            return None
        return {
            "on": running is not None,
            "keeper": known.keeper,
            "purpose": known.purpose,
            "basis": known.basis.value,
            "days": known.days,
            "until": None if running is None else iso(running.delete_at),
        }

    return await means.database.read(look)


def names(conn: Connection, of: str) -> str:
    """Who did it, by name; his id where his account is gone."""
    row = people.by_id(conn, of)
    return of if row is None else row.name


async def tell(means: Means, recording: Recording) -> None:
    """Everybody in the session, and every desk."""
    means.bus.publish(
        "session.recording.changed", session=recording.session, recording=recording.id
    )
    await means.wire.session_changed(recording.session)


def may_fetch(recording: Recording) -> None:
    """Conflict("recording-runs") while its files are being written."""
    if recording.state in recordings.OPEN:
        raise Conflict("recording-runs", session=recording.session)


async def within(
    means: Means,
    session: SessionId,
    recording: str,
    check: SessionCheck,
    *,
    by: str = "",
    act: str = "",
    then: Callable[[Connection, Recording], None] = lambda conn, one: None,
) -> Recording:
    """One of a session that one runs; `act` is put on record, `then` is in the same transaction."""
    now = means.clock()

    def look(conn: Connection) -> Recording:
        check(conn, sessions.get(conn, session))
        known = recordings.get(conn, session, recording)
        then(conn, known)
        if act:
            put_on_record(conn, now, known, by, act, {})
        return known

    return await (means.database.write(look) if act else means.database.read(look))


def put_on_record(
    conn: Connection, now: datetime, one: Recording, by: str, what: str, facts: dict[str, Any]
) -> None:
    """A line of the record, about its session."""
    audit.record(conn, now, by, f"recording.{what}", one.session, {"recording": one.id, **facts})
