"""Many at once for one slot: one has it, everybody is told."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rooms.errors import Conflict
from tests.fakes.dav import OpenHouse, event, open_house, soon

ROOM = "villefort-visio"
MANY = 40


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(tmp_path) as opened:
        yield opened


async def test_forty_invitations_of_one_room_one_accepted_and_all_answered(
    house: OpenHouse,
) -> None:
    clients = [house.client(login) for login in ("tom", "bea", "anne", "admin")] * (MANY // 4)
    paths = [f"calendar/{number}.ics" for number in range(MANY)]
    answers = await asyncio.gather(
        *(
            client.put(path, event(path, rooms=[ROOM]))
            for client, path in zip(clients, paths, strict=True)
        )
    )
    assert {answer.status for answer in answers} == {201}
    read = [(await client.get(path)).unfolded for client, path in zip(clients, paths, strict=True)]
    assert sum("PARTSTAT=ACCEPTED" in text for text in read) == 1
    refused = [text for text in read if "PARTSTAT=DECLINED" in text]
    assert len(refused) == MANY - 1
    assert all("salle occupée" in text for text in refused)
    assert await house.held(ROOM) == 1


async def test_forty_writes_in_the_rooms_calendar_one_accepted_and_all_marked(
    house: OpenHouse,
) -> None:
    clients = [house.client(login) for login in ("tom", "bea")] * (MANY // 2)
    paths = [f"{ROOM}/{number}.ics" for number in range(MANY)]
    await asyncio.gather(
        *(client.put(path, event(path)) for client, path in zip(clients, paths, strict=True))
    )
    read = [(await house.client("tom").get(path)).unfolded for path in paths]
    assert sum("/join/" in text for text in read) == 1
    assert sum("REFUSÉ (salle occupée)" in text for text in read) == MANY - 1
    assert await house.held(ROOM) == 1


async def test_all_doors_at_once_agree_on_one(house: OpenHouse) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    person, start = await house.person("anne"), soon()

    reasons: list[str] = []

    async def rest() -> bool:
        try:
            await house.bookings.create(
                person, "Par REST", "meeting", [ROOM], start, start + timedelta(hours=1),
                datetime.now(UTC),
            )  # fmt: skip
        except Conflict as refused:
            reasons.append(str(refused.fields["reasons"]))
            return False
        return True

    async def invitation(number: int) -> bool:
        path = f"calendar/{number}.ics"
        await tom.put(path, event(path, rooms=[ROOM]))
        return "PARTSTAT=ACCEPTED" in (await tom.get(path)).unfolded

    async def direct(number: int) -> bool:
        path = f"{ROOM}/{number}.ics"
        await bea.put(path, event(path))
        return "/join/" in (await bea.get(path)).unfolded

    doors = [*(rest() for _ in range(12)), *map(invitation, range(14)), *map(direct, range(14))]
    assert sum(await asyncio.gather(*doors)) == 1
    assert all("salle occupée" in reason for reason in reasons)
    assert await house.held(ROOM) == 1


async def test_conditional_writes_at_once_one_wins(house: OpenHouse) -> None:
    tom = house.client("tom")
    etag = (await tom.put("calendar/a.ics", event())).headers["ETag"]
    answers = await asyncio.gather(
        *(
            tom.put("calendar/a.ics", event(title=str(number)), If_Match=etag)
            for number in range(10)
        )
    )
    assert sorted(answer.status for answer in answers) == [204, *[412] * 9]


async def test_the_loop_turns_while_a_heavy_series_is_booked(house: OpenHouse) -> None:
    tom = house.client("tom")
    waits: list[float] = []

    async def watch() -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(0.005)
            waits.append(loop.time() - before)

    watcher = asyncio.create_task(watch())
    series = event(rooms=[ROOM, "meyrueis-visio"], more=["RRULE:FREQ=DAILY;COUNT=390"])
    answer = await tom.put("calendar/s.ics", series)
    watcher.cancel()
    await asyncio.gather(watcher, return_exceptions=True)
    assert answer.status == 201
    assert await house.held(ROOM) == 390
    assert max(waits) < 0.5
