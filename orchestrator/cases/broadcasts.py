"""The public page of a session: made, opened, put on air, captioned, shown again, taken down.

Whoever runs the session gives the page its code, and the hour before which nothing is told of it
(the embargo). In a rehearsal nothing goes on air.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator.auth.people import Person
from orchestrator.cases import rights
from orchestrator.cases.conductor import Conductor
from orchestrator.means import Means
from orchestrator.session import OVER, State
from orchestrator.store import audit, broadcasts, recordings, sessions
from orchestrator.store.broadcasts import Broadcast
from orchestrator.store.instants import iso
from orchestrator.store.sessions import Stored
from rooms.errors import Conflict, Invalid, NotFound
from rooms.ids import SessionId

CODE = re.compile(r"[a-z0-9][a-z0-9-]{3,47}")
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
LONGEST_CAPTION = 300
LATEST = timedelta(days=400)
Change = Callable[[Broadcast, Stored, datetime], Broadcast]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A public page and its session."""

    page: Broadcast
    stored: Stored
    replay: bool = False


async def see(conductor: Conductor, person: Person, session: SessionId) -> Seen:
    """For who runs the session; NotFound("no-public-page")."""

    def look(conn: Connection) -> Seen:
        stored = sessions.get(conn, session)
        rights.runs(person)(conn, stored)
        return Seen(page=broadcasts.get(conn, session), stored=stored)

    return await conductor.means.database.read(look)


async def make(
    conductor: Conductor,
    person: Person,
    session: SessionId,
    code: str | None,
    opens_at: datetime | None,
) -> Seen:
    """Give the session its page, or change the code and the hour of the one it has."""
    now = conductor.means.clock()
    if code is not None and not CODE.fullmatch(code):
        raise Invalid("bad-public-code")
    if opens_at is not None and abs(opens_at - now) > LATEST:
        raise Invalid("bad-public-hour")

    def keep(conn: Connection) -> Seen:
        stored = sessions.get(conn, session)
        rights.runs(person)(conn, stored)
        found = broadcasts.find(conn, session)
        page = found or Broadcast(session=session, code=new_code())
        page = replace(page, code=code or page.code, opens_at=opens_at)
        other = broadcasts.by_code(conn, page.code)
        if other is not None and other.session != session:
            raise Conflict("public-code-taken", code=page.code)
        broadcasts.keep(conn, page)
        opening = None if opens_at is None else iso(opens_at)
        audit.record(
            conn, now, person.id, "public.page", session, {"code": page.code, "opens_at": opening}
        )
        return Seen(page=page, stored=stored)

    seen = await conductor.means.database.write(keep)
    _told(conductor.means, session)
    return seen


async def remove(conductor: Conductor, person: Person, session: SessionId) -> None:
    """No public page any more; the code leads nowhere."""
    now = conductor.means.clock()

    def forget(conn: Connection) -> None:
        rights.runs(person)(conn, sessions.get(conn, session))
        broadcasts.get(conn, session)
        broadcasts.forget(conn, session)
        audit.record(conn, now, person.id, "public.removed", session)

    await conductor.means.database.write(forget)
    _told(conductor.means, session)


async def put_on_air(conductor: Conductor, person: Person, session: SessionId, on: bool) -> Seen:
    """On air, or off it, by hand; a cue does the same by `start_by` and `stop_by`."""
    act = started if on else stopped
    kind = "broadcast.start" if on else "broadcast.stop"
    return await _changed(conductor.means, session, act, rights.runs(person), (person.id, kind))


async def caption(conductor: Conductor, person: Person, session: SessionId, text: str) -> Seen:
    """What is said, in writing, until the next caption; empty for none."""
    if len(text) > LONGEST_CAPTION:
        raise Invalid("caption-too-long", most=LONGEST_CAPTION)

    def change(page: Broadcast, _: Stored, __: datetime) -> Broadcast:
        return replace(page, caption=text)

    return await _changed(conductor.means, session, change, rights.runs(person), None)


async def approve(conductor: Conductor, person: Person, session: SessionId, replay: bool) -> Seen:
    """Whether it may be seen again once it is over."""

    def change(page: Broadcast, _: Stored, __: datetime) -> Broadcast:
        return replace(page, replay=replay)

    by = (person.id, "public.replay" if replay else "public.replay.withdrawn")
    return await _changed(conductor.means, session, change, rights.runs(person), by)


async def start_by(means: Means, session: SessionId) -> Seen:
    """As a cue wishes it; its GO is on record already."""
    return await _changed(means, session, started, rights.anyone, None)


async def stop_by(means: Means, session: SessionId) -> Seen:
    """As a cue wishes it."""
    return await _changed(means, session, stopped, rights.anyone, None)


def started(page: Broadcast, stored: Stored, now: datetime) -> Broadcast:
    """On air from now on. Conflict("no-public-page-now") in a rehearsal and when it is over."""
    if stored.session.state is State.REHEARSAL or stored.session.state in OVER:
        raise Conflict("no-public-page-now", state=stored.session.state.value)
    return replace(page, on_air=True, began_at=page.began_at or now, ended_at=None)


def stopped(page: Broadcast, _: Stored, now: datetime) -> Broadcast:
    """Off air; the time it took is kept."""
    return replace(page, on_air=False, ended_at=now) if page.on_air else page


async def find(means: Means, code: str) -> Seen:
    """For everybody, by its code; NotFound("no-public-page")."""

    def look(conn: Connection) -> Seen:
        page = broadcasts.by_code(conn, code)
        if page is None:
            raise NotFound("no-public-page")
        again = page.replay and recordings.replay(conn, page.session) is not None
        return Seen(page=page, stored=sessions.get(conn, page.session), replay=again)

    return await means.database.read(look)


def new_code() -> str:
    """One that is easily read out: ten letters and digits that are not mistaken for others."""
    return "".join(secrets.choice(LETTERS) for _ in range(10))


async def _changed(
    means: Means,
    session: SessionId,
    change: Change,
    check: rights.SessionCheck,
    by: tuple[str, str] | None,
) -> Seen:
    now = means.clock()

    def keep(conn: Connection) -> Seen:
        stored = sessions.get(conn, session)
        check(conn, stored)
        page = broadcasts.find(conn, session)
        if page is None:
            if change is not started:
                raise NotFound("no-public-page", session=session)
            page = Broadcast(session=session, code=new_code())
        after = change(page, stored, now)
        broadcasts.keep(conn, after)
        if by is not None and after != page:
            audit.record(conn, now, by[0], by[1], session)
        return Seen(page=after, stored=stored)

    seen = await means.database.write(keep)
    _told(means, session)
    return seen


def _told(means: Means, session: SessionId) -> None:
    means.bus.publish("session.public.changed", session=session)
