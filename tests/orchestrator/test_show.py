"""What a cue makes of the stage, whoever is lost by then."""

from datetime import UTC, datetime

import pytest

from orchestrator import show
from orchestrator import stage as s
from orchestrator.cue import Kind, Plan
from orchestrator.show import Cast
from orchestrator.stage_table import Layout, Rung, SourceState, Stage
from rooms.ids import RoomId

NOW = datetime(2013, 9, 19, 9, 0, tzinfo=UTC)
MEYRUEIS, FLORAC, MENDE, ALES = (RoomId(name) for name in ("meyrueis", "florac", "mende", "ales"))
ALL = (MEYRUEIS, FLORAC, MENDE, ALES)
CHIEF = "pe-chief"


def stage(*ready: str) -> Stage:
    made = s.enrol(Stage(), ALL)
    for source in ready:
        made = s.passed(s.came(made, source, NOW), source)
    return made


def speech(*on_air: RoomId, **more: object) -> Plan:
    return Plan(kind=Kind.SPEECH, title="x", on_air=on_air, **more)  # type: ignore[arg-type]


LAYOUTS = [
    (speech(MEYRUEIS), Layout.ONE),
    (speech(MEYRUEIS, FLORAC), Layout.TWO),
    (speech(MEYRUEIS, FLORAC, MENDE), Layout.FOUR),
    (speech(*ALL, layout=Layout.SPEAKER_AND_SITES), Layout.SPEAKER_AND_SITES),
    (speech(MEYRUEIS, layout=Layout.SLIDES_AND_SPEAKER), Layout.SLIDES_AND_SPEAKER),
    (speech(MEYRUEIS, layout=Layout.FOUR), Layout.ONE),
    (speech(*ALL, layout=Layout.ONE), Layout.FOUR),
]


@pytest.mark.parametrize(("plan", "layout"), LAYOUTS, ids=range(len(LAYOUTS)))
def test_the_layout_is_the_one_written_or_the_smallest_that_holds_them(
    plan: Plan, layout: Layout
) -> None:
    found = show.cast(plan, stage(*ALL))
    assert found is not None
    assert (found.layout, found.sources) == (layout, plan.on_air)


@pytest.mark.parametrize(
    "plan",
    [
        Plan(kind=Kind.CLIP, title="x"),
        Plan(kind=Kind.RECORD_ON, title="x", on_air=ALL),
        Plan(kind=Kind.MESSAGE_TO_SITE, title="x", text="y", on_air=ALL),
    ],
    ids=lambda plan: plan.kind.value,
)
def test_a_cue_that_names_nobody_leaves_the_program_as_it_is(plan: Plan) -> None:
    assert show.cast(plan, stage(*ALL)) is None
    assert show.missing(plan, stage()) == ()


def test_a_slate_has_its_words() -> None:
    slate = Plan(kind=Kind.SLATE, title="x", text="À tout de suite")
    assert show.cast(slate, stage()) == Cast(layout=Layout.SLATE, slate="À tout de suite")
    written = speech(MEYRUEIS, layout=Layout.SLATE, slate="Entracte")
    assert show.cast(written, stage()) == Cast(layout=Layout.SLATE, slate="Entracte")
    assert show.missing(written, stage()) == ()


def test_who_is_lost_is_named_and_gives_way_as_the_cue_says() -> None:
    plan = speech(MEYRUEIS, FLORAC, substitute=MENDE, slate="Liaison perdue")
    here = stage(FLORAC, MENDE)
    assert show.missing(plan, here) == (MEYRUEIS,)
    left = show.cast(plan, here)
    assert left is not None
    assert (left.layout, left.sources, left.owners) == (Layout.ONE, (FLORAC,), (FLORAC,))
    alone = show.cast(plan, stage(MENDE))
    assert alone is not None
    assert (alone.layout, alone.sources, alone.owners) == (Layout.ONE, (MENDE,), (MEYRUEIS,))
    assert show.cast(plan, stage()) == Cast(layout=Layout.SLATE, slate="Liaison perdue")


def test_what_is_put_on_has_the_substitute_and_the_words_of_its_cue() -> None:
    plan = speech(MEYRUEIS, FLORAC, substitute=MENDE, slate="Liaison perdue")
    before = s.arm(stage(*ALL), FLORAC, ALES, armed=True)
    wanted = show.cast(plan, before)
    assert wanted is not None
    on = show.put_on(before, wanted, CHIEF)
    assert on.on_air == {MEYRUEIS, FLORAC}
    assert {spot.slate for spot in on.spots} == {"Liaison perdue"}
    assert [on.source(one).substitute for one in (MEYRUEIS, FLORAC)] == [MENDE, MENDE]
    assert not on.source(FLORAC).armed  # another one than he who was armed
    assert {on.source(one).by for one in (MEYRUEIS, FLORAC)} == {CHIEF}
    assert s.take(on, CHIEF).layout is Layout.SLATE  # undone


def test_an_armed_substitute_stays_armed_where_the_cue_names_the_same() -> None:
    before = s.arm(stage(*ALL), MEYRUEIS, MENDE, armed=True)
    wanted = show.cast(speech(MEYRUEIS, substitute=MENDE), before)
    assert wanted is not None
    assert show.put_on(before, wanted, CHIEF).source(MEYRUEIS).armed


def test_who_was_replaced_at_the_go_gets_his_own_place_again() -> None:
    plan = speech(MEYRUEIS, substitute=MENDE)
    before = stage(MENDE)
    wanted = show.cast(plan, before)
    assert wanted is not None
    on = show.put_on(before, wanted, CHIEF)
    back = s.passed(s.came(on, MEYRUEIS, NOW), MEYRUEIS)
    again = s.restore(back, MEYRUEIS, CHIEF)
    assert [(spot.source, spot.rung) for spot in again.spots] == [(MEYRUEIS, Rung.LIVE)]
    assert again.source(MENDE).state is SourceState.READY


def test_a_program_that_is_the_slate_has_its_words_until_the_next() -> None:
    wanted = show.cast(Plan(kind=Kind.SLATE, title="x", text="Entracte"), stage())
    assert wanted is not None
    on = show.put_on(stage(MEYRUEIS), wanted, CHIEF)
    assert (on.layout, on.slate) == (Layout.SLATE, "Entracte")
    assert s.take(s.prepare(on, Layout.ONE, (MEYRUEIS,)), CHIEF).slate == ""
