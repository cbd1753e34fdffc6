"""The mix of a recording: asked for, followed, given up, fetched, approved; and its replay."""

from typing import Any

from aiohttp import web
from pydantic import AwareDatetime
from sqlalchemy import Connection

from orchestrator.api.endpoint import Answer, Body, Call, Route, Shape
from orchestrator.cases import mixes as cases
from orchestrator.cases import recordings, rights
from orchestrator.cases.rights import SessionCheck
from orchestrator.keys import DATA, HOUSE, KEEPER
from orchestrator.means import Means
from orchestrator.recording.names import MIX, folder_of
from orchestrator.store import recordings as rows
from orchestrator.store.instants import iso
from orchestrator.store.recordings import Mix, Recording
from rooms.errors import MargerideError
from rooms.ids import SessionId

ONE = "/sessions/{session}/recordings/{recording}/mix"
TYPE = "video/mp4"


class MixOut(Shape):
    """How far it is (`progress` from 0 to 1); `state` waiting, running, done, failed, cancelled."""

    state: str
    progress: float
    asked_at: AwareDatetime
    why: str | None
    bytes: int | None
    approved_at: AwareDatetime | None


class ApproveIn(Body):
    """Whether everybody may see it."""

    approved: bool


async def ask(call: Call) -> Answer:
    """Make it; said again while it is being made, the same."""
    session, name = _session(call), call.path("recording")
    made = await cases.ask(_means(call), session, name, call.person.id, _check(call))
    call.app[KEEPER].kick()
    where = f"/api/v1/sessions/{session}/recordings/{name}/mix"
    return Answer(status=202, body=_told(made), headers={"Location": where})


async def see(call: Call) -> Answer:
    """How far it is."""
    name = call.path("recording")
    return Answer(body=_told(await cases.see(_means(call), _session(call), name, _check(call))))


async def give_up(call: Call) -> Answer:
    """Make it no further."""
    name = call.path("recording")
    await cases.give_up(_means(call), _session(call), name, call.person.id, _check(call))
    await call.app[KEEPER].end_mix(name)
    return Answer(status=204)


async def approve(call: Call) -> Answer:
    """Let everybody see it, or no more."""
    may, name = call.body(ApproveIn).approved, call.path("recording")
    made = await cases.approve(
        _means(call), _session(call), name, call.person.id, _check(call), may=may
    )
    return Answer(body=_told(made))


async def fetch(call: Call) -> web.StreamResponse:
    """The file itself."""
    name = call.path("recording")
    one = await recordings.within(
        _means(call),
        _session(call),
        name,
        _check(call),
        by=call.person.id,
        act="mix.fetched",
        then=_must_be_ready,
    )
    headers = {
        "Content-Type": TYPE,
        "Content-Disposition": f'attachment; filename="{one.id}.mp4"',
        "Cache-Control": "no-store",
    }
    return web.FileResponse(folder_of(call.app[DATA], one.id) / MIX, headers=headers)


async def replay(request: web.Request) -> web.StreamResponse:
    """`/live/{code}/replay`: for everybody, once it is approved."""
    try:
        code = request.match_info["code"]
        found = await cases.replay(request.app[HOUSE].means, code)
    except MargerideError:
        found = None
    if found is None:
        raise web.HTTPNotFound
    headers = {"Content-Type": TYPE, "Cache-Control": "no-cache"}
    return web.FileResponse(folder_of(request.app[DATA], found) / MIX, headers=headers)


def setup(app: web.Application) -> None:
    """Open the door for everybody."""
    app.router.add_get("/live/{code:[a-z0-9-]{1,64}}/replay", replay, name="replay")


def _must_be_ready(conn: Connection, one: Recording) -> None:
    cases.ready(rows.mix(conn, one.id))


def _told(mix: Mix) -> dict[str, Any]:
    return {
        "state": mix.state,
        "progress": mix.progress,
        "asked_at": iso(mix.asked_at),
        "why": mix.why,
        "bytes": mix.size,
        "approved_at": None if mix.approved_at is None else iso(mix.approved_at),
    }


def _means(call: Call) -> Means:
    return call.app[HOUSE].means


def _session(call: Call) -> SessionId:
    return SessionId(call.path("session"))


def _check(call: Call) -> SessionCheck:
    return rights.runs(call.person)


ROUTES = (
    Route(
        method="POST",
        path=ONE,
        handler=ask,
        summary="Make the program of a recording: one film with the cues as chapters",
        person=True,
        ok=202,
        answer=MixOut,
        errors=(404, 409),
    ),
    Route(
        method="GET",
        path=ONE,
        handler=see,
        summary="How far it is",
        person=True,
        answer=MixOut,
        errors=(404,),
    ),
    Route(
        method="DELETE",
        path=ONE,
        handler=give_up,
        summary="Make it no further",
        person=True,
        ok=204,
        errors=(404, 409),
    ),
    Route(
        method="POST",
        path=f"{ONE}/approve",
        handler=approve,
        summary="Let everybody see it again on the public page, or no more",
        person=True,
        body=ApproveIn,
        answer=MixOut,
        errors=(404, 409, 422),
    ),
    Route(
        method="GET",
        path=f"{ONE}/file",
        handler=fetch,
        summary="Fetch the film",
        person=True,
        gives=(TYPE,),
        errors=(404, 409),
    ),
)
