"""Series as people make them: a year of weeks over both changes of clocks."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from calendars.policy import SeriesMode
from tests.fakes.dav import OpenHouse, event, open_house, soon
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
