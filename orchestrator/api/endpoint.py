"""The single door of the REST API: strict models in, plain answers or problem documents out.

Each resource module has a table `ROUTES` of `Route`. A handler takes a `Call` and returns an
`Answer` (or raises a `MargerideError`); it never sees raw bytes. `mount` joins tables to an app.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from orchestrator.api import problems
from orchestrator.api.callers import Caller, caller_of
from orchestrator.auth.people import Person
from orchestrator.keys import DATABASE, PUBLIC_URL
from orchestrator.store.database import Database
from rooms.errors import MargerideError, NotFound, Unauthenticated
from rooms.ids import is_slug

PREFIX = "/api/v1"
BODY_LIMIT = 64 * 1024
BODY_WITHIN = 60.0
Model = TypeVar("Model", bound=BaseModel)


class Shape(BaseModel):
    """Base of every document. What checks it is made at its first use: a service that starts has
    none of them to check yet."""

    model_config = ConfigDict(defer_build=True)


class Body(Shape):
    """Base of every document that comes in: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Query(Shape):
    """Base of the query parameters of a route; they are text, so they are converted."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a handler returns; `cookies` are set on the response (None deletes)."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, proved and parsed."""

    request: web.Request
    caller: Caller
    now: datetime
    parsed: BaseModel | None = None
    asked: BaseModel | None = None

    @property
    def app(self) -> web.Application:
        """The application, for its keys."""
        return self.request.app

    @property
    def database(self) -> Database:
        """The store."""
        return self.request.app[DATABASE]

    @property
    def person(self) -> Person:
        """The person who calls; Unauthenticated when it is nobody, or a screen."""
        if self.caller.person is None:
            raise Unauthenticated("login-required")
        return self.caller.person

    def body(self, model: type[Model]) -> Model:
        """The document sent, as the model its route names."""
        assert isinstance(self.parsed, model)
        return self.parsed

    def query(self, model: type[Model]) -> Model:
        """The query parameters, as the model its route names."""
        assert isinstance(self.asked, model)
        return self.asked

    def path(self, name: str) -> str:
        """A path segment that is a possible id."""
        return self.request.match_info[name]


Handler = Callable[[Call], Awaitable[Answer | web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One line of a resource's table: enough to serve it and to describe it in OpenAPI.

    `person` routes refuse whoever is not logged in before anything else is read. `slugs=False`
    for path segments that are not ids (join codes). `errors` are the statuses beyond the usual.
    `takes` and `gives` are the media types of what comes in and goes out where that is no model.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    person: bool = False
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    ok: int = 200
    answer: type[BaseModel] | None = None
    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    errors: tuple[int, ...] = ()
    slugs: bool = True
    csrf: bool = True
    idempotent: bool = False
    if_match: bool = False


ROUTES_OF_APP: web.AppKey[tuple[Route, ...]] = web.AppKey("routes")


def mount(app: web.Application, *tables: Iterable[Route]) -> None:
    """Add the routes of some resources to the application."""
    for route in (route for table in tables for route in table):
        app[ROUTES_OF_APP] = (*app.get(ROUTES_OF_APP, ()), route)
        app.router.add_route(route.method, PREFIX + route.path, door(route))


def door(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The aiohttp handler of a route."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await _serve(route, request)
        except MargerideError as error:
            return problems.of_error(error, problems.locale_of(request))

    return handle


async def _serve(route: Route, request: web.Request) -> web.StreamResponse:
    asked = parse_query(route.query, request)
    caller = await caller_of(request, csrf=route.csrf)
    if route.person and caller.person is None:
        raise Unauthenticated("login-required")
    if route.slugs and not all(is_slug(part) for part in request.match_info.values()):
        raise NotFound("not-found")
    parsed = None if route.body is None else await parse_body(route.body, request)
    call = Call(request=request, caller=caller, now=datetime.now(UTC), parsed=parsed, asked=asked)
    return respond(await route.handler(call), request)


def respond(answer: Answer | web.StreamResponse, request: web.Request) -> web.StreamResponse:
    """An answer as a response."""
    if isinstance(answer, web.StreamResponse):
        return answer
    headers = {"Cache-Control": "no-store", **answer.headers}
    response = web.Response(status=answer.status, headers=headers)
    if answer.body is not None:
        response = web.json_response(answer.body, status=answer.status, headers=headers)
    for name, value in answer.cookies.items():
        _set_cookie(response, request, name, value)
    return response


def _set_cookie(response: web.Response, request: web.Request, name: str, value: str | None) -> None:
    secure = request.app[PUBLIC_URL].startswith("https:")
    response.set_cookie(
        name,
        value or "",
        max_age=None if value else 0,
        path="/",
        httponly=True,
        secure=secure,
        samesite="Lax",
    )


def parse_query(model: type[BaseModel] | None, request: web.Request) -> BaseModel | None:
    """The query parameters; one that is unknown or given twice is refused, not ignored."""
    known = {} if model is None else {f.alias or name for name, f in model.model_fields.items()}
    names = [name for name, _ in request.query.items()]  # keys() tells each name once
    for name in names:
        if name not in known:
            raise problems.BadRequest("unknown-parameter", parameter=name[:100])
        if names.count(name) > 1:
            raise problems.BadRequest("repeated-parameter", parameter=name)
    if model is None:
        return None
    try:
        return model.model_validate_strings(dict(request.query))
    except ValidationError as error:
        raise problems.BadQuery(problems.faults_of(error)) from None


async def parse_body(model: type[Model], request: web.Request) -> Model:
    """The JSON document of a request, as its model."""
    if request.content_type != "application/json":
        raise problems.WrongMediaType("not-json", content_type=request.content_type[:100])
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise problems.WrongMediaType("compressed-body")
    try:
        return model.model_validate_json(await read_body(request))
    except ValidationError as error:
        if error.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid":
            raise problems.BadRequest("bad-json") from None
        raise problems.BadBody(problems.faults_of(error)) from None


async def read_body(request: web.Request, limit: int = BODY_LIMIT) -> bytes:
    """At most `limit` bytes, counted as they come, within `BODY_WITHIN` seconds."""
    declared = request.content_length
    if declared is not None and declared > limit:
        raise problems.TooLarge("body-too-large", limit=limit)
    try:
        async with asyncio.timeout(BODY_WITHIN):
            return await _counted(request, limit)
    except TimeoutError:
        raise problems.TooSlow("body-too-slow", seconds=int(BODY_WITHIN)) from None


async def _counted(request: web.Request, limit: int) -> bytes:
    chunks, size = [], 0
    async for chunk in request.content.iter_chunked(BODY_LIMIT):
        size += len(chunk)
        if size > limit:
            raise problems.TooLarge("body-too-large", limit=limit)
        chunks.append(chunk)
    return b"".join(chunks)
