"""Ten thousand commands, and somebody who listens: nothing is missing, nothing is out of order."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse

from orchestrator.keys import BUS, HOUSE
from orchestrator.room_control import Wish
from rooms.control import COMMANDS
from rooms.device_commands import CameraMove
from rooms.ids import CommandId, RoomId
from tests.fakes.service import RunningService, running_service

ROOM = RoomId("villefort-visio")
COMMANDED = 10_000
AT_ONCE = 8

pytestmark = pytest.mark.timeout(600)


class NeverAnswers:
    """An agent that is there, takes every frame, and says nothing."""

    def __init__(self) -> None:
        self.cancelled = 0

    def screen_connected(self, room: RoomId) -> bool:
        return True

    def able(self, room: RoomId) -> frozenset[str] | None:
        return frozenset(COMMANDS)

    async def command(
        self, room: RoomId, command: CommandId, name: str, arguments: Any, deadline: str
    ) -> bool:
        return True

    async def cancel_command(self, room: RoomId, command: CommandId) -> None:
        self.cancelled += 1


async def flood(service: RunningService, count: int) -> list[str]:
    """Move a camera so many times, some at once; the ids in the order they were taken."""
    control = service.app[HOUSE].control
    taken: list[str] = []

    async def some(number: int) -> None:
        for speed in range(number, count, AT_ONCE):
            wish = Wish(room=ROOM, command=CameraMove(pan=speed % 100), by="pe-flood")
            order, _ = await control.submit(wish)
            taken.append(order.id)

    await asyncio.gather(*(some(number) for number in range(AT_ONCE)))
    return taken


async def heard(socket: ClientWebSocketResponse, last: int) -> list[dict[str, Any]]:
    """Every event until that number."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(300):
        while len(found) < 2 or found[-1]["seq"] < last:
            found.append(json.loads(await socket.receive_str()))
    return found


def lives_of(events: list[dict[str, Any]]) -> dict[str, list[str]]:
    lives: dict[str, list[str]] = {}
    for event in events:
        if event["kind"].startswith("room.command."):
            lives.setdefault(event["command"], []).append(event["state"])
    return lives


async def test_of_ten_thousand_commands_every_step_is_heard_once_and_in_order(
    tmp_path: Path,
) -> None:
    async with running_service(tmp_path) as service:
        service.app[HOUSE].means.agents = NeverAnswers()
        anne = await service.log_in("anne")
        async with anne.http.ws_connect(
            f"{service.url}/api/v1/events", origin=service.url
        ) as socket:
            hello = json.loads(await socket.receive_str())
            assert hello["gap"] is False
            flooding = asyncio.create_task(flood(service, COMMANDED))
            events: list[dict[str, Any]] = []
            while not (flooding.done() and events[-1]["seq"] >= service.app[BUS].seq):
                async with asyncio.timeout(120):
                    events.append(json.loads(await socket.receive_str()))
        taken = await flooding
        seqs = [event["seq"] for event in events]
        assert seqs == list(range(hello["seq"] + 1, seqs[-1] + 1))
        assert [event for event in events if event["kind"] == "hello"] == []
        lives = lives_of(events)
        assert set(lives) == set(taken)
        assert len(taken) == COMMANDED
        ended = [states for states in lives.values() if states == ["accepted", "superseded"]]
        assert len(ended) >= COMMANDED - 1
        assert all(states[0] == "accepted" for states in lives.values())


async def test_who_was_away_too_long_is_told_that_he_missed_something(tmp_path: Path) -> None:
    async with running_service(tmp_path) as service:
        service.app[HOUSE].means.agents = NeverAnswers()
        anne, bus = await service.log_in("anne"), service.app[BUS]
        await flood(service, 100)
        here = bus.seq
        await flood(service, 50)
        url = f"{service.url}/api/v1/events?since={here}"
        async with anne.http.ws_connect(url, origin=service.url) as socket:
            events = await heard(socket, bus.seq)
        assert events[0] == {"kind": "hello", "seq": bus.seq, "gap": False}
        assert [event["seq"] for event in events[1:]] == list(range(here + 1, bus.seq + 1))
        await flood(service, 600)
        async with anne.http.ws_connect(url, origin=service.url) as socket:
            assert json.loads(await socket.receive_str())["gap"] is True


async def test_a_panel_hears_of_its_own_room_alone(tmp_path: Path) -> None:
    async with running_service(tmp_path) as service:
        service.app[HOUSE].means.agents = NeverAnswers()
        anne, bus = await service.log_in("anne"), service.app[BUS]
        url = f"{service.url}/api/v1/events?room=meyrueis-visio"
        async with anne.http.ws_connect(url, origin=service.url) as socket:
            assert json.loads(await socket.receive_str())["kind"] == "hello"
            await flood(service, 5)
            bus.publish("room.state.changed", room="meyrueis-visio", version=1)
            event = json.loads(await socket.receive_str())
            assert (event["kind"], event["room"]) == ("room.state.changed", "meyrueis-visio")
            bus.publish("booking.made", booking="bk-1", rooms=["villefort-visio"])
            bus.publish("booking.made", booking="bk-2", rooms=[ROOM, "meyrueis-visio"])
            assert json.loads(await socket.receive_str())["booking"] == "bk-2"
