"""The whole REST API against what it says of itself, with ids that exist: schemathesis asks.

Every answer must be one that OpenAPI names for the operation, with the schema it names; none may be
a fault of ours. Who asks is an administrator, for whom everything exists.
"""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema_rs
import pytest
import schemathesis
from aiohttp import web
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core import NotSet

from orchestrator.api.endpoint import PREFIX, Route, door
from tests.fakes.agents import DISPLAY, QuickDevice, agent_of
from tests.fakes.service import Browser, RunningService, running_service

pytestmark = [pytest.mark.compat, pytest.mark.timeout(900)]
ROOM, CENTRE = "villefort-visio", "villefort"
MOST = 4
LEAST = 36  # operations that answered with what was asked for; the others need more than one id
NOT_ASKED = (  # WebSockets, what ends the run itself, and what streams for seconds
    "GET /events",
    "POST /logout",
    "POST /line-tests/{test}/receive",
)
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

    @property
    def good(self) -> set[str]:
        return {
            name
            for name, counted in self.statuses.items()
            if any(200 <= status < 300 for status in counted)
        }


async def made(browser: Browser, path: str, body: Any, status: int = 201) -> dict[str, Any]:
    async with browser.post(PREFIX + path, body) as answer:
        assert answer.status == status, await answer.text()
        found: dict[str, Any] = await answer.json()
        return found


async def ids_of(service: RunningService, admin: Browser) -> dict[str, str]:
    """One of each thing that a path may name."""
    start = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0)
    start += timedelta(days=1)
    while start.weekday() > 3:
        start += timedelta(days=1)
    hours = {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
    wanted = {"title": "Atelier", "kind": "meeting", "rooms": [ROOM], **hours}
    booking = (await made(admin, "/bookings", wanted))["booking"]["id"]
    day = (start + timedelta(days=30)).date().isoformat()
    closing = {"kind": "closed", "from": day, "to": day, "reason": "Fête"}
    closure = (await made(admin, f"/centres/{CENTRE}/closures", closing))["closure"]["id"]
    command = await made(admin, f"/rooms/{ROOM}/commands", {"command": "camera.home"}, 202)
    query = f"?from={hours['from'][:19]}Z&to={hours['to'][:19]}Z"
    async with admin.get(f"{PREFIX}/sessions{query}") as answer:
        session = (await answer.json())["sessions"][0]["id"]
    return {
        "room": ROOM,
        "centre": CENTRE,
        "booking": booking,
        "closure": closure,
        "command": command["id"],
        "session": session,
        "login": "tom",
    }


def cases_of(document: dict[str, Any], most: int) -> dict[str, list[Any]]:
    """What schemathesis would ask of each operation, the same every time. Blocking."""
    found: dict[str, list[Any]] = {}
    for made_of in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = made_of.ok()  # type: ignore[union-attr]
        path = operation.path.removeprefix(PREFIX)
        found[f"{operation.method.upper()} {path}"] = drawn(operation, most)
    return found


def drawn(operation: Any, most: int) -> list[Any]:
    """So many cases of one operation."""
    cases: list[Any] = []

    @settings(
        max_examples=most,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy())
    def collect(case: Any) -> None:
        cases.append(case)

    collect()
    return cases


class Asker:
    """Sends the cases and holds the answers to the description."""

    def __init__(self, browser: Browser, document: dict[str, Any], ids: dict[str, str]) -> None:
        self._browser = browser
        self._document = document
        self._ids = ids
        self.wrong: list[str] = []

    async def ask(self, name: str, case: Any) -> None:
        path = case.path
        for part, made_up in (case.path_parameters or {}).items():
            named = quote(str(self._ids.get(part, made_up)), safe="")
            path = path.replace("{" + part + "}", named)
        headers = {"If-Match": "*"} if "PUT" in name else {}
        body = None if isinstance(case.body, NotSet) else case.body
        query = {key: str(value) for key, value in (case.query or {}).items()}
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        async with self._browser.request(
            case.method.upper(), path, params=query, data=data, headers=headers
        ) as answer:
            self._judge(name, answer.status, answer.content_type, await answer.read())

    def _judge(self, name: str, status: int, kind: str, body: bytes) -> None:
        method, _, path = name.partition(" ")
        said = self._document["paths"][PREFIX + path][method.lower()]["responses"]
        if str(status) not in said:
            self.wrong.append(f"{name}: {status} is not described: {body[:200]!r}")
            return
        for described, content in said[str(status)].get("content", {}).items():
            if kind != described:
                self.wrong.append(f"{name}: {status} is {kind}, not {described}")
                return
            schema = {**content["schema"], "components": self._document["components"]}
            for error in jsonschema_rs.iter_errors(schema, json.loads(body)):
                self.wrong.append(f"{name}: {status}: {error.message[:200]}")
                return


async def test_the_api_answers_what_it_says_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Answers()
    monkeypatch.setattr("orchestrator.api.endpoint.door", answers.counting)
    async with running_service(tmp_path) as service:
        admin = await service.log_in("admin")
        async with admin.get(f"{PREFIX}/openapi.json") as answer:
            document = await answer.json()
        cases = await asyncio.to_thread(cases_of, document, MOST)

        devices = [QuickDevice("camera"), QuickDevice("projecteur", commands=DISPLAY)]
        async with agent_of(service, ROOM, [*devices], tmp_path / "agent"):
            asker = Asker(admin, document, await ids_of(service, admin))
            for name in sorted(cases, key=lambda name: (name.split(" ")[0] == "DELETE", name)):
                if name not in NOT_ASKED:
                    for case in cases[name]:
                        await asker.ask(name, case)

    assert len(answers.good) >= LEAST, sorted(set(cases) - answers.good)
    assert answers.faults == {}
    assert asker.wrong == []
