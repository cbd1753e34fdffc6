"""Who may ask what of which room, when: every cell of the matrix, asked of the house itself.

What is expected is said here anew, from the table of docs/rooms.md, and not by the code's own rule.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from orchestrator import conduct
from orchestrator.auth.people import Person
from orchestrator.cases.fan_out import Asked
from orchestrator.store import devices, phones
from orchestrator.store.phones import Phone
from orchestrator.store.tables import people
from orchestrator.store.tables import sessions as session_rows
from rooms.control import COMMANDS, Command, parse_command
from rooms.errors import Forbidden, MargerideError
from rooms.ids import CommandId, RoomId
from signalling.ports import Json
from tests.fakes.rooms import MEYRUEIS, NINE, VILLEFORT, Scene, furnished

ARGUMENTS: dict[str, dict[str, object]] = {
    "audio.mic.set": {"on": True},
    "audio.speaker.set": {"on": True},
    "audio.volume.set": {"volume": 5},
    "video.camera.set": {"on": True},
    "video.selfview.set": {"on": True},
    "video.layout.set": {"layout": "grid"},
    "room.message.show": {"text": "Bonjour"},
    "room.dnd.set": {"on": True},
    "camera.select": {"device": "cam"},
    "camera.preset.recall": {"preset": 1},
    "camera.preset.store": {"preset": 1},
    "camera.preset.delete": {"preset": 1},
    "camera.goto": {"pan": 0, "tilt": 0},
    "camera.focus.set": {"auto": True},
    "display.power.set": {"on": True},
    "display.input.set": {"input": "hdmi1"},
    "display.blank.set": {"on": True},
    "display.freeze.set": {"on": True},
    "call.dtmf": {"tones": "1"},
    "call.hand.set": {"on": True},
    "video.picture.keep": {"preset": 1},
    "room.preset.apply": {"preset": "reunion"},
}
NAMES = sorted(set(COMMANDS) - {"call.join"})  # joining has its own right: to run that session
KEPT_FROM_PHONES = {
    *("camera.preset.store", "camera.preset.delete", "video.picture.keep"),
    *("room.message.show", "room.message.clear", "room.dnd.set"),
    *(name for name in NAMES if name.startswith("system.")),
}
ROOMS = (VILLEFORT, MEYRUEIS)
WHO = ("admin", "anne", "marc", "tom", "other", "bea", "gone")
PHONES = ("phone", "put out")
WHEN = {
    "long before": timedelta(minutes=-16),
    "a quarter before": timedelta(minutes=-15),
    "during": timedelta(minutes=30),
    "after": timedelta(minutes=61),
}


class Everything:
    """An agent that can do all there is, and takes it."""

    def screen_connected(self, room: RoomId) -> bool:
        return True

    def able(self, room: RoomId) -> frozenset[str] | None:
        return frozenset(COMMANDS)

    async def command(
        self, room: RoomId, command: CommandId, name: str, arguments: Json, deadline: str
    ) -> bool:
        return False  # it is over at once: what is asked here is who may, not what becomes of it

    async def cancel_command(self, room: RoomId, command: CommandId) -> None:
        return None


def may(who: str, name: str, room: RoomId, when: str) -> bool:
    """The table of docs/rooms.md: the session is Tom's, in Villefort alone, from nine to ten."""
    if who == "admin":
        return True
    if who == "anne":  # animateur of Villefort
        return room == VILLEFORT
    if who == "marc":  # animateur of Meyrueis
        return room == MEYRUEIS
    if who == "tom":  # trainer, organiser of the session
        in_time = when in ("a quarter before", "during")
        return room == VILLEFORT and in_time and not name.startswith("system.")
    if who == "phone":  # paired on the screen of Villefort, until the end of the session
        return room == VILLEFORT and when != "after" and name not in KEPT_FROM_PHONES
    return False  # another trainer, a booker, somebody whose account was closed, a phone put out


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with furnished(tmp_path) as scene:
        scene.house.means.agents = Everything()
        yield scene


async def cast_of(scene: Scene) -> dict[str, Person]:
    known = {
        "admin": await scene.person("admin", "admin"),
        "anne": await scene.person("anne", "animateur", "villefort"),
        "marc": await scene.person("marc", "animateur", "meyrueis"),
        "tom": await scene.person("tom", "trainer"),
        "other": await scene.person("other", "trainer"),
        "bea": await scene.person("bea", "booker", "villefort"),
        "gone": await scene.person("gone", "admin"),
    }
    closed = update(people).where(people.c.login == "gone").values(active=False)
    await scene.database.write(lambda conn: conn.execute(closed).rowcount)
    return known


async def phones_of(scene: Scene) -> dict[str, Phone]:
    """Two phones of Villefort, paired long before; one of them was put out since."""

    def pair(conn: Connection) -> dict[str, Phone]:
        since, until = NINE - timedelta(minutes=20), NINE + timedelta(minutes=60)
        made = {who: phones.add(conn, VILLEFORT, since, until)[0] for who in PHONES}
        devices.revoke(conn, made["put out"].id, since)
        return made

    return await scene.database.write(pair)


async def allowed(
    scene: Scene, who: Person | Phone, room: RoomId, command: Command, now: datetime
) -> bool:
    scene.now = now
    conductor, asked = scene.house.conductor, Asked(command=command)
    try:
        if isinstance(who, Phone):
            await conduct.command_by_phone(conductor, who, room, asked)
        else:
            await conduct.command_room(conductor, who, room, asked)
    except Forbidden:
        return False
    except MargerideError as error:
        raise AssertionError(f"{who.id} {command.name} {room}: {error}") from error
    return True


@pytest.mark.timeout(240)
@pytest.mark.parametrize("when", WHEN)
async def test_every_cell_of_role_command_room_and_time(scene: Scene, when: str) -> None:
    people_here = await cast_of(scene)
    cast: dict[str, Person | Phone] = {**people_here, **await phones_of(scene)}
    session = await scene.session([VILLEFORT], organiser=people_here["tom"].id)
    if when == "after":
        ended = update(session_rows).where(session_rows.c.id == session).values(state="ended")
        await scene.database.write(lambda conn: conn.execute(ended).rowcount)
    cells, wrong = 0, []
    for who, name, room in product((*WHO, *PHONES), NAMES, ROOMS):
        command = parse_command(name, ARGUMENTS.get(name, {}))
        found = await allowed(scene, cast[who], room, command, NINE + WHEN[when])
        cells += 1
        if found is not may(who, name, room, when):
            wrong.append((who, name, room, when, found))
    assert wrong == []
    assert cells == len((*WHO, *PHONES)) * len(NAMES) * len(ROOMS)
