"""Cues: the table, who must be ready, what an edit undoes, what is shown when a source is lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.cue import (
    BEGUN,
    CUE,
    MOMENTARY,
    WAITING,
    Act,
    Cue,
    CueId,
    Fallback,
    Kind,
    Plan,
    State,
    acknowledged,
    changed,
    checked,
    concerned,
    directed,
    fallback,
    in_time,
    missing,
    moved,
    settled,
    unready,
)
from orchestrator.stage_table import Layout
from rooms.errors import Conflict, Invalid
from rooms.ids import RoomId

TEN = datetime(2013, 9, 19, 10, 0, tzinfo=UTC)
MEYRUEIS, VILLEFORT, MURAT = RoomId("meyrueis"), RoomId("villefort"), RoomId("murat")
SITES = (MEYRUEIS, VILLEFORT)
SPEECH = Plan(kind=Kind.SPEECH, title="Le président", on_air=(MEYRUEIS,), duration=300)
RIBBON = Plan(kind=Kind.SIMULTANEOUS_ACTION, title="Le ruban")


def cue(state: State = State.DRAFT, plan: Plan = RIBBON, *rooms: RoomId) -> Cue:
    return Cue(id=CueId("cu-1"), plan=plan, state=state, acknowledged=frozenset(rooms))


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", Act)
def test_every_act_in_every_state_moves_by_the_table_or_is_refused(state: State, act: Act) -> None:
    target = CUE[state].get(act)
    if target is not None:
        assert moved(cue(state), act).state is target
        return
    with pytest.raises(Conflict) as refused:
        moved(cue(state), act)
    assert refused.value.key == "illegal-cue-act"
    assert refused.value.fields == {"cue": "cu-1", "state": state, "act": act}


def test_nothing_is_live_but_by_go_from_standby() -> None:
    ways = {(s, a) for s, moves in CUE.items() for a, to in moves.items() if to is State.LIVE}
    assert ways == {(State.STANDBY, Act.GO), (State.STANDBY, Act.GO_ANYWAY)}
    assert CUE.keys() == set(State)
    assert WAITING | BEGUN | {State.SKIPPED} == set(State)


@pytest.mark.parametrize(
    ("plan", "who"),
    [
        (RIBBON, SITES),
        (replace(RIBBON, sites=(VILLEFORT,)), (VILLEFORT,)),
        (SPEECH, (MEYRUEIS,)),
        (replace(SPEECH, sites=(VILLEFORT, MURAT)), (VILLEFORT,)),  # Murat is no site any more
        (replace(SPEECH, on_air=()), ()),
        (Plan(kind=Kind.MESSAGE_TO_SITE, title="x", sites=(VILLEFORT,)), ()),
        (Plan(kind=Kind.RECORD_ON, title="x"), ()),
    ],
)
def test_who_must_be_ready(plan: Plan, who: tuple[RoomId, ...]) -> None:
    assert concerned(plan, SITES) == who


def test_a_cue_is_ready_once_every_site_has_it() -> None:
    one = acknowledged(cue(), MEYRUEIS, 1, SITES)
    assert (one.state, missing(one, SITES)) == (State.DRAFT, (VILLEFORT,))
    both = acknowledged(one, VILLEFORT, 1, SITES)
    assert (both.state, missing(both, SITES)) == (State.READY, ())
    assert acknowledged(both, VILLEFORT, 1, SITES) == both
    assert unready(both, VILLEFORT, SITES) == one


def test_a_cue_that_concerns_nobody_is_ready_at_once() -> None:
    assert settled(cue(plan=Plan(kind=Kind.RECORD_ON, title="x")), SITES).state is State.READY


def test_what_a_site_has_of_an_older_edition_does_not_count() -> None:
    with pytest.raises(Conflict) as refused:
        acknowledged(replace(cue(), edition=2), MEYRUEIS, 1, SITES)
    assert (refused.value.key, refused.value.fields["edition"]) == ("older-cue", 2)


def test_an_edit_of_what_the_sites_have_is_acknowledged_anew() -> None:
    armed = cue(State.STANDBY, RIBBON, *SITES)
    other = changed(armed, replace(RIBBON, contents="ct-1"), SITES)
    assert (other.state, other.edition, other.acknowledged) == (State.DRAFT, 2, frozenset())


def test_an_edit_of_what_is_on_paper_alone_changes_no_state() -> None:
    paper = replace(SPEECH, number="3", title="M. le maire", duration=60, people="le maire")
    for state in State:
        before = cue(state, SPEECH, MEYRUEIS)
        after = changed(before, replace(paper, planned_at=TEN, notes="debout"), SITES)
        expected = State.READY if state is State.DRAFT else state
        assert (after.state, after.edition, after.plan.people) == (expected, 1, "le maire")


@pytest.mark.parametrize("state", sorted(BEGUN))
def test_what_was_shown_is_not_changed_afterwards(state: State) -> None:
    with pytest.raises(Conflict) as refused:
        changed(cue(state), replace(RIBBON, text="autre chose"), SITES)
    assert refused.value.key == "cue-begun"


def test_a_skipped_cue_is_changed_and_stays_skipped() -> None:
    after = changed(cue(State.SKIPPED), replace(RIBBON, text="x"), SITES)
    assert (after.state, after.edition) == (State.SKIPPED, 2)


def test_go_says_when_and_leaves_nobody_out() -> None:
    armed = directed(cue(State.READY, RIBBON, *SITES), Act.ARM, SITES, TEN)
    live = directed(armed, Act.GO, SITES, TEN)
    assert (armed.state, live.state) == (State.STANDBY, State.LIVE)
    assert (live.started_at, live.ended_at, live.without) == (TEN, None, ())
    done = directed(live, Act.FINISH, SITES, TEN + timedelta(seconds=9))
    assert (done.state, done.ended_at) == (State.DONE, TEN + timedelta(seconds=9))


@pytest.mark.parametrize(("state", "act"), [(State.DRAFT, Act.ARM), (State.STANDBY, Act.GO)])
def test_who_is_missing_is_named(state: State, act: Act) -> None:
    with pytest.raises(Conflict) as refused:
        directed(cue(state, RIBBON, MEYRUEIS), act, SITES, TEN)
    assert refused.value.key == "cue-not-ready"
    assert refused.value.fields["missing"] == [VILLEFORT]


def test_anyway_is_noted_with_who_was_missing() -> None:
    armed = directed(cue(State.DRAFT, RIBBON, MEYRUEIS), Act.ARM_ANYWAY, SITES, TEN)
    live = directed(armed, Act.GO_ANYWAY, SITES, TEN)
    assert (live.state, live.without) == (State.LIVE, (VILLEFORT,))


def test_anyway_with_everybody_there_is_an_ordinary_go() -> None:
    armed = directed(cue(State.READY, RIBBON, *SITES), Act.ARM_ANYWAY, SITES, TEN)
    live = directed(armed, Act.GO_ANYWAY, SITES, TEN)
    assert (live.state, live.without) == (State.LIVE, ())


@pytest.mark.parametrize("act", [Act.GO, Act.GO_ANYWAY])
@pytest.mark.parametrize("state", sorted(set(State) - {State.STANDBY}))
def test_go_from_anywhere_else_is_refused(state: State, act: Act) -> None:
    with pytest.raises(Conflict) as refused:
        directed(cue(state, RIBBON, *SITES), act, SITES, TEN)
    assert refused.value.key == "illegal-cue-act"


def test_disarmed_it_is_as_ready_as_the_sites_are() -> None:
    full, half = cue(State.STANDBY, RIBBON, *SITES), cue(State.STANDBY, RIBBON, MEYRUEIS)
    assert directed(full, Act.DISARM, SITES, TEN).state is State.READY
    assert directed(half, Act.DISARM, SITES, TEN).state is State.DRAFT


def test_called_back_before_its_hour_it_ends_when_it_would_have_begun() -> None:
    later = TEN + timedelta(seconds=3)
    live = replace(cue(State.LIVE, RIBBON, *SITES), started_at=later)
    assert directed(live, Act.ABORT, SITES, TEN).ended_at == later
    assert directed(cue(State.LIVE), Act.ABORT, SITES, TEN).ended_at == TEN


def test_restored_it_has_never_been_on() -> None:
    aborted = replace(
        cue(State.ABORTED, RIBBON, *SITES), started_at=TEN, ended_at=TEN, without=(MURAT,)
    )
    after = directed(aborted, Act.RESTORE, SITES, TEN)
    assert (after.state, after.started_at, after.ended_at, after.without) == (
        State.READY,
        None,
        None,
        (),
    )
    skipped = directed(after, Act.SKIP, SITES, TEN)
    assert directed(skipped, Act.RESTORE, SITES, TEN) == after


def test_a_plan_names_sites_of_the_session_only() -> None:
    good = replace(SPEECH, sites=(VILLEFORT,), substitute=VILLEFORT)
    assert checked(good, SITES) is good
    for bad in (
        replace(SPEECH, on_air=(MURAT,)),
        replace(SPEECH, sites=(MURAT,)),
        replace(SPEECH, substitute=MURAT),
    ):
        with pytest.raises(Invalid) as refused:
            checked(bad, SITES)
        assert refused.value.fields == {"title": SPEECH.title, "room": MURAT}


def test_a_plan_names_no_more_rooms_than_its_layout_shows() -> None:
    both = replace(SPEECH, on_air=SITES, layout=Layout.TWO)
    assert checked(both, SITES) is both
    assert checked(replace(both, layout=Layout.SLATE), SITES).layout is Layout.SLATE
    with pytest.raises(Invalid) as refused:
        checked(replace(both, layout=Layout.ONE), SITES)
    assert (refused.value.key, refused.value.fields["most"]) == ("cue-layout", 1)


def test_the_hour_of_a_cue_is_near_that_of_its_session() -> None:
    for good in (None, TEN - timedelta(days=2), TEN + timedelta(days=2)):
        assert in_time(replace(SPEECH, planned_at=good), TEN).planned_at == good
    with pytest.raises(Invalid) as refused:
        in_time(replace(SPEECH, planned_at=datetime.max.replace(tzinfo=UTC)), TEN)
    assert refused.value.fields == {"title": SPEECH.title, "days": 2}


def test_a_message_says_something() -> None:
    with pytest.raises(Invalid):
        checked(Plan(kind=Kind.MESSAGE_TO_SITE, title="x"), SITES)
    said = Plan(kind=Kind.MESSAGE_TO_SITE, title="x", text="Levez-vous")
    assert checked(said, SITES) == said


@pytest.mark.parametrize(
    ("lost", "shown"),
    [
        (set(), Fallback(rooms=(MEYRUEIS, VILLEFORT))),
        ({MEYRUEIS}, Fallback(rooms=(VILLEFORT,))),
        ({MEYRUEIS, VILLEFORT}, Fallback(rooms=(MURAT,))),
        ({MEYRUEIS, VILLEFORT, MURAT}, Fallback(rooms=(), slate="Un instant…")),
    ],
)
def test_who_is_lost_is_replaced_as_planned(lost: set[RoomId], shown: Fallback) -> None:
    plan = replace(SPEECH, on_air=SITES, substitute=MURAT, slate="Un instant…")
    assert fallback(plan, frozenset(lost)) == shown


def test_without_a_substitute_there_is_the_slate_and_without_sources_nothing_is_lost() -> None:
    assert fallback(SPEECH, frozenset({MEYRUEIS})) == Fallback(rooms=(), slate="")
    assert fallback(RIBBON, frozenset(SITES)) == Fallback(rooms=())


def test_what_is_done_in_a_moment_asks_nobody() -> None:
    for kind in MOMENTARY:
        assert concerned(Plan(kind=kind, title="x", sites=SITES), SITES) == ()
