"""A room's agent and the service, over their real socket: commands, scenes, plan, token."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, WSServerHandshakeError
from sqlalchemy import select, update

from orchestrator.agents import ROTATE_AFTER
from orchestrator.api.agent_socket import AGENTS
from orchestrator.keys import BUS, DATABASE
from orchestrator.store import agents as store
from orchestrator.store import audit
from orchestrator.store.tables_rooms import agent_tokens
from rooms.agent import disk, run
from rooms.agent.plan import Done
from rooms.agent.run import Agent
from rooms.control import Command
from rooms.device_commands import CameraHome
from rooms.drivers.port import Accepted, DeviceBusy, DeviceKind, Patch
from rooms.ids import RoomId
from tests.fakes.agents import (
    DISPLAY,
    QuickDevice,
    agent_of,
    config_of,
    paired,
    running,
    until,
)
from tests.fakes.service import Browser, RunningService, running_service

ROOM = "villefort-visio"
PATH = f"/api/v1/rooms/{ROOM}"


async def ask(browser: Browser, status: int = 202, **command: Any) -> dict[str, Any]:
    async with browser.post(f"{PATH}/commands", command) as answer:
        assert answer.status == status, await answer.text()
        found: dict[str, Any] = await answer.json()
        return found


async def ended(browser: Browser, taken: dict[str, Any]) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            async with browser.get(f"/api/v1/commands/{taken['id']}") as answer:
                order: dict[str, Any] = await answer.json()
            if order["state"] not in ("accepted", "running"):
                return order
            await asyncio.sleep(0.01)


async def audited(service: RunningService) -> list[str]:
    lines = await service.app[DATABASE].read(lambda conn: audit.latest(conn, 50))
    return [str(line["action"]) for line in lines]


async def refused(service: RunningService, token: str, room: str = ROOM) -> int:
    """The status with which the socket refuses a token."""
    headers = {"Authorization": f"Bearer {token}"}
    async with ClientSession() as http:
        with pytest.raises(WSServerHandshakeError) as refusal:
            await http.ws_connect(f"{service.url}/ws/agent/v1?room={room}", headers=headers)
        return refusal.value.status


async def test_a_command_goes_to_the_device_and_its_outcome_comes_back(tmp_path: Path) -> None:
    async with running_service(tmp_path) as service:
        anne, camera = await service.log_in("anne"), QuickDevice("camera")
        async with agent_of(service, ROOM, [camera], tmp_path / "agent"):
            order = await ended(anne, await ask(anne, command="camera.home"))
            assert (order["state"], order["result"]) == ("done", {"power": "on"})
            assert camera.told == [CameraHome()]
            camera.fails = DeviceBusy("warming")
            order = await ended(anne, await ask(anne, command="camera.home"))
            assert (order["state"], order["error"]) == ("failed", "device_busy")
            refusal = await ask(anne, 422, command="display.power.set", on=True)
            assert refusal["type"].endswith("/unsupported")
        assert camera.closed
        await until(lambda: not service.app[AGENTS].screen_connected(RoomId(ROOM)))
        taken = await ask(anne, command="camera.home")
        assert (taken["state"], taken["error"]) == ("failed", "agent_unreachable")


class BusyCamera(QuickDevice):
    """Is about something else until it is told that this is over."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.over = asyncio.Event()

    async def execute(self, command: Command, deadline: float, accepted: Accepted) -> Patch:
        await self.over.wait()
        return await super().execute(command, deadline, accepted)


async def test_an_agent_whose_device_lets_it_wait_is_not_taken_for_one_that_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "TAKEN_WITHIN", 0.1)
    async with running_service(tmp_path) as service:
        anne, camera = await service.log_in("anne"), BusyCamera("camera")
        async with agent_of(service, ROOM, [camera], tmp_path / "agent"):
            with service.app[BUS].listen("test") as listener:
                taken = await ask(anne, command="camera.home")
                async with asyncio.timeout(20):
                    async for event in listener:
                        if event.kind == "room.command.running":
                            break
            assert camera.told == []
            camera.over.set()
            assert (await ended(anne, taken))["state"] == "done"


async def test_the_room_tells_its_devices_and_what_ails_it(tmp_path: Path) -> None:
    async with running_service(tmp_path) as service:
        anne, marc = await service.log_in("anne"), await service.log_in("marc")
        async with agent_of(service, ROOM, [QuickDevice("camera")], tmp_path / "agent") as agent:
            agent.state.lost("camera")
            hub = service.app[AGENTS]
            await until(lambda: (report := hub.report_of(RoomId(ROOM))) and report.health)
            async with anne.get("/api/v1/agents") as answer:
                (listed,) = (await answer.json())["agents"]
            assert (listed["room"], listed["presence"], listed["health"]) == (
                ROOM, "online", ["device_lost"],
            )  # fmt: skip
            async with anne.get(f"{PATH}/devices") as answer:
                document = (await answer.json())["document"]
            assert document["devices"][0]["here"] is False
            async with marc.get("/api/v1/agents") as answer:
                assert (await answer.json())["agents"] == []
            async with marc.get(f"{PATH}/devices") as answer:
                assert answer.status == 403


async def test_a_scene_is_carried_out_by_the_agent_step_by_step(tmp_path: Path) -> None:
    async with running_service(tmp_path) as service:
        anne = await service.log_in("anne")
        screen = QuickDevice("projecteur", DeviceKind.DISPLAY, DISPLAY)
        camera = QuickDevice("camera")
        async with agent_of(service, ROOM, [screen, camera], tmp_path / "agent"):
            order = await ended(
                anne, await ask(anne, command="room.preset.apply", preset="formation")
            )
            assert (order["state"], order["result"]) == ("done", {"scene": "formation"})
            assert [one.name for one in screen.told] == ["display.power.set", "display.blank.set"]
            assert [one.name for one in camera.told] == ["camera.preset.recall"]
            async with anne.post(
                f"{PATH}/commands", {"command": "room.preset.apply", "preset": "fete"}
            ) as answer:
                assert answer.status == 404
            camera.fails = DeviceBusy("")
            order = await ended(
                anne, await ask(anne, command="room.preset.apply", preset="formation")
            )
            assert (order["state"], order["error"]) == ("failed", "device_failure")


async def done_of(state: Path) -> frozenset[Done]:
    """What of the plan an agent has written down as done."""
    return (await asyncio.to_thread(disk.read_plan, state))[1]


async def test_an_agent_without_the_service_carries_the_plan_on(tmp_path: Path) -> None:
    """The room of a booking wakes though nobody is on the other end of the line."""
    state, now = tmp_path / "agent", [datetime.now(UTC)]
    screen = QuickDevice("projecteur", DeviceKind.DISPLAY, DISPLAY)
    async with running_service(tmp_path) as service:
        anne = await service.log_in("anne")
        start = (now[0] + timedelta(days=1)).replace(hour=10, minute=0, second=0, microsecond=0)
        while start.weekday() > 3:
            start += timedelta(days=1)
        hours = {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
        wanted = {"title": "Atelier", "kind": "training", "rooms": [ROOM], **hours}
        async with anne.post("/api/v1/bookings", wanted) as answer:
            assert answer.status == 201, await answer.text()
        now[0] = start - timedelta(hours=1)
        service.app[AGENTS]._means.clock = lambda: now[0]
        async with agent_of(service, ROOM, [screen], state) as agent:
            await until(lambda: agent.core.plan and agent.core.plan.entries)
            while not await asyncio.to_thread((state / disk.PLAN).exists):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        config = config_of(service, ROOM, state)
    alone = Agent(config, "test", drivers=[screen], clock=lambda: now[0])
    async with running(alone):
        await until(lambda: alone.core.plan)
        await asyncio.sleep(0.6)
        assert screen.told == []
        now[0] = start - timedelta(minutes=5)
        await until(lambda: alone.state.scene == "formation")
        now[0] = start + timedelta(hours=1)
        await until(lambda: alone.state.scene == "veille")
        async with asyncio.timeout(20):  # the disk may be slower than the room
            while {one.when for one in await done_of(state)} != {"start", "end"}:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    names = [(one.name, getattr(one, "on", None)) for one in screen.told]
    assert names[0] == ("display.power.set", True)
    assert names[-1] == ("display.power.set", False)


async def test_the_token_rotates_and_the_stolen_one_is_refused_told_and_written_down(
    tmp_path: Path,
) -> None:
    async with running_service(tmp_path) as service:
        state = tmp_path / "agent"
        first = await paired(service, ROOM)
        await asyncio.to_thread(disk.write_token, state, first)
        old = int((datetime.now(UTC) - ROTATE_AFTER).timestamp())
        await service.app[DATABASE].write(
            lambda conn: conn.execute(update(agent_tokens).values(rotated_at=old)).rowcount
        )
        with service.app[BUS].listen("test") as listener:
            async with running(Agent(config_of(service, ROOM, state), "test", drivers=[])):
                async with asyncio.timeout(20):
                    async for event in listener:
                        if event.kind == "agent.token.rotated":
                            break
                second = await asyncio.to_thread(disk.read_token, state)
                assert second not in (None, first)
                assert await refused(service, first) == 401
                async with asyncio.timeout(5):
                    async for event in listener:
                        if event.kind == "agent.token.stolen":
                            break
                assert event.facts["room"] == ROOM
        assert "agent.token-stolen" in await audited(service)
        async with running(Agent(config_of(service, ROOM, state), "test", drivers=[])):
            await until(lambda: service.app[AGENTS].screen_connected(RoomId(ROOM)))


async def test_a_token_that_could_not_be_kept_is_not_rotated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(state: Path, token: str) -> None:
        raise OSError(28, "No space left on device")

    async with running_service(tmp_path) as service:
        state = tmp_path / "agent"
        first = await paired(service, ROOM)
        await asyncio.to_thread(disk.write_token, state, first)
        await service.app[DATABASE].write(
            lambda conn: conn.execute(update(agent_tokens).values(rotated_at=0)).rowcount
        )
        monkeypatch.setattr("rooms.agent.run.disk.write_token", full)
        async with running(Agent(config_of(service, ROOM, state), "test", drivers=[])):
            hub = service.app[AGENTS]
            await until(
                lambda: (
                    (report := hub.report_of(RoomId(ROOM)))
                    and [one.key for one in report.health] == ["token_not_kept"]
                )
            )
        held = await service.app[DATABASE].read(lambda conn: store.by_token(conn, first))
        assert isinstance(held, store.Agent)


async def test_a_token_is_good_for_one_room_and_for_the_agents_socket_only(tmp_path: Path) -> None:
    async with running_service(tmp_path) as service:
        token = await paired(service, ROOM)
        assert await refused(service, token, "meyrueis-visio") == 403
        assert "agent.wrong-room" in await audited(service)
        async with service.browser().get(
            f"{PATH}/state", headers={"Authorization": f"Bearer {token}"}
        ) as answer:
            assert answer.status == 401
        async with ClientSession() as http:
            hello = {"type": "hello", "versions": [1], "token": token, "client": "test"}
            async with http.ws_connect(f"{service.url}/ws/v1") as wire:
                await wire.send_json(hello)
                assert (await wire.receive_json(timeout=5))["code"] == "bad-token"
        screen = await service.screen(ROOM)
        assert await refused(service, screen) == 401


async def test_wrong_tokens_are_soon_too_many(tmp_path: Path) -> None:
    async with running_service(tmp_path) as service:
        statuses = [await refused(service, f"wrong-{number}") for number in range(11)]
        assert statuses == [401] * 10 + [429]
        assert await refused(service, await paired(service, ROOM)) == 429


async def test_a_page_of_a_browser_is_no_agent(tmp_path: Path) -> None:
    async with running_service(tmp_path) as service:
        token = await paired(service, ROOM)
        async with ClientSession() as http:
            with pytest.raises(WSServerHandshakeError) as refusal:
                await http.ws_connect(
                    f"{service.url}/ws/agent/v1?room={ROOM}",
                    headers={"Authorization": f"Bearer {token}", "Origin": service.url},
                )
        assert refusal.value.status == 403


async def test_pairing_again_puts_the_former_agent_out(tmp_path: Path) -> None:
    async with running_service(tmp_path) as service:
        anne = await service.log_in("anne")
        async with agent_of(service, ROOM, [], tmp_path / "agent"):
            former = await asyncio.to_thread(disk.read_token, tmp_path / "agent")
            async with anne.post("/api/v1/pairings", {"room": ROOM}) as answer:
                code = (await answer.json())["code"]
            claim = {"room": ROOM, "code": code, "kind": "agent"}
            async with service.browser().post("/api/v1/pairings/claim", claim) as answer:
                assert answer.status == 201
                token = (await answer.json())["token"]
            assert len(token) == 43  # 256 bits
            async with service.browser().post("/api/v1/pairings/claim", claim) as answer:
                assert answer.status == 403  # once
            await until(lambda: not service.app[AGENTS].screen_connected(RoomId(ROOM)))
        assert await refused(service, str(former)) == 401
        known = await service.app[DATABASE].read(store.every)
        assert len(known) == 1


async def test_an_agent_put_out_is_gone_at_once(tmp_path: Path) -> None:
    async with running_service(tmp_path) as service:
        anne, marc = await service.log_in("anne"), await service.log_in("marc")
        async with agent_of(service, ROOM, [], tmp_path / "agent"):
            (known,) = await service.app[DATABASE].read(store.every)
            async with marc.delete(f"/api/v1/devices/{known.id}") as answer:
                assert answer.status == 404
            async with anne.delete(f"/api/v1/devices/{known.id}") as answer:
                assert answer.status == 204
            await until(lambda: not service.app[AGENTS].screen_connected(RoomId(ROOM)))
        assert await service.app[DATABASE].read(
            lambda conn: conn.execute(select(agent_tokens.c.device_id)).scalars().all()
        )


async def test_what_is_no_frame_ends_the_connection_and_nothing_else(tmp_path: Path) -> None:
    async with running_service(tmp_path) as service:
        headers = {"Authorization": f"Bearer {await paired(service, ROOM)}"}
        url = f"{service.url}/ws/agent/v1?room={ROOM}"
        for said in ("{", '{"type":"hello"}', '{"type":"rotated"}', "x" * 70_000):
            async with ClientSession() as http, http.ws_connect(url, headers=headers) as wire:
                await wire.send_str(said)
                while not wire.closed:
                    await wire.receive(timeout=10)
                assert wire.close_code in (4400, 1009)
