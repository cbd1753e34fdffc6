from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.dav import FOUR, OpenHouse, event, open_house, soon


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(tmp_path) as opened:
        yield opened


async def test_an_invitation_of_four_rooms_is_answered_when_the_put_returns(
    house: OpenHouse,
) -> None:
    tom = house.client("tom")
    answer = await tom.put("calendar/a.ics", event(rooms=FOUR, title="Inauguration"))
    assert (answer.status, answer.headers.get("ETag")) == (201, None)
    stored = (await tom.get("calendar/a.ics")).unfolded
    assert stored.count("PARTSTAT=ACCEPTED") == 4
    assert "https://visio.test/join/" in stored
    assert len(await house.rows("sessions")) == 1
    assert len(await house.rows("sites")) == 4
    assert [row["topic"] for row in await house.rows("outbox")] == ["booking.made"]
    copy = (await tom.ask("PROPFIND", "villefort-visio/", headers={"Depth": "1"})).text
    assert copy.count("<D:response") + copy.count(":response>") >= 2


async def test_a_taken_room_declines_all_of_them_and_says_why(house: OpenHouse) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    await tom.put("calendar/a.ics", event("a", rooms=FOUR))
    refused = await bea.put("calendar/b.ics", event("b", rooms=["villefort-visio"]))
    assert refused.status == 201
    stored = (await bea.get("calendar/b.ics")).unfolded
    assert "PARTSTAT=DECLINED" in stored
    assert "salle occupée" in stored
    assert "Créneau libre le plus proche" in stored
    assert await house.held("villefort-visio") == 1
    moved = await bea.put(
        "calendar/b.ics", event("b", start=soon(hour=11), rooms=["villefort-visio"])
    )
    assert moved.status == 204
    assert "PARTSTAT=ACCEPTED" in (await bea.get("calendar/b.ics")).unfolded
