"""Real calendar clients, as programs of their own, against the service on loopback."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.fakes.dav import FOUR, OpenHouse, event, open_house, soon

pytestmark = [pytest.mark.compat, pytest.mark.timeout(90)]
BIN = Path(sys.executable).parent
PARIS = ZoneInfo("Europe/Paris")
TOP = Path(__file__).parents[2]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(tmp_path) as opened:
        yield opened


class Desk:
    """A person's machine with vdirsyncer and khal, in a folder of its own."""

    def __init__(self, home: Path, house: OpenHouse, login: str) -> None:
        self.home = home
        self.calendars = home / "calendars"
        self.url, self.login, self.password = house.url, login, house.passwords[login]

    def settle(self) -> None:
        self.calendars.mkdir(parents=True)
        (self.home / "vdirsyncer").write_text(
            f"""
[general]
status_path = "{self.home}/status"
[pair rooms]
a = "here"
b = "there"
collections = ["from b"]
conflict_resolution = "b wins"
[storage here]
type = "filesystem"
path = "{self.calendars}"
fileext = ".ics"
[storage there]
type = "caldav"
url = "{self.url}/"
username = "{self.login}"
password = "{self.password}"
"""
        )
        (self.home / "khal").write_text(
            f"""
[calendars]
[[all]]
path = {self.calendars}/*
type = discover
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = Europe/Paris
default_timezone = Europe/Paris
[sqlite]
path = {self.home}/khal.db
"""
        )

    async def run(self, *command: str, typed: str = "") -> str:
        environment = os.environ | {"HOME": str(self.home), "LC_ALL": "C.UTF-8"}
        process = await asyncio.create_subprocess_exec(
            BIN / command[0], *command[1:], env=environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        told, _ = await process.communicate(typed.encode())
        assert process.returncode == 0, told.decode()
        return told.decode()

    async def sync(self) -> None:
        await self.run("vdirsyncer", "-c", f"{self.home}/vdirsyncer", "sync")

    async def khal(self, *command: str) -> str:
        return await self.run("khal", "-c", f"{self.home}/khal", *command)


async def a_desk(tmp_path: Path, house: OpenHouse, login: str) -> Desk:
    desk = Desk(tmp_path / login, house, login)
    await asyncio.to_thread(desk.settle)
    config = f"{desk.home}/vdirsyncer"
    await desk.run("vdirsyncer", "-c", config, "discover", typed="y\n" * 20)
    return desk


def local(moment: datetime) -> str:
    return f"{moment.astimezone(PARIS):%Y-%m-%d %H:%M}"


async def test_vdirsyncer_and_khal_book_four_rooms_and_read_the_answer(
    house: OpenHouse, tmp_path: Path
) -> None:
    desk = await a_desk(tmp_path, house, "tom")
    folders = await asyncio.to_thread(lambda: {one.name for one in desk.calendars.iterdir()})
    assert {"calendar", *FOUR} <= folders
    invitation = tmp_path / "invitation.ics"
    await asyncio.to_thread(
        invitation.write_bytes, event("inaug", rooms=FOUR, title="Inauguration")
    )
    await desk.khal("import", "--batch", "-a", "calendar", str(invitation))
    await desk.sync()
    await desk.sync()
    (own,) = await asyncio.to_thread(lambda: list((desk.calendars / "calendar").iterdir()))
    text = (await asyncio.to_thread(own.read_text)).replace("\n ", "")
    assert text.count("PARTSTAT=ACCEPTED") == 4
    day = f"{soon().astimezone(PARIS):%Y-%m-%d}"
    shown = await desk.khal(
        "list", "-a", "calendar", "--format", "{title} {location} {description}", day, "1d"
    )
    assert "Inauguration" in shown
    assert "https://visio.test/join/" in shown


async def test_khal_writes_in_a_taken_room_and_reads_the_refusal(
    house: OpenHouse, tmp_path: Path
) -> None:
    await house.client("tom").put("calendar/a.ics", event("a", rooms=["villefort-visio"]))
    desk = await a_desk(tmp_path, house, "bea")
    await desk.sync()
    day, hour = local(soon()).split()
    await desk.khal("new", "-a", "villefort-visio", day, hour, "1h", "Atelier")
    await desk.sync()
    await desk.sync()
    shown = await desk.khal("list", "-a", "villefort-visio", "--format", "{title}", day, "1d")
    assert "REFUSÉ (salle occupée) : Atelier" in shown
    assert await house.held("villefort-visio") == 1


async def test_the_python_client_books_four_rooms_and_reads_accepted(house: OpenHouse) -> None:
    rooms = [f"salle.{room}@visio.lozere.example" for room in FOUR]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.compat.caldav_books", f"{house.url}/dav/", "tom",
        house.passwords["tom"], soon().isoformat(), *rooms,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=TOP,
    )  # fmt: skip
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    told = json.loads(out)
    assert (told["accepted"], told["link"], told["synced"]) == (4, True, 1)
    assert told["declined"] == 4
    assert any("Villefort" in name for name in told["calendars"])
    assert await house.held("villefort-visio") == 1
