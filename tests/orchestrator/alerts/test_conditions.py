"""Each condition of the list opens, is told once, and closes by itself when it is no longer so."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Connection

from orchestrator.agents import Agents
from orchestrator.alerts.lines import Lines
from orchestrator.alerts.watch import Alerts
from orchestrator.store import agents as agent_store
from orchestrator.store import devices, line_tests, participants
from orchestrator.store import rooms as room_store
from orchestrator.store.quality import Sample
from rooms.agent.report import Ailment, DeviceReport, Machine, Report
from rooms.ids import CentreId, ParticipantId, RoomId, SessionId, new_id
from rooms.line import LineTest
from rooms.state import DEFAULT_STATE, HealthEntry
from tests.fakes.rooms import NINE, VILLEFORT, Scene, furnished

PROJECTOR = DeviceReport(id="pj", kind="display", driver="pjlink", here=False)
WELL = Report(machine=Machine(agent="0.2.0"))


@dataclass
class Room:
    """A room in good order; a test spoils one thing and mends it."""

    scene: Scene
    report: Report = WELL
    agent_here: bool = True
    losing: bool = False
    lacks: str = ""
    reports: int = 0
    samples: dict[ParticipantId, Sample] = field(default_factory=dict)

    def report_of(self, room: RoomId) -> Report | None:
        return self.report if room == VILLEFORT else None

    def screen_connected(self, room: RoomId) -> bool:
        return self.agent_here

    def watching(self) -> Alerts:
        means = self.scene.house.means
        means.agents = cast(Any, self)
        lines = Lines(lambda: self.samples)
        return Alerts(means, cast(Agents, self), lines=lines, version="0.2.0")

    async def screen_says(self) -> None:
        """The state document of its screen, as the page reports it at each change."""
        self.reports += 1
        health = (HealthEntry(key=self.lacks, text="Absent."),) if self.lacks else ()
        document = replace(DEFAULT_STATE, health=health).to_json()

        def keep(conn: Connection) -> None:
            room_store.keep_state(conn, self.scene.now, VILLEFORT, self.reports, document)

        await self.scene.database.write(keep)

    async def until(self, watch: Alerts, sooner: timedelta) -> None:
        """Quarters of a minute pass, each with a look and what packets did in it."""
        await self.screen_says()
        end = self.scene.now + sooner
        while self.scene.now < end:
            self.scene.now += timedelta(seconds=15)
            for participant in self.samples:
                self.samples[participant] = _sample(participant, self.scene.now, self.losing)
            await watch.look()


def _sample(participant: ParticipantId, at: datetime, losing: bool) -> Sample:
    leg = {"loss": 0.2 if losing else 0.0, "rtt_ms": 50.0}
    return Sample(session=SessionId("se-1"), participant=participant, at=at, legs={"publish": leg})


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with furnished(tmp_path) as scene:
        yield Room(scene)


def _ill(key: str, device: str | None = None) -> Callable[[Room, bool], None]:
    def change(room: Room, spoilt: bool) -> None:
        health = (Ailment(key=key, device=device),) if spoilt else ()
        room.report = replace(WELL, devices=(PROJECTOR,), health=health)

    return change


def _away(room: Room, spoilt: bool) -> None:
    room.agent_here = not spoilt


def _old(room: Room, spoilt: bool) -> None:
    room.report = replace(WELL, machine=Machine(agent="0.1.9" if spoilt else "0.2.0"))


def _loses(room: Room, spoilt: bool) -> None:
    room.losing = spoilt


def _lacks(key: str) -> Callable[[Room, bool], None]:
    def change(room: Room, spoilt: bool) -> None:
        room.lacks = key if spoilt else ""

    return change


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("device_lost", _ill("device_lost", "pj")),
        ("no_camera", _lacks("no_camera")),
        ("no_microphone", _lacks("no_microphone")),
        ("microphone_silent", _lacks("microphone_silent")),
        ("camera_still", _lacks("camera_still")),
        ("agent_silent", _away),
        ("line_degraded", _loses),
        ("agent_outdated", _old),
        ("clock_off", _ill("clock_off")),
        ("disk_full", _ill("disk_full")),
    ],
)
async def test_it_opens_is_told_once_and_closes_by_itself(
    room: Room, key: str, change: Callable[[Room, bool], None]
) -> None:
    scene = room.scene
    await with_devices(room)
    await in_session(room)
    watch = room.watching()
    await room.until(watch, timedelta(minutes=5))
    assert watch.of([VILLEFORT]) == []
    change(room, True)
    await room.until(watch, timedelta(minutes=5))
    assert [one.alert.key for one in watch.of([VILLEFORT])] == [key]
    change(room, False)
    await room.until(watch, timedelta(minutes=5))
    assert watch.of([VILLEFORT]) == []
    assert scene.told("room.alerts.changed") == [
        {"room": VILLEFORT, "alerts": [key]},
        {"room": VILLEFORT, "alerts": []},
    ]


async def with_devices(room: Room) -> None:
    """The room has an agent and a screen that is on the line."""

    def pair(conn: Connection) -> None:
        agent_store.add(conn, VILLEFORT, NINE)
        devices.add(conn, VILLEFORT, NINE)

    await room.scene.database.write(pair)
    room.scene.wire.connected.add(VILLEFORT)


def standing(room: Room, watch: Alerts) -> list[str]:
    return [one.alert.key for one in watch.of([VILLEFORT])]


async def test_a_camera_that_is_away_for_a_few_seconds_opens_nothing(room: Room) -> None:
    await with_devices(room)
    watch = room.watching()
    for lacks in ("no_camera", "", "no_camera", ""):
        room.lacks = lacks
        await room.screen_says()
        for _ in range(3):
            await watch.look()
            room.scene.now += timedelta(seconds=4)
    assert room.scene.told("room.alerts.changed") == []


async def test_of_a_screen_that_is_long_away_or_unpaired_no_missing_camera_is_told(
    room: Room,
) -> None:
    await with_devices(room)
    watch, wire = room.watching(), room.scene.wire
    room.lacks = "no_camera"
    await room.until(watch, timedelta(seconds=45))
    assert standing(room, watch) == ["no_camera"]
    wire.connected.discard(VILLEFORT)
    await room.until(watch, timedelta(seconds=45))
    assert standing(room, watch) == ["no_camera"]  # a restart changes nothing
    await room.until(watch, timedelta(seconds=45))
    assert standing(room, watch) == ["screen_silent"]
    wire.connected.add(VILLEFORT)
    await watch.look()
    assert standing(room, watch) == []  # it may have its camera again: it has not said yet
    await room.until(watch, timedelta(seconds=45))
    assert standing(room, watch) == ["no_camera"]

    def unpair(conn: Connection) -> None:
        for device in devices.of_room(conn, VILLEFORT):
            devices.revoke(conn, device.id, NINE)

    await room.scene.database.write(unpair)
    await room.until(watch, timedelta(seconds=45))
    assert "no_camera" not in standing(room, watch)


async def in_session(room: Room) -> None:
    """The room has taken its own place in a session."""
    session = await room.scene.session([VILLEFORT], start=NINE + timedelta(hours=1))

    def join(conn: Connection) -> ParticipantId:
        participant, _ = participants.add(
            conn, NINE, session, name="Villefort", kind="room", room=VILLEFORT
        )
        participants.become(conn, NINE, participant, participants.JOINED)
        return participant

    participant = await room.scene.database.write(join)
    room.samples[participant] = _sample(participant, NINE, losing=False)


async def test_tests_of_a_line_open_it_for_one_room_of_the_centre_and_newer_ones_close_it(
    room: Room,
) -> None:
    watch = room.watching()
    line = room.scene.house.means.network.centre(CentreId("villefort")).line

    async def tested(share: float) -> None:
        test = LineTest(
            path="udp",
            down_kbps=round(line.down_kbps * share),
            up_kbps=line.up_kbps,
            rtt_ms=line.rtt_ms,
            jitter_ms=2,
            loss=0.0,
            taken_at=room.scene.now,
        )
        kept = line_tests.Kept(id=new_id("lt"), centre=CentreId("villefort"), by="pe-1", test=test)
        await room.scene.database.write(lambda conn: line_tests.add(conn, kept))
        room.scene.now += timedelta(minutes=1)
        await watch.look()

    rooms = [one.id for one in room.scene.house.means.network.rooms]
    for share in (0.3, 0.3):
        await tested(share)
        assert watch.of(rooms) == []
    await tested(0.3)
    (standing,) = watch.of(rooms)
    assert (standing.alert.key, standing.alert.room) == ("line_degraded", VILLEFORT)
    for share in (0.95, 0.95, 0.95):
        await tested(share)
    assert watch.of(rooms) == []
    assert len(room.scene.told("room.alerts.changed")) == 2
