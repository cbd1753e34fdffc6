"""A command that was only held outlives the service: sent at its hour, or told to be too late."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar
from sqlalchemy import update

from bench.storm_servers import hello_of
from orchestrator import conduct
from orchestrator.auth.people import Person
from orchestrator.cases.fan_out import Asked
from orchestrator.demo import cast
from orchestrator.demo import service as process
from orchestrator.demo.service import Service
from orchestrator.demo.stage import NETWORK
from orchestrator.room_wishes import Wish
from orchestrator.store import commands
from orchestrator.store.commands import Order
from orchestrator.store.database import Database
from orchestrator.store.tables import commands as rows
from orchestrator.store.tables import people
from orchestrator.words import LOCALES, words
from rooms.control import Command, CommandState, MicSet
from rooms.house_commands import SceneApply
from rooms.ids import CommandId, RoomId
from tests.fakes.rooms import NINE, VILLEFORT, Scene, furnished
from tests.orchestrator.test_room_control import SteadyAgent

MUTE = MicSet(on=False)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with furnished(tmp_path) as scene:
        await scene.screen_on(VILLEFORT)
        yield scene


@pytest.fixture
async def anne(scene: Scene) -> Person:
    return await scene.person("anne", "animateur", "villefort")


async def hold(scene: Scene, who: Person, command: Command = MUTE, **instants: datetime) -> Order:
    asked = Asked(command=command, **instants)  # type: ignore[arg-type]
    order, _ = await conduct.command_room(scene.house.conductor, who, VILLEFORT, asked)
    assert (order.state, order.held) == ("accepted", True)
    return order


async def restart(scene: Scene, away: float = 2, *, back: bool = True) -> None:
    """The store is closed and opened; the room has to dial in again."""
    path = Path(scene.database._writing.url.database or "")
    await scene.house.settled()
    await asyncio.to_thread(scene.database.close)
    scene.database = await asyncio.to_thread(Database, path)
    scene.wire.connected.clear()
    scene.now += timedelta(seconds=away)
    scene.start_again()
    await scene.house.restore()
    if back:
        await scene.screen_on(VILLEFORT)
    await scene.strike()


async def now_of(scene: Scene, order: Order) -> tuple[str, str | None]:
    found = await scene.database.read(lambda conn: commands.get(conn, order.id))
    return found.state.value, found.error


@pytest.fixture
async def closed(scene: Scene) -> AsyncIterator[None]:
    """The store that a restart opened is closed too."""
    yield
    await scene.house.settled()
    await asyncio.to_thread(scene.database.close)


pytestmark = pytest.mark.usefixtures("closed")


async def test_what_was_held_for_an_hour_to_come_is_sent_then_and_ends_as_ever(
    scene: Scene, anne: Person
) -> None:
    order = await hold(scene, anne, not_before=scene.now + timedelta(seconds=30))
    await restart(scene)
    await scene.after(seconds=27)
    assert scene.wire.sent == []
    await scene.after(seconds=1)
    assert [(one.id, one.arguments) for one in scene.wire.sent] == [(order.id, {"on": False})]
    await scene.house.command_accepted(VILLEFORT, order.id)
    await scene.house.command_done(VILLEFORT, order.id, {})
    assert await now_of(scene, order) == ("done", None)


async def test_a_part_of_a_second_makes_nothing_come_too_soon(scene: Scene, anne: Person) -> None:
    exactly = NINE + timedelta(seconds=30, milliseconds=700)
    await hold(scene, anne, not_before=exactly)
    await restart(scene)
    await scene.strike(exactly - timedelta(milliseconds=1))
    assert scene.wire.sent == []
    await scene.strike(exactly + timedelta(seconds=1))
    assert len(scene.wire.sent) == 1


async def test_what_was_held_for_a_room_that_is_away_is_sent_when_it_comes(
    scene: Scene, anne: Person
) -> None:
    await scene.screen_off(VILLEFORT)
    order = await hold(scene, anne, expires_at=scene.now + timedelta(minutes=5))
    await restart(scene, back=False)
    await scene.after(seconds=60)
    assert scene.wire.sent == []
    await scene.screen_on(VILLEFORT)
    await scene.strike()
    assert [one.id for one in scene.wire.sent] == [order.id]


async def test_what_expired_meanwhile_has_timed_out(scene: Scene, anne: Person) -> None:
    await scene.screen_off(VILLEFORT)
    order = await hold(scene, anne, expires_at=scene.now + timedelta(minutes=5))
    await restart(scene, away=301)
    assert await now_of(scene, order) == ("timed_out", "timeout")
    assert scene.wire.sent == []


async def test_an_hour_that_struck_just_now_is_kept_once_the_room_is_there_again(
    scene: Scene, anne: Person
) -> None:
    order = await hold(scene, anne, not_before=scene.now + timedelta(seconds=30))
    await restart(scene, away=80, back=False)
    await scene.after(seconds=14)
    assert await now_of(scene, order) == ("accepted", None)
    await scene.screen_on(VILLEFORT)
    await scene.strike()
    assert [one.id for one in scene.wire.sent] == [order.id]


async def test_a_room_that_does_not_come_back_is_not_waited_for(scene: Scene, anne: Person) -> None:
    order = await hold(scene, anne, not_before=scene.now + timedelta(seconds=30))
    await restart(scene, away=80, back=False)
    await scene.after(seconds=15)
    assert await now_of(scene, order) == ("failed", "agent_unreachable")


async def test_an_hour_that_struck_long_ago_is_told_to_be_past_in_plain_words(
    scene: Scene, anne: Person
) -> None:
    order = await hold(scene, anne, not_before=scene.now + timedelta(seconds=30))
    await restart(scene, away=30 + 62)
    assert await now_of(scene, order) == ("failed", "too_late")
    assert scene.wire.sent == []
    assert [one["error"] for one in scene.told("room.command.failed")] == ["too_late"]
    assert len({words("too_late", locale, {}) for locale in LOCALES} - {"too_late"}) == 2


async def test_a_right_lost_while_the_service_was_away_stops_it(scene: Scene, anne: Person) -> None:
    order = await hold(scene, anne, not_before=scene.now + timedelta(seconds=30))
    gone = update(people).where(people.c.id == anne.id).values(active=False)
    await scene.database.write(lambda conn: conn.execute(gone).rowcount)
    await restart(scene, away=31)
    assert await now_of(scene, order) == ("failed", "forbidden")
    assert scene.wire.sent == []


async def test_what_was_sent_before_the_crash_is_not_sent_a_second_time(
    scene: Scene, anne: Person
) -> None:
    order = await hold(scene, anne, not_before=scene.now + timedelta(seconds=30))
    await scene.after(seconds=30)
    assert len(scene.wire.sent) == 1
    await restart(scene)
    await scene.after(seconds=14)
    assert await now_of(scene, order) == ("accepted", None)
    await scene.after(seconds=1)
    assert await now_of(scene, order) == ("failed", "interrupted")
    assert len(scene.wire.sent) == 1


async def test_what_is_held_on_may_be_given_up_or_superseded(scene: Scene, anne: Person) -> None:
    hour = scene.now + timedelta(seconds=30)
    order = await hold(scene, anne, not_before=hour)
    await restart(scene)
    newer = await hold(scene, anne, MicSet(on=True), not_before=hour)
    assert await now_of(scene, order) == ("superseded", None)
    await restart(scene)
    await conduct.cancel_command(scene.house.conductor, anne, VILLEFORT, newer.id)
    await scene.after(seconds=60)
    assert await now_of(scene, newer) == ("cancelled", None)
    assert scene.wire.sent == []


async def test_a_scene_goes_to_the_agent_with_the_steps_it_has_then(
    scene: Scene, anne: Person
) -> None:
    able = ("room.preset.apply", "camera.home")
    scene.house.means.agents = SteadyAgent(*able)
    await scene.screen_off(VILLEFORT)
    hour = scene.now + timedelta(seconds=30)
    await hold(scene, anne, SceneApply(preset="reunion"), not_before=hour)
    await restart(scene, back=False)
    scene.house.means.agents = agent = SteadyAgent(*able)
    await scene.strike(hour)
    assert [name for name, _ in agent.sent] == ["room.preset.apply"]
    assert agent.sent[0][1]["preset"] == "reunion"
    assert agent.sent[0][1]["steps"] == [{"command": "camera.home"}]


async def test_a_scene_that_is_no_more_is_not_sent(scene: Scene, anne: Person) -> None:
    scene.house.means.agents = SteadyAgent("room.preset.apply")
    hour = scene.now + timedelta(seconds=30)
    order = await hold(scene, anne, SceneApply(preset="reunion"), not_before=hour)
    gone = update(rows).where(rows.c.id == order.id).values(arguments={"preset": "inconnue"})
    await scene.database.write(lambda conn: conn.execute(gone).rowcount)
    await restart(scene, back=False)
    scene.house.means.agents = agent = SteadyAgent("room.preset.apply")
    await scene.strike(hour)
    assert await now_of(scene, order) == ("failed", "unsupported")
    assert agent.sent == []


async def test_what_was_held_for_a_room_that_left_the_network_has_failed(scene: Scene) -> None:
    now = scene.now
    order = Order(
        id=CommandId("cm-1"), room=RoomId("rodez-visio"), command="audio.mic.set",
        arguments={"on": True}, state=CommandState.ACCEPTED, by="pe-anne", created_at=now,
        updated_at=now, held=True, not_before=now + timedelta(minutes=1),
    )  # fmt: skip
    await scene.database.write(lambda conn: commands.add(conn, order))
    await restart(scene)
    assert await now_of(scene, order) == ("failed", "interrupted")


async def test_what_the_house_held_needs_nobody_s_right(scene: Scene) -> None:
    hour = scene.now + timedelta(seconds=30)
    wish = Wish(room=VILLEFORT, command=MUTE, by=conduct.CLOCK, not_before=hour)
    order, _ = await scene.house.control.submit(wish)
    await restart(scene)
    await scene.strike(hour)
    assert [one.id for one in scene.wire.sent] == [order.id]


@pytest.mark.timeout(400)
async def test_a_killed_service_sends_what_it_held_once_its_room_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "READY", 150.0)  # how soon it is ready is proved elsewhere
    data = tmp_path / "data"
    players = await asyncio.to_thread(cast.gather, data, [VILLEFORT], ["villefort"])
    service = Service(data, NETWORK, port=0, media_port=0)
    await service.start()
    try:
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
            ask = Asking(http, service.url)
            await ask.log_in(players.admin.login, players.admin.password)
            until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
            order = await ask.post(
                f"/rooms/{VILLEFORT}/commands",
                {"command": "audio.mic.set", "on": False, "expires_at": until},
            )
            assert order["state"] == "accepted"
            await service.kill()
            await service.start()
            wire = service.url.replace("http", "ws") + "/ws/v1"
            frame = await command_to(http, wire, players.screens[VILLEFORT])
            assert (frame["id"], frame["arguments"]) == (order["id"], {"on": False})
    finally:
        await service.stop()


async def command_to(http: ClientSession, wire: str, token: str) -> dict[str, Any]:
    """The first command a screen is told; it dials again when it is put out."""
    while True:
        async with http.ws_connect(wire) as screen:
            await screen.send_str(hello_of(token))
            async for message in screen:
                frame: dict[str, Any] = json.loads(message.data)
                if frame["type"] == "command":
                    return frame


class Asking:
    """An administrator's client."""

    def __init__(self, http: ClientSession, url: str) -> None:
        self.http, self.url, self.headers = http, f"{url}/api/v1", {"Origin": url}

    async def log_in(self, login: str, password: str) -> None:
        answer = await self.post("/login", {"login": login, "password": password})
        self.headers["X-CSRF-Token"] = answer["csrf"]

    async def post(self, path: str, sent: dict[str, Any]) -> dict[str, Any]:
        async with self.http.post(self.url + path, json=sent, headers=self.headers) as answer:
            assert answer.status in (200, 202), await answer.text()
            found: dict[str, Any] = await answer.json()
            return found
