"""The whole REST API against what it says of itself, with ids that exist.

First each operation is done once for good; then schemathesis asks what it can think of, of the same
things. Every answer must be one that OpenAPI names for the operation, with the schema it names;
none may be a fault of ours. Who asks is an administrator, for whom everything exists, or the device
whose operation it is.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core import NotSet

from orchestrator import keys
from orchestrator.api.endpoint import PREFIX
from tests.compat import api_walk
from tests.compat.described import Answers, Described
from tests.compat.walk import CENTRE, DOOR, HELD, ROOM, Walk, hours
from tests.fakes.agents import DISPLAY, QuickDevice, agent_of, until
from tests.fakes.desks import DESK, open_always
from tests.fakes.service import RunningService, running_service
from tests.fakes.workers import two_workers

pytestmark = [pytest.mark.compat, pytest.mark.timeout(900)]
MOST = 4
LEAST = 55  # operations that schemathesis alone brings to do what they are there for
OF_DEVICES = {
    "/rooms/{room}/panel": "panel",
    "/rooms/{room}/phones/code": "screen",
    "/rooms/{room}/remote": "phone",
    "/desks/{desk}/calls": DESK,
    "/desks/{desk}/callbacks": DESK,
}
# Asked in this order, after all the others: what makes an end of what those need.
LAST = ("DELETE", "POST /sessions/{session}/end", "POST /media/drain", "POST /logout")


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

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self.wrong: list[str] = []

    async def ask(self, name: str, case: Any, *, really: bool) -> None:
        """`really`: the rooms and hours it asks for exist too, not only what its path names."""
        path, ids = case.path, self._walk.ids
        if "/panel" in name:
            ids = {**ids, "room": DOOR, "booking": ids["at the door"]}
        if name.partition(" ")[2].startswith(("/rooms/{room}/remote", "/rooms/{room}/phones")):
            ids = {**ids, "room": DOOR, "command": ids["by phone"]}
        for part, made_up in (case.path_parameters or {}).items():
            path = path.replace("{" + part + "}", quote(str(ids.get(part, made_up)), safe=""))
        headers = {"If-Match": "*"} if "PUT" in name else {}
        data = _bytes_of(real(case.body) if really else case.body)
        query = {key: str(value) for key, value in (case.query or {}).items()}
        if really:
            query = real(query)
        if data is not None:
            headers["Content-Type"] = case.media_type
        browser = self._walk.admin
        if token := self._token(name):
            browser, headers["Authorization"] = self._walk.service.browser(), f"Bearer {token}"
        async with browser.request(
            case.method.upper(), path, params=query, data=data, headers=headers
        ) as answer:
            wrong = self._walk.described.wrong(
                name, answer.status, answer.content_type, await answer.read()
            )
        self.wrong += [wrong] if wrong else []

    def _token(self, name: str) -> str | None:
        path = name.partition(" ")[2]
        found = (token for start, token in OF_DEVICES.items() if path.startswith(start))
        return self._walk.tokens.get(next(found, ""))


def turn(name: str) -> tuple[int, str]:
    """When an operation is asked."""
    found = (place for place, start in enumerate(LAST, 1) if name.startswith(start))
    return next(found, 0), name


def real(asked: Any) -> Any:
    """The same, of what there is: where a room, a centre or hours were made up."""
    if not isinstance(asked, dict):
        return asked
    known = {"room": ROOM, "rooms": [HELD], "centre": CENTRE, "path": "udp", **hours(3000, 3060)}
    swapped = {name for name in asked.keys() & known if _alike(asked[name], known[name])}
    return {**asked, **{name: known[name] for name in swapped}}


def _alike(made_up: Any, known: Any) -> bool:
    """Whether one may stand for the other: an instant is no day, a list of rooms no number."""
    instants = [isinstance(value, str) and "T" in value for value in (made_up, known)]
    return type(made_up) is type(known) and instants[0] == instants[1]


def _bytes_of(body: Any) -> bytes | None:
    """A body as it goes through the line."""
    if isinstance(body, NotSet):
        return None
    return body if isinstance(body, bytes) else json.dumps(body).encode()


@asynccontextmanager
async def service_with_everything(data: Path) -> AsyncIterator[RunningService]:
    """Desks that are open, two media workers, a room with its agent; its clock stands still, so
    that no call stops ringing while a busy machine looks elsewhere."""
    now = datetime.now(UTC)
    devices = [QuickDevice("camera"), QuickDevice("projecteur", commands=DISPLAY)]
    async with (
        two_workers() as pool,
        running_service(data, engine=pool, settings=open_always) as service,
        agent_of(service, ROOM, [*devices], data / "agent"),
    ):
        service.app[keys.HOUSE].means.clock = lambda: now
        yield service


async def test_the_api_answers_what_it_says_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Answers()
    monkeypatch.setattr("orchestrator.api.endpoint.door", lambda route: answers.counting(route))
    async with service_with_everything(tmp_path) as service:
        admin = await service.log_in("admin")
        async with admin.get(f"{PREFIX}/openapi.json") as answer:
            described = Described(await answer.json())
        walk = Walk(service, described, admin)
        await api_walk.whole(walk)
        await until(lambda: answers.statuses["GET /events"][101])
        assert set(described.operations) - answers.good(described) == set()
        assert answers.faults == {}

        answers.statuses.clear()
        cases = await asyncio.to_thread(cases_of, described.document, MOST)
        asker = Asker(walk)
        for name in sorted(cases, key=turn):
            for number, case in enumerate(cases[name]):
                await asker.ask(name, case, really=number % 2 == 0)

    assert len(answers.good(described)) >= LEAST, sorted(set(cases) - answers.good(described))
    assert answers.faults == {}
    assert asker.wrong == []
