"""What opens and closes is told once; letters go to who runs the centre, once for a session."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Connection

from orchestrator.agents import Agents
from orchestrator.alerts.watch import Alerts
from orchestrator.mail.alerts import AlertLetters, animateur_told, staff_of
from orchestrator.mail.story import Office
from orchestrator.store import agents as agent_store
from orchestrator.store import help_calls, mails, people
from orchestrator.words import words
from rooms.agent.report import Ailment, DeviceReport, Report
from rooms.ids import CentreId, RoomId
from tests.fakes.dav import rows_of
from tests.fakes.mail import mail_of, text_in
from tests.fakes.rooms import MEYRUEIS, NINE, VILLEFORT, Scene, furnished

CAMERA = DeviceReport(id="cam", kind="camera", driver="visca", here=False)
LOST = Report(devices=(CAMERA,), health=(Ailment(key="device_lost", device="cam"),))


class Reports:
    """The hub, as far as it is asked here."""

    def __init__(self) -> None:
        self.of: dict[RoomId, Report] = {}

    def report_of(self, room: RoomId) -> Report | None:
        return self.of.get(room)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with furnished(tmp_path) as scene:
        yield scene


def watching(scene: Scene, hub: Reports) -> Alerts:
    """With letters."""
    means = scene.house.means
    office = Office(
        network=means.network, mail=mail_of(25), public_url="https://visio.test", words=words
    )
    return Alerts(means, cast(Agents, hub), write=AlertLetters(office).write)


async def letters(scene: Scene) -> list[EmailMessage]:
    rows = await scene.database.read(lambda conn: rows_of(conn, "mails"))
    found = [message_from_bytes(row["message"], policy=policy.default) for row in rows]
    return [letter for letter in found if isinstance(letter, EmailMessage)]


async def somebody(scene: Scene, login: str, role: str, *centres: str, **more: Any) -> None:
    def add(conn: Connection) -> None:
        people.add(conn, NINE, login=login, name=login, role=role, centres=centres, **more)

    await scene.database.write(add)


async def test_what_opens_and_what_closes_is_told_once(scene: Scene) -> None:
    hub = Reports()
    watch = watching(scene, hub)
    await watch.look()
    hub.of[VILLEFORT] = LOST
    await watch.look()
    await watch.look()
    (standing,) = watch.of([VILLEFORT, MEYRUEIS])
    assert (standing.alert.key, standing.alert.device, standing.since) == (
        "device_lost",
        "cam",
        NINE,
    )
    del hub.of[VILLEFORT]
    await watch.look()
    assert scene.told("room.alerts.changed") == [
        {"room": VILLEFORT, "alerts": ["device_lost"]},
        {"room": VILLEFORT, "alerts": []},
    ]


async def test_a_call_for_help_that_follows_an_old_one_is_told_anew(scene: Scene) -> None:
    async def call() -> None:
        await scene.database.write(lambda conn: help_calls.ask(conn, VILLEFORT, "x", scene.now))

    watch = watching(scene, Reports())
    await call()
    await watch.look()
    scene.now += help_calls.LASTS
    await call()  # before anybody saw that the former is over
    await watch.look()
    (standing,) = watch.of([VILLEFORT])
    assert (standing.alert.key, standing.since) == ("help_wanted", NINE + help_calls.LASTS)
    scene.now += help_calls.LASTS
    await watch.look()
    calls = {"room": VILLEFORT, "alerts": ["help_wanted"]}
    assert scene.told("room.alerts.changed") == [calls, calls, {"room": VILLEFORT, "alerts": []}]


async def test_a_letter_goes_to_who_runs_the_centre_once_for_each_session(scene: Scene) -> None:
    await somebody(scene, "anne", "animateur", "villefort", email="anne@ailleurs.example")
    await somebody(
        scene, "kate", "animateur", "villefort", email="kate@ailleurs.example", locale="en"
    )
    await somebody(scene, "marc", "animateur", "meyrueis", email="marc@ailleurs.example")
    hub = Reports()
    hub.of[VILLEFORT] = LOST
    watch = watching(scene, hub)
    await watch.look()
    assert await letters(scene) == []  # nobody needs the room
    await scene.session([VILLEFORT], start=NINE + timedelta(minutes=31))
    await watch.look()
    assert await letters(scene) == []  # not yet
    scene.now += timedelta(minutes=2)
    await watch.look()
    await watch.look()
    await watching(scene, hub).look()  # a service that starts again
    found = {letter["To"]: text_in(letter) for letter in await letters(scene)}
    assert len(await letters(scene)) == 2
    assert "La caméra ne répond pas." in found["anne@ailleurs.example"]
    assert "https://visio.test/centres/villefort" in found["anne@ailleurs.example"]
    assert "The camera does not answer." in found["kate@ailleurs.example"]
    await scene.session([VILLEFORT], start=NINE + timedelta(hours=3))
    scene.now = NINE + timedelta(hours=2, minutes=40)
    await watch.look()
    assert len(await letters(scene)) == 4


async def told(scene: Scene, watch: Alerts) -> bool:
    """Whether the animateur of Villefort was told of the one thing that is wrong there."""
    (one,) = watch.of([VILLEFORT])
    assert one.need is not None
    alert, need, centre = one.alert, one.need, CentreId("villefort")
    return await scene.database.read(lambda conn: animateur_told(conn, centre, alert, need))


async def leave(scene: Scene, state: str) -> None:
    def settle(conn: Connection) -> None:
        for row in rows_of(conn, "mails"):
            mails.settle(conn, NINE, row["id"], state)

    await scene.database.write(settle)


async def test_the_animateur_is_told_once_his_letter_has_left_and_not_before(
    scene: Scene,
) -> None:
    await somebody(scene, "anne", "animateur", "villefort", email="anne@ailleurs.example")
    await scene.session([VILLEFORT], start=NINE + timedelta(minutes=5))
    hub = Reports()
    hub.of[VILLEFORT] = LOST
    watch = watching(scene, hub)
    await watch.look()
    assert not await told(scene, watch)
    await leave(scene, mails.FAILED)
    assert not await told(scene, watch)
    await leave(scene, mails.SENT)
    assert await told(scene, watch)


async def test_a_letter_to_the_administrator_alone_tells_no_animateur(scene: Scene) -> None:
    await somebody(scene, "anne", "animateur", "villefort")
    await somebody(scene, "chef", "admin", email="chef@ailleurs.example")
    await scene.session([VILLEFORT], start=NINE + timedelta(minutes=5))
    hub = Reports()
    hub.of[VILLEFORT] = LOST
    watch = watching(scene, hub)
    await watch.look()
    await leave(scene, mails.SENT)
    assert len(await letters(scene)) == 1
    assert not await told(scene, watch)


async def test_a_room_that_was_needed_until_just_now_is_still_written_of(scene: Scene) -> None:
    await somebody(scene, "anne", "animateur", "villefort", email="anne@ailleurs.example")
    await scene.session([VILLEFORT], start=NINE - timedelta(hours=1), state="ended")
    hub = Reports()
    hub.of[VILLEFORT] = LOST
    watch = watching(scene, hub)
    scene.now = NINE + timedelta(minutes=30)
    await watch.look()
    assert await letters(scene) == []
    scene.now = NINE + timedelta(minutes=29)
    await watch.look()
    assert len(await letters(scene)) == 1


async def test_a_paired_agent_that_never_came_is_told_after_a_minute(scene: Scene) -> None:
    await scene.database.write(lambda conn: agent_store.add(conn, VILLEFORT, datetime.now(UTC)))
    watch = watching(scene, Reports())
    await watch.look()
    scene.now += timedelta(seconds=59)
    await watch.look()
    assert watch.of([VILLEFORT]) == []
    scene.now += timedelta(seconds=1)
    await watch.look()
    assert [one.alert.key for one in watch.of([VILLEFORT])] == ["agent_silent"]


async def test_where_no_animateur_has_an_address_the_administrators_are_written_to(
    scene: Scene,
) -> None:
    await somebody(scene, "anne", "animateur", "villefort")
    await somebody(scene, "chef", "admin", email="chef@ailleurs.example")
    found = await scene.database.read(lambda conn: staff_of(conn, CentreId("villefort")))
    assert [reader.address for reader in found] == ["chef@ailleurs.example"]
