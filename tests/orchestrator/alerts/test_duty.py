"""Alerts go to who is on duty at the centre; when nobody is, to everybody who runs it."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from orchestrator.alerts.seen import Standing
from orchestrator.alerts.watch import Alerts
from orchestrator.auth import accounts
from orchestrator.auth.people import Person
from orchestrator.cases.desks import SILENT, Desks
from orchestrator.events import Event
from orchestrator.mail.alerts import told_of
from rooms.ids import CentreId
from tests.fakes.rooms import NINE, VILLEFORT, Scene, furnished
from tests.orchestrator.alerts.test_watch import LOST, Reports, letters, somebody, watching

CENTRE = CentreId("villefort")
LATER = SILENT + timedelta(seconds=5)


class House:
    """Two animateurs of Villefort, one of Meyrueis, an administrator, and the desks they attend."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.hub = Reports()
        self.start_again()

    def start_again(self) -> None:
        """Who is on duty is known from pages that ask: after a restart, of nobody."""
        self.desks = Desks(self.scene.house.conductor)
        self.watch: Alerts = watching(self.scene, self.hub)
        self.watch.on_duty = self.desks.at_the_centres

    async def person(self, login: str) -> Person:
        found = await self.scene.database.read(lambda conn: accounts.by_login(conn, login))
        assert found is not None
        return found

    async def comes(self, *logins: str) -> None:
        """Their pages ask."""
        for login in logins:
            await self.desks.on_duty(await self.person(login))

    async def look(self) -> set[str]:
        """Who has been written to since the first alert."""
        await self.watch.look()
        return {str(letter["To"]).partition("@")[0] for letter in await letters(self.scene)}

    async def told(self) -> list[str]:
        """Their names, as the page says them."""
        (one,) = self.watch.of([VILLEFORT])
        alert, need = one.alert, one.need
        assert need is not None
        read = self.scene.database.read
        return sorted(await read(lambda conn: told_of(conn, CENTRE, alert, need)))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with furnished(tmp_path) as scene:
        for login, role, *centres in (
            ("anne", "animateur", "villefort"),
            ("kate", "animateur", "villefort"),
            ("marc", "animateur", "meyrueis"),
            ("chef", "admin"),
        ):
            await somebody(scene, login, role, *centres, email=f"{login}@ailleurs.example")
        await scene.session([VILLEFORT], start=NINE + timedelta(minutes=20))
        yield House(scene)


async def test_who_is_on_duty_is_told_and_nobody_else(house: House) -> None:
    await house.comes("kate", "marc", "chef")
    house.hub.of[VILLEFORT] = LOST
    assert await house.look() == {"kate"}
    assert await house.told() == ["kate"]


async def test_when_nobody_is_on_duty_everybody_of_the_centre_is_told(house: House) -> None:
    await house.comes("marc", "chef")  # of another centre, and of none
    house.hub.of[VILLEFORT] = LOST
    assert await house.look() == {"anne", "kate"}
    assert await house.told() == ["anne", "kate"]


@pytest.mark.parametrize(("silent", "written"), [(SILENT, {"kate"}), (LATER, {"anne", "kate"})])
async def test_who_closed_his_page_is_not_on_duty(
    house: House, silent: timedelta, written: set[str]
) -> None:
    await house.comes("kate")
    house.scene.now += silent
    house.hub.of[VILLEFORT] = LOST
    assert await house.look() == written


async def test_who_says_that_he_is_away_is_not_told_until_he_is_back(house: House) -> None:
    await house.comes("anne", "kate")
    await house.desks.set_away(await house.person("kate"), away=True)
    house.hub.of[VILLEFORT] = LOST
    assert await house.look() == {"anne"}
    await house.desks.set_away(await house.person("kate"), away=False)
    await house.desks.set_away(await house.person("anne"), away=True)
    await house.scene.session([VILLEFORT], start=NINE + timedelta(hours=3))
    house.scene.now = NINE + timedelta(hours=2, minutes=40)
    await house.comes("anne", "kate")
    assert await house.look() == {"anne", "kate"}
    assert await house.told() == ["kate"]


async def test_somebody_on_duty_without_an_address_leaves_nobody_untold(house: House) -> None:
    await somebody(house.scene, "zoe", "animateur", "villefort")
    await house.comes("zoe")
    house.hub.of[VILLEFORT] = LOST
    assert await house.look() == {"anne", "kate"}


async def test_a_service_that_starts_again_tells_no_second_one(house: House) -> None:
    await house.comes("kate")
    house.hub.of[VILLEFORT] = LOST
    assert await house.look() == {"kate"}
    house.start_again()
    assert await house.look() == {"kate"}
    await house.comes("anne")
    assert await house.look() == {"kate"}


async def test_whoever_hears_that_something_is_wrong_can_read_who_was_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    publish, write = house.scene.bus.publish, house.watch.write
    assert write is not None

    def heard(kind: str, **facts: Any) -> Event:
        done.append(kind)
        return publish(kind, **facts)

    def written(conn: Connection, now: datetime, standing: Standing) -> None:
        write(conn, now, standing)
        done.append("letter")

    monkeypatch.setattr(house.scene.bus, "publish", heard)
    house.watch.write = written
    house.hub.of[VILLEFORT] = LOST
    await house.look()
    assert done == ["letter", "room.alerts.changed"]
