"""A ceremony of the real service with its media: people who send test cards, its public page."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestrator.demo.stage import Stage, set_up
from signalling.peers.endpoint import Endpoint
from tests.fakes.service import Browser
from tests.fakes.wire import until

WITHIN = 60.0
TITLE = "Inauguration simultanée des télécentres de Lozère"


@dataclass(slots=True)
class Show:
    """What is running."""

    stage: Stage
    operator: Browser
    session: str
    code: str = ""
    people: dict[str, Endpoint] = field(default_factory=dict)

    async def ask(self, method: str, path: str, sent: Any = None) -> Any:
        url = f"/api/v1/sessions/{self.session}/{path}"
        async with self.operator.request(method, url, json=sent) as answer:
            if answer.status >= 300:
                raise AssertionError(f"{method} {path}: {await answer.text()}")
            return await answer.json() if answer.content_type == "application/json" else None

    async def direct(self, act: str, **more: Any) -> Any:
        return await self.ask("POST", "stage", {"act": act, **more})

    async def on_stage(self, layout: str, *names: str) -> None:
        """Prepared, accepted and taken."""
        calls = [self.people[name].call for name in names]
        ids = [str(call.you) for call in calls if call is not None]
        for source in ids:
            await self._until_known(source)
            with contextlib.suppress(AssertionError):  # it is ready already
                await self.direct("accept", source=source)
        await self.direct("prepare", layout=layout, sources=ids)
        await self.direct("take")

    async def _until_known(self, source: str) -> None:
        async with asyncio.timeout(WITHIN):
            while True:
                found = (await self.ask("GET", "stage"))["stage"]["sources"]
                states = {one["id"]: one["state"] for one in found}
                if states.get(source, "absent") != "absent":
                    return
                await self.direct("here")
                await asyncio.sleep(0.2)

    async def open_page(self, **wanted: Any) -> dict[str, Any]:
        """Its public page, on air."""
        self.code = (await self.ask("PUT", "public", wanted))["public"]["code"]
        await self.ask("POST", "public", {"act": "start"})
        return await self.told("live")

    async def told(self, state: str) -> dict[str, Any]:
        """What everybody is told, once it is this."""
        async with asyncio.timeout(WITHIN):
            while True:
                async with self.operator.get(f"/api/v1/live/{self.code}") as answer:
                    told: dict[str, Any] = await answer.json()
                if told.get("state") == state:
                    return told
                await asyncio.sleep(0.1)


@asynccontextmanager
async def show(home: Path, *names: str, kind: type[Endpoint] = Endpoint) -> AsyncIterator[Show]:
    """A ceremony that has begun, with these people in its wings."""
    async with contextlib.AsyncExitStack() as stack:
        stage = await stack.enter_async_context(set_up(home / "data", port=0, media_port=0))
        operator = await stack.enter_async_context(Browser(stage.service.url))
        player = stage.cast.trainer
        sent = {"login": player.login, "password": player.password}
        async with operator.post("/api/v1/login", sent) as answer:
            operator.csrf = (await answer.json())["csrf"]
        session, link = await booked(operator, stage)
        made = Show(stage, operator, session)
        for act in ("open", "start"):
            await made.ask("POST", act)
        await made.ask("PUT", "stage")
        for name in names:
            made.people[name] = await stack.enter_async_context(inside(stage, link, name, kind))
        yield made


async def booked(operator: Browser, stage: Stage) -> tuple[str, str]:
    """The session, and the code of its link."""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=2)
    wish = {
        "title": TITLE,
        "kind": "ceremony",
        "rooms": [room.id for room in stage.rooms],
        "from": start.isoformat(),
        "to": (start + timedelta(hours=2)).isoformat(),
    }
    async with operator.post("/api/v1/bookings", wish) as answer:
        body = await answer.json()
        assert answer.status < 300, body
    return str(body["booking"]["session"]), str(body["booking"]["join_url"].rpartition("/")[2])


@asynccontextmanager
async def inside(
    stage: Stage, link: str, name: str, kind: type[Endpoint]
) -> AsyncIterator[Endpoint]:
    """A guest who sends a test card."""
    async with Browser(stage.service.url) as browser:
        async with browser.post("/api/v1/join", {"code": link, "name": name}) as answer:
            token = (await answer.json())["token"]
        one = kind(f"{stage.service.url.replace('http', 'ws', 1)}/ws/v1", token, name=name)
        being = asyncio.create_task(one.run(), name=name)
        try:
            await until(lambda: one.call is not None and one.call.flowing, WITHIN)
            yield one
        finally:
            being.cancel()
            await asyncio.gather(being, return_exceptions=True)
