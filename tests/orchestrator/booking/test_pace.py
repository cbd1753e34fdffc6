"""A room is booked soon, whatever somebody else sends meanwhile.

Measured on the real service in a process of its own, by the CPU time it has between a request and
its answer, the other requests' included, beside what a booking and a bad event cost alone in the
same run: what delays the answer is work of the service, and seconds grow where the host lends its
processors to others.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median

import pytest
from aiohttp import ClientSession, encode_basic_auth
from sqlalchemy import Connection

from calendars.booking import Occurrence, Slot
from calendars.policy import Policy
from orchestrator.booking.event import prepare
from orchestrator.booking.judge import Judgement
from orchestrator.demo import cast
from orchestrator.demo.service import Service
from orchestrator.demo.stage import NETWORK
from rooms.ids import RoomId
from tests.fakes.dav import Answer, Client, event, open_house, soon
from tests.fakes.pace import calls, cpu_of

pytestmark = pytest.mark.timeout(120)
ROOM, OTHER = "villefort-visio", "meyrueis-visio"
PUTS, ALONE = 15, 5
# A bad event costs no more than so many bookings; so many rounds of them delay a booking at most.
DEAR, ROUNDS = 3.0, 4.0
IN_WORDS = {"secondly": "répétition", "count": "730", "rdates": "1000", "huge": "262144"}


@asynccontextmanager
async def serving(data: Path) -> AsyncIterator[tuple[Service, Client, Client]]:
    """The service, a trainer's client and an animateur's."""
    centres = ["villefort", "meyrueis"]
    players = await asyncio.to_thread(cast.gather, data, [RoomId(ROOM), RoomId(OTHER)], centres)
    service = Service(data, NETWORK, port=0, media_port=0)
    await service.start()
    try:
        async with ClientSession() as http:
            claire, anne = (
                Client(http, service.url, who.login, encode_basic_auth(who.login, who.app_password))
                for who in (players.trainer, players.animateur)
            )
            yield service, claire, anne
    finally:
        await service.stop()


def bombs() -> dict[str, bytes]:
    """Events that would keep a server busy for ever."""
    dates = ",".join(f"2027{n % 12 + 1:02}{n % 28 + 1:02}T{n % 24:02}{n % 60:02}00Z"
                     for n in range(5_000))  # fmt: skip
    rules = {
        "secondly": ["RRULE:FREQ=SECONDLY"],
        "interval": ["RRULE:FREQ=DAILY;INTERVAL=0"],
        "count": ["RRULE:FREQ=DAILY;COUNT=1000000000"],
        "rdates": [f"RDATE:{dates}"],
        "huge": ["DESCRIPTION:" + "x" * 1_000_000],
    }
    return {key: event(key, rooms=[ROOM], more=more) for key, more in rules.items()}


async def test_a_booking_waits_for_a_few_bad_events_while_they_pour_in(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path / "data") as (service, claire, anne):
        bad = bombs()
        answers: dict[str, list[Answer]] = {key: [] for key in bad}

        async def pour(key: str) -> None:
            while True:
                answers[key].append(await claire.put(f"calendar/{key}.ics", bad[key]))

        async def book(number: int) -> float:
            body = event(f"q{number}", start=soon(2 + number), rooms=[OTHER])
            before = await asyncio.to_thread(cpu_of, service.pid)
            answer = await anne.put(f"calendar/q{number}.ics", body)
            assert answer.status == 201, answer.text
            return await asyncio.to_thread(cpu_of, service.pid) - before

        async def costs(key: str) -> float:
            before = await asyncio.to_thread(cpu_of, service.pid)
            answers[key].append(await claire.put(f"calendar/{key}.ics", bad[key]))
            return await asyncio.to_thread(cpu_of, service.pid) - before

        await book(PUTS)  # the first one reads what the others find read
        alone = median([await book(PUTS + 1 + number) for number in range(ALONE)])
        each = {key: median([await costs(key) for _ in range(ALONE)]) for key in bad}
        assert max(each.values()) < DEAR * alone, (alone, each)
        pouring = [asyncio.create_task(pour(key), name=key) for key in bad]
        async with asyncio.timeout(60):
            while not all(len(theirs) > ALONE for theirs in answers.values()):
                assert not any(one.done() for one in pouring)
                await asyncio.sleep(0.01)
        before = sum(map(len, answers.values()))
        took = [await book(number) for number in range(PUTS)]
        meanwhile = sum(map(len, answers.values())) - before
        for one in pouring:
            one.cancel()
        await asyncio.gather(*pouring, return_exceptions=True)
        assert median(took) < alone + ROUNDS * sum(each.values()), (alone, each, took)
        assert meanwhile > 0
        for key, theirs in answers.items():
            assert {answer.status for answer in theirs} <= {403, 413}, theirs[0].text
            assert IN_WORDS.get(key, "") in theirs[0].text
            assert len(theirs[0].text) < 2_000
        assert (await claire.get("calendar/secondly.ics")).status == 404
        for number in range(PUTS):
            assert "PARTSTAT=ACCEPTED" in (await anne.get(f"calendar/q{number}.ics")).unfolded


async def test_730_dates_judged_in_the_store_cost_a_few_calls_each(tmp_path: Path) -> None:
    """With what is held read from the store and the verdict worded."""
    policy, day = Policy(series_horizon_days=800), timedelta(days=1)
    async with open_house(
        tmp_path, change=lambda network: replace(network, policies={RoomId(ROOM): policy})
    ) as house:
        tom = await house.person("tom")
        now, rules = soon(0), house.bookings.rules
        asked = prepare(house.network, event("daily", rooms=[ROOM]), None, now)
        dates = [
            Slot(soon(1) + number * day, soon(1, hour=10) + number * day) for number in range(730)
        ]
        series = replace(
            asked,
            occurrences=tuple(Occurrence(slot, f"{slot.start:%Y%m%dT%H%M%SZ}") for slot in dates),
        )

        def judged(conn: Connection) -> Judgement:
            return rules.judge(conn, now, tom, None, series, asked.rooms)

        assert (await house.database.read(judged)).accepted
        made = await house.database.read(lambda conn: calls(lambda: judged(conn)))
        assert made < 100 * len(dates)
