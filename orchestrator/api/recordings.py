"""Recordings of a session: on what terms, begun and ended, listed, fetched and deleted."""

import asyncio
from functools import partial
from typing import Annotated, Any

from aiohttp import web
from pydantic import AwareDatetime, Field
from sqlalchemy import Connection

from orchestrator.api.endpoint import Answer, Body, Call, Query, Route, Shape
from orchestrator.cases import recordings as cases
from orchestrator.cases import rights
from orchestrator.cases.rights import SessionCheck
from orchestrator.keys import DATA, HOUSE, KEEPER
from orchestrator.means import Means
from orchestrator.recorded import LONGEST_DAYS, Basis, Found, Terms
from orchestrator.recording import shelf
from orchestrator.recording.names import folder_of
from orchestrator.store import recordings as rows
from orchestrator.store.instants import instant, iso
from orchestrator.store.recordings import Recording
from rooms.errors import NotFound
from rooms.ids import SessionId

Plain = r"^[^\x00-\x1f\x7f]*$"
TERMS, ALL = "/sessions/{session}/recording-terms", "/sessions/{session}/recordings"
ONE = ALL + "/{recording}"
TYPES = {"audio": "audio/webm", "video": "video/webm"}


class TermsIn(Body):
    """Who keeps it, for what, on what legal basis, and for how many days."""

    keeper: Annotated[str, Field(min_length=1, max_length=120, pattern=Plain)]
    purpose: Annotated[str, Field(min_length=1, max_length=300, pattern=Plain)]
    basis: Annotated[Basis, Field(strict=False)]
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)]


class TermsOut(Shape):
    """On what terms a session is recorded."""

    keeper: str
    purpose: str
    basis: Basis
    days: int


class PartOut(Shape):
    """One file: one source, from when it came to when it went."""

    number: int
    participant: str
    room: str | None
    name: str
    source: str
    kind: str
    began_at: AwareDatetime
    ended_at: AwareDatetime
    bytes: int
    frames: int
    lost: int


class RecordingOut(Shape):
    """A recording; `state` is recording, stopping, kept or failed."""

    recording: str
    state: str
    terms: TermsOut
    started_by: str
    started_at: AwareDatetime
    stopped_at: AwareDatetime | None
    delete_at: AwareDatetime
    parts: list[PartOut]


class RecordingsOut(Shape):
    """Those of a session, and on what terms the next one would be made."""

    terms: TermsOut | None
    recordings: list[RecordingOut]


class PartQuery(Query):
    """Which of its files."""

    number: Annotated[int, Field(ge=1, le=9999)]


async def read_terms(call: Call) -> Answer:
    """On what terms it may be recorded."""
    found = await cases.terms(_means(call), _session(call), _check(call))
    if found is None:
        raise NotFound("no-recording-terms", session=_session(call))
    return Answer(body=_terms(found))


async def write_terms(call: Call) -> Answer:
    """From the next recording on."""
    sent = call.body(TermsIn)
    wanted = Terms(keeper=sent.keeper, purpose=sent.purpose, basis=sent.basis, days=sent.days)
    await cases.set_terms(_means(call), _session(call), wanted, call.person.id, _check(call))
    return Answer(body=_terms(wanted))


async def listed(call: Call) -> Answer:
    """Every recording, and its files; those of one that runs as far as they are."""
    session, check = _session(call), _check(call)
    terms = await cases.terms(_means(call), session, check)
    known = await call.database.read(lambda conn: rows.of_session(conn, session))
    told = [await _told(call, one) for one in known]
    return Answer(body={"terms": None if terms is None else _terms(terms), "recordings": told})


async def begin(call: Call) -> Answer:
    """Record from now on; said again, the one that runs."""
    keeper = call.app[KEEPER]
    await keeper.room()
    made = await cases.begin(_means(call), _session(call), call.person.id, _check(call))
    keeper.kick()
    return Answer(status=201, body=await _told(call, made))


async def end(call: Call) -> Answer:
    """Record no more."""
    session, name = _session(call), call.path("recording")
    await cases.end(_means(call), session, call.person.id, _check(call), name)
    call.app[KEEPER].kick()
    known = await call.database.read(lambda conn: rows.get(conn, session, name))
    return Answer(body=await _told(call, known))


async def fetch(call: Call) -> web.StreamResponse:
    """One of its files, as it was recorded."""
    number = call.query(PartQuery).number

    def look(conn: Connection, one: Recording) -> None:
        cases.may_fetch(one)
        if number not in {part.number for part in rows.parts(conn, one.id)}:
            raise NotFound("no-recording", recording=one.id)

    one = await cases.within(
        _means(call),
        _session(call),
        call.path("recording"),
        _check(call),
        by=call.person.id,
        act="fetched",
        then=look,
    )
    parts = await call.database.read(lambda conn: rows.parts(conn, one.id))
    part = next(part for part in parts if part.number == number)
    headers = {
        "Content-Type": TYPES[part.kind],
        "Content-Disposition": f'attachment; filename="{one.id}-{part.file}"',
        "Cache-Control": "no-store",
    }
    return web.FileResponse(folder_of(call.app[DATA], one.id) / part.file, headers=headers)


async def drop(call: Call) -> Answer:
    """Delete it, and its files at once."""
    name = call.path("recording")
    await call.app[KEEPER].end_mix(name)
    await cases.forget(_means(call), _session(call), name, call.person.id, _check(call))
    await call.app[KEEPER].sweep(_means(call).clock())
    return Answer(status=204)


async def _told(call: Call, one: Recording) -> dict[str, Any]:
    if one.state in rows.OPEN:
        found = await asyncio.to_thread(shelf.look, folder_of(call.app[DATA], one.id))
    else:
        found = await call.database.read(lambda conn: rows.parts(conn, one.id))
    who = await call.database.read(partial(cases.names, of=one.started_by))
    return {
        "recording": one.id,
        "state": one.state,
        "terms": _terms(one.terms),
        "started_by": who,
        "started_at": iso(one.started_at),
        "stopped_at": None if one.stopped_at is None else iso(one.stopped_at),
        "delete_at": iso(one.delete_at),
        "parts": [_part(part) for part in found],
    }


def _terms(terms: Terms) -> dict[str, Any]:
    return {**terms.to_json(), "basis": terms.basis.value}


def _part(part: Found) -> dict[str, Any]:
    return {
        "number": part.number,
        "participant": part.participant,
        "room": part.room,
        "name": part.name,
        "source": part.of,
        "kind": part.kind,
        "began_at": iso(instant(part.began // 1000)),
        "ended_at": iso(instant(-(-part.ended // 1000))),
        "bytes": part.size,
        "frames": part.frames,
        "lost": part.lost,
    }


def _means(call: Call) -> Means:
    return call.app[HOUSE].means


def _session(call: Call) -> SessionId:
    return SessionId(call.path("session"))


def _check(call: Call) -> SessionCheck:
    return rights.runs(call.person)


ROUTES = (
    Route(
        method="GET",
        path=TERMS,
        handler=read_terms,
        summary="On what terms a session may be recorded",
        person=True,
        answer=TermsOut,
        errors=(404,),
    ),
    Route(
        method="PUT",
        path=TERMS,
        handler=write_terms,
        summary="Say who keeps recordings of a session, for what, on what basis, for how long",
        person=True,
        body=TermsIn,
        answer=TermsOut,
        errors=(404, 409, 422),
    ),
    Route(
        method="GET",
        path=ALL,
        handler=listed,
        summary="The recordings of a session and their files",
        person=True,
        answer=RecordingsOut,
        errors=(404,),
    ),
    Route(
        method="POST",
        path=ALL,
        handler=begin,
        summary="Record a session from now on, source by source",
        person=True,
        ok=201,
        answer=RecordingOut,
        errors=(404, 409, 503),
    ),
    Route(
        method="POST",
        path=f"{ONE}/stop",
        handler=end,
        summary="Record no more",
        person=True,
        answer=RecordingOut,
        errors=(404,),
    ),
    Route(
        method="GET",
        path=f"{ONE}/file",
        handler=fetch,
        summary="Fetch one of its files, once it is closed",
        person=True,
        query=PartQuery,
        gives=tuple(TYPES.values()),
        errors=(404, 409),
    ),
    Route(
        method="DELETE",
        path=ONE,
        handler=drop,
        summary="Delete a recording and its files",
        person=True,
        ok=204,
        errors=(404, 409),
    ),
)
