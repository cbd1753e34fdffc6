"""The stage: on air by the director or an armed rule, the wings, and the ladder of failures."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator import stage as s
from orchestrator.stage_table import SOURCE, Layout, Move, Rung, Scene, SourceState, Stage
from rooms.errors import Conflict, Invalid, MargerideError, NotFound

NOW = datetime(2013, 9, 19, 9, 0, tzinfo=UTC)
MEYRUEIS, FLORAC, MENDE = "meyrueis-visio", "florac-visio", "mende-visio"
SITES = (MEYRUEIS, FLORAC, MENDE)
DIRECTOR = "pe-director"


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def ready(*sources: str) -> Stage:
    stage = s.enrol(Stage(), SITES)
    for source in sources or SITES:
        stage = s.passed(s.came(stage, source, NOW), source)
    return stage


def airing(*sources: str, layout: Layout = Layout.FOUR) -> Stage:
    return s.take(s.prepare(ready(), layout, sources), DIRECTOR)


def states(stage: Stage) -> list[str]:
    return [stage.source(source).state.value for source in SITES]


def rungs(stage: Stage) -> list[str]:
    return [spot.rung.value for spot in stage.spots]


def refused(key: str, call: Callable[[], object], kind: type[MargerideError] = Conflict) -> None:
    with pytest.raises(kind) as refusal:
        call()
    assert refusal.value.key == key


# --- the wings


def test_who_comes_is_in_the_wings_until_he_passes() -> None:
    stage = s.came(s.enrol(Stage(), SITES), MEYRUEIS, NOW)
    assert states(stage) == ["connected", "absent", "absent"]
    assert states(s.passed(stage, MEYRUEIS)) == ["ready", "absent", "absent"]
    assert states(s.accept(stage, MEYRUEIS)) == ["ready", "absent", "absent"]
    assert states(s.faulty(s.passed(stage, MEYRUEIS), MEYRUEIS))[0] == "connected"


@pytest.mark.parametrize("state", SourceState)
def test_late_facts_change_nothing(state: SourceState) -> None:
    facts = {Move.PASSED: s.passed, Move.FAULTY: s.faulty}
    for move, learn in facts.items():
        if move not in SOURCE[state]:
            stage = _in_state(state)
            assert learn(stage, MEYRUEIS) == stage


def _in_state(state: SourceState) -> Stage:
    match state:
        case SourceState.ABSENT:
            return s.gone(ready(), MEYRUEIS, NOW)
        case SourceState.CONNECTED:
            return s.faulty(ready(), MEYRUEIS)
        case SourceState.READY:
            return ready()
        case SourceState.ON_AIR:
            return airing(MEYRUEIS)
        case SourceState.HELD:
            return s.hold(airing(MEYRUEIS), MEYRUEIS)


ACTS: dict[str, tuple[Callable[[Stage], Stage], frozenset[SourceState]]] = {
    "take": (
        lambda stage: s.take(s.prepare(stage, Layout.ONE, (MEYRUEIS,)), DIRECTOR),
        frozenset({SourceState.READY, SourceState.ON_AIR, SourceState.HELD}),
    ),
    "hold": (lambda stage: s.hold(stage, MEYRUEIS), frozenset({SourceState.ON_AIR})),
    "resume": (lambda stage: s.resume(stage, MEYRUEIS, DIRECTOR), frozenset({SourceState.HELD})),
    "release": (
        lambda stage: s.release(stage, MEYRUEIS),
        frozenset({SourceState.ON_AIR, SourceState.HELD}),
    ),
    "accept": (lambda stage: s.accept(stage, MEYRUEIS), frozenset({SourceState.CONNECTED})),
}


@pytest.mark.parametrize("state", SourceState)
@pytest.mark.parametrize("name", ACTS)
def test_every_act_in_every_state_is_done_or_refused_in_words(
    name: str, state: SourceState
) -> None:
    act, possible = ACTS[name]
    if state in possible:
        act(_in_state(state))
    else:
        with pytest.raises(Conflict) as refusal:
            act(_in_state(state))
        assert refusal.value.key in ("illegal-on-stage", "not-in-program")
        assert refusal.value.fields["source"] == MEYRUEIS


def test_a_source_is_enrolled_once_and_not_without_end() -> None:
    assert s.enrol(ready(), SITES) == ready()
    many = [f"source-{number}" for number in range(s.MOST_SOURCES + 1)]
    refused("too-many-sources", lambda: s.enrol(Stage(), many), Invalid)


# --- preview and program


def test_the_preview_is_taken_and_what_was_taken_can_be_undone() -> None:
    stage = s.prepare(airing(MEYRUEIS, FLORAC), Layout.ONE, (MENDE,))
    taken = s.take(stage, DIRECTOR)
    assert (taken.layout, set(taken.in_program)) == (Layout.ONE, {MENDE})
    assert states(taken) == ["ready", "ready", "on_air"]
    assert taken.preview == Scene(layout=Layout.FOUR, sources=(MEYRUEIS, FLORAC))
    undone = s.take(taken, DIRECTOR)
    assert states(undone) == ["on_air", "on_air", "ready"]
    assert undone.source(MEYRUEIS).by == DIRECTOR


def test_nothing_is_taken_while_one_of_them_is_not_ready() -> None:
    stage = s.prepare(ready(MEYRUEIS), Layout.TWO, (MEYRUEIS, FLORAC))
    with pytest.raises(Conflict) as refusal:
        s.take(stage, DIRECTOR)
    assert refusal.value.fields == {"source": FLORAC, "state": "absent", "act": "take"}


@pytest.mark.parametrize(
    ("layout", "sources"),
    [
        (Layout.SLATE, (MEYRUEIS,)),
        (Layout.ONE, ()),
        (Layout.ONE, (MEYRUEIS, FLORAC)),
        (Layout.TWO, (MEYRUEIS, MEYRUEIS)),
    ],
)
def test_a_scene_holds_what_its_layout_holds(layout: Layout, sources: tuple[str, ...]) -> None:
    refused("bad-scene", lambda: s.prepare(ready(), layout, sources), Invalid)


def test_only_who_is_of_it_is_prepared() -> None:
    refused("no-source", lambda: s.prepare(ready(), Layout.ONE, ("murat",)), NotFound)


def test_the_slate_is_taken_like_any_other_scene() -> None:
    stage = s.take(s.prepare(airing(MEYRUEIS), Layout.SLATE, ()), DIRECTOR)
    assert (stage.layout, stage.spots, stage.on_air) == (Layout.SLATE, (), frozenset())


def test_who_is_held_keeps_his_place_and_is_not_on_air() -> None:
    stage = s.hold(airing(MEYRUEIS, FLORAC), MEYRUEIS)
    assert (set(stage.in_program), set(stage.on_air)) == ({MEYRUEIS, FLORAC}, {FLORAC})
    assert s.resume(stage, MEYRUEIS, DIRECTOR).on_air == {MEYRUEIS, FLORAC}


def test_after_the_last_one_is_released_the_slate_stands() -> None:
    stage = s.release(airing(MEYRUEIS, FLORAC), MEYRUEIS)
    assert (stage.layout, set(stage.in_program)) == (Layout.FOUR, {FLORAC})
    assert s.release(stage, FLORAC).layout is Layout.SLATE


# --- the ladder


def test_the_ladder_climbs_at_its_times() -> None:
    stage = s.silent(airing(MEYRUEIS, FLORAC), MEYRUEIS, NOW)
    climbed = []
    for seconds in (0, 1.99, 2, 7.99, 8, 19.99, 20, 3600):
        stage = s.tick(stage, after(seconds))
        climbed.append((rungs(stage)[0], states(stage)[0]))
    assert climbed == [
        ("doubtful", "on_air"),
        ("doubtful", "on_air"),
        ("slate", "absent"),
        ("slate", "absent"),
        ("proposed", "absent"),
        ("proposed", "absent"),
        ("proposed", "absent"),
        ("proposed", "absent"),
    ]
    assert rungs(stage)[1] == "live"


def test_a_long_sleep_climbs_all_at_once() -> None:
    stage = s.arm(airing(MEYRUEIS), MEYRUEIS, FLORAC, armed=True)
    stage = s.tick(s.silent(stage, MEYRUEIS, NOW), after(60))
    assert (stage.spot(FLORAC).owner, set(stage.on_air)) == (MEYRUEIS, {FLORAC})
    assert stage.source(FLORAC).by == s.RULE


def test_what_is_not_armed_is_proposed_only() -> None:
    stage = s.arm(airing(MEYRUEIS), MEYRUEIS, FLORAC, armed=False)
    stage = s.tick(s.silent(stage, MEYRUEIS, NOW), after(60))
    assert (stage.proposals, stage.on_air) == ({MEYRUEIS: FLORAC}, frozenset())


def test_an_armed_substitute_comes_only_from_the_wings() -> None:
    stage = s.arm(s.gone(airing(MEYRUEIS), FLORAC, NOW), MEYRUEIS, FLORAC, armed=True)
    stage = s.tick(s.silent(stage, MEYRUEIS, NOW), after(60))
    assert stage.on_air == frozenset()
    stage = s.passed(s.came(stage, FLORAC, after(61)), FLORAC)
    assert s.tick(stage, after(62)).on_air == {FLORAC}


def test_an_armed_substitute_that_failed_in_a_place_of_its_own_stays_there() -> None:
    stage = s.arm(airing(MEYRUEIS, FLORAC), MEYRUEIS, FLORAC, armed=True)
    stage = s.gone(stage, FLORAC, NOW)
    stage = s.passed(s.came(stage, FLORAC, after(1)), FLORAC)
    stage = s.tick(s.silent(stage, MEYRUEIS, after(1)), after(60))
    assert [spot.source for spot in stage.spots] == [MEYRUEIS, FLORAC]
    refused("in-program-already", lambda: s.put(stage, MEYRUEIS, FLORAC, DIRECTOR))


def test_a_silence_too_short_to_see_changes_nothing() -> None:
    stage = airing(MEYRUEIS)
    assert s.came(s.silent(stage, MEYRUEIS, NOW), MEYRUEIS, after(1.9)) == stage


def test_who_comes_back_later_is_in_the_wings_even_when_nobody_looked() -> None:
    stage = s.came(s.silent(airing(MEYRUEIS), MEYRUEIS, NOW), MEYRUEIS, after(2))
    assert (states(stage)[0], rungs(stage)) == ("connected", ["slate"])
    refused("illegal-on-stage", lambda: s.restore(stage, MEYRUEIS, DIRECTOR))
    back = s.restore(s.passed(stage, MEYRUEIS), MEYRUEIS, DIRECTOR)
    assert (set(back.on_air), rungs(back), back.spots[0].silent_since) == (
        {MEYRUEIS},
        ["live"],
        None,
    )


def test_the_silence_counts_from_its_beginning_however_often_it_is_told() -> None:
    stage = s.silent(airing(MEYRUEIS), MEYRUEIS, NOW)
    stage = s.silent(stage, MEYRUEIS, after(1))
    assert rungs(s.tick(stage, after(2))) == ["slate"]


def test_who_leaves_or_is_silent_while_held_gives_way_to_the_slate_at_once() -> None:
    assert rungs(s.gone(airing(MEYRUEIS), MEYRUEIS, NOW)) == ["slate"]
    assert rungs(s.silent(s.hold(airing(MEYRUEIS), MEYRUEIS), MEYRUEIS, NOW)) == ["slate"]


def test_a_substitute_is_put_in_place_and_the_first_comes_back_by_the_director() -> None:
    stage = s.tick(s.silent(airing(MEYRUEIS, MENDE), MEYRUEIS, NOW), after(9))
    stage = s.put(stage, MEYRUEIS, FLORAC, DIRECTOR)
    assert (set(stage.on_air), rungs(stage)) == ({FLORAC, MENDE}, ["live", "live"])
    refused("not-in-program", lambda: s.put(stage, MEYRUEIS, MENDE, DIRECTOR))
    stage = s.passed(s.came(stage, MEYRUEIS, after(30)), MEYRUEIS)
    stage = s.restore(stage, MEYRUEIS, DIRECTOR)
    assert states(stage) == ["on_air", "ready", "on_air"]


def test_who_is_put_off_in_doubt_is_lost_not_ready() -> None:
    stage = s.silent(airing(MEYRUEIS), MEYRUEIS, NOW)
    assert states(s.put(stage, MEYRUEIS, FLORAC, DIRECTOR))[:2] == ["absent", "on_air"]
    assert states(s.release(stage, MEYRUEIS))[0] == "absent"


def test_a_doubt_goes_along_into_the_next_scene() -> None:
    stage = s.silent(airing(MEYRUEIS), MEYRUEIS, NOW)
    stage = s.take(s.prepare(stage, Layout.TWO, (FLORAC, MEYRUEIS)), DIRECTOR)
    assert rungs(stage) == ["live", "doubtful"]
    assert rungs(s.tick(stage, after(2))) == ["live", "slate"]


@pytest.mark.parametrize(("substitute", "armed"), [(MEYRUEIS, False), (None, True)])
def test_nobody_is_his_own_substitute_and_nobody_is_armed_for_nobody(
    substitute: str | None, armed: bool
) -> None:
    refused("bad-substitute", lambda: s.arm(ready(), MEYRUEIS, substitute, armed), Invalid)


def test_a_substitute_is_of_the_stage_and_can_be_taken_back() -> None:
    refused("no-source", lambda: s.arm(ready(), MEYRUEIS, "murat", armed=False), NotFound)
    stage = s.arm(s.arm(ready(), MEYRUEIS, FLORAC, armed=True), MEYRUEIS, None, armed=False)
    assert stage == ready()


def test_rungs_are_told_apart_by_what_people_see() -> None:
    stage = s.tick(s.silent(airing(MEYRUEIS), MEYRUEIS, NOW), after(2))
    assert [spot.rung for spot in stage.spots] == [Rung.SLATE]
    assert stage.on_air == frozenset()


def test_a_place_may_be_anothers_and_have_the_words_of_its_cue() -> None:
    owned = s.owned(airing(MEYRUEIS), {MEYRUEIS: FLORAC}, "Liaison perdue")
    assert [(one.owner, one.source, one.slate) for one in owned.spots] == [
        (FLORAC, MEYRUEIS, "Liaison perdue")
    ]
    assert owned.slate == ""
    assert s.owned(Stage(), {}, "Entracte").slate == "Entracte"


def test_the_slate_at_once_leaves_what_was_on_air_in_the_preview() -> None:
    blank = s.blank(airing(MEYRUEIS), DIRECTOR)
    assert (blank.layout, blank.spots, blank.preview.sources) == (Layout.SLATE, (), (MEYRUEIS,))
    assert s.blank(blank, DIRECTOR) is blank
