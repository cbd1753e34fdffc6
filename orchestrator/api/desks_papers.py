"""Papers of a call at a reception desk: shown, turned, printed, signed, held before the camera."""

import asyncio
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from orchestrator.api import problems
from orchestrator.api.desks import DESKS, caller_of
from orchestrator.api.endpoint import BODY_WITHIN, Answer, Body, Call, Route, Shape
from orchestrator.cases.desks_papers import Papers
from orchestrator.desk_table import Picture, Place, Step, Wish
from rooms.errors import Invalid, NotFound

LARGEST_DOCUMENT = 8 * 1024 * 1024
LARGEST_STILL = 4 * 1024 * 1024
SIGNS = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "application/pdf": (b"%PDF-",),
}
"""What may be shown, and how its first bytes tell it."""
PICTURES = ("image/png", "image/jpeg")
STILL = ("image/jpeg",)
Name = r"^[^\x00-\x1f\x7f]*$"
Point = tuple[Annotated[int, Field(ge=0, le=1000)], Annotated[int, Field(ge=0, le=400)]]
Stroke = Annotated[list[Point], Field(min_length=1, max_length=500)]


class DocumentOut(Shape):
    """The number of what is shown now."""

    document: int


class PageIn(Body):
    """The page to open, from 1."""

    page: Annotated[int, Field(ge=1, le=1000)]


class RequestIn(Body):
    """What is asked of the desk; `place`: where on the page a signature goes."""

    wish: Annotated[Wish, Field(strict=False)]
    place: Annotated[Place, Field(strict=False)] = Place.BOTTOM_RIGHT


class RequestNumberOut(Shape):
    """How the desk names it in its answer."""

    request: int


class SettledIn(Body):
    """What became of a request."""

    request: Annotated[int, Field(ge=1)]
    step: Annotated[Step, Field(strict=False)]


class SignatureIn(Body):
    """A signature: lines drawn on a pad of 1000 by 400, or a name typed; and the visitor's yes."""

    request: Annotated[int, Field(ge=1)]
    agreed: Literal[True]
    strokes: Annotated[list[Stroke], Field(max_length=60)] = []
    name: Annotated[str, Field(max_length=60, pattern=Name)] = ""


def papers(call: Call) -> Papers:
    """The tables of every call."""
    return call.app[DESKS].papers


async def send(call: Call) -> Answer:
    """Show a document on the desk's screen: the bytes themselves, with their type."""
    kind = _kind(call.request, tuple(SIGNS))
    await papers(call).may_send(call.person, call.path("call"))
    body = await _body(call.request, LARGEST_DOCUMENT, kind)
    file = Picture(content_type=kind, body=body)
    number = await papers(call).send(call.person, call.path("call"), file)
    return Answer(status=201, body={"document": number})


async def take_back(call: Call) -> Answer:
    """Show it no more."""
    await papers(call).take_back(call.person, call.path("call"))
    return Answer(status=204)


async def document(call: Call) -> web.StreamResponse:
    """The file that is shown, signed when it was; kept by nobody."""
    caller = await caller_of(call)
    return _picture(await papers(call).document(caller, call.path("call")))


async def page(call: Call) -> web.StreamResponse:
    """A page of it as it is seen."""
    caller, number = await caller_of(call), call.path("page")
    if not number.isascii() or not number.isdecimal() or len(number) > 4:
        raise NotFound("no-page")
    return _picture(await papers(call).page(caller, call.path("call"), int(number)))


async def turn(call: Call) -> Answer:
    """Open it at this page, for both."""
    caller = await caller_of(call)
    await papers(call).turn(caller, call.path("call"), call.body(PageIn).page)
    return Answer(status=204)


async def ask(call: Call) -> Answer:
    """Ask the visitor to sign or to show a paper, or the desk to print."""
    sent = call.body(RequestIn)
    made = await papers(call).ask(call.person, call.path("call"), sent.wish, sent.place)
    return Answer(body={"request": made})


async def withdraw(call: Call) -> Answer:
    """Ask it no more."""
    await papers(call).withdraw(call.person, call.path("call"))
    return Answer(status=204)


async def settle(call: Call) -> Answer:
    """The desk says what became of it."""
    caller, sent = await caller_of(call), call.body(SettledIn)
    await papers(call).settle(caller, call.path("call"), sent.request, sent.step)
    return Answer(status=204)


async def sign(call: Call) -> Answer:
    """The visitor has signed, and agreed to it."""
    caller, sent = await caller_of(call), call.body(SignatureIn)
    name = " ".join(sent.name.split())
    if not sent.strokes and not name:
        raise Invalid("empty-signature")
    strokes = [list(stroke) for stroke in sent.strokes]
    made = await papers(call).sign(caller, call.path("call"), sent.request, strokes, name)
    return Answer(status=201, body={"document": made})


async def want_still(call: Call) -> Answer:
    """Have the desk take a still of the paper that is shown."""
    await papers(call).want_still(call.person, call.path("call"))
    return Answer(status=204)


async def bring_still(call: Call) -> Answer:
    """The still that was wanted: a JPEG."""
    caller, kind = await caller_of(call), _kind(call.request, STILL)
    await papers(call).still_wanted(caller, call.path("call"))
    body = await _body(call.request, LARGEST_STILL, kind)
    await papers(call).bring_still(caller, call.path("call"), Picture(content_type=kind, body=body))
    return Answer(status=204)


async def take_still(call: Call) -> web.StreamResponse:
    """The still, once: the service has it no more."""
    return _picture(await papers(call).take_still(call.person, call.path("call")))


def _picture(found: Picture) -> web.Response:
    headers = {"Cache-Control": "no-store", "Content-Disposition": "attachment"}
    return web.Response(body=found.body, content_type=found.content_type, headers=headers)


def _kind(request: web.Request, accepted: tuple[str, ...]) -> str:
    kind = request.content_type
    if kind not in accepted:
        raise problems.WrongMediaType("bad-document", accepted=[*accepted])
    return kind


async def _body(request: web.Request, most: int, kind: str) -> bytes:
    """At most so many bytes, counted as they come, in time, that begin as their type says."""
    try:
        async with asyncio.timeout(2 * BODY_WITHIN):
            body = await _counted(request, most)
    except TimeoutError:
        raise problems.TooSlow("body-too-slow", seconds=int(2 * BODY_WITHIN)) from None
    if not body.startswith(SIGNS[kind]):
        raise Invalid("bad-document", accepted=[*SIGNS])
    return body


async def _counted(request: web.Request, most: int) -> bytes:
    chunks, size = [], 0
    async for chunk in request.content.iter_chunked(64 * 1024):
        size += len(chunk)
        if size > most:
            raise problems.TooLarge("body-too-large", limit=most)
        chunks.append(chunk)
    return b"".join(chunks)


CALL = "/desk-calls/{call}"
ROUTES = (
    Route(
        method="GET",
        path=f"{CALL}/document",
        handler=document,
        summary="The document that the screen of a desk shows",
        gives=(*SIGNS,),
        errors=(401, 403, 404),
    ),
    Route(
        method="POST",
        path=f"{CALL}/document",
        handler=send,
        summary="Show a document on the screen of a desk",
        person=True,
        takes=(*SIGNS,),
        ok=201,
        answer=DocumentOut,
        errors=(403, 404, 408, 409, 413, 415, 422, 429),
    ),
    Route(
        method="DELETE",
        path=f"{CALL}/document",
        handler=take_back,
        summary="Show it no more",
        person=True,
        ok=204,
        errors=(403, 404),
    ),
    Route(
        method="GET",
        path=f"{CALL}/document/pages/{{page}}",
        handler=page,
        summary="A page of the document that the screen of a desk shows",
        gives=PICTURES,
        errors=(401, 403, 404),
    ),
    Route(
        method="PUT",
        path=f"{CALL}/document/page",
        handler=turn,
        summary="Turn the page, for both",
        body=PageIn,
        ok=204,
        errors=(401, 403, 404, 409),
    ),
    Route(
        method="PUT",
        path=f"{CALL}/request",
        handler=ask,
        summary="Ask the desk to sign, to print or to show a paper",
        person=True,
        body=RequestIn,
        answer=RequestNumberOut,
        errors=(403, 404, 409),
    ),
    Route(
        method="DELETE",
        path=f"{CALL}/request",
        handler=withdraw,
        summary="Ask it no more",
        person=True,
        ok=204,
        errors=(403, 404),
    ),
    Route(
        method="POST",
        path=f"{CALL}/request/answer",
        handler=settle,
        summary="What became of what was asked of the desk",
        body=SettledIn,
        ok=204,
        errors=(401, 403, 404, 409),
    ),
    Route(
        method="POST",
        path=f"{CALL}/signature",
        handler=sign,
        summary="Sign the page that is shown",
        body=SignatureIn,
        ok=201,
        answer=DocumentOut,
        errors=(401, 403, 404, 409, 422, 429),
    ),
    Route(
        method="POST",
        path=f"{CALL}/still",
        handler=want_still,
        summary="Take a still of the paper that is shown",
        person=True,
        ok=204,
        errors=(403, 404, 409),
    ),
    Route(
        method="PUT",
        path=f"{CALL}/still",
        handler=bring_still,
        summary="The still that was wanted",
        takes=STILL,
        ok=204,
        errors=(401, 403, 404, 408, 409, 413, 415, 422),
    ),
    Route(
        method="GET",
        path=f"{CALL}/still",
        handler=take_still,
        summary="Fetch the still, once",
        person=True,
        gives=STILL,
        errors=(403, 404, 409),
    ),
)
