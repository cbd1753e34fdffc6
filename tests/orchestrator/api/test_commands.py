"""Rooms commanded by REST, with a screen on the wire that does what it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from orchestrator.events import Listener
from orchestrator.keys import BUS
from rooms.control import DEFAULT_STATE
from tests.fakes.service import Browser, RunningService, running_service

PATH = "/api/v1/rooms/villefort-visio"
MUTE = {"command": "audio.mic.set", "on": False}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as service:
        yield service


class ObedientScreen:
    """Does at once whatever it is told, and joins when it is called."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    async def serve(self, wire: Any) -> None:
        async for frame in wire:
            message = frame.json()
            if message["type"] == "command":
                self.told.append(message)
                await self._obey(wire, message)

    async def _obey(self, wire: Any, message: dict[str, Any]) -> None:
        await wire.send_json({"type": "command.accepted", "id": message["id"]})
        if message["command"] == "call.join":
            arguments = message["arguments"]
            await wire.send_json(
                {"type": "join", "session": arguments["session"], "token": arguments["token"]}
            )
        await wire.send_json({"type": "command.done", "id": message["id"]})


@asynccontextmanager
async def screen_of(service: RunningService, room: str) -> AsyncIterator[ObedientScreen]:
    """A room's screen for as long as the block lasts."""
    token, screen = await service.screen(room), ObedientScreen()
    hello = {"type": "hello", "versions": [1], "token": token, "client": "test"}
    async with (
        ClientSession() as http,
        http.ws_connect(f"{service.url}/ws/v1", origin=service.url) as wire,
    ):
        with service.app[BUS].listen("test") as listener:
            await wire.send_json(hello)
            assert (await wire.receive_json(timeout=5))["type"] == "welcome"
            state = {"type": "room.state", "version": 1, "document": DEFAULT_STATE.to_json()}
            await wire.send_json(state)
            await _heard(listener, "room.state.changed")
        serving = asyncio.create_task(screen.serve(wire))
        yield screen
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def _heard(listener: Listener, kind: str) -> None:
    async with asyncio.timeout(5):
        async for event in listener:
            if event.kind == kind:
                return


async def followed(browser: Browser, location: str) -> dict[str, Any]:
    """The command once it has ended."""
    async with asyncio.timeout(5):
        while True:
            async with browser.get(location) as answer:
                order: dict[str, Any] = await answer.json()
            if order["state"] not in ("accepted", "running"):
                return order
            await asyncio.sleep(0.01)


async def test_a_command_is_taken_followed_and_done(service: RunningService) -> None:
    anne = await service.log_in("anne")
    async with screen_of(service, "villefort-visio") as screen:
        async with anne.post(f"{PATH}/commands", MUTE) as answer:
            taken = await answer.json()
        assert answer.status == 202
        assert answer.headers["Location"] == f"/api/v1/commands/{taken['id']}"
        order = await followed(anne, answer.headers["Location"])
    assert (order["state"], order["command"], order["arguments"]) == (
        "done", "audio.mic.set", {"on": False},
    )  # fmt: skip
    assert screen.told[0]["arguments"] == {"on": False}


async def test_a_command_says_not_before_when_and_until_when_it_was_asked_for(
    service: RunningService,
) -> None:
    anne = await service.log_in("anne")
    begin = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=5)
    instants = {
        "not_before": begin.isoformat().replace("+00:00", "Z"),
        "expires_at": (begin + timedelta(minutes=5)).isoformat().replace("+00:00", "Z"),
    }
    async with screen_of(service, "villefort-visio"):
        for held in (instants, {}):
            async with anne.post(f"{PATH}/commands", MUTE | held) as answer:
                location = answer.headers["Location"]
            async with anne.get(location) as shown:
                order = await shown.json()
            wanted = {"not_before": None, "expires_at": None} | held
            assert {name: order[name] for name in wanted} == wanted


async def test_a_replayed_command_is_done_once(service: RunningService) -> None:
    anne = await service.log_in("anne")
    headers = {"Idempotency-Key": "mute-villefort"}
    async with screen_of(service, "villefort-visio") as screen:
        async with anne.post(f"{PATH}/commands", MUTE, headers=headers) as answer:
            first = await answer.json()
        async with anne.post(f"{PATH}/commands", MUTE, headers=headers) as answer:
            again = await answer.json()
            assert answer.headers["Idempotent-Replayed"] == "true"
        assert (again["id"], len(screen.told)) == (first["id"], 1)
    other = {**MUTE, "on": True}
    async with anne.post(f"{PATH}/commands", other, headers=headers) as answer:
        assert answer.status == 422
    async with anne.post(f"{PATH}/commands", MUTE, headers={"Idempotency-Key": "é"}) as answer:
        assert answer.status in (400, 422)


async def test_a_room_without_a_screen_fails_at_once(service: RunningService) -> None:
    anne = await service.log_in("anne")
    async with anne.post(f"{PATH}/commands", MUTE) as answer:
        taken = await answer.json()
    assert (answer.status, taken["state"], taken["error"]) == (202, "failed", "agent_unreachable")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"command": "audio.mic.toggle"}, 422),
        ({"command": "audio.mic.set"}, 422),
        ({"command": "audio.mic.set", "on": "yes"}, 422),
        ({"command": "audio.mic.set", "on": True, "colour": "red"}, 422),
        ({"command": "room.message.show", "text": "x" * 281}, 422),
        ({"command": 7}, 422),
        ({}, 422),
        ([], 422),
    ],
)
async def test_what_is_no_command_is_refused(
    service: RunningService, sent: Any, status: int
) -> None:
    anne = await service.log_in("anne")
    async with anne.post(f"{PATH}/commands", sent) as answer:
        assert (answer.status, answer.content_type) == (status, "application/problem+json")


async def test_only_who_may_command_a_room_does(service: RunningService) -> None:
    for login in ("marc", "tom", "bea"):
        stranger = await service.log_in(login)
        async with stranger.post(f"{PATH}/commands", MUTE) as answer:
            assert answer.status == 403
        async with stranger.get(f"{PATH}/state") as answer:
            assert answer.status == 403
    async with service.browser().post(f"{PATH}/commands", MUTE) as answer:
        assert answer.status == 401
    anne, marc = await service.log_in("anne"), await service.log_in("marc")
    async with anne.post(f"{PATH}/commands", MUTE) as answer:
        location = answer.headers["Location"]
    async with marc.get(location) as answer:
        assert answer.status == 404
    async with anne.delete(location) as answer:
        assert answer.status == 409  # it has ended


async def test_a_rooms_state_is_read_by_its_people_and_its_own_screen(
    service: RunningService,
) -> None:
    anne = await service.log_in("anne")
    async with screen_of(service, "villefort-visio"), anne.get(f"{PATH}/state") as answer:
        state = await answer.json()
    assert (state["version"], state["presence"]) == (1, "online")
    assert state["document"] == DEFAULT_STATE.to_json()
    own, other = await service.screen("villefort-visio"), await service.screen("murat-formation")
    for token, status in ((own, 200), (other, 401), ("nonsense", 401)):
        bearer = {"Authorization": f"Bearer {token}"}
        async with service.browser().get(f"{PATH}/state", headers=bearer) as answer:
            assert answer.status == status


async def test_the_rooms_of_a_booking_that_begins_now_join_by_themselves(
    service: RunningService,
) -> None:
    tom = await service.log_in("tom")
    now = datetime.now(UTC)
    wish = {"title": "Inauguration", "kind": "ceremony", "rooms": ["villefort-visio"],
            "from": now.isoformat(), "to": (now + timedelta(hours=1)).isoformat()}  # fmt: skip
    async with screen_of(service, "villefort-visio"):
        with service.app[BUS].listen("test") as listener:
            async with tom.post("/api/v1/bookings", wish) as answer:
                assert answer.status == 201, await answer.text()
                session = (await answer.json())["booking"]["session"]
            await _heard(listener, "participant.joined")
        async with tom.get(f"/api/v1/sessions/{session}") as answer:
            shown = (await answer.json())["session"]
    assert shown["state"] == "on_air"
    assert shown["sites"][0]["state"] in ("checked_in", "live")
    assert [one["kind"] for one in shown["participants"]] == ["room"]
