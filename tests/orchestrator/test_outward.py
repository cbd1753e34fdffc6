"""Recording and public page by cue: wished with the GO, carried out once the GO is kept."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from orchestrator.cases import outward, rundowns, takes
from orchestrator.cue import Act, Kind, Plan
from orchestrator.effects import Unwired
from orchestrator.outbox import Outbox
from orchestrator.rundown import Entry
from orchestrator.store.tables import audit
from rooms.errors import Conflict
from rooms.ids import SessionId
from tests.fakes.rooms import Scene, furnished

KINDS = (Kind.RECORD_ON, Kind.BROADCAST_ON, Kind.BROADCAST_OFF, Kind.RECORD_OFF)
WISHES = ["recording.start", "broadcast.start", "broadcast.stop", "recording.stop"]


class Noting(Unwired):
    """What does it in this test."""

    def __init__(self, name: str, heard: list[tuple[str, SessionId, str]]) -> None:
        self._name, self._heard = name, heard
        self.refuses = False

    async def start(self, session: SessionId, by: str) -> None:
        if self.refuses:
            raise Conflict("session-over", session=session)
        self._heard.append((f"{self._name}.start", session, by))

    async def stop(self, session: SessionId, by: str) -> None:
        self._heard.append((f"{self._name}.stop", session, by))


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with furnished(tmp_path) as scene:
        yield scene


async def all_gone(scene: Scene, state: str) -> tuple[SessionId, str]:
    """Every cue of the four kinds has gone."""
    admin = await scene.person("admin", "admin")
    session = await scene.session(organiser=admin.id, kind="ceremony", state=state)
    conductor = scene.house.conductor
    entries = [Entry(plan=Plan(kind=kind, title=kind.value)) for kind in KINDS]
    shown = await rundowns.write(conductor, admin, session, entries, 0)
    for cue in shown.rundown.cues:
        for act in (Act.ARM, Act.GO):
            await rundowns.act(conductor, admin, session, cue.id, act)
    await takes.carry_out(conductor)
    return session, admin.id


def outbox_of(scene: Scene) -> Outbox:
    """As the service wires it, after a start."""
    outbox = Outbox(scene.database, lambda: scene.now)

    async def carry_out(topic: str, payload: dict[str, Any]) -> None:
        await outward.carry_out(scene.house.means, topic, payload)

    outbox.listen("cues", carry_out)
    return outbox


async def test_a_go_is_carried_out_though_the_service_was_killed_after_it(scene: Scene) -> None:
    session, admin = await all_gone(scene, "on_air")
    scene.start_again()
    heard: list[tuple[str, SessionId, str]] = []
    scene.house.means.recordings = Noting("recording", heard)
    scene.house.means.broadcasts = Noting("broadcast", heard)
    outbox = outbox_of(scene)
    await outbox.deliver()
    assert heard == [(wish, session, admin) for wish in WISHES]
    await outbox.deliver()
    assert len(heard) == len(WISHES)


async def test_in_a_rehearsal_nothing_is_recorded_or_shown_outside(scene: Scene) -> None:
    await all_gone(scene, "rehearsal")
    assert await outbox_of(scene).deliver() == 0
    assert not set(WISHES) & set(await scene.audited())


async def test_where_nothing_does_it_the_wish_is_on_record(scene: Scene) -> None:
    await all_gone(scene, "on_air")
    assert await outbox_of(scene).deliver() == len(WISHES)
    assert [line for line in await scene.audited() if line in WISHES] == WISHES


async def test_what_is_refused_is_on_record_with_why_and_holds_up_nothing(scene: Scene) -> None:
    heard: list[tuple[str, SessionId, str]] = []
    refusing = Noting("recording", heard)
    refusing.refuses = True
    scene.house.means.recordings = refusing
    await all_gone(scene, "on_air")
    assert await outbox_of(scene).deliver() == len(WISHES)
    query = select(audit.c.detail).where(audit.c.action == "recording.start.refused")
    detail = await scene.database.read(lambda conn: conn.execute(query).scalar_one())
    assert detail["why"] == "session-over"
    assert [what for what, *_ in heard] == ["recording.stop"]
