"""The jobs within a whole service: at the moment of a booking, and for ever."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator import keys
from orchestrator.outside import jobs, pace
from orchestrator.settings.outside import FeedSettings, Outside, RemoteSettings
from orchestrator.store import feeds, remotes
from rooms.ids import RoomId
from tests.fakes.dav import event, soon
from tests.fakes.elsewhere import HonestCalendar, calendar_elsewhere
from tests.fakes.feeds import TownHall, town_hall
from tests.fakes.service import RunningService, demo_settings, running_service

ROOM = RoomId("villefort-visio")


async def until(holds: Callable[[], object], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while True:
            found = holds()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return
            await asyncio.sleep(0.02)


@asynccontextmanager
async def service_with(
    data: Path, calendar: HonestCalendar, hall: TownHall, password: Path
) -> AsyncIterator[RunningService]:
    remote = RemoteSettings(
        room=ROOM, url=calendar.url, server="nextcloud", login="salle", password_file=str(password)
    )
    feed = FeedSettings(id="council", room=ROOM, url=hall.url, label="Mairie")
    outside = Outside(allow=("127.0.0.1",), every_seconds=3600, remotes=(remote,), feeds=(feed,))

    def settings() -> object:
        return replace(demo_settings(), outside=outside)

    async with running_service(data, settings=settings) as service:  # type: ignore[arg-type]
        yield service


@pytest.fixture
async def hall() -> AsyncIterator[TownHall]:
    async with town_hall() as hall:
        hall.body = event("council", start=soon(3, 17), title="Conseil")
        yield hall


async def book(service: RunningService, hour: int) -> None:
    tom, start = await service.person("tom"), soon(2, hour)
    await service.app[keys.BOOKINGS].create(
        tom, "Atelier", "meeting", [ROOM], start, start + timedelta(hours=1), datetime.now(UTC)
    )


async def figures(service: RunningService) -> str:
    async with service.browser().get("/metrics") as answer:
        return await answer.text()


async def test_a_booking_is_there_at_once_and_a_feed_is_read(
    tmp_path: Path, hall: TownHall
) -> None:
    word = tmp_path / "word"
    await asyncio.to_thread(word.write_text, "secret\n")
    async with (
        calendar_elsewhere(HonestCalendar()) as calendar,
        service_with(tmp_path, calendar, hall, word) as service,
    ):
        await until(lambda: calendar.requests)
        await book(service, 9)
        await until(lambda: calendar.objects)
        database = service.app[keys.DATABASE]

        async def is_read() -> bool:
            rows = await database.read(feeds.every)
            return rows[0].fetched_at is not None

        await until(is_read)


async def test_a_server_that_is_away_is_named_once_and_caught_up(
    tmp_path: Path,
    hall: TownHall,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(pace, "FIRST", timedelta(milliseconds=20))
    monkeypatch.setattr(pace, "LONGEST", timedelta(milliseconds=50))
    word = tmp_path / "word"
    await asyncio.to_thread(word.write_text, "secret")
    calendar, hall.way = HonestCalendar(), "gone"
    calendar.away = True
    with caplog.at_level(logging.WARNING):
        async with (
            calendar_elsewhere(calendar),
            service_with(tmp_path, calendar, hall, word) as service,
        ):
            database = service.app[keys.DATABASE]
            await book(service, 9)
            await until(lambda: len(calendar.requests) > 5)
            (row,) = await database.read(remotes.every)
            assert row.error is not None
            assert "503" in row.error
            calendar.away = False
            await until(lambda: calendar.objects)

            await until(lambda: "it works again" in caplog.text)
            assert (await database.read(remotes.every))[0].error is None
    told = [one.getMessage() for one in caplog.records if "remote calendar" in one.getMessage()]
    assert len(told) == 2  # once that it fails, once that it works again
    assert any("feed council" in one.getMessage() for one in caplog.records)


def test_a_password_is_the_line_of_its_file_with_every_space(tmp_path: Path) -> None:
    word = tmp_path / "word"
    word.write_bytes(b" deux  espaces \r\n")
    one = RemoteSettings(
        room=ROOM, url="https://x.test", server="nextcloud", login="s", password_file=str(word)
    )
    assert jobs._password(one) == " deux  espaces "


async def test_a_password_that_cannot_be_read_is_said(tmp_path: Path, hall: TownHall) -> None:
    async with (
        calendar_elsewhere(HonestCalendar()) as calendar,
        service_with(tmp_path, calendar, hall, tmp_path / "none") as service,
    ):
        database = service.app[keys.DATABASE]

        async def said() -> bool:
            return (await database.read(remotes.every))[0].error is not None

        await until(said)
        assert calendar.requests == []
        assert "margeride_remote_calendars" in await figures(service)
