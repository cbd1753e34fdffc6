"""Whatever the rules of the rooms, every slot that is found can be had, as it is said."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from calendars.finder import Proposal
from calendars.policy import Policy
from orchestrator.auth.people import Person
from orchestrator.cases.finding import Search, finder
from orchestrator.settings.model import Network
from orchestrator.store import closures, feeds
from orchestrator.store.closures import ClosureRow
from orchestrator.store.tables import bookings, occurrences
from orchestrator.store.tables_outside import feed_busy
from rooms.centre import OpeningHours
from rooms.ids import CentreId, RoomId
from tests.fakes.dav import FOUR, OpenHouse, event, open_house, rows_of, soon
from tests.fakes.pace import calls

VILLEFORT, MEYRUEIS = RoomId("villefort-visio"), RoomId("meyrueis-visio")
HOURS = (
    OpeningHours(days=tuple(range(7)), opens=clock(8, 30), closes=clock(12, 30)),
    OpeningHours(days=tuple(range(7)), opens=clock(13, 30), closes=clock(18, 30)),
)
RULES = {
    "plain": Policy(),
    "buffers": Policy(buffer_before_minutes=20, buffer_after_minutes=10),
    "a day between": Policy(buffer_before_minutes=24 * 60, buffer_after_minutes=24 * 60),
    "asked": Policy(asked_of=("trainer",)),
    "near": Policy(horizon_days=3),
    "holidays": Policy(closed_on_holidays=True),
    "lengths": Policy(shortest_minutes=60, longest_minutes=90),
    "capacity": Policy(enforce_capacity=True),
}


@pytest.fixture
async def house(tmp_path: Path, rules: str) -> AsyncIterator[OpenHouse]:
    def change(network: Network) -> Network:
        centres = tuple(replace(one, opening_hours=HOURS) for one in network.centres)
        strict = {room: RULES[rules] for room in (VILLEFORT, MEYRUEIS)}
        return replace(network, centres=centres, policies=strict)

    async with open_house(tmp_path, change=change) as opened:
        yield opened


async def found(house: OpenHouse, person: Person, **changed: Any) -> list[Proposal]:
    facts: dict[str, Any] = {
        "rooms": 2, "length": timedelta(minutes=90), "start": soon(0, 0), "end": soon(9, 0),
        "among": (VILLEFORT, MEYRUEIS),
    }  # fmt: skip
    look = finder(house.network, person, Search(**facts | changed), datetime.now(UTC))
    return await house.database.read(look)


def shut(conn: Connection) -> None:
    """The town hall's council meets in the room, and the centre closes on a day."""
    day = soon(3).date()
    row = ClosureRow(
        id="cl-1", centre=CentreId("villefort"), kind="closed", first=day, last=day, reason="Foire"
    )
    closures.add(conn, datetime.now(UTC), row)
    feeds.ensure(conn, [("council", MEYRUEIS)])
    council = {"feed_id": "council", "room_id": MEYRUEIS, "title": "Conseil"}
    start = int(soon(5, 8).timestamp())
    conn.execute(insert(feed_busy).values(starts_at=start, ends_at=start + 7200, **council))


@pytest.mark.parametrize("rules", RULES)
async def test_every_slot_found_can_be_booked(house: OpenHouse, rules: str) -> None:
    tom, now = await house.person("tom"), datetime.now(UTC)
    await house.client("anne").put("calendar/x.ics", event("x", start=soon(2), rooms=[VILLEFORT]))
    await house.client("tom").put("calendar/y.ics", event("y", start=soon(4), rooms=[MEYRUEIS]))
    await house.database.write(shut)
    slots = await found(house, tom)
    assert slots
    for one in slots:
        made = await house.bookings.create(
            tom, "Essai", "meeting", one.rooms, one.slot.start, one.slot.end, now
        )
        assert (made.state == "requested") is bool(one.asks), one
        await house.bookings.cancel(tom, made.id, now)
    if rules == "asked":
        assert all(set(one.asks) == set(one.rooms) for one in slots)


@pytest.mark.parametrize("rules", ["lengths", "near"])
async def test_what_no_room_allows_is_not_found(house: OpenHouse, rules: str) -> None:
    tom = await house.person("tom")
    if rules == "lengths":
        assert await found(house, tom, length=timedelta(minutes=45)) == []
        assert await found(house, tom, length=timedelta(minutes=120)) == []
    else:
        assert await found(house, tom, start=soon(5), end=soon(9)) == []


@pytest.mark.parametrize("rules", ["asked"])
async def test_rooms_that_need_not_be_asked_for_come_first(house: OpenHouse, rules: str) -> None:
    tom = await house.person("tom")
    slots = await found(house, tom, among=FOUR)
    assert all(not set(one.rooms) & {VILLEFORT, MEYRUEIS} and not one.asks for one in slots)
    anne = await house.person("anne")
    assert all(not one.asks for one in await found(house, anne))


@pytest.mark.parametrize("rules", ["plain"])
async def test_two_months_of_full_calendars_cost_a_few_calls_for_each_booking(
    house: OpenHouse, rules: str
) -> None:
    tom, start = await house.person("tom"), soon(0, 0)

    def fill(conn: Connection) -> None:
        calendars = {row["owner_id"]: row["id"] for row in rows_of(conn, "calendars")}
        facts = {
            "uid": "u", "organiser_id": tom.id, "door": "rest", "calendar_id": calendars[tom.id],
            "item_name": "u.ics", "kind": "meeting", "title": "Plein", "state": "confirmed",
            "starts_at": 0, "ends_at": 1, "recurring": False, "created_at": 0, "updated_at": 0,
        }  # fmt: skip
        conn.execute(insert(bookings).values(id="bk-full", **facts))
        conn.execute(
            insert(occurrences),
            [
                {
                    "calendar_id": calendars[room], "name": "u.ics", "booking_id": "bk-full",
                    "room_id": room, "recurrence_id": f"{room}{number}",
                    "starts_at": int(start.timestamp()) + 3600 * number,
                    "ends_at": int(start.timestamp()) + 3600 * number + 2700,
                }
                for room in FOUR
                for number in range(24 * 60)
            ],
        )  # fmt: skip

    await house.client("tom").put("calendar/a.ics", event("a"))
    await house.database.write(fill)
    search = Search(rooms=4, length=timedelta(minutes=60), start=start, end=soon(61, 0), among=FOUR)
    look = finder(house.network, tom, search, datetime.now(UTC))
    slots = await house.database.read(look)
    # Two months of hours in four rooms: 5,760 bookings.
    assert await house.database.read(lambda conn: calls(lambda: look(conn))) < 120 * 5_760
    assert {one.slot.start.date() for one in slots} <= {soon(60).date(), soon(61).date()}
