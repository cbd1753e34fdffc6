"""A day of rooms: the service with mail, rooms with their devices, and an hour that can be moved.

async with a_day(tmp_path, monkeypatch, ["villefort-visio"]) as day:
    await day.book()
    await day.until(lambda: day.kits["villefort-visio"].ready)

The hour of the day is some minutes behind the machine's, so that it may be put forward without
letters that are written in the future. Nothing may be left of a day when it ends.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, encode_basic_auth
from sqlalchemy import Connection

from orchestrator import keys, wiring
from orchestrator.alerts.watch import ALERTS
from orchestrator.api.agent_socket import AGENTS
from orchestrator.mail import send
from orchestrator.means import Means
from orchestrator.settings import Settings
from orchestrator.store import people
from orchestrator.store.devices import AGENT, SCREEN
from rooms.agent import backoff, core, hands
from rooms.ids import RoomId
from tests.fakes.dav import Client, event
from tests.fakes.kiosks import Kiosk
from tests.fakes.mail import PostOffice, listening, mail_of, text_in
from tests.fakes.room_kit import RoomKit, furnished_room
from tests.fakes.service import Browser, RunningService, demo_settings, running_service

BEHIND = timedelta(minutes=20)
EARLY = timedelta(minutes=2)
MINUTES = 40
WITHIN = 45.0
ALERT = "Alerte"


@dataclass
class Hour:
    """The clock of the day, which everybody reads."""

    behind: timedelta = BEHIND

    def __call__(self) -> datetime:
        return datetime.now(UTC) - self.behind

    def forward(self, **much: float) -> None:
        self.behind -= timedelta(**much)
        assert self.behind >= timedelta(0), "a letter written in the future waits"


@dataclass
class Day:
    """What a test holds. `service` is another after each restart."""

    data: Path
    clock: Hour
    office: PostOffice
    kits: dict[str, RoomKit] = field(default_factory=dict)
    service: RunningService = field(init=False)
    start: datetime = field(init=False)
    session: str = ""
    _browsers: dict[str, Browser] = field(default_factory=dict)
    _running: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __call__(self, login: str) -> Browser:
        """Somebody's browser."""
        if login not in self._browsers:
            self._browsers[login] = await self.service.log_in(login)
        return self._browsers[login]

    # -- the service

    async def begin(self) -> None:
        """The service runs, from now on where its rooms look for it."""
        self._running = AsyncExitStack()

        def settings() -> Settings:
            return replace(demo_settings(), mail=mail_of(self.office.port))

        self.service = await self._running.enter_async_context(
            running_service(self.data, settings=settings)
        )
        for kit in self.kits.values():
            kit.cable.to = kit.screen_cable.to = self.port

    async def end(self) -> None:
        """The service is gone; everybody else goes on."""
        self._browsers.clear()
        await self._running.aclose()

    async def cut(self, room: str, kind: str = AGENT) -> None:
        """The cable of a room's agent or screen is pulled, and the service has seen it."""
        kit = self.kits[room]
        await (kit.cable if kind == AGENT else kit.screen_cable).pull()
        watch = self.service.app[ALERTS]
        await self.until(lambda: (RoomId(room), kind) in watch._gone)

    async def again(self) -> None:
        """The service starts again; agents and screens find it."""
        await self.end()
        await self.begin()
        await self.until(self._all_here)

    def _all_here(self) -> bool:
        hub, wire = self.service.app[AGENTS], self.service.app[keys.SWITCHBOARD]
        rooms = [RoomId(room) for room in self.kits]
        there = all(hub.screen_connected(r) and wire.screen_connected(r) for r in rooms)
        return there and all(hub.able(r) for r in rooms)

    def _all_seen(self) -> bool:
        """Nobody is seen to be away whose cable is plugged."""
        gone = self.service.app[ALERTS]._gone
        kits = self.kits.values()
        there = [(kit.room, AGENT) for kit in kits if not kit.cable.pulled]
        there += [(kit.room, SCREEN) for kit in kits if not kit.screen_cable.pulled]
        return not any(one in gone for one in there)

    @property
    def port(self) -> int:
        return int(self.service.url.rpartition(":")[2])

    # -- what people do

    async def book(self, early: timedelta = EARLY) -> None:
        """Tom invites the rooms from his calendar client; they accept."""
        password = await self.service.app_password("tom")
        auth = encode_basic_auth("tom", password, encoding="utf-8")
        self.start = self.clock().replace(microsecond=0) + early
        async with ClientSession() as http:
            tom = Client(http, self.service.url, "tom", auth)
            sent = event(
                "jour", start=self.start, minutes=MINUTES, rooms=self.kits, title="Atelier",
                more=["CATEGORIES:TRAINING"],
            )  # fmt: skip
            made = await tom.put("calendar/jour.ics", sent)
            assert made.status == 201, made.text
            kept = (await tom.get("calendar/jour.ics")).unfolded
        assert kept.count("PARTSTAT=ACCEPTED") == len(self.kits), kept
        await self.until(self._booked)

    async def _booked(self) -> bool:
        around = {
            "from": (self.start - timedelta(hours=1)).isoformat(),
            "to": (self.start + timedelta(hours=1)).isoformat(),
        }
        browser = await self("tom")
        async with browser.get("/api/v1/sessions", params=around) as answer:
            found = (await answer.json())["sessions"]
        self.session = found[0]["id"] if found else ""
        return bool(found)

    async def doors(self) -> None:
        """A minute before the hour: the rooms are called."""
        await self.later(max(0.0, (self.start - self.clock()).total_seconds() - 50))

    async def on_air(self) -> None:
        """The hour comes."""
        await self.later(max(0.0, (self.start - self.clock()).total_seconds() + 1))
        await self.until(lambda: self.is_now("on_air"))

    async def later(self, seconds: float) -> None:
        """So much later. An agent that then believes to have heard nothing for as long redials."""
        await self.until(self._all_seen)  # or one that was away for a moment was so for long
        self.clock.forward(seconds=seconds)
        there = self.clock()
        for kit in self.kits.values():
            if not kit.cable.pulled:
                await self.until(lambda kit=kit: kit.heard_since(there))  # type: ignore[misc]

    async def stop(self) -> None:
        """Whoever runs it ends the session."""
        browser = await self("tom")
        async with browser.post(f"/api/v1/sessions/{self.session}/end") as answer:
            assert answer.status == 200, await answer.text()

    async def told(self, login: str, room: str, **command: Any) -> dict[str, Any]:
        """He asks something of a room; what became of it."""
        return await self.ended(login, await self.ask(login, room, **command))

    async def ask(self, login: str, room: str, **command: Any) -> dict[str, Any]:
        """He asks something of a room, and it is taken."""
        browser = await self(login)
        async with browser.post(f"/api/v1/rooms/{room}/commands", command) as answer:
            taken: dict[str, Any] = await answer.json()
            assert answer.status == 202, taken
        return taken

    async def ended(self, login: str, taken: dict[str, Any]) -> dict[str, Any]:
        """What became of it."""
        browser = await self(login)
        async with asyncio.timeout(WITHIN):
            while True:
                async with browser.get(f"/api/v1/commands/{taken['id']}") as answer:
                    order: dict[str, Any] = await answer.json()
                if order["state"] not in ("accepted", "running"):
                    return order
                await asyncio.sleep(0.05)

    # -- what is to be seen

    async def sites(self) -> dict[str, str]:
        """Where the sites of the session stand."""
        return {one["room"]: one["state"] for one in (await self._shown())["sites"]}

    async def is_now(self, state: str) -> bool:
        return bool((await self._shown())["state"] == state)

    async def _shown(self) -> dict[str, Any]:
        browser = await self("tom")
        async with browser.get(f"/api/v1/sessions/{self.session}") as answer:
            return dict((await answer.json())["session"])

    async def alerts(self, login: str) -> list[dict[str, Any]]:
        """What his page of the centre tells him, in French."""
        browser = await self(login)
        async with browser.get("/api/v1/alerts", headers={"Accept-Language": "fr"}) as answer:
            return list((await answer.json())["alerts"])

    async def troubles(self, room: str) -> list[str]:
        """What the screen of the room tells the people in it."""
        browser = await self("admin")
        path = f"/api/v1/rooms/{room}/state"
        async with browser.get(path, headers={"Accept-Language": "fr"}) as answer:
            return list((await answer.json())["troubles"])

    def letters(self, room: str) -> list[str]:
        """The alerts that whoever runs the centre of a room has in his mail."""
        found = self.office.to(address_of(room))
        return [text_in(one) for one in found if one["Subject"].startswith(ALERT)]

    async def until(self, what: Callable[[], Any], within: float = WITHIN) -> None:
        """Wait for something to be so, now or by an answer of the service."""
        deadline = asyncio.get_running_loop().time() + within
        while True:
            found = what()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return
            assert asyncio.get_running_loop().time() < deadline, (what, await self.state())
            await asyncio.sleep(0.05)

    async def state(self) -> dict[str, Any]:
        """Where everything stands, for who reads of a failure."""
        return {
            room: {
                "agent": kit.ills,
                "alerts": [one["key"] for one in await self.alerts(animateur(room))],
                "call": kit.kiosk.state.call,
                "told": kit.kiosk.told,
                "scene": kit.agent.state.scene,
            }
            for room, kit in self.kits.items()
        } | {"session": await self._shown() if self.session else None}


def animateur(room: str) -> str:
    """The login of whoever runs the centre of a room."""
    return f"anim-{room.removesuffix('-visio')}"


def address_of(room: str) -> str:
    return f"{animateur(room)}@ailleurs.example"


def _staff(conn: Connection, rooms: Iterable[str]) -> None:
    """One animateur for each centre, with an address; nobody else there has one."""
    known = people.by_login(conn, "admin")
    assert known is not None
    for room in rooms:
        people.add(
            conn, datetime.now(UTC), login=animateur(room), name=f"Animateur {room}",
            role="animateur", centres=[room.removesuffix("-visio")], email=address_of(room),
            password_hash=known.password_hash,
        )  # fmt: skip


def sockets() -> int:
    """How many this process has open."""
    found = 0
    for name in Path("/proc/self/fd").iterdir():
        try:
            found += str(name.readlink()).startswith("socket:")
        except OSError:
            continue
    return found


@asynccontextmanager
async def leaving_nothing() -> AsyncIterator[None]:
    """No task and no socket is left of what the block did."""
    tasks, open_ones = asyncio.all_tasks(), await asyncio.to_thread(sockets)
    yield
    deadline = asyncio.get_running_loop().time() + WITHIN
    while True:
        left = asyncio.all_tasks() - tasks
        more = await asyncio.to_thread(sockets) - open_ones
        if not left and more <= 0:
            return
        assert asyncio.get_running_loop().time() < deadline, (left, more)
        await asyncio.sleep(0.05)


@asynccontextmanager
async def a_day(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    rooms: Mapping[str, type[Kiosk]] | Iterable[str],
) -> AsyncIterator[Day]:
    """The rooms asleep, on the line, nothing booked; everybody looks more often than he would."""
    clock = Hour()
    monkeypatch.setattr(wiring, "Means", partial(Means, clock=clock))
    for module, name, value in (
        (hands, "POLL_EVERY", 0.5), (hands, "LOST_EVERY", 0.5), (core, "SCENE_WITHIN", 12.0),
        (send, "LOOK", 0.2), (backoff, "LONGEST", 1.0),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)
    wanted = dict(rooms) if isinstance(rooms, Mapping) else dict.fromkeys(rooms, Kiosk)
    await asyncio.to_thread(demo_settings)
    async with leaving_nothing(), listening(PostOffice()) as office, AsyncExitStack() as stack:
        day = Day(folder / "data", clock, office)
        await asyncio.to_thread(day.data.mkdir)
        await day.begin()
        stack.push_async_callback(day.end)
        await day.service.app[keys.DATABASE].write(lambda conn: _staff(conn, wanted))
        for room, kiosk in wanted.items():
            made = furnished_room(day.service, day.port, room, folder, clock, kiosk)
            day.kits[room] = await stack.enter_async_context(made)
        await day.until(day._all_here)
        yield day
        for kit in day.kits.values():  # each conversation ended, and the camera's one line stands
            await kit.stop()
            await day.until(lambda kit=kit: not any(one.connections for one in kit.devices))  # type: ignore[misc]
