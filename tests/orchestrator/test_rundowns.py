"""The rundown of a ceremony in the house: who may touch it, what is kept, recorded and told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from orchestrator.auth.people import Person
from orchestrator.cases import cues, rights, rundowns
from orchestrator.cases.rundowns import Shown
from orchestrator.cue import Act, Kind, Plan, State
from orchestrator.cues import LEAST_AHEAD
from orchestrator.cues import Cue as Loaded
from orchestrator.rundown import Entry
from orchestrator.store import sessions as session_store
from orchestrator.store.tables import audit
from orchestrator.store.tables import sessions as session_rows
from orchestrator.store.tables import sites as site_rows
from rooms.errors import Conflict, Invalid, MargerideError, NotFound, Stale
from rooms.ids import SessionId
from signalling.messages_cues import CueFire, CueKind, CueRecall
from tests.fakes.rooms import MEYRUEIS, NINE, VILLEFORT, Scene, furnished

PLANS = (
    Plan(kind=Kind.SPEECH, title="Accueil", on_air=(MEYRUEIS,), duration=300),
    Plan(kind=Kind.SIMULTANEOUS_ACTION, title="Le ruban", duration=20),
    Plan(kind=Kind.RECORD_OFF, title="Coupez"),
)
ENTRIES = [Entry(plan=plan) for plan in PLANS]
WHO = ("admin", "anne", "marc", "tom", "other", "bea", "agnes")
MAY = {"admin", "anne", "marc", "tom"}
Ask = Callable[[Scene, Person, SessionId, str], Any]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with furnished(tmp_path) as scene:
        yield scene


async def ceremony(scene: Scene, state: str = "on_air", kind: str = "ceremony") -> SessionId:
    return await scene.session(organiser="pe-tom", kind=kind, state=state)


async def written(scene: Scene, session: SessionId, who: Person) -> Shown:
    return await rundowns.write(scene.house.conductor, who, session, ENTRIES, 0)


async def ready(scene: Scene, session: SessionId, who: Person) -> Shown:
    shown = await rundowns.read(scene.house.conductor, who, session)
    for cue in shown.rundown.cues:
        for room in (MEYRUEIS, VILLEFORT):
            shown = await rundowns.acknowledge(
                scene.house.conductor, who, session, cue.id, room, cue.edition
            )
    return shown


async def acted(scene: Scene, who: Person, session: SessionId, cue: str, *acts: Act) -> Shown:
    ahead = timedelta(seconds=2)
    found = [
        await rundowns.act(scene.house.conductor, who, session, cue, act, ahead) for act in acts
    ]
    return found[-1]


def states(shown: Shown) -> list[State]:
    return [cue.state for cue in shown.rundown.cues]


ASKS: dict[str, Ask] = {
    "read": lambda s, who, session, _: rundowns.read(s.house.conductor, who, session),
    "write": lambda s, who, session, _: rundowns.write(
        s.house.conductor, who, session, ENTRIES, None
    ),
    "reorder": lambda s, who, session, _: rundowns.reorder(s.house.conductor, who, session, []),
    "act": lambda s, who, session, cue: rundowns.act(
        s.house.conductor, who, session, cue, Act.SKIP
    ),
    "acknowledge": lambda s, who, session, cue: rundowns.acknowledge(
        s.house.conductor, who, session, cue, MEYRUEIS, 1
    ),
    "reset": lambda s, who, session, _: rundowns.reset(s.house.conductor, who, session),
}


@pytest.mark.parametrize("ask", ASKS)
async def test_whoever_runs_the_session_and_nobody_else(scene: Scene, ask: str) -> None:
    cast = {
        "admin": await scene.person("admin", "admin"),
        "anne": await scene.person("anne", "animateur", "villefort"),
        "marc": await scene.person("marc", "animateur", "meyrueis"),
        "tom": await scene.person("tom", "trainer"),
        "other": await scene.person("other", "trainer"),
        "bea": await scene.person("bea", "booker", "villefort"),
        "agnes": await scene.person("agnes", "animateur", "langogne"),
    }
    found = {}
    for who in WHO:
        session = await scene.session(organiser=cast["tom"].id, kind="ceremony")
        cue = (await written(scene, session, cast["admin"])).rundown.cues[0].id
        try:
            await ASKS[ask](scene, cast[who], session, cue)
            found[who] = "done"
        except MargerideError as error:
            found[who] = error.key
    passes = "other-cues" if ask == "reorder" else "done"
    assert found == {who: passes if who in MAY else "no-session" for who in WHO}


async def test_a_meeting_has_no_rundown(scene: Scene) -> None:
    admin = await scene.person("admin", "admin")
    session = await ceremony(scene, kind="meeting")
    with pytest.raises(NotFound) as refused:
        await rundowns.read(scene.house.conductor, admin, session)
    assert refused.value.key == "no-rundown"


async def test_a_ceremony_nobody_has_written_is_empty(scene: Scene) -> None:
    admin = await scene.person("admin", "admin")
    shown = await rundowns.read(scene.house.conductor, admin, await ceremony(scene))
    assert (shown.version, shown.rundown.cues, shown.times.next) == (0, (), None)


async def test_a_ceremony_is_run_from_its_rundown(scene: Scene) -> None:
    admin = await scene.person("admin", "admin")
    session = await ceremony(scene)
    first, ribbon, _ = (cue.id for cue in (await written(scene, session, admin)).rundown.cues)
    await ready(scene, session, admin)
    shown = await acted(scene, admin, session, first, Act.ARM, Act.GO)
    assert shown.rundown.cue(first).started_at == NINE + timedelta(seconds=2)
    assert (shown.times.next, shown.times.next_in) == (ribbon, 302)
    scene.now = NINE + timedelta(minutes=6)
    assert (await rundowns.read(scene.house.conductor, admin, session)).times.left == -58
    shown = await acted(scene, admin, session, ribbon, Act.ARM, Act.GO)
    assert states(shown) == [State.DONE, State.LIVE, State.READY]
    scene.start_again()  # killed and started again: all of it was kept
    assert await rundowns.read(scene.house.conductor, admin, session) == shown


async def test_every_change_is_on_record_and_told_with_its_version(scene: Scene) -> None:
    admin = await scene.person("admin", "admin")
    session = await ceremony(scene)
    ribbon = (await written(scene, session, admin)).rundown.cues[1].id
    shown = await acted(scene, admin, session, ribbon, Act.ARM_ANYWAY, Act.GO_ANYWAY)
    assert await scene.audited() == [
        "rundown.written",
        "rundown.cue-arm_anyway",
        "rundown.cue-go_anyway",
    ]
    read = select(audit.c.detail).order_by(audit.c.id.desc()).limit(1)
    detail = await scene.database.read(lambda conn: conn.execute(read).scalar_one())
    assert detail == {
        "at": "2026-11-26T09:00:02.000Z",
        "cue": ribbon,
        "title": "Le ruban",
        "state": "live",
        "without": [MEYRUEIS, VILLEFORT],
    }
    assert scene.told("session.rundown.changed") == [
        {"session": session, "version": 1},
        {"session": session, "version": 2, "cue": ribbon, "state": "standby"},
        {"session": session, "version": shown.version, "cue": ribbon, "state": "live"},
    ]


async def test_what_changes_nothing_is_not_told(scene: Scene) -> None:
    admin = await scene.person("admin", "admin")
    session = await ceremony(scene)
    await written(scene, session, admin)
    before = await ready(scene, session, admin)
    told = len(scene.told("session.rundown.changed"))
    assert (await ready(scene, session, admin)).version == before.version
    assert len(scene.told("session.rundown.changed")) == told


async def test_a_refusal_leaves_everything_as_it_was(scene: Scene) -> None:
    admin = await scene.person("admin", "admin")
    session = await ceremony(scene)
    before = await written(scene, session, admin)
    with pytest.raises(Stale) as refused:
        await rundowns.write(scene.house.conductor, admin, session, ENTRIES, 7)
    assert refused.value.fields == {"session": session}
    with pytest.raises(Conflict):
        await acted(scene, admin, session, before.rundown.cues[1].id, Act.ARM)
    far = Entry(plan=replace(PLANS[0], planned_at=NINE + timedelta(days=3)))
    with pytest.raises(Invalid):
        await rundowns.write(scene.house.conductor, admin, session, [far], 1)
    assert await rundowns.read(scene.house.conductor, admin, session) == before
    assert await scene.audited() == ["rundown.written"]


@pytest.mark.parametrize("state", ["booked", "draft"])
async def test_there_is_no_go_before_the_doors_are_open(scene: Scene, state: str) -> None:
    admin = await scene.person("admin", "admin")
    session = await ceremony(scene, state=state)
    cue = (await written(scene, session, admin)).rundown.cues[2].id
    assert states(await acted(scene, admin, session, cue, Act.ARM))[2] is State.STANDBY
    with pytest.raises(Conflict) as refused:
        await acted(scene, admin, session, cue, Act.GO)
    assert refused.value.key == "session-not-running"


async def test_when_the_session_is_over_its_rundown_is_evidence(scene: Scene) -> None:
    admin = await scene.person("admin", "admin")
    session = await ceremony(scene, state="ended")
    with pytest.raises(Conflict) as refused:
        await written(scene, session, admin)
    assert refused.value.key == "session-over"
    assert (await rundowns.read(scene.house.conductor, admin, session)).version == 0


async def test_after_the_rehearsal_it_goes_back_to_the_beginning(scene: Scene) -> None:
    admin = await scene.person("admin", "admin")
    session = await ceremony(scene, state="rehearsal")
    await written(scene, session, admin)
    before = await ready(scene, session, admin)
    await acted(scene, admin, session, before.rundown.cues[0].id, Act.ARM, Act.GO)
    after = await rundowns.reset(scene.house.conductor, admin, session)
    assert after.rundown == before.rundown
    on_air = update(session_rows).values(state="on_air")
    await scene.database.write(lambda conn: conn.execute(on_air).rowcount)
    with pytest.raises(Conflict) as refused:
        await rundowns.reset(scene.house.conductor, admin, session)
    assert refused.value.key == "rundown-on-air"


async def test_a_moved_session_takes_its_rundown_along(scene: Scene) -> None:
    admin = await scene.person("admin", "admin")
    session = await ceremony(scene, state="booked")
    fixed = Entry(plan=replace(PLANS[0], planned_at=NINE + timedelta(minutes=5)))
    await rundowns.write(scene.house.conductor, admin, session, [fixed], None)
    day = timedelta(days=1)

    def move(conn: Any) -> int:
        start = NINE + day
        session_store.reschedule(conn, session, start, start + timedelta(hours=1), "x")
        gone = delete(site_rows).where(site_rows.c.room_id == MEYRUEIS)
        return int(conn.execute(gone).rowcount)

    await scene.database.write(move)
    shown = await rundowns.read(scene.house.conductor, admin, session)
    assert shown.times.cues[0].planned_start == NINE + day + timedelta(minutes=5)
    assert states(shown) == [State.READY]  # nobody who is on air has to be waited for any more
    gone = delete(session_rows).where(session_rows.c.id == session)
    await scene.database.write(lambda conn: conn.execute(gone).rowcount)
    with pytest.raises(NotFound):
        await rundowns.read(scene.house.conductor, admin, session)


async def test_go_fires_what_is_loaded_at_the_instant_it_takes_effect(scene: Scene) -> None:
    admin = await scene.person("admin", "admin")
    session = await ceremony(scene)
    ribbon = (await written(scene, session, admin)).rundown.cues[1].id
    words = Loaded(id=ribbon, kind=CueKind.MESSAGE, title="Le ruban", text="Coupez !")
    await cues.load(scene.house.conductor, session, words, rights.runs(admin))
    await acted(scene, admin, session, ribbon, Act.ARM_ANYWAY)
    with pytest.raises(Conflict):
        await acted(scene, admin, session, ribbon, Act.GO)
    assert not any(isinstance(told, CueFire) for told in scene.wire.cued)
    shown = await acted(scene, admin, session, ribbon, Act.GO_ANYWAY)
    [fired] = [told for told in scene.wire.cued if isinstance(told, CueFire)]
    started = shown.rundown.cue(ribbon).started_at
    assert started == datetime.fromisoformat(fired.at) == NINE + timedelta(seconds=2)
    await acted(scene, admin, session, ribbon, Act.ABORT)
    assert isinstance(scene.wire.cued[-1], CueRecall)


async def test_a_go_that_is_kept_is_fired_though_the_service_is_killed_before_it_tells(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await scene.person("admin", "admin")
    session = await ceremony(scene)
    ribbon = (await written(scene, session, admin)).rundown.cues[1].id
    words = Loaded(id=ribbon, kind=CueKind.MESSAGE, title="Le ruban", text="Coupez !")
    conductor = scene.house.conductor
    await cues.load(conductor, session, words, rights.runs(admin))
    await acted(scene, admin, session, ribbon, Act.ARM_ANYWAY)

    async def killed(*_: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as dying:
        dying.setattr(rundowns, "_tell", lambda *_: None)
        dying.setattr(cues, "tell_fired", killed)
        with pytest.raises(asyncio.CancelledError):
            await acted(scene, admin, session, ribbon, Act.GO_ANYWAY)
    kept = (await rundowns.read(conductor, admin, session)).rundown.cue(ribbon)
    assert kept.state is State.LIVE
    told = await cues.told_to_who_joins(conductor, session, None)
    [fired] = [each for each in told if isinstance(each, CueFire)]
    assert datetime.fromisoformat(fired.at) == kept.started_at


async def test_a_go_that_would_not_reach_everybody_is_put_off(scene: Scene) -> None:
    admin = await scene.person("admin", "admin")
    session = await ceremony(scene)
    ribbon = (await written(scene, session, admin)).rundown.cues[1].id
    words = Loaded(id=ribbon, kind=CueKind.MESSAGE, title="Le ruban", text="Coupez !")
    await cues.load(scene.house.conductor, session, words, rights.runs(admin))
    conductor, least = scene.house.conductor, NINE + LEAST_AHEAD + rundowns.MEANWHILE
    await rundowns.act(conductor, admin, session, ribbon, Act.ARM_ANYWAY)
    shown = await rundowns.act(conductor, admin, session, ribbon, Act.GO_ANYWAY)
    assert shown.rundown.cue(ribbon).started_at == least


async def test_each_session_has_its_own(scene: Scene) -> None:
    admin = await scene.person("admin", "admin")
    one, other = await ceremony(scene), await ceremony(scene)
    await written(scene, one, admin)
    assert (await rundowns.read(scene.house.conductor, admin, other)).version == 0
