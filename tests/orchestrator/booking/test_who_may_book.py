"""Which roles hold a room is the animateur's to say, at every door."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calendars.policy import Policy
from orchestrator.settings.model import Network
from orchestrator.store import policies
from rooms.errors import Conflict
from rooms.ids import RoomId
from tests.fakes.dav import OpenHouse, event, open_house, soon

ROOM, OTHER = RoomId("villefort-visio"), RoomId("meyrueis-visio")
PRIVILEGES = "D:current-user-privilege-set"


def only(*roles: str) -> Callable[[Network], Network]:
    """The file lets these roles alone hold Villefort's room."""
    return lambda network: replace(network, policies={ROOM: Policy(bookable_by=roles)})


async def let(house: OpenHouse, room: RoomId, *roles: str) -> None:
    """The animateur says which roles hold a room."""
    now, changed = datetime.now(UTC), {"bookable_by": list(roles)}
    await house.bookings.database.write(
        lambda conn: policies.save(conn, now, house.network, room, changed, "anne")
    )


async def test_a_role_that_was_let_in_since_the_file_books_and_writes(tmp_path: Path) -> None:
    async with open_house(tmp_path, change=only("animateur")) as house:
        tom = house.client("tom")
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM]))
        assert "PARTSTAT=DECLINED" in (await tom.get("calendar/a.ics")).unfolded
        assert "write-content" not in (await tom.propfind(f"{ROOM}/", PRIVILEGES)).text
        await let(house, ROOM, "animateur", "trainer")
        await tom.put("calendar/b.ics", event("b", rooms=[ROOM]))
        assert "PARTSTAT=ACCEPTED" in (await tom.get("calendar/b.ics")).unfolded
        assert "write-content" in (await tom.propfind(f"{ROOM}/", PRIVILEGES)).text


async def test_a_role_that_was_shut_out_keeps_what_it_holds_and_gets_no_more(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        tom = house.client("tom")
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM]))
        await let(house, ROOM, "animateur")
        await tom.put("calendar/b.ics", event("b", start=soon(2), rooms=[ROOM]))
        assert "PARTSTAT=DECLINED" in (await tom.get("calendar/b.ics")).unfolded
        assert await house.held(ROOM) == 1


async def test_a_room_one_may_not_hold_is_not_proposed_instead(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        person, start, now = await house.person("tom"), soon(), datetime.now(UTC)
        end = start + timedelta(hours=1)
        for room in house.network.rooms:
            if room.id not in (ROOM, OTHER):
                await let(house, room.id, "animateur")
        await house.bookings.create(person, "A", "meeting", [ROOM], start, end, now)
        with pytest.raises(Conflict) as refused:
            await house.bookings.create(person, "B", "meeting", [ROOM], start, end, now)
        assert refused.value.fields["elsewhere"] == [OTHER]
