"""Strangers who guess at the codes that pair phones, screens and desks: whom it troubles."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse
from sqlalchemy import func, select

from orchestrator import keys
from orchestrator.auth import pairing
from orchestrator.settings import DEMO, Settings, load_settings
from orchestrator.store import audit, devices
from orchestrator.store.tables import attempts
from orchestrator.store.tables import audit as audit_rows
from rooms.ids import CentreId, RoomId
from rooms.room import Desk, DeskId
from tests.fakes.service import RunningService, running_service

HERE = RoomId("villefort-visio")
CLAIM = f"/api/v1/rooms/{HERE}/phones/claim"
DESK = "/api/v1/desks/villefort-accueil/pairings"
PEOPLE = "203.0.113.7"
ABREAST = 16
LINES = audit.SOURCES + 1


def behind_a_proxy() -> Settings:
    settings = load_settings(DEMO)
    desk = Desk(id=DeskId("villefort-accueil"), centre=CentreId("villefort"), name="Accueil")
    return replace(
        settings,
        service=replace(settings.service, behind_proxy=True),
        network=replace(settings.network, desks=(desk,)),
    )


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path, settings=behind_a_proxy) as running:
        yield running


class Screen:
    """The screen of the room: shows another code when it is told that its own is burnt."""

    def __init__(self, service: RunningService, token: str) -> None:
        self.service, self.token = service, token
        self.code = ""
        self.burnt = 0
        self._news = asyncio.Event()

    async def show(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        browser = self.service.browser()
        path = f"/api/v1/rooms/{HERE}/phones/code"
        async with browser.post(path, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            self.code = str((await answer.json())["code"])
        self._news.set()

    async def watch(self) -> None:
        """On the wire, as a page is."""
        url = self.service.url.replace("http", "ws", 1) + "/ws/v1"
        async with self.service.browser().http.ws_connect(url) as wire:
            hello = {"type": "hello", "versions": [1], "token": self.token, "client": "screen"}
            await wire.send_json(hello)
            assert (await wire.receive_json())["type"] == "welcome"
            await self.show()
            beating = asyncio.create_task(self._beat(wire))
            async for frame in wire:
                if frame.json()["type"] == "code.burnt":
                    self.burnt += 1
                    await self.show()
            beating.cancel()

    async def _beat(self, wire: ClientWebSocketResponse) -> None:
        while True:
            await wire.send_json({"type": "heartbeat"})
            await asyncio.sleep(5)

    async def until(self, shows: Callable[[], object]) -> None:
        """Until it shows what is waited for."""
        async with asyncio.timeout(60):
            while not shows():
                self._news.clear()
                await self._news.wait()


@pytest.fixture
async def screen(service: RunningService) -> AsyncIterator[Screen]:
    shown = Screen(service, await service.screen(HERE))
    watching = asyncio.create_task(shown.watch())
    await shown.until(lambda: shown.code)
    yield shown
    assert not watching.done()
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def tried(
    service: RunningService, code: str, address: str, path: str = CLAIM, **more: str
) -> int:
    headers = {"X-Forwarded-For": address}
    async with service.browser().post(path, {"code": code, **more}, headers=headers) as answer:
        return answer.status


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"


async def guessed(
    service: RunningService, addresses: Iterator[str], many: int, path: str = CLAIM, **more: str
) -> list[int]:
    """So many guesses, sixteen at once; the answers."""
    answers: list[int] = []
    await guess(answers, service, addresses, many, path, **more)
    return answers


async def guess(
    answers: list[int],
    service: RunningService,
    addresses: Iterator[str],
    many: int,
    path: str = CLAIM,
    **more: str,
) -> None:
    left = iter(range(many))

    async def one() -> None:
        headers = {"Origin": service.url}
        http = service.browser().http
        for number in left:
            sent = {"code": f"{number:08d}", **more}
            forwarded = {**headers, "X-Forwarded-For": next(addresses)}
            async with http.post(service.url + path, json=sent, headers=forwarded) as answer:
                answers.append(answer.status)

    await asyncio.gather(*(one() for _ in range(ABREAST)))


def of_many() -> Iterator[str]:
    return (f"198.51.{number // 250 % 250}.{number % 250}" for number in count())


def of_one() -> Iterator[str]:
    return ("198.51.100.1" for _ in count())


async def lines(service: RunningService, *actions: str) -> list[dict[str, Any]]:
    found = await service.app[keys.DATABASE].read(lambda conn: audit.latest(conn, 1000))
    return [one for one in found if one["action"] in actions]


async def rows(service: RunningService, table: Any) -> int:
    query = select(func.count()).select_from(table)
    return int(await service.app[keys.DATABASE].read(lambda conn: conn.execute(query).scalar_one()))


def minutes(since: datetime) -> int:
    """How many minutes of the clock the test has seen."""
    return int(time.time()) // 60 - int(since.timestamp()) // 60 + 1


@pytest.mark.timeout(120)
async def test_a_thousand_guesses_from_one_address_are_a_line_a_minute_and_trouble_nobody(
    service: RunningService, screen: Screen
) -> None:
    began, code = datetime.now(UTC), screen.code
    answers = await guessed(service, of_one(), 1000)
    assert set(answers) == {403, 429}
    assert answers.count(403) <= 10 * minutes(began)
    told = await lines(service, "phone.refused")
    assert len(told) <= minutes(began)
    assert sum(one["detail"]["times"] for one in told) == answers.count(403)
    assert await rows(service, attempts) <= 50 * minutes(began)
    assert await tried(service, code, "198.51.100.1") in (403, 429)  # not even the right one
    assert await tried(service, code, PEOPLE) == 201


@pytest.mark.timeout(180)
async def test_while_a_thousand_addresses_guess_the_people_in_the_room_come_in(
    service: RunningService, screen: Screen
) -> None:
    began, first, answers = datetime.now(UTC), screen.code, list[int]()
    async with asyncio.TaskGroup() as group:
        guesses = group.create_task(guess(answers, service, of_many(), 1000))
        await screen.until(lambda: len(screen.code) == pairing.LONG)
        assert await tried(service, first, PEOPLE) == 403  # a hundred have guessed: burnt
        before = len(answers)
        assert await tried(service, screen.code, PEOPLE) == 201
        # Each of the guessers is served a few times before them, no more.
        assert len(answers) - before <= 4 * ABREAST
        assert not guesses.done()
    assert answers == [403] * 1000
    assert screen.burnt == 1
    told = await lines(service, "phone.refused")
    assert len(told) <= LINES * minutes(began)
    assert sum(one["detail"]["times"] for one in told) == 1001
    assert len(await lines(service, "codes.burnt")) == 1
    await screen.show()
    assert len(screen.code) == pairing.LONG  # they may be at it still
    assert await tried(service, screen.code, PEOPLE) == 201


async def test_who_mistypes_five_times_gets_another_code_on_the_screen_at_once(
    service: RunningService, screen: Screen
) -> None:
    first = screen.code
    for _ in range(pairing.TRIES):
        assert await tried(service, wrong(first), PEOPLE) == 403
    await screen.until(lambda: screen.code != first)
    assert await tried(service, first, PEOPLE) == 403  # for him it is burnt
    assert await tried(service, first, "203.0.113.8") == 201  # and for nobody else
    assert await tried(service, screen.code, PEOPLE) == 201


async def test_the_screen_is_not_made_to_change_its_code_all_the_time(
    service: RunningService, screen: Screen
) -> None:
    began = datetime.now(UTC)
    for number in range(1, 11):
        for _ in range(pairing.TRIES):
            await tried(service, wrong(screen.code), f"203.0.113.{number}")
    assert 1 <= screen.burnt <= minutes(began)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", ["kiosk", "agent", "panel"])
async def test_guesses_at_any_room_there_is_or_not_are_few_lines(
    service: RunningService, kind: str
) -> None:
    began, sources = datetime.now(UTC), of_many()
    for number in range(20):
        more = {"room": f"room-{number}", "kind": kind}
        answers = await guessed(service, sources, 20, "/api/v1/pairings/claim", **more)
        assert answers == [403] * 20
    told = await lines(service, "pairing.refused")
    assert len(told) <= LINES * minutes(began)
    assert sum(one["detail"]["times"] for one in told) == 400
    assert audit.OTHERS in {one["target"] for one in told}


@pytest.mark.timeout(120)
async def test_an_animateur_pairs_screen_and_desk_while_strangers_guess(
    service: RunningService,
) -> None:
    anne = await service.log_in("anne")
    for where, claim, more in (
        (("/api/v1/pairings", {"room": HERE}), "/api/v1/pairings/claim", {"room": str(HERE)}),
        ((DESK, None), f"{DESK}/claim", {}),
    ):
        sources = of_many()
        async with anne.post(*where) as answer:
            first = (await answer.json())["code"]
        await guessed(service, sources, pairing.MANY - 1, claim, **more)
        assert len(first) == pairing.SHORT
        async with anne.post(*where) as answer:
            second = (await answer.json())["code"]
        assert await tried(service, second, PEOPLE, claim, **more) == 201
        await guessed(service, sources, 2, claim, **more)
        assert await tried(service, first, PEOPLE, claim, **more) == 403
        async with anne.post(*where) as answer:
            third = (await answer.json())["code"]
        assert len(third) == pairing.LONG
        await guessed(service, sources, pairing.MANY, claim, **more)
        assert await tried(service, third, PEOPLE, claim, **more) == 201


async def test_an_agent_that_asks_for_another_room_for_ever_is_a_line_a_minute(
    service: RunningService,
) -> None:
    now = datetime.now(UTC)
    database = service.app[keys.DATABASE]

    def many(conn: Any) -> None:
        for _ in range(30):
            audit.refused(conn, now, "dv-1", "agent.wrong-room", HERE, {"asked": "elsewhere"})
        audit.refused(conn, now, "dv-2", "agent.wrong-room", HERE, {"asked": "elsewhere"})

    before = await rows(service, audit_rows)
    await database.write(many)
    told = await lines(service, "agent.wrong-room")
    assert [(one["who"], one["detail"]["times"]) for one in told] == [("dv-2", 1), ("dv-1", 30)]
    assert await rows(service, audit_rows) == before + 2
    assert await database.read(lambda conn: devices.open_pairings(conn, HERE, now)) == []
