"""Reception desks (docs/reception.md): the button, the queue, who answers, what is shown."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from aiohttp import web

from orchestrator.alerts.watch import ALERTS
from orchestrator.api.endpoint import Answer, Body, Call, Route, Shape
from orchestrator.cases.desks import Desks, DeskView, DutyView
from orchestrator.cases.desks_rights import Caller, attending
from orchestrator.desk import Call as DeskCall
from orchestrator.desk_table import Place, Request, Step, Still, Table, Wish
from orchestrator.keys import HOUSE, SETTINGS
from orchestrator.store import desks as store
from orchestrator.store.instants import iso
from orchestrator.tasks import kept_running
from rooms.errors import Unauthenticated
from rooms.room import Desk

DESKS: "web.AppKey[Desks]" = web.AppKey("desks", Desks)


class RequestOut(Shape):
    """What the animateur asked of the desk last, and what became of it."""

    number: int
    wish: Wish
    step: Step
    place: Place


class DeskCallOut(Shape):
    """A call. `position`: place in the queue while it waits; `document`: what the screen shows, of
    so many `pages`, opened at `page` (from 1), with so many signatures; `still`: of a paper held
    before the camera."""

    id: str
    desk: str
    state: str
    tier: int
    asked_at: datetime
    position: int = 0
    document: int | None = None
    pages: int = 0
    page: int = 0
    signed: int = 0
    request: RequestOut | None = None
    still: Still = Still.NONE


class DeskOut(Shape):
    """A desk and its call, if there is one or was one a moment ago."""

    id: str
    name: str
    centre: str
    zone: str
    printer: bool
    open: bool
    opens_at: datetime | None
    call: DeskCallOut | None


class DesksOut(Shape):
    """Every desk."""

    desks: list[DeskOut]


class DutyOut(Shape):
    """An animateur on duty: what rings for him, and the call he is in."""

    state: str
    misses: int
    rings: list[DeskCallOut]
    call: DeskCallOut | None


class DutyIn(Body):
    """He goes, or is back."""

    away: bool


class PressedOut(Shape):
    """The call that was begun, or goes on already."""

    call: str


class TokenOut(Shape):
    """A place in the session: say `hello` with the token on `/ws/v1`."""

    token: str


async def caller_of(call: Call) -> Caller:
    """The device of a desk, or a person."""
    if call.caller.person is not None:
        return Caller(person=call.caller.person)
    bearer = call.caller.bearer
    desk = await call.database.read(lambda conn: store.desk_of(conn, bearer)) if bearer else None
    if desk is None:
        raise Unauthenticated("login-required")
    return Caller(desk=desk)


async def every(call: Call) -> Answer:
    """Every desk, for animateurs."""
    await call.database.read(lambda conn: attending(conn, call.person))
    places = call.app[SETTINGS].network.desks
    desks, caller = call.app[DESKS], Caller(person=call.person)
    views = [await desks.look(caller, place.id) for place in places]
    return Answer(body={"desks": [_desk(view) for view in views]})


async def look(call: Call) -> Answer:
    """A desk, for its own screen and for animateurs. A screen that asks is there."""
    caller = await caller_of(call)
    return Answer(body=_desk(await call.app[DESKS].look(caller, call.path("desk"))))


async def press(call: Call) -> Answer:
    """The button."""
    caller = await caller_of(call)
    return Answer(status=201, body={"call": await call.app[DESKS].press(caller, call.path("desk"))})


async def duty(call: Call) -> Answer:
    """How one stands oneself. Who asks is on duty, until he asks no more."""
    return Answer(body=_duty(await call.app[DESKS].on_duty(call.person)))


async def change_duty(call: Call) -> Answer:
    """Go away, or come back."""
    away = call.body(DutyIn).away
    return Answer(body=_duty(await call.app[DESKS].set_away(call.person, away=away)))


async def answer(call: Call) -> Answer:
    """Take a call that rings; the first one has it."""
    await call.app[DESKS].answer(call.person, call.path("call"))
    return Answer(status=204)


async def decline(call: Call) -> Answer:
    """Let the next one ring."""
    await call.app[DESKS].decline(call.person, call.path("call"))
    return Answer(status=204)


async def hang_up(call: Call) -> Answer:
    """End it, from either side."""
    await call.app[DESKS].hang_up(await caller_of(call), call.path("call"))
    return Answer(status=204)


async def join(call: Call) -> Answer:
    """One's own token in the session of an answered call."""
    token = await call.app[DESKS].join(await caller_of(call), call.path("call"))
    return Answer(body={"token": token})


def _desk(view: DeskView) -> dict[str, Any]:
    shown = None
    if view.call is not None:
        shown = {**_call(view.call), "position": view.position, **_table(view.table)}
    return {
        **_place(view.desk),
        "zone": str(view.centre.zone),
        "printer": view.desk.printer,
        "open": view.is_open,
        "opens_at": None if view.opens_at is None else iso(view.opens_at),
        "call": shown,
    }


def _place(desk: Desk) -> dict[str, Any]:
    return {"id": desk.id, "name": desk.name, "centre": desk.centre}


def _duty(view: DutyView) -> dict[str, Any]:
    return {
        "state": view.standing.value,
        "misses": view.misses,
        "rings": [_call(one) for one in view.rings],
        "call": None if view.call is None else {**_call(view.call), **_table(view.table)},
    }


def _call(call: DeskCall) -> dict[str, Any]:
    return {
        "id": call.id,
        "desk": call.desk,
        "state": call.state.value,
        "tier": call.tier,
        "asked_at": iso(call.asked_at),
    }


def _table(table: Table) -> dict[str, Any]:
    paper, request = table.paper, table.request
    return {
        "document": None if paper is None else paper.number,
        "pages": 0 if paper is None else len(paper.pages),
        "page": 0 if paper is None else paper.page,
        "signed": 0 if paper is None else paper.signed,
        "request": None if request is None else _request(request),
        "still": table.still.value,
    }


def _request(request: Request) -> dict[str, Any]:
    return {
        "number": request.number,
        "wish": request.wish.value,
        "step": request.step.value,
        "place": request.place.value,
    }


@asynccontextmanager
async def _open(app: web.Application) -> AsyncIterator[None]:
    app[DESKS] = desks = Desks(app[HOUSE].conductor)
    app[ALERTS].on_duty = desks.at_the_centres
    async with kept_running("desks", desks.run):
        yield


def setup(app: web.Application) -> None:
    """Let the desks be attended while the service runs."""
    app.cleanup_ctx.append(_open)


def _act(name: str, handler: Any, summary: str, *, person: bool) -> Route:
    return Route(
        method="POST",
        path=f"/desk-calls/{{call}}/{name}",
        handler=handler,
        summary=summary,
        person=person,
        ok=204,
        errors=(403, 404, 409) if person else (401, 403, 404),
    )


ROUTES = (
    Route(
        method="GET",
        path="/desks",
        handler=every,
        summary="The reception desks",
        person=True,
        answer=DesksOut,
        errors=(403,),
    ),
    Route(
        method="GET",
        path="/desks/{desk}",
        handler=look,
        summary="A reception desk and its call",
        answer=DeskOut,
        errors=(401, 403, 404),
    ),
    Route(
        method="POST",
        path="/desks/{desk}/calls",
        handler=press,
        summary="Press the button of a desk",
        ok=201,
        answer=PressedOut,
        errors=(401, 403, 404),
    ),
    Route(
        method="GET",
        path="/desk-agents/me",
        handler=duty,
        summary="One's own duty at the desks",
        person=True,
        answer=DutyOut,
        errors=(403,),
    ),
    Route(
        method="PUT",
        path="/desk-agents/me",
        handler=change_duty,
        summary="Go away from the desks, or come back",
        person=True,
        body=DutyIn,
        answer=DutyOut,
        errors=(403,),
    ),
    _act("answer", answer, "Answer a call of a desk", person=True),
    _act("decline", decline, "Decline a call of a desk", person=True),
    _act("hangup", hang_up, "End a call of a desk", person=False),
    Route(
        method="POST",
        path="/desk-calls/{call}/join",
        handler=join,
        summary="One's own place in an answered call",
        answer=TokenOut,
        errors=(401, 403, 404, 409),
    ),
)
