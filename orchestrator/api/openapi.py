"""OpenAPI 3.1 from the route tables: what is served is what is described."""

import asyncio
import re
from collections.abc import Iterable
from functools import cached_property
from http import HTTPStatus
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from orchestrator.api.endpoint import PREFIX, ROUTES_OF_APP, Answer, Call, Route, Shape
from orchestrator.api.problems import MEDIA_TYPE

TEMPLATE = "#/components/schemas/{model}"
DESCRIPTION = "Rooms, bookings and sessions of a network of centres. Instants are UTC."


class Problem(Shape):
    """RFC 9457: `type` ends with a stable key, the facts are further members."""

    type: str
    title: str
    status: int
    errors: list[dict[str, str]] = Field(default_factory=list)


def document(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """The description of these routes."""
    routes = list(routes)
    models: list[tuple[type[BaseModel], Any]] = [(Problem, "serialization")]
    for route in routes:
        models += [(route.body, "validation")] if route.body else []
        models += [(route.answer, "serialization")] if route.answer else []
    references, schemas = models_json_schema(
        list(dict.fromkeys(models)), by_alias=True, ref_template=TEMPLATE
    )
    paths: dict[str, Any] = {}
    for route in routes:
        path = PREFIX + re.sub(r"\{(\w+):[^}]*\}", r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Margeride", "version": version, "description": DESCRIPTION},
        "paths": paths,
        "components": {
            "schemas": schemas.get("$defs", {}),
            "securitySchemes": {
                "person": {"type": "apiKey", "in": "cookie", "name": "margeride"},
                "screen": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(route: Route, references: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": f"{route.method.lower()}{re.sub(r'[^a-z]+', '_', route.path)}",
        "summary": route.summary,
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_headers(route)],
        "responses": _responses(route, references),
    }
    if route.person:
        said["security"] = [{"person": []}]
    content = _plain(route.takes)
    if route.body is not None:
        content["application/json"] = {"schema": references[(route.body, "validation")]}
    if content:
        said["requestBody"] = {"required": True, "content": content}
    return said


def _plain(kinds: Iterable[str]) -> dict[str, Any]:
    """Content of which no more is said than its media type."""
    return {kind: {} for kind in kinds}


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    schema: dict[str, Any] = {"type": "string"}
    if route.slugs:
        schema["pattern"] = "^[a-z0-9][a-z0-9-]{0,62}$"
    names = re.findall(r"\{(\w+)", route.path)
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema(by_alias=True)
    needed = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": part}
        for name, part in schema.get("properties", {}).items()
    ]


def _headers(route: Route) -> list[dict[str, Any]]:
    said = []
    if route.idempotent:
        said.append(_header("Idempotency-Key", "^[A-Za-z0-9_-]{8,64}$", required=False))
    if route.if_match:
        said.append(_header("If-Match", r'^(\*|"[0-9]{1,9}")$', required=True))
    return said


def _header(name: str, pattern: str, *, required: bool) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "header", "required": required, "schema": schema}


def _responses(route: Route, references: Any) -> dict[str, Any]:
    usual = {400}
    usual |= {401} if route.person else set()
    usual |= {403} if route.method != "GET" else set()
    usual |= {413, 415, 422} if route.body else set()
    usual |= {404} if "{" in route.path else set()
    problem = {MEDIA_TYPE: {"schema": {"$ref": TEMPLATE.format(model="Problem")}}}
    good: dict[str, Any] = {"description": HTTPStatus(route.ok).phrase}
    content = _plain(route.gives)
    if route.answer is not None:
        content["application/json"] = {"schema": references[(route.answer, "serialization")]}
    if content:
        good["content"] = content
    if route.ok == HTTPStatus.ACCEPTED:
        where = {"description": "Where to follow it", "schema": {"type": "string"}}
        good["headers"] = {"Location": where}
    return {str(route.ok): good} | {
        str(status): {"description": HTTPStatus(status).phrase, "content": problem}
        for status in sorted(usual | set(route.errors))
    }


class Description:
    """The document of an application, made when somebody first asks: a start need not wait."""

    def __init__(self, routes: tuple[Route, ...], version: str) -> None:
        self._of = routes, version

    @cached_property
    def whole(self) -> dict[str, Any]:
        """All of it; takes a few tenths of a second the first time."""
        return document(*self._of)


DESCRIBED: "web.AppKey[Description]" = web.AppKey("openapi")


async def describe(call: Call) -> Answer:
    """This description."""
    described = call.app[DESCRIBED]
    body = await asyncio.to_thread(lambda: described.whole)
    return Answer(body=body, headers={"Cache-Control": "no-cache"})


def setup(app: web.Application, version: str) -> None:
    """Describe every route that is mounted."""
    app[DESCRIBED] = Description(app[ROUTES_OF_APP], version)


ROUTES = (
    Route(
        method="GET",
        path="/openapi.json",
        handler=describe,
        summary="This description",
        gives=("application/json",),
    ),
)
