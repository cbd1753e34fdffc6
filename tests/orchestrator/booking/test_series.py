"""Series as people make them: a year of weeks over both changes of clocks, and those that must
never be let in."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from calendars.policy import SeriesMode
from tests.fakes.dav import Answer, Client, OpenHouse, event, open_house, soon
from tests.orchestrator.booking.test_policy import policy, read, the_booking

ROOM, OTHER = "villefort-visio", "meyrueis-visio"
PARIS = ZoneInfo("Europe/Paris")
NINE = soon(3).astimezone(PARIS).replace(hour=9)
WEEKS = 52


def weekly() -> bytes:
    """Every week for a year at nine in the morning in Paris, summer and winter."""
    body = event("w", rooms=[ROOM], more=[f"RRULE:FREQ=WEEKLY;COUNT={WEEKS}"]).decode()
    lines = [line for line in body.split("\r\n") if not line.startswith(("DTSTART", "DTEND"))]
    at = lines.index("UID:w")
    lines.insert(at, f"DTSTART;TZID=Europe/Paris:{NINE:%Y%m%dT%H%M%S}")
    lines.insert(at, f"DTEND;TZID=Europe/Paris:{NINE + timedelta(hours=1):%Y%m%dT%H%M%S}")
    return "\r\n".join(lines).encode()


async def starts(house: OpenHouse, uid: str) -> list[datetime]:
    booking = await the_booking(house, uid)
    rows = await house.rows("occurrences", booking_id=booking["id"], room_id=ROOM)
    return sorted(datetime.fromtimestamp(row["starts_at"], UTC) for row in rows)


async def one_date_taken(house: OpenHouse) -> datetime:
    """Somebody has the room on the thirtieth date."""
    clash = NINE + timedelta(weeks=29)
    body = event("b", start=clash.astimezone(UTC), rooms=[ROOM])
    await house.client("bea").put("calendar/b.ics", body)
    assert "PARTSTAT=ACCEPTED" in await read(house.client("bea"), "calendar/b.ics")
    return clash


@pytest.mark.parametrize("mode", ["all_or_nothing", "skip_conflicts"])
async def test_a_year_of_weeks_with_one_date_taken(tmp_path: Path, mode: SeriesMode) -> None:
    async with open_house(tmp_path, change=policy(series=mode, horizon_days=400)) as house:
        clash = await one_date_taken(house)
        tom = house.client("tom")
        await tom.put("calendar/w.ics", weekly())
        stored = await read(tom, "calendar/w.ics")
        if mode == "all_or_nothing":
            assert "PARTSTAT=DECLINED" in stored
            assert f"salle occupée le {clash:%d/%m} de 9 h" in stored
            assert await house.held(ROOM) == 1
            return
        held = await starts(house, "w")
        assert len(held) == WEEKS - 1
        local = {moment.astimezone(PARIS).hour for moment in held}
        assert (local, {moment.hour for moment in held}) == ({9}, {7, 8})
        assert f"EXDATE;TZID=Europe/Paris:{clash:%Y%m%dT090000}" in stored
        assert f"le {clash:%d/%m} de 9 h à 10 h" in stored
        assert len(await house.rows("sessions", title="Réunion")) == WEEKS


async def test_a_year_of_weeks_that_is_free_is_held_whole(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await house.client("tom").put("calendar/w.ics", weekly())
        assert len(await starts(house, "w")) == WEEKS


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


async def test_dangerous_events_are_refused_in_words_while_another_room_is_served(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        tom, anne = house.client("tom"), house.client("anne")
        await anne.put("calendar/warm.ics", event("warm", start=soon(5), rooms=[OTHER]))
        attacks = [
            asyncio.create_task(tom.put(f"calendar/{key}.ics", body))
            for key, body in bombs().items()
        ]
        took = [await timed(anne, number) for number in range(4)]
        answers: list[Answer] = await asyncio.gather(*attacks)
        # 100 ms is for a machine that does nothing else: here several run at once.
        assert sorted(took)[1] < 0.3, took
        for answer in answers:
            assert answer.status in (403, 413), answer.text
            assert len(answer.text) < 2_000
        assert await house.rows("items", uid="secondly") == []
        assert "répétition" in answers[0].text
        assert "730" in answers[2].text
        assert "1000" in answers[3].text


async def timed(client: Client, number: int) -> float:
    began = time.perf_counter()
    name = f"q{number}"
    body = event(name, start=soon(2, hour=7 + number), rooms=[OTHER])
    assert (await client.put(f"calendar/{name}.ics", body)).status == 201
    return time.perf_counter() - began
