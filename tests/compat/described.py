"""What OpenAPI says of the API, held against what the service answers."""

import json
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import jsonschema_rs
from aiohttp import web

from orchestrator.api.endpoint import PREFIX, Route, door

Door = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Answers:
    """What the service answered to each operation."""

    def __init__(self) -> None:
        self.statuses: defaultdict[str, Counter[int]] = defaultdict(Counter)

    def counting(self, route: Route) -> Door:
        """The door of a route, counted."""
        inner, name = door(route), f"{route.method} {route.path}"

        async def handle(request: web.Request) -> web.StreamResponse:
            response = await inner(request)
            self.statuses[name][response.status] += 1
            return response

        return handle

    @property
    def faults(self) -> dict[str, Counter[int]]:
        return {
            name: counted
            for name, counted in self.statuses.items()
            if any(status >= 500 and status != 503 for status in counted)
        }

    def good(self, described: "Described") -> set[str]:
        """The operations that did at least once what they are there for."""
        return {name for name in self.statuses if self.statuses[name][described.hoped(name)]}


class Described:
    """The document of `/openapi.json`. An operation is named `POST /rooms/{room}/commands`."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    @property
    def operations(self) -> Iterator[str]:
        """Every one."""
        for path, methods in self.document["paths"].items():
            for method in methods:
                yield f"{method.upper()} {path.removeprefix(PREFIX)}"

    def hoped(self, name: str) -> int:
        """The status when all is well: 2xx, or 101 of a WebSocket."""
        (status,) = (int(said) for said in self._responses(name) if said[0] in "12")
        return status

    def wrong(self, name: str, status: int, kind: str, body: bytes) -> str | None:
        """What the description does not say of this answer."""
        said = self._responses(name)
        if str(status) not in said:
            return f"{name}: {status} is not described: {body[:200]!r}"
        content = said[str(status)].get("content")
        if content is None:
            return f"{name}: {status} has a body: {body[:200]!r}" if body else None
        if kind not in content:
            return f"{name}: {status} is {kind}, not one of {[*content]}"
        return self._unlike(name, status, kind, body)

    def _unlike(self, name: str, status: int, kind: str, body: bytes) -> str | None:
        """Where a document is not as its schema says; of anything else only the kind is said."""
        schema = self._responses(name)[str(status)]["content"][kind].get("schema")
        if schema is None:
            return None
        whole = {**schema, "components": self.document["components"]}
        for error in jsonschema_rs.iter_errors(whole, json.loads(body)):
            return f"{name}: {status}: {error.message[:200]}"
        return None

    def _responses(self, name: str) -> dict[str, Any]:
        method, _, path = name.partition(" ")
        found: dict[str, Any] = self.document["paths"][PREFIX + path][method.lower()]["responses"]
        return found
