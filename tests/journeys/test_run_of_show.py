"""The run of show with real processes: two rooms that are programs, and a service that is killed
with a GO on its way."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator.demo.client import Person
from orchestrator.demo.stage import Stage, set_up
from rooms.ids import RoomId
from signalling.peers.endpoint import Endpoint
from signalling.transport.seam import gather_on_loopback

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]
HOST, OTHER = "meyrueis-visio", "villefort-visio"
LEAD, WITHIN = 6.0, 60.0
SPEECH = {"kind": "speech", "title": "Accueil", "on_air": [HOST], "substitute": OTHER}
RIBBON = {"kind": "simultaneous_action", "title": "Le ruban", "text": "Coupez !"}
NOTE = {"kind": "message_to_site", "title": "Note", "text": "Plus près", "sites": [OTHER]}


class Evening:
    """A ceremony, who runs it, and the rooms."""

    def __init__(self, stage: Stage, admin: Person, session: str) -> None:
        self.stage, self.admin, self.session = stage, admin, session
        self.rooms: dict[str, Endpoint] = {}

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        return await self.admin.call(method, f"sessions/{self.session}/{path}", body)

    async def until(self, what: Callable[[], Awaitable[Any]]) -> Any:
        deadline = time.monotonic() + WITHIN
        while True:
            if found := await what():
                return found
            assert time.monotonic() < deadline, await self.ask("GET", "rundown")
            await asyncio.sleep(0.2)

    async def cues(self) -> list[dict[str, Any]]:
        return list((await self.ask("GET", "rundown"))["cues"])

    async def act(self, cue: str, act: str) -> dict[str, Any]:
        sent = {"act": act, "lead": LEAD} if act == "go" else {"act": act}
        told = await self.ask("POST", f"rundown/cues/{cue}", sent)
        return next(one for one in told["cues"] if one["id"] == cue)

    async def program(self) -> list[str]:
        stage = (await self.ask("POST", "stage", {"act": "here"}))["stage"]
        return [spot["source"] for spot in stage["program"]["spots"]]

    async def all_are(self, state: str) -> bool:
        stage = (await self.ask("POST", "stage", {"act": "here"}))["stage"]
        known = {one["id"]: one["state"] for one in stage["sources"]}
        return [known.get(room) for room in (HOST, OTHER)] == [state] * 2

    def shown(self, room: str) -> dict[str, str]:
        """What its screen has shown, and when by the clock of the service."""
        found = self.rooms[room].cues.figures()
        return {one["title"]: one["fired_at"] for one in found if one["fired_at"]}


@asynccontextmanager
async def evening(data: Path) -> AsyncIterator[Evening]:
    gather_on_loopback()
    async with set_up(data, port=0, media_port=0) as stage:
        wire = stage.service.url.replace("http", "ws", 1) + "/ws/v1"
        rooms = {
            room: Endpoint(wire, stage.cast.screens[RoomId(room)], name=room, key=room)
            for room in (HOST, OTHER)
        }
        running = [asyncio.create_task(one.run(), name=room) for room, one in rooms.items()]
        try:
            async with stage.person(stage.cast.admin) as admin:
                made = Evening(stage, admin, await booked(admin))
                made.rooms = rooms
                await admin.call("PUT", f"sessions/{made.session}/stage")
                yield made
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


async def booked(admin: Person) -> str:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=30)
    wish = {"title": "Inauguration", "kind": "ceremony", "rooms": [HOST, OTHER]}
    span = {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
    return str((await admin.call("POST", "bookings", wish | span))["booking"]["session"])


async def test_cues_get_ready_by_themselves_and_a_go_takes_effect_though_the_service_is_killed(
    tmp_path: Path,
) -> None:
    async with evening(tmp_path) as show:
        session = show.session
        sent = {"cues": [SPEECH, RIBBON, NOTE]}
        headers = {"If-Match": '"0"', "X-CSRF-Token": show.admin._csrf}
        url = f"{show.stage.service.url}/api/v1/sessions/{session}/rundown"
        async with show.admin._http.put(url, json=sent, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            speech, ribbon, note = (one["id"] for one in (await answer.json())["cues"])

        async def ready() -> bool:
            return {one["state"] for one in await show.cues()} == {"ready"}

        await show.until(ready)
        await show.until(lambda: show.all_are("ready"))
        await show.act(note, "arm")
        await show.act(note, "go")
        await show.act(speech, "arm")
        await show.act(ribbon, "arm")
        await show.act(speech, "go")
        await show.act(ribbon, "go")
        started = {one["id"]: one["started_at"] for one in await show.cues()}
        await show.stage.service.kill()
        await show.stage.service.start()

        async def spoken() -> bool:
            return await show.program() == [HOST]

        async def fired() -> bool:
            return all("Le ruban" in show.shown(room) for room in show.rooms)

        await show.until(spoken)
        await show.until(fired)
        for room in show.rooms:
            at = datetime.fromisoformat(show.shown(room)["Le ruban"])
            assert at >= datetime.fromisoformat(started[ribbon])
        assert ["Note" in show.shown(room) for room in (HOST, OTHER)] == [False, True]
        assert [one["state"] for one in await show.cues()] == ["done", "live", "done"]
