"""The run of show runs the rest: what is written is loaded, who keeps it makes it ready, and a GO
brings the layout, the screens and the wishes at its instant, also after a kill."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from orchestrator.auth.people import Person
from orchestrator.cases import contents, rundowns, stagings, takes
from orchestrator.cases.conductor import Conductor
from orchestrator.cases.rundowns import Shown
from orchestrator.cue import Act, Kind, Plan, State
from orchestrator.rundown import Entry
from orchestrator.show_clock import ShowClock
from orchestrator.stage_table import Layout
from orchestrator.staging import Act as DeskAct
from orchestrator.staging import Fact, Word
from orchestrator.store import cues as rows
from orchestrator.store import participants
from orchestrator.store.tables import audit, outbox
from orchestrator.store.tables import sessions as session_rows
from rooms.errors import Conflict, Forbidden
from rooms.ids import RoomId, SessionId
from signalling.messages_cues import (
    CueFire,
    CueKind,
    CueLoad,
    CueReady,
    CueRecall,
    CueRefused,
    WhyNot,
)
from signalling.ports import Place
from tests.fakes.rooms import MEYRUEIS, NINE, VILLEFORT, Scene, furnished

PNG = b"\x89PNG\r\n\x1a\n" + b"ruban" * 40
HASH = hashlib.sha256(PNG).hexdigest()
LEAD = timedelta(seconds=3)
PLANS = (
    Plan(kind=Kind.SPEECH, title="Accueil", on_air=(MEYRUEIS,), substitute=VILLEFORT),
    Plan(kind=Kind.SIMULTANEOUS_ACTION, title="Le ruban", contents=HASH),
    Plan(kind=Kind.SLATE, title="Entracte", slate="À tout de suite"),
    Plan(kind=Kind.MESSAGE_TO_SITE, title="Note", text="Plus près", sites=(VILLEFORT,)),
)


class Evening:
    """A ceremony on air with two rooms, its director, and what they say."""

    def __init__(self, scene: Scene, session: SessionId, director: Person) -> None:
        self.scene, self.session, self.director = scene, session, director
        self.places: dict[RoomId, Place] = {}

    @property
    def conductor(self) -> Conductor:
        return self.scene.house.conductor

    async def look(self) -> None:
        await ShowClock(self.conductor).look()

    async def written(self, *plans: Plan) -> list[str]:
        entries = [Entry(plan=plan) for plan in plans or PLANS]
        shown = await rundowns.write(self.conductor, self.director, self.session, entries, None)
        return [cue.id for cue in shown.rundown.cues]

    async def shown(self) -> Shown:
        return await rundowns.read(self.conductor, self.director, self.session)

    async def states(self) -> list[str]:
        return [cue.state.value for cue in (await self.shown()).rundown.cues]

    async def act(self, cue: str, *acts: Act) -> None:
        for act in acts:
            await rundowns.act(self.conductor, self.director, self.session, cue, act, LEAD)

    async def joins(self, room: RoomId) -> None:
        found = self.places.get(room)
        if found is None:
            who, _ = await self.scene.database.write(
                lambda conn: participants.add(
                    conn, NINE, self.session, name=room, kind="room", room=room
                )
            )
            found = Place(session=self.session, participant=who, name=room, kind="room", room=room)
            self.places[room] = found
        await self.scene.house.joined(found)
        await self.look()

    async def keeps(self, room: RoomId, cue: str) -> None:
        """It says that it keeps what it was told to keep."""
        told = [
            one
            for one in await self.scene.house.cues(self.places[room])
            if isinstance(one, CueLoad) and one.cue == cue
        ]
        hashes = tuple(content.sha256 for content in told[-1].contents)
        await self.scene.house.heard_of_cue(
            self.places[room],
            CueReady(cue=cue, version=told[-1].version, sha256=hashes, rtt_ms=9, error_ms=1),
        )
        await self.look()

    async def flow(self, *rooms: RoomId) -> None:
        facts: dict[str, Fact] = {room: Fact(flows=True) for room in rooms}
        await stagings.learn(self.conductor, self.session, facts, frozenset())

    async def program(self) -> tuple[str, list[tuple[str, str]], str]:
        stage = (await stagings.see(self.conductor, self.session, self.director)).staging.stage
        return (
            stage.layout.value,
            [(spot.owner, spot.source) for spot in stage.spots],
            stage.slate or "".join({spot.slate for spot in stage.spots}),
        )

    async def wait(self) -> None:
        """Until the GO takes effect."""
        self.scene.now += LEAD
        await self.look()

    def told(self, kind: type[Any]) -> list[Any]:
        return [
            (each.cue, rooms) for each, rooms in self.scene.wire.cued_to if isinstance(each, kind)
        ]

    async def bring(self) -> None:
        made = await contents.bring(
            self.conductor, self.director, self.session, "image/png", "ruban", PNG
        )
        assert made.sha256 == HASH


@pytest.fixture
async def evening(tmp_path: Path) -> AsyncIterator[Evening]:
    async with furnished(tmp_path) as scene:
        admin = await scene.person("admin", "admin")
        session = await scene.session(organiser=admin.id, kind="ceremony", state="on_air")
        evening = Evening(scene, session, admin)
        await stagings.set_up(evening.conductor, session, admin)
        yield evening


async def test_what_is_written_is_on_its_way_to_the_screens_it_is_for(evening: Evening) -> None:
    await evening.bring()
    _, ribbon, _, note = await evening.written()
    assert evening.told(CueLoad) == [(ribbon, ()), (note, (VILLEFORT,))]
    for room, loads in ((MEYRUEIS, [ribbon]), (VILLEFORT, [ribbon, note])):
        await evening.joins(room)
        cued = await evening.scene.house.cues(evening.places[room])
        assert [each.cue for each in cued if isinstance(each, CueLoad)] == sorted(loads)


async def test_contents_brought_after_the_cue_was_written_are_loaded_then(evening: Evening) -> None:
    _, ribbon, _, note = await evening.written()
    await evening.joins(MEYRUEIS)
    await evening.joins(VILLEFORT)
    assert evening.told(CueLoad) == [(note, (VILLEFORT,))]
    assert (await evening.states())[1] == "draft"  # who is there cannot have it yet
    await evening.bring()
    assert evening.told(CueLoad)[1:] == [(ribbon, ())]


async def test_a_cue_is_ready_by_itself_once_every_site_has_it(evening: Evening) -> None:
    await evening.bring()
    speech, ribbon, _, _ = await evening.written()
    assert await evening.states() == ["draft", "draft", "draft", "ready"]
    await evening.joins(MEYRUEIS)
    assert await evening.states() == ["ready", "draft", "draft", "ready"]
    await evening.joins(VILLEFORT)
    await evening.keeps(MEYRUEIS, ribbon)
    assert await evening.states() == ["ready", "draft", "ready", "ready"]
    await evening.keeps(VILLEFORT, ribbon)
    assert await evening.states() == ["ready"] * 4
    version = (await evening.shown()).version
    await evening.keeps(VILLEFORT, ribbon)
    assert (await evening.shown()).version == version
    await evening.scene.house.left(evening.places[MEYRUEIS], "left")
    await evening.look()
    assert await evening.states() == ["draft", "draft", "draft", "ready"]


async def test_who_cannot_keep_it_is_ready_no_more_for_that_cue_alone(evening: Evening) -> None:
    await evening.bring()
    _, ribbon, _, _ = await evening.written()
    for room in (MEYRUEIS, VILLEFORT):
        await evening.joins(room)
        await evening.keeps(room, ribbon)
    refused = CueRefused(cue=ribbon, version=1, why=WhyNot.HASH)
    await evening.scene.house.heard_of_cue(evening.places[VILLEFORT], refused)
    await evening.look()
    assert await evening.states() == ["ready", "draft", "ready", "ready"]


async def test_a_new_edition_of_what_the_sites_have_already_waits_for_nobody(
    evening: Evening,
) -> None:
    await evening.bring()
    [ribbon] = await evening.written(PLANS[1])
    for room in (MEYRUEIS, VILLEFORT):
        await evening.joins(room)
        await evening.keeps(room, ribbon)
    other = Plan(kind=Kind.SIMULTANEOUS_ACTION, title="Le ruban", contents=HASH, on_air=(MEYRUEIS,))
    entry = [Entry(plan=other, id=(await evening.shown()).rundown.cues[0].id)]
    shown = await rundowns.write(evening.conductor, evening.director, evening.session, entry, None)
    assert (shown.rundown.cues[0].edition, shown.rundown.cues[0].state) == (2, State.READY)


async def test_a_go_brings_the_layout_at_its_instant_and_not_before(evening: Evening) -> None:
    speech, _, pause, _ = await evening.written()
    await evening.flow(MEYRUEIS, VILLEFORT)
    await evening.act(speech, Act.ARM_ANYWAY)
    stage = (await stagings.see(evening.conductor, evening.session, evening.director)).staging.stage
    assert stage.preview.sources == (MEYRUEIS,)
    await evening.act(speech, Act.GO_ANYWAY)
    await evening.look()
    assert await evening.program() == ("slate", [], "")
    await evening.wait()
    assert await evening.program() == ("one", [(MEYRUEIS, MEYRUEIS)], "")
    await evening.act(pause, Act.ARM_ANYWAY, Act.GO_ANYWAY)
    await evening.wait()
    assert await evening.program() == ("slate", [], "À tout de suite")
    lines = await evening.scene.audited()
    assert lines.count("stage.cue") == 2


async def test_a_go_is_refused_by_name_while_somebody_cannot_come(evening: Evening) -> None:
    speech, *_ = await evening.written()
    await evening.flow(VILLEFORT)
    await evening.act(speech, Act.ARM_ANYWAY)
    await evening.joins(MEYRUEIS)  # there, and nothing of it is seen or heard
    with pytest.raises(Conflict) as refused:
        await evening.act(speech, Act.GO)
    assert (refused.value.key, refused.value.fields["missing"]) == (
        "cue-sources-missing",
        [MEYRUEIS],
    )
    await evening.act(speech, Act.GO_ANYWAY)
    await evening.wait()
    assert await evening.program() == ("one", [(MEYRUEIS, VILLEFORT)], "")
    assert (await evening.shown()).rundown.cues[0].without == (MEYRUEIS,)


async def test_where_nobody_is_left_the_words_of_the_cue_stand_on_the_slate(
    evening: Evening,
) -> None:
    [speech] = await evening.written(
        Plan(kind=Kind.SPEECH, title="x", on_air=(MEYRUEIS,), slate="Liaison interrompue")
    )
    await evening.act(speech, Act.ARM_ANYWAY, Act.GO_ANYWAY)
    await evening.wait()
    assert await evening.program() == ("slate", [], "Liaison interrompue")


async def test_the_ladder_proposes_the_substitute_of_the_cue(evening: Evening) -> None:
    speech, *_ = await evening.written()
    await evening.flow(MEYRUEIS, VILLEFORT)
    await evening.act(speech, Act.ARM_ANYWAY, Act.GO_ANYWAY)
    await evening.wait()
    silent: dict[str, Fact] = {
        MEYRUEIS: Fact(silent_since=evening.scene.now),
        VILLEFORT: Fact(flows=True),
    }
    evening.scene.now += timedelta(seconds=9)
    await stagings.learn(evening.conductor, evening.session, silent, frozenset())
    stage = (await stagings.see(evening.conductor, evening.session, evening.director)).staging.stage
    assert dict(stage.proposals) == {MEYRUEIS: VILLEFORT}


async def test_only_who_has_the_desk_says_go(evening: Evening) -> None:
    anne = await evening.scene.person("anne", "admin")
    speech, *_ = await evening.written()
    await evening.act(speech, Act.ARM_ANYWAY)
    with pytest.raises(Forbidden):
        await rundowns.act(evening.conductor, anne, evening.session, speech, Act.GO_ANYWAY)
    assert (await evening.states())[0] == "standby"


async def test_a_go_that_was_kept_is_carried_out_after_a_kill(evening: Evening) -> None:
    speech, *_ = await evening.written()
    await evening.flow(MEYRUEIS, VILLEFORT)
    await evening.act(speech, Act.ARM_ANYWAY, Act.GO_ANYWAY)
    evening.scene.start_again()
    evening.scene.now += timedelta(minutes=1)  # away past its instant
    await evening.look()
    assert await evening.program() == ("one", [(MEYRUEIS, MEYRUEIS)], "")


async def test_a_picture_is_off_the_screens_once_the_next_cue_takes_effect(
    evening: Evening,
) -> None:
    await evening.bring()
    speech, ribbon, _, note = await evening.written()
    await evening.flow(MEYRUEIS, VILLEFORT)
    await evening.act(ribbon, Act.ARM_ANYWAY, Act.GO_ANYWAY)
    await evening.wait()
    await evening.act(note, Act.ARM, Act.GO)
    await evening.wait()
    assert evening.told(CueFire) == [(ribbon, ()), (note, (VILLEFORT,))]
    assert evening.told(CueRecall) == []  # a message disturbs nothing
    await evening.act(speech, Act.ARM_ANYWAY, Act.GO_ANYWAY)
    assert evening.told(CueRecall) == []
    await evening.wait()
    assert evening.told(CueRecall) == [(ribbon, ())]
    kept = await evening.scene.database.read(lambda conn: rows.contents(conn, evening.session))
    assert HASH in kept  # for after the rehearsal


async def test_after_the_rehearsal_everything_is_loaded_anew(evening: Evening) -> None:
    await evening.bring()
    _, ribbon, _, _ = await evening.written()
    await evening.act(ribbon, Act.ARM_ANYWAY, Act.GO_ANYWAY)
    await evening.wait()
    await evening.act(ribbon, Act.FINISH)
    [gone] = [told for told in evening.scene.wire.cued if isinstance(told, CueRecall)]
    over = update(session_rows).values(state="booked")
    await evening.scene.database.write(lambda conn: conn.execute(over).rowcount)
    await rundowns.reset(evening.conductor, evening.director, evening.session)
    loads = [m for m in evening.scene.wire.cued if isinstance(m, CueLoad) and m.cue == ribbon]
    assert (len(loads), loads[-1].version > gone.version) == (2, True)


async def test_a_skipped_cue_is_recalled_and_comes_back_with_a_newer_version(
    evening: Evening,
) -> None:
    await evening.bring()
    _, ribbon, _, _ = await evening.written()
    await evening.act(ribbon, Act.SKIP)
    [gone] = [m for m in evening.scene.wire.cued if isinstance(m, CueRecall)]
    await evening.act(ribbon, Act.RESTORE)
    loads = [m for m in evening.scene.wire.cued if isinstance(m, CueLoad) and m.cue == ribbon]
    assert loads[-1].version > gone.version
    assert loads[-1].kind is CueKind.PICTURE


async def test_what_is_due_is_done_once_however_often_it_is_looked(evening: Evening) -> None:
    [start] = await evening.written(Plan(kind=Kind.RECORD_ON, title="Enregistrer"))
    await evening.act(start, Act.ARM, Act.GO)
    evening.scene.start_again()  # killed after the GO, before its instant
    assert await takes.carry_out(evening.conductor) == NINE + LEAD
    await evening.wait()
    await evening.look()
    topics = select(outbox.c.topic)
    found = await evening.scene.database.read(lambda conn: conn.execute(topics).scalars().all())
    assert found == ["recording.start"]
    who = select(audit.c.who).where(audit.c.action == "recording.start")
    assert await evening.scene.database.read(lambda conn: conn.execute(who).scalar_one()) == (
        evening.director.id
    )


async def test_undone_the_program_is_what_it_was_before_the_cue(evening: Evening) -> None:
    speech, *_ = await evening.written()
    await evening.flow(MEYRUEIS, VILLEFORT)
    await evening.act(speech, Act.ARM_ANYWAY, Act.GO_ANYWAY)
    await evening.wait()
    back = DeskAct(word=Word.TAKE)
    await stagings.act(evening.conductor, evening.session, evening.director, back)
    assert (await evening.program())[0] == Layout.SLATE
