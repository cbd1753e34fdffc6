"""Events as each client writes them: what we do not know survives, what we add does not grow."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.dav import OpenHouse, event, open_house, soon, stamp

DATA = Path(__file__).parents[2] / "data" / "calendars"
CLIENTS = ("thunderbird", "apple", "outlook", "davx5")
ROOM = "villefort-visio"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(tmp_path) as opened:
        yield opened


async def written_by(client: str) -> bytes:
    raw = await asyncio.to_thread((DATA / f"{client}_invites_a_room.ics").read_text)
    text = raw.replace("@START@", stamp(soon())).replace(
        "@END@", stamp(soon() + timedelta(hours=1))
    )
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode()


def lines(body: bytes) -> set[str]:
    return set(body.decode().replace("\r\n ", "").splitlines())


@pytest.mark.parametrize("client", CLIENTS)
async def test_the_room_answers_and_the_client_s_own_lines_survive(
    house: OpenHouse, client: str
) -> None:
    tom, sent = house.client("tom"), await written_by(client)
    assert (await tom.put("calendar/a.ics", sent)).status == 201
    stored = (await tom.get("calendar/a.ics")).body
    assert await house.held(ROOM) == 1
    assert b"PARTSTAT=ACCEPTED" in stored.replace(b"\r\n ", b"")
    changed = {
        line for line in lines(sent) - lines(stored)
        if not line.startswith(("ATTENDEE", "DESCRIPTION", "LOCATION"))
    }  # fmt: skip
    assert changed == set()


@pytest.mark.parametrize("client", CLIENTS)
async def test_an_edit_of_what_came_back_doubles_nothing(house: OpenHouse, client: str) -> None:
    tom = house.client("tom")
    await tom.put("calendar/a.ics", await written_by(client))
    first = (await tom.get("calendar/a.ics")).unfolded
    body = first
    for number in range(3):
        edited = body.replace("Conseil", f"Conseil {number}", 1)
        assert (await tom.put("calendar/a.ics", edited.encode())).status == 204
        body = (await tom.get("calendar/a.ics")).unfolded.replace(f"Conseil {number}", "Conseil")
    for word in ("/join/", "CONFERENCE", "SCHEDULE-STATUS", "PARTSTAT", "COMMENT", "ATTENDEE"):
        assert body.count(word) == first.count(word), word
    assert await house.held(ROOM) == 1
    assert len(await house.rows("bookings")) == 1


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_refusal_is_written_where_the_client_looks(house: OpenHouse, client: str) -> None:
    await house.client("bea").put(f"{ROOM}/b.ics", event("taken"))
    tom = house.client("tom")
    assert (await tom.put("calendar/a.ics", await written_by(client))).status == 201
    told = (await tom.get("calendar/a.ics")).unfolded
    assert "PARTSTAT=DECLINED" in told
    assert "COMMENT" in told
    assert "/join/" not in told
