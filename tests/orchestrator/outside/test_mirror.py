"""A room's calendar here and on another server: in the end both say the same, whatever happened."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from calendars.remote import RemoteError
from orchestrator.horizon import Horizon
from orchestrator.outside.jobs import Jobs
from orchestrator.settings.outside import Outside, RemoteSettings
from orchestrator.store import remotes
from rooms.ids import RoomId
from tests.fakes.dav import OpenHouse, event, open_house, soon
from tests.fakes.elsewhere import (
    CarelessCalendar,
    DeafCalendar,
    ForgetfulCalendar,
    HonestCalendar,
    SlowCalendar,
    calendar_elsewhere,
)

ROOM = "villefort-visio"


class Bridge:
    """A house, a calendar elsewhere, and the job between them, looked at by hand."""

    def __init__(self, house: OpenHouse, calendar: HonestCalendar, server: str) -> None:
        self.house = house
        self.calendar = calendar
        self.remote = RemoteSettings(
            room=RoomId(ROOM), url=calendar.url, server=server, login="salle",
            password_env="MARGERIDE_TEST_SALLE",
        )  # fmt: skip
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.restart()

    def restart(self) -> None:
        outside = Outside(allow=("127.0.0.1",), remotes=(self.remote,))
        self.jobs = Jobs(self.house.bookings, outside, lambda: self.now())

    async def look(self) -> None:
        await self.jobs.look(self.remote)

    async def book(self, hour: int = 9, title: str = "Atelier", days: int = 1) -> str:
        tom = await self.house.person("tom")
        start = soon(days, hour)
        made = await self.house.bookings.create(
            tom, title, "meeting", [ROOM], start, start + timedelta(hours=1), datetime.now(UTC)
        )
        return made.id

    async def confirmed(self) -> list[str]:
        rows = await self.house.rows("bookings", state="confirmed")
        return sorted(row["title"] for row in rows)

    async def settled(self) -> None:
        """Both say the same and another look finds nothing to do."""
        await self.look()
        before = dict(self.calendar.objects), await self.house.rows("items")
        await self.look()
        assert (dict(self.calendar.objects), await self.house.rows("items")) == before
        held = await self.house.held(ROOM)
        there = [
            name for name in self.calendar.objects if "STATUS:CANCELLED" not in self.text(name)
        ]
        assert held == len(there)

    def text(self, name: str) -> str:
        return self.calendar.text(name)


@asynccontextmanager
async def bridge(
    path: Path, calendar: HonestCalendar, server: str = "nextcloud"
) -> AsyncIterator[Bridge]:
    async with open_house(path) as house, calendar_elsewhere(calendar):
        made = Bridge(house, calendar, server)
        await made.jobs.prepare()
        yield made


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARGERIDE_TEST_SALLE", "secret")


def theirs(hour: int = 9, title: str = "Chorale", uid: str = "choir", **more: Any) -> bytes:
    return event(uid, start=soon(1, hour), title=title, **more)


def hear(both: Bridge) -> None:
    if isinstance(both.calendar, DeafCalendar):
        both.calendar.deaf = False


SERVERS = ("nextcloud", "davical", "generic")


@pytest.mark.parametrize("server", SERVERS)
async def test_what_is_booked_here_stands_there_under_the_bookings_name(
    tmp_path: Path, server: str
) -> None:
    async with bridge(tmp_path, HonestCalendar(), server) as both:
        booking = await both.book()
        await both.settled()
        assert list(both.calendar.objects) == [f"{booking}.ics"]
        assert f"UID:{booking}.{ROOM}@visio.lozere.example" in both.text(f"{booking}.ics")
        assert "SUMMARY:Atelier" in both.text(f"{booking}.ics")
        tom = await both.house.person("tom")
        await both.house.bookings.cancel(tom, booking, datetime.now(UTC))
        await both.settled()
        assert both.calendar.objects == {}


@pytest.mark.parametrize("server", SERVERS)
async def test_what_appears_there_is_booked_here(tmp_path: Path, server: str) -> None:
    async with bridge(tmp_path, HonestCalendar(), server) as both:
        await both.look()
        both.calendar.put("choir.ics", theirs())
        await both.settled()
        assert await both.confirmed() == ["Chorale"]
        assert "/join/" in both.text("choir.ics")
        both.calendar.put("choir.ics", theirs(hour=11))
        await both.settled()
        (row,) = await both.house.rows("occurrences", room_id=ROOM)
        assert row["starts_at"] == int(soon(1, 11).timestamp())
        both.calendar.remove("choir.ics")
        await both.settled()
        assert await both.house.held(ROOM) == 0


async def test_what_loses_there_is_marked_there_until_it_moves(tmp_path: Path) -> None:
    async with bridge(tmp_path, HonestCalendar()) as both:
        await both.book()
        both.calendar.put("choir.ics", theirs())
        await both.settled()
        assert await both.confirmed() == ["Atelier"]
        marked = both.text("choir.ics")
        assert "SUMMARY:REFUSÉ (salle occupée) : Chorale" in marked
        assert "STATUS:CANCELLED" in marked
        assert "COMMENT" in marked
        moved = marked.replace(f"{soon(1, 9):%dT%H%M%S}Z", f"{soon(1, 14):%dT%H%M%S}Z")
        moved = moved.replace(f"{soon(1, 10):%dT%H%M%S}Z", f"{soon(1, 15):%dT%H%M%S}Z")
        assert moved != marked
        both.calendar.put("choir.ics", moved.encode())
        await both.settled()
        assert await both.confirmed() == ["Atelier", "Chorale"]
        assert "REFUSÉ" not in both.text("choir.ics")


async def test_a_booking_of_ours_deleted_there_is_cancelled_and_one_moved_there_is_put_back(
    tmp_path: Path,
) -> None:
    async with bridge(tmp_path, HonestCalendar()) as both:
        one, two = await both.book(9, "Un"), await both.book(11, "Deux")
        await both.settled()
        moved = both.calendar.objects[f"{two}.ics"][1].replace(b"SUMMARY:Deux", b"SUMMARY:Autre")
        both.calendar.put(f"{two}.ics", moved)
        both.calendar.remove(f"{one}.ics")
        await both.settled()
        assert await both.confirmed() == ["Deux"]
        assert "SUMMARY:Deux" in both.text(f"{two}.ics")
        assert (await both.house.rows("bookings", id=one))[0]["state"] == "cancelled"


async def test_an_event_written_in_the_rooms_calendar_here_may_be_moved_there(
    tmp_path: Path,
) -> None:
    async with bridge(tmp_path, HonestCalendar()) as both:
        tom = both.house.client("tom")
        body = event("direct", title="Direct", rooms=["meyrueis-visio"])
        await tom.put(f"{ROOM}/direct.ics", body)
        await both.settled()
        (name,) = both.calendar.objects
        later = both.text(name).replace(f"{soon(1, 10):%dT%H%M%S}Z", f"{soon(1, 12):%dT%H%M%S}Z")
        assert "meyrueis" not in later
        both.calendar.put(name, later.encode())
        await both.settled()
        (row,) = await both.house.rows("occurrences", room_id=ROOM)
        assert row["ends_at"] == int(soon(1, 12).timestamp())
        assert await both.house.held("meyrueis-visio") == 1
        assert "UID:direct" in (await tom.get(f"{ROOM}/direct.ics")).unfolded


async def test_bookings_on_both_sides_while_the_server_is_away(tmp_path: Path) -> None:
    async with bridge(tmp_path, HonestCalendar()) as both:
        kept = await both.book(8, "Avant")
        both.calendar.put("choir.ics", theirs(16))
        await both.settled()
        both.calendar.away = True
        with pytest.raises(RemoteError, match="remote-refused"):
            await both.look()
        await both.book(9, "Ici")
        tom = await both.house.person("tom")
        await both.house.bookings.cancel(tom, kept, datetime.now(UTC))
        both.calendar.put("a.ics", theirs(9, "Là-bas, trop tard", "late"))
        both.calendar.put("b.ics", theirs(11, "Là-bas", "free"))
        both.calendar.remove("choir.ics")
        both.calendar.away = False
        await both.settled()
        assert await both.confirmed() == ["Ici", "Là-bas"]
        assert "REFUSÉ" in both.text("a.ics")
        assert len(both.calendar.objects) == 3


@pytest.mark.parametrize("server", SERVERS)
async def test_a_write_whose_answer_never_came_is_neither_lost_nor_doubled(
    tmp_path: Path, server: str
) -> None:
    async with bridge(tmp_path, DeafCalendar(), server) as both:
        assert isinstance(both.calendar, DeafCalendar)
        booking = await both.book()
        both.calendar.deaf = True
        with pytest.raises(RemoteError, match="remote-away"):
            await both.look()
        assert list(both.calendar.objects) == [f"{booking}.ics"]
        hear(both)
        both.restart()
        await both.settled()
        assert list(both.calendar.objects) == [f"{booking}.ics"]
        assert await both.confirmed() == ["Atelier"]


async def test_cancelled_before_the_answer_came_it_does_not_come_back(tmp_path: Path) -> None:
    async with bridge(tmp_path, DeafCalendar()) as both:
        assert isinstance(both.calendar, DeafCalendar)
        booking = await both.book()
        both.calendar.deaf = True
        with pytest.raises(RemoteError):
            await both.look()
        tom = await both.house.person("tom")
        await both.house.bookings.cancel(tom, booking, datetime.now(UTC))
        hear(both)
        both.restart()
        await both.settled()
        assert both.calendar.objects == {}
        assert await both.confirmed() == []


async def test_a_deletion_whose_answer_never_came(tmp_path: Path) -> None:
    async with bridge(tmp_path, DeafCalendar()) as both:
        assert isinstance(both.calendar, DeafCalendar)
        booking = await both.book()
        await both.settled()
        tom = await both.house.person("tom")
        await both.house.bookings.cancel(tom, booking, datetime.now(UTC))
        both.calendar.deaf = True
        with pytest.raises(RemoteError):
            await both.look()
        hear(both)
        both.restart()
        await both.settled()
        assert both.calendar.objects == {}
        assert await both.house.rows("remote_items") == []


async def test_killed_while_the_server_thinks(tmp_path: Path) -> None:
    async with bridge(tmp_path, SlowCalendar()) as both:
        assert isinstance(both.calendar, SlowCalendar)
        booking = await both.book()
        looking = asyncio.create_task(both.look())
        await both.calendar.asked.wait()
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        both.calendar.free.set()
        hear(both)
        both.restart()
        await both.settled()
        assert list(both.calendar.objects) == [f"{booking}.ics"]


@pytest.mark.parametrize("server", SERVERS)
async def test_a_calendar_made_anew_gets_everything_back(tmp_path: Path, server: str) -> None:
    async with bridge(tmp_path, ForgetfulCalendar(), server) as both:
        assert isinstance(both.calendar, ForgetfulCalendar)
        await both.book(9, "Un")
        await both.book(11, "Deux")
        both.calendar.put("choir.ics", theirs(16))
        await both.settled()
        both.calendar.forget_everything()
        await both.settled()
        assert await both.confirmed() == ["Chorale", "Deux", "Un"]
        assert len(both.calendar.objects) == 3


async def test_a_forgotten_token_changes_nothing(tmp_path: Path) -> None:
    async with bridge(tmp_path, ForgetfulCalendar()) as both:
        assert isinstance(both.calendar, ForgetfulCalendar)
        await both.book()
        await both.settled()
        both.calendar.forget_tokens()
        both.calendar.put("choir.ics", theirs(16))
        await both.settled()
        assert await both.confirmed() == ["Atelier", "Chorale"]


@pytest.mark.parametrize("server", ["sogo", "generic"])
async def test_a_careless_server_is_looked_at_before_it_is_written(
    tmp_path: Path, server: str
) -> None:
    async with bridge(tmp_path, CarelessCalendar(), server) as both:
        booking = await both.book()
        both.calendar.put("choir.ics", theirs())
        await both.settled()
        assert "REFUSÉ" in both.text("choir.ics")
        assert sorted(both.calendar.objects) == [f"{booking}.ics", "choir.ics"]
        tom = await both.house.person("tom")
        await both.house.bookings.cancel(tom, booking, datetime.now(UTC))
        await both.settled()
        assert list(both.calendar.objects) == ["choir.ics"]


async def test_what_is_over_transparent_or_unreadable_there_is_left_alone(tmp_path: Path) -> None:
    async with bridge(tmp_path, HonestCalendar()) as both:
        left = {
            "over.ics": event("over", start=soon(-3)),
            "free.ics": theirs(9, uid="free", more=["TRANSP:TRANSPARENT"]),
            "off.ics": theirs(10, uid="off", more=["STATUS:CANCELLED"]),
            "bad.ics": b"BEGIN:VCALENDAR\r\nrubbish",
            "bomb.ics": theirs(11, uid="bomb", more=["RRULE:FREQ=SECONDLY"]),
        }
        for name, body in left.items():
            both.calendar.put(name, body)
        await both.look()
        assert {name: body for name, (_, body) in both.calendar.objects.items()} == left
        assert await both.house.held(ROOM) == 0
        both.calendar.put("off.ics", theirs(10, uid="off"))
        await both.look()
        assert await both.house.held(ROOM) == 1
        both.calendar.put("off.ics", theirs(10, uid="off", more=["STATUS:CANCELLED"]))
        await both.look()
        assert await both.house.held(ROOM) == 0


async def test_a_series_there_is_judged_on_all_its_dates(tmp_path: Path) -> None:
    async with bridge(tmp_path, HonestCalendar()) as both:
        await both.book(9, "Atelier", days=8)
        weekly = theirs(9, more=["RRULE:FREQ=WEEKLY;COUNT=4"])
        both.calendar.put("choir.ics", weekly)
        await both.look()
        assert await both.confirmed() == ["Atelier"]
        assert "REFUSÉ" in both.text("choir.ics")


async def test_an_endless_series_there_goes_on_being_held(tmp_path: Path) -> None:
    async with bridge(tmp_path, HonestCalendar()) as both:
        both.calendar.put("choir.ics", theirs(9, more=["RRULE:FREQ=WEEKLY"]))
        await both.look()
        before = await both.house.held(ROOM)
        later = datetime.now(UTC) + timedelta(days=30)
        assert await Horizon(both.house.bookings, lambda: later).extend() == 1
        assert await both.house.held(ROOM) > before


async def test_a_wrong_password_is_said_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bridge(tmp_path, HonestCalendar()) as both:
        await both.book()
        monkeypatch.setenv("MARGERIDE_TEST_SALLE", "wrong")
        with pytest.raises(RemoteError, match="remote-login"):
            await both.look()
        assert both.calendar.objects == {}


async def test_another_address_begins_anew(tmp_path: Path) -> None:
    async with bridge(tmp_path, HonestCalendar()) as both:
        await both.book()
        await both.look()
        await both.house.database.write(lambda conn: remotes.ensure(conn, [(ROOM, "https://b/")]))
        assert await both.house.rows("remote_items") == []
        await both.house.database.write(lambda conn: remotes.ensure(conn, []))
        assert await both.house.rows("remotes") == []
