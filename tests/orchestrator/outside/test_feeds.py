"""A town hall's calendar blocks the room that it shares with us."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from calendars.booking import Slot
from orchestrator.outside import feeds as reading
from orchestrator.outside.feeds import FeedError, FeedReader
from orchestrator.outside.guard import Guard
from orchestrator.settings.outside import FeedSettings
from orchestrator.store import bookings, feeds
from orchestrator.store.busy import busy_between
from rooms.errors import Conflict, Forbidden
from rooms.ids import RoomId
from tests.fakes.dav import OpenHouse, event, open_house, soon, stamp
from tests.fakes.feeds import TownHall, town_hall

ROOM = "villefort-visio"
PARIS = ZoneInfo("Europe/Paris")


def council(start: datetime, title: str = "Conseil municipal") -> bytes:
    body = event("council", start=start, minutes=120, title=title)
    return body.replace(b"PRODID", b"METHOD:PUBLISH\r\nPRODID")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(tmp_path) as opened:
        await opened.database.write(lambda conn: feeds.ensure(conn, [("council", ROOM)]))
        yield opened


@pytest.fixture
async def hall() -> AsyncIterator[TownHall]:
    async with town_hall() as hall:
        yield hall


class Desk:
    """A reader whose clock is ours."""

    def __init__(self, house: OpenHouse, hall: TownHall, label: str = "") -> None:
        self.now = datetime.now(UTC)
        self.reader = FeedReader(house.database, Guard(["127.0.0.1"]), lambda: self.now)
        self.wanted = FeedSettings(id="council", room=RoomId(ROOM), url=hall.url, label=label)

    async def read(self) -> None:
        await self.reader.read(self.wanted, PARIS)


async def test_it_blocks_the_room_for_everybody(house: OpenHouse, hall: TownHall) -> None:
    start = soon()
    hall.body = council(start)
    await Desk(house, hall).read()
    tom = house.client("tom")
    await tom.put("calendar/a.ics", event(rooms=[ROOM], start=start + timedelta(hours=1)))
    told = (await tom.get("calendar/a.ics")).unfolded
    assert "PARTSTAT=DECLINED" in told
    assert "Conseil municipal" not in told
    person = await house.person("anne")
    with pytest.raises(Conflict) as refused:
        await house.bookings.create(
            person, "A", "meeting", [ROOM], start, start + timedelta(hours=1), datetime.now(UTC)
        )
    assert "Conseil municipal" in str(refused.value.fields["reasons"])


async def test_it_is_shown_where_people_look_for_a_free_hour(
    house: OpenHouse, hall: TownHall
) -> None:
    start = soon()
    hall.body = council(start)
    await Desk(house, hall, label="Mairie").read()
    (shown,) = await house.database.read(
        lambda conn: busy_between(conn, start, start + timedelta(hours=1))
    )
    assert (shown.title, shown.booking) == ("Mairie", "feed:council")
    query = (
        '<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav"><C:time-range '
        f'start="{stamp(start)}" end="{stamp(start + timedelta(days=1))}"/></C:free-busy-query>'
    )
    answer = await house.client("tom").xml("REPORT", f"{ROOM}/", query, depth="1")
    assert f"{stamp(start)}/{stamp(start + timedelta(hours=2))}" in answer.text


async def test_what_has_not_changed_is_not_sent_again_but_for_once_a_day(
    house: OpenHouse, hall: TownHall
) -> None:
    hall.body = council(soon())
    desk = Desk(house, hall)
    await desk.read()
    await desk.read()
    desk.now += timedelta(hours=25)
    await desk.read()
    assert hall.asked == [None, '"1"', None]
    assert len(await house.rows("feed_busy")) == 1


async def test_what_it_says_replaces_what_it_said(house: OpenHouse, hall: TownHall) -> None:
    start = soon()
    desk = Desk(house, hall)
    hall.body = council(start)
    await desk.read()
    hall.body, hall.etag = council(start + timedelta(days=1)), '"2"'
    await desk.read()
    day = [Slot(start, start + timedelta(hours=1))]
    found = await house.database.read(lambda conn: bookings.held(conn, [RoomId(ROOM)], day))
    assert [row.slot.start for row, _ in found] == [start + timedelta(days=1)]


@pytest.mark.parametrize(
    ("way", "key"),
    [
        ("endless", "feed-too-large"),
        ("gone", "feed-refused"),
        ("moved-away", "feed-elsewhere"),
        ("circling", "feed-refused"),
        ("slow", "feed-away"),
    ],
)
async def test_a_feed_that_misbehaves_is_refused_and_what_it_said_holds(
    house: OpenHouse, hall: TownHall, way: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall.body = council(soon())
    desk = Desk(house, hall)
    await desk.read()
    hall.way = way
    monkeypatch.setattr(reading, "PATIENCE", 0.5)
    with pytest.raises(FeedError, match=key):
        await desk.read()
    assert len(await house.rows("feed_busy")) == 1


async def test_a_redirect_on_the_same_host_is_followed(house: OpenHouse, hall: TownHall) -> None:
    hall.body, hall.way = council(soon()), "moved"
    await Desk(house, hall).read()
    assert len(await house.rows("feed_busy")) == 1


async def test_an_address_nobody_listed_is_not_reached(house: OpenHouse, hall: TownHall) -> None:
    reader = FeedReader(house.database, Guard())
    wanted = FeedSettings(id="council", room=RoomId(ROOM), url=hall.url)
    with pytest.raises(Forbidden):
        await reader.read(wanted, PARIS)
    assert hall.asked == []


async def test_a_feed_taken_out_of_the_configuration_frees_the_room(
    house: OpenHouse, hall: TownHall
) -> None:
    hall.body = council(soon())
    await Desk(house, hall).read()
    await house.database.write(lambda conn: feeds.ensure(conn, []))
    assert await house.rows("feed_busy") == []
    await Desk(house, hall).read()  # one that nobody knows any more
    assert await house.rows("feeds") == []
