"""What is seen of sources and desks, as the stage takes it: by virtual clock, on a real store."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from orchestrator import conduct
from orchestrator.cases import desk_places, stagings
from orchestrator.floor import Mode
from orchestrator.stage_table import SLATE_AFTER, Layout
from orchestrator.stage_watch import TOLD_IN, StageWatch
from orchestrator.staging import Word
from orchestrator.store import participants
from rooms.errors import Conflict, Forbidden, Invalid, NotFound
from rooms.ids import ParticipantId
from signalling.engine import Air
from signalling.ports import Json, Place
from tests.fakes.ceremony import Ceremony, staged
from tests.fakes.rooms import MEYRUEIS, NINE, VILLEFORT


@pytest.fixture
async def ceremony(tmp_path: Path) -> AsyncIterator[Ceremony]:
    async with staged(tmp_path) as made:
        yield made


async def test_who_flows_is_ready_and_comes_on_air_only_when_he_is_taken(
    ceremony: Ceremony,
) -> None:
    assert await ceremony.states() == {MEYRUEIS: "ready", VILLEFORT: "ready"}
    assert (await ceremony.shown()).staging.heard == frozenset()
    await ceremony.take(MEYRUEIS)
    assert (await ceremony.shown()).staging.heard == {MEYRUEIS}


async def test_a_look_that_sees_nothing_new_writes_nothing(ceremony: Ceremony) -> None:
    version = (await ceremony.shown()).version
    told = len(ceremony.scene.told("session.stage.changed"))
    await ceremony.looks(3)
    assert (await ceremony.shown()).version == version
    assert len(ceremony.scene.told("session.stage.changed")) == told


async def test_a_line_that_breaks_on_air_is_a_slate_then_a_proposal_and_is_on_record(
    ceremony: Ceremony,
) -> None:
    await ceremony.take(MEYRUEIS, VILLEFORT)
    ceremony.wire.sending.discard("pa-m")
    seen = []
    for _ in range(10):
        await ceremony.looks(1)
        seen.append((await ceremony.rungs())[0])
    assert seen == ["live", "slate", *["slate"] * 5, "proposed", "proposed", "proposed"]
    assert (await ceremony.rungs())[1] == "live"
    actions = [action for action in await ceremony.scene.audited() if action.startswith("stage.")]
    assert actions[-3:] == ["stage.doubtful", "stage.slate", "stage.proposed"]
    ceremony.wire.sending.add("pa-m")
    await ceremony.looks(1)
    assert (await ceremony.states())[MEYRUEIS] == "ready"
    await ceremony.does(Word.RESTORE, source=MEYRUEIS)
    assert await ceremony.rungs() == ["live", "live"]


async def test_the_slate_is_told_before_two_seconds_are_over_since_the_last_packet(
    ceremony: Ceremony,
) -> None:
    """Whenever between two looks the line breaks; the last 0.3 s are for telling and drawing it."""
    await ceremony.take(MEYRUEIS, VILLEFORT)
    for early in (0.0, 0.1, 0.24):
        broke = ceremony.wire.breaks("pa-m", early)
        while (await ceremony.rungs())[0] != "slate":
            ceremony.scene.now += timedelta(seconds=ceremony.watch.until_next())
            await ceremony.watch.look()
        took = ceremony.scene.now - broke
        assert took <= SLATE_AFTER - TOLD_IN + timedelta(milliseconds=1)
        ceremony.wire.broke.clear()
        await ceremony.looks(1)
        await ceremony.does(Word.RESTORE, source=MEYRUEIS)


async def test_a_camera_that_is_unplugged_on_air_leaves_the_sound_there_and_is_on_record(
    ceremony: Ceremony,
) -> None:
    await ceremony.take(MEYRUEIS, VILLEFORT)
    ceremony.wire.unplugged = {"pa-m"}
    await ceremony.looks(0.75)
    assert await ceremony.signals() == ["full", "full"]
    await ceremony.looks(0.5)
    assert await ceremony.signals() == ["sound", "full"]
    assert await ceremony.rungs() == ["live", "live"]
    assert (await ceremony.scene.audited())[-1] == "stage.signal"
    ceremony.wire.unplugged = set()
    await ceremony.looks(2.25)
    assert await ceremony.signals() == ["full", "full"]


async def test_an_armed_substitute_comes_by_itself_after_twenty_seconds(
    ceremony: Ceremony,
) -> None:
    await ceremony.take(MEYRUEIS)
    await ceremony.does(Word.ARM, source=MEYRUEIS, substitute=VILLEFORT, armed=True)
    del ceremony.wire.here["pa-m"]
    await ceremony.looks(19)
    assert (await ceremony.shown()).staging.stage.on_air == frozenset()
    await ceremony.looks(2)
    assert (await ceremony.shown()).staging.stage.on_air == {VILLEFORT}


async def test_a_worker_that_is_lost_and_comes_back_leaves_the_program_as_it_was(
    ceremony: Ceremony,
) -> None:
    await ceremony.take(MEYRUEIS, VILLEFORT)
    ceremony.wire.worker = False
    await ceremony.looks(20)
    assert await ceremony.rungs() == ["live", "live"]
    ceremony.wire.worker, ceremony.wire.sending = True, {"pa-m"}
    await ceremony.looks(9)
    assert await ceremony.rungs() == ["live", "live"]
    await ceremony.looks(4)
    assert await ceremony.rungs() == ["live", "slate"]


async def test_a_service_that_starts_again_applies_what_was_kept(ceremony: Ceremony) -> None:
    await ceremony.take(MEYRUEIS, VILLEFORT)
    before = (await ceremony.shown()).staging
    ceremony.scene.start_again()
    ceremony.watch = StageWatch(ceremony.scene.house.conductor)
    here, ceremony.wire.here = ceremony.wire.here, {}
    await ceremony.looks(5)
    assert (await ceremony.shown()).staging == before
    ceremony.wire.here = here
    await ceremony.looks(9)
    assert (await ceremony.shown()).staging.stage == before.stage


async def test_a_guest_who_sends_is_a_source_and_who_only_watches_is_none(
    ceremony: Ceremony,
) -> None:
    ceremony.wire.here |= {"pa-watches": None, "pa-sends": None}
    ceremony.wire.sending.add("pa-sends")
    await ceremony.looks(1)
    assert set(await ceremony.states()) == {MEYRUEIS, VILLEFORT, "pa-sends"}
    del ceremony.wire.here["pa-sends"]
    await ceremony.looks(1)
    assert set(await ceremony.states()) == {MEYRUEIS, VILLEFORT}


async def test_a_room_on_the_line_that_sends_nothing_yet_is_in_the_wings(
    ceremony: Ceremony,
) -> None:
    ceremony.wire.here = {}
    await ceremony.looks(1)
    ceremony.wire.here, ceremony.wire.sending = {"pa-new": MEYRUEIS}, set()
    await ceremony.looks(1)
    assert await ceremony.states() == {MEYRUEIS: "connected", VILLEFORT: "absent"}


async def test_a_director_s_desk_that_falls_silent_is_the_deputy_s(ceremony: Ceremony) -> None:
    scene, tom = ceremony.scene, ceremony.tom
    admin = await scene.person("admin", "admin")
    await ceremony.does(Word.DEPUTIES, deputies=(admin.id,))
    ceremony.tom = admin
    with pytest.raises(Forbidden):
        await ceremony.does(Word.TAKE)
    for _ in range(4):
        await ceremony.does(Word.HERE)
        await ceremony.looks(5)
    assert (await ceremony.shown()).staging.direction.holder == admin.id
    await ceremony.take(MEYRUEIS)
    ceremony.tom = tom
    with pytest.raises(Forbidden):
        await ceremony.does(Word.TAKE)
    await ceremony.does(Word.HAND_OVER, person=tom.id)
    await ceremony.does(Word.TAKE)


async def test_only_a_ceremony_that_is_not_over_has_a_stage(ceremony: Ceremony) -> None:
    scene, tom = ceremony.scene, ceremony.tom
    conductor = scene.house.conductor
    meeting = await scene.session(organiser=tom.id)
    over = await scene.session(kind="ceremony", organiser=tom.id, state="ended")
    for session in (meeting, over):
        with pytest.raises(Conflict):
            await stagings.set_up(conductor, session, tom)
    await stagings.strike(conductor, ceremony.session, tom)
    with pytest.raises(NotFound):
        await ceremony.shown()
    await ceremony.looks(1)
    assert scene.told("session.stage.changed")[-1]["version"] == 0


async def test_every_screen_is_told_the_same_program(ceremony: Ceremony) -> None:
    await ceremony.take(MEYRUEIS, layout=Layout.ONE)
    told = (await ceremony.scene.house.session(ceremony.session))["stage"]
    who = {"source": MEYRUEIS, "name": "Meyrueis", "participant": None, "room": None}
    shown = {
        "layout": "one",
        "spots": [{**who, "slate": False, "rung": "live", "signal": "full"}],
        "heard": [],
    }
    floor = {"mode": "free", "talk": [], "holders": [], "queue": []}
    coming: Json = {
        "next": {"participants": [], "at": None},
        "cue": None,
        "then": None,
        "slate": "",
        "sites": {MEYRUEIS: None, VILLEFORT: None},
    }
    assert told == {**shown, **floor, **coming}
    assert ceremony.scene.wire.changed[-1] == ceremony.session
    plain = await ceremony.scene.session(start=NINE)
    assert "stage" not in await ceremony.scene.house.session(plain)


async def test_the_worker_lets_through_what_is_on_air_and_nothing_in_a_pause(
    ceremony: Ceremony,
) -> None:
    house, session = ceremony.scene.house, ceremony.session

    def let_in(conn: Connection) -> tuple[ParticipantId, ParticipantId]:
        add, now = participants.add, ceremony.scene.now
        room = add(conn, now, session, name="Meyrueis", kind="room", room=MEYRUEIS)
        desk = add(conn, now, session, name="Tom", kind="person", person=ceremony.tom.id)
        return room[0], desk[0]

    meyrueis, desk = await ceremony.scene.database.write(let_in)
    assert await house.air(session) == Air(desks=frozenset({desk}))
    await ceremony.take(MEYRUEIS)
    there = frozenset({meyrueis})
    assert await house.air(session) == Air(heard=there, seen=there, desks=frozenset({desk}))
    await ceremony.does(Word.MODE, mode=Mode.DIRECTOR)
    assert await house.air(session) == Air(seen=there, desks=frozenset({desk}))
    await conduct.pause_session(house.conductor, session, ceremony.tom)
    assert await house.air(session) == Air(desks=frozenset({desk}))
    own, token = await desk_places.give(house.conductor, session, ceremony.tom)
    await ceremony.does(Word.TALK, sources=(MEYRUEIS,))
    both, talks = frozenset({desk, own}), frozenset({(own, meyrueis)})
    assert await house.air(session) == Air(desks=both, talks=talks)
    again, newer = await desk_places.give(house.conductor, session, ceremony.tom)
    assert (again, newer == token) == (own, False)
    assert (await house.session(session))["stage"]["layout"] == "slate"
    await stagings.strike(house.conductor, session, ceremony.tom)
    assert await house.air(session) is None
    assert ceremony.scene.wire.removed == [own]


async def test_when_its_session_ends_everybody_leaves_the_stage(ceremony: Ceremony) -> None:
    await ceremony.take(MEYRUEIS)
    await conduct.end_session(ceremony.scene.house.conductor, ceremony.session, ceremony.tom)
    await ceremony.looks(1)
    assert set((await ceremony.states()).values()) == {"absent"}
    shown = await ceremony.shown()
    assert (shown.staging.direction.holder, shown.staging.heard) == (None, frozenset())
    await ceremony.looks(1)
    assert (await ceremony.shown()).version == shown.version


async def test_a_deputy_is_named_who_may_run_the_session_and_nobody_else(
    ceremony: Ceremony,
) -> None:
    scene = ceremony.scene
    marc = await scene.person("marc", "animateur", "meyrueis")
    agnes = await scene.person("agnes", "animateur", "langogne")
    await ceremony.does(Word.DEPUTIES, deputies=(marc.id,))
    for name, told in ((agnes.id, "agnes"), ("pe-nobody", "pe-nobody")):
        with pytest.raises(Invalid) as refused:
            await ceremony.does(Word.DEPUTIES, deputies=(marc.id, name))
        assert (refused.value.key, refused.value.fields) == ("deputy-may-not", {"person": told})
    assert (await ceremony.shown()).staging.direction.deputies == (marc.id,)


async def test_a_hand_on_the_wire_comes_into_the_queue_and_out_of_it(ceremony: Ceremony) -> None:
    house, session = ceremony.scene.house, ceremony.session
    who = ParticipantId("pa-m")
    place = Place(session=session, participant=who, name="Meyrueis", kind="room", room=MEYRUEIS)
    await house.hand(place, True)
    stage = (await house.session(session))["stage"]
    assert [seat["place"] for seat in stage["queue"]] == ["Meyrueis"]
    version = (await ceremony.shown()).version
    await house.hand(place, True)
    assert (await ceremony.shown()).version == version
    await house.hand(place, False)
    assert (await house.session(session))["stage"]["queue"] == []
    await stagings.strike(house.conductor, session, ceremony.tom)
    await house.hand(place, True)  # of no stage, and no matter
