"""What is shown at one instant everywhere: contents, cues, and who keeps them by now."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Annotated, Any

from aiohttp import web
from pydantic import AwareDatetime, Field

from orchestrator.api import problems
from orchestrator.api.endpoint import Answer, Body, Call, Query, Route, Shape
from orchestrator.cases import contents, cues, rights
from orchestrator.cases.conductor import Conductor
from orchestrator.cases.cues import Fetcher, name_of, url_of
from orchestrator.contents import LARGEST, SIGNS
from orchestrator.cues import Cue, Kept
from orchestrator.keys import HOUSE
from orchestrator.store import cues as rows
from orchestrator.store.cues import Content
from orchestrator.store.instants import iso
from rooms.ids import SessionId
from signalling.messages_cues import CueKind

WITHIN = timedelta(minutes=10)  # of a line that carries 500 kb/s
CHUNK = 64 * 1024
Plain = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
CUE, CONTENT = "/sessions/{session}/cues/{cue}", "/sessions/{session}/contents/{content}"


class NameQuery(Query):
    """What people call it."""

    name: Annotated[str, Field(max_length=120, pattern=Plain)] = ""


class ContentOut(Shape):
    """Contents that a cue may name by `content`."""

    content: str
    sha256: str
    type: str
    name: str
    size: int
    url: str


class CueIn(Body):
    """What every endpoint is to keep, and to show at its instant."""

    kind: Annotated[CueKind, Field(strict=False)]
    title: Annotated[str, Field(min_length=1, max_length=120, pattern=Plain)]
    text: Annotated[str, Field(max_length=500, pattern=Plain)] = ""
    seconds: Annotated[float, Field(gt=0, le=86_400)] | None = None
    lead: Annotated[float, Field(ge=0, le=60)] = 0.0
    contents: Annotated[
        list[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]], Field(max_length=4)
    ] = []


class FireIn(Body):
    """When; without, as soon as it reaches everybody."""

    at: Annotated[AwareDatetime, Field(strict=False)] | None = None


class KeptOut(Shape):
    """How an endpoint stands to a cue."""

    participant: str
    standing: str
    why: str | None
    rtt_ms: float
    error_ms: float
    fired_at: AwareDatetime | None


class CueOut(Shape):
    """A cue; `execute_at` once it is fired."""

    cue: str
    version: int
    kind: CueKind
    title: str
    text: str
    seconds: float | None
    lead: float
    contents: list[str]
    execute_at: AwareDatetime | None


class StandingOut(CueOut):
    """And who keeps it."""

    kept: list[KeptOut]


class CuesOut(Shape):
    """Those of a session."""

    cues: list[StandingOut]


async def bring(call: Call) -> Answer:
    """The bytes themselves, with their type."""
    kind = call.request.content_type
    if kind not in SIGNS:
        raise problems.WrongMediaType("bad-content", accepted=[*SIGNS])
    session, name = SessionId(call.path("session")), call.query(NameQuery).name
    await contents.may_bring(_conductor(call), call.person, session)
    body = await _body(call.request)
    made = await contents.bring(_conductor(call), call.person, session, kind, name, body)
    return Answer(status=201, body=_content(session, made))


async def fetch(call: Call) -> web.StreamResponse:
    """The bytes, part by part: whoever has them may keep them for ever."""
    session = SessionId(call.path("session"))
    caller = call.caller
    fetcher = Fetcher(person=caller.person, device=caller.device, bearer=caller.bearer)
    found = await cues.find(_conductor(call), fetcher, session, call.path("content"))
    response = web.StreamResponse(headers={"Cache-Control": "private, max-age=86400, immutable"})
    response.content_type, response.content_length = found.type, found.size
    await response.prepare(call.request)
    for number in range(-(-found.size // rows.PART)):
        read = partial(rows.part, session=session, sha256=found.sha256, number=number)
        await response.write(await call.database.read(read))
    await response.write_eof()
    return response


async def drop(call: Call) -> Answer:
    """Contents that no cue has."""
    session = SessionId(call.path("session"))
    await contents.drop(_conductor(call), call.person, session, call.path("content"))
    return Answer(status=204)


async def listed(call: Call) -> Answer:
    """Every cue, and who keeps it by now."""
    found = await cues.standing(_conductor(call), call.person, SessionId(call.path("session")))
    told = [
        {**_cue(one.cue), "kept": [_kept(who, kept) for who, kept in one.of.items()]}
        for one in found
    ]
    return Answer(body={"cues": told})


async def load(call: Call) -> Answer:
    """Have every endpoint keep it."""
    sent = call.body(CueIn)
    cue = Cue(
        id=call.path("cue"),
        kind=sent.kind,
        title=sent.title,
        text=sent.text,
        seconds=sent.seconds,
        lead=sent.lead,
        contents=tuple(sent.contents),
    )
    check = rights.runs(call.person)
    made = await cues.load(_conductor(call), SessionId(call.path("session")), cue, check)
    return Answer(body=_cue(made))


async def fire(call: Call) -> Answer:
    """Show it everywhere at one instant."""
    made = await cues.fire(
        _conductor(call),
        SessionId(call.path("session")),
        call.path("cue"),
        call.body(FireIn).at,
        rights.runs(call.person),
    )
    return Answer(status=202, body=_cue(made))


async def recall(call: Call) -> Answer:
    """Not to be shown, or no longer."""
    check = rights.runs(call.person)
    await cues.recall(_conductor(call), SessionId(call.path("session")), call.path("cue"), check)
    return Answer(status=204)


def _conductor(call: Call) -> Conductor:
    return call.app[HOUSE].conductor


def _content(session: SessionId, one: Content) -> dict[str, Any]:
    return {
        "content": name_of(one.sha256),
        "sha256": one.sha256,
        "type": one.type,
        "name": one.name,
        "size": one.size,
        "url": url_of(session, one.sha256),
    }


def _cue(cue: Cue) -> dict[str, Any]:
    return {
        "cue": cue.id,
        "version": cue.version,
        "kind": cue.kind.value,
        "title": cue.title,
        "text": cue.text,
        "seconds": cue.seconds,
        "lead": cue.lead,
        "contents": list(cue.contents),
        "execute_at": None if cue.execute_at is None else iso(cue.execute_at),
    }


def _kept(who: str, kept: Kept) -> dict[str, Any]:
    return {
        "participant": who,
        "standing": kept.standing.value,
        "why": kept.why,
        "rtt_ms": kept.rtt / timedelta(milliseconds=1),
        "error_ms": kept.error / timedelta(milliseconds=1),
        "fired_at": None if kept.fired_at is None else iso(kept.fired_at),
    }


async def _body(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(WITHIN.total_seconds()):
            return await _counted(request)
    except TimeoutError:
        seconds = int(WITHIN.total_seconds())
        raise problems.TooSlow("body-too-slow", seconds=seconds) from None


async def _counted(request: web.Request) -> bytes:
    if (request.content_length or 0) > LARGEST:
        raise problems.TooLarge("body-too-large", limit=LARGEST)
    body = bytearray()
    async for chunk in request.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > LARGEST:
            raise problems.TooLarge("body-too-large", limit=LARGEST)
    return bytes(body)


ROUTES = (
    Route(
        method="POST",
        path="/sessions/{session}/contents",
        handler=bring,
        summary="Bring a picture or a clip that cues may show",
        person=True,
        query=NameQuery,
        takes=tuple(SIGNS),
        ok=201,
        answer=ContentOut,
        errors=(404, 408, 409, 413, 415, 422, 429),
    ),
    Route(
        method="GET",
        path=CONTENT,
        handler=fetch,
        summary="Fetch it, as an endpoint of the session or as who runs it",
        gives=tuple(SIGNS),
        errors=(401, 404),
    ),
    Route(
        method="DELETE",
        path=CONTENT,
        handler=drop,
        summary="Forget what no cue shows",
        person=True,
        ok=204,
        errors=(404, 409),
    ),
    Route(
        method="GET",
        path="/sessions/{session}/cues",
        handler=listed,
        summary="What is to be shown at one instant, and which endpoints keep it by now",
        person=True,
        answer=CuesOut,
        errors=(404,),
    ),
    Route(
        method="PUT",
        path=CUE,
        handler=load,
        summary="Have every endpoint keep a cue",
        person=True,
        body=CueIn,
        answer=CueOut,
        errors=(404, 409, 422, 429),
    ),
    Route(
        method="POST",
        path=f"{CUE}/fire",
        handler=fire,
        summary="Show it everywhere at one instant",
        person=True,
        body=FireIn,
        ok=202,
        answer=CueOut,
        errors=(404, 409, 422),
    ),
    Route(
        method="DELETE",
        path=CUE,
        handler=recall,
        summary="Recall a cue: not to be shown, or no longer",
        person=True,
        ok=204,
        errors=(404,),
    ),
)
