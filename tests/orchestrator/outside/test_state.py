"""What an animateur reads of the calendars that are kept elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from calendars.quirks import NAMES
from calendars.remote import RemoteError
from orchestrator import keys
from orchestrator.outside.feeds import FeedError
from orchestrator.outside.jobs import JOBS, Jobs
from orchestrator.settings import Settings
from orchestrator.settings.outside import FeedSettings, Outside, RemoteSettings
from orchestrator.store import feeds, remotes
from orchestrator.words import words
from rooms.ids import RoomId
from tests.fakes.dav import event, soon
from tests.fakes.elsewhere import FullCalendar, calendar_elsewhere
from tests.fakes.feeds import TownHall, town_hall
from tests.fakes.service import RunningService, demo_settings, running_service

ROOM, OTHER = RoomId("villefort-visio"), RoomId("meyrueis-visio")


class Desk:
    """A service whose jobs look only when they are told to."""

    def __init__(self, service: RunningService, calendar: FullCalendar, hall: TownHall) -> None:
        self.service, self.calendar, self.hall = service, calendar, hall
        self.outside = service.app[keys.SETTINGS].outside
        self.jobs: Jobs = service.app[JOBS]

    async def book(self, title: str, hour: int, room: RoomId = ROOM) -> str:
        tom, start = await self.service.person("tom"), soon(2, hour)
        made = await self.service.app[keys.BOOKINGS].create(
            tom, title, "meeting", [room], start, start + timedelta(hours=1), datetime.now(UTC)
        )
        return made.id

    async def look(self) -> None:
        """As the job does, with what it notes of a failure."""
        (one, *_) = self.outside.remotes
        try:
            await self.jobs.look(one)
        except RemoteError as error:
            told = words(error.key, "fr", error.fields)
            await self.service.app[keys.DATABASE].write(
                lambda conn: remotes.failed(conn, ROOM, told)
            )

    async def read(self, login: str, status: int = 200) -> Any:
        browser = await self.service.log_in(login)
        async with browser.get("/api/v1/calendars/remotes") as answer:
            assert answer.status == status, await answer.text()
            return await answer.json()

    async def remote(self) -> Any:
        return (await self.read("anne"))["remotes"][0]


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    async def idle(jobs: Jobs) -> None:
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(Jobs, "run", idle)
    monkeypatch.setenv("MARGERIDE_TEST_SALLE", "secret")
    async with calendar_elsewhere(FullCalendar()) as calendar, town_hall() as hall:
        facts = {"url": calendar.url, "login": "salle", "password_env": "MARGERIDE_TEST_SALLE"}
        outside = Outside(
            allow=("127.0.0.1",),
            remotes=(
                RemoteSettings(room=ROOM, server="sogo", **facts),
                RemoteSettings(room=OTHER, server="davical", **facts),
            ),
            feeds=(FeedSettings(id="council", room=ROOM, url=hall.url, label="Mairie"),),
        )

        def settings() -> Settings:
            return replace(demo_settings(), outside=outside)

        async with running_service(tmp_path, settings=settings) as service:
            yield Desk(service, calendar, hall)


async def test_what_waits_and_since_when_both_agree(desk: Desk) -> None:
    await desk.book("Atelier", 9)
    first = await desk.remote()
    assert (first["room"], first["server"], first["host"]) == (ROOM, "sogo", "127.0.0.1")
    assert (first["agreed_at"], first["waiting"], first["error"]) == (None, 1, None)
    assert first["about"].startswith("SOGo : ")
    before = datetime.now(UTC) - timedelta(seconds=1)
    await desk.look()
    agreed = await desk.remote()
    assert (agreed["waiting"], agreed["error"], agreed["left_out"]) == (0, None, [])
    assert before <= datetime.fromisoformat(agreed["agreed_at"]) <= datetime.now(UTC)


async def test_while_the_server_is_away_writes_pile_up_and_the_error_is_a_sentence(
    desk: Desk,
) -> None:
    gone = await desk.book("Avant", 8)
    await desk.look()
    agreed = (await desk.remote())["agreed_at"]
    desk.calendar.away = True
    await desk.book("Ici", 9)
    await desk.service.app[keys.BOOKINGS].cancel(
        await desk.service.person("tom"), gone, datetime.now(UTC)
    )
    await desk.look()
    found = await desk.remote()
    assert found["waiting"] == 2
    assert found["error"] == "Le serveur de l'agenda refuse (réponse 503)."
    assert found["agreed_at"] == agreed
    desk.calendar.away = False
    await desk.look()
    found = await desk.remote()
    assert (found["waiting"], found["error"]) == (0, None)


async def test_an_object_that_cannot_be_written_is_named_with_its_reason(desk: Desk) -> None:
    desk.calendar.full = True
    booking = await desk.book("Atelier", 9)
    await desk.look()
    found = await desk.remote()
    assert found["waiting"] == 1
    assert found["left_out"] == [
        {"name": f"{booking}.ics", "reason": "Le serveur de l'agenda refuse (réponse 507)."}
    ]
    desk.calendar.full = False
    await desk.look()
    found = await desk.remote()
    assert (found["waiting"], found["left_out"], found["error"]) == (0, [], None)


async def test_a_feed_says_when_it_was_read_and_what_went_wrong(desk: Desk) -> None:
    (feed,) = desk.outside.feeds
    desk.hall.body = event("council", start=soon(3))
    await desk.jobs.read(feed)
    (found,) = (await desk.read("anne"))["feeds"]
    assert (found["id"], found["room"], found["host"]) == ("council", ROOM, "127.0.0.1")
    assert found["read_at"] is not None
    desk.hall.way, desk.hall.etag = "gone", '"2"'
    with pytest.raises(FeedError) as error:
        await desk.jobs.read(feed)
    told = words(error.value.key, "fr", error.value.fields)
    await desk.service.app[keys.DATABASE].write(
        lambda conn: feeds.note(conn, datetime.now(UTC), "council", told)
    )
    (after,) = (await desk.read("anne"))["feeds"]
    assert after["error"] == "Cet agenda ne se laisse pas lire (réponse 410)."
    assert after["read_at"] == found["read_at"]


async def test_everybody_reads_of_his_own_rooms_only(desk: Desk) -> None:
    rooms = {
        login: [one["room"] for one in (await desk.read(login))["remotes"]]
        for login in ("anne", "marc", "admin")
    }
    assert rooms == {"anne": [ROOM], "marc": [OTHER], "admin": [ROOM, OTHER]}
    assert (await desk.read("marc"))["feeds"] == []
    for login in ("tom", "bea"):
        refused = await desk.read(login, status=403)
        assert refused["type"].endswith("/staff-only")
    async with desk.service.browser().get("/api/v1/calendars/remotes") as answer:
        assert answer.status == 401


@pytest.mark.parametrize("server", NAMES)
@pytest.mark.parametrize("locale", ["fr", "en"])
def test_every_kind_of_server_has_its_sentence(server: str, locale: str) -> None:
    said = words(f"remote-server-{server}", locale, {})
    assert said.endswith(".")
    assert " " in said
