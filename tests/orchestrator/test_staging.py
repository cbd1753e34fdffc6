"""The stage, the floor and the desk moved together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator import staging as c
from orchestrator.floor import Mode, Seat, SeatState
from orchestrator.show import Cast
from orchestrator.stage import MOST_SOURCES
from orchestrator.stage_signal import Signal
from orchestrator.stage_table import Layout, SourceState
from orchestrator.staging import NEEDS, Act, Fact, Staging, Word
from rooms.errors import Conflict, Forbidden, Invalid, NotFound

NOW = datetime(2013, 9, 19, 9, 0, tzinfo=UTC)
CHIEF, DEPUTY = "pe-chief", "pe-deputy"
MEYRUEIS, FLORAC = "meyrueis-visio", "florac-visio"
SITES = (MEYRUEIS, FLORAC)
FLOWING = dict.fromkeys(SITES, Fact(flows=True))


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def do(staging: Staging, *acts: Act, by: str = CHIEF, now: datetime = NOW) -> Staging:
    for act in acts:
        staging = c.done(staging, act, by, now)
    return staging


def airing(*sources: str) -> Staging:
    prepared = Act(word=Word.PREPARE, layout=Layout.FOUR, sources=sources or SITES)
    return do(c.learnt(c.begin(CHIEF, SITES), FLOWING, NOW), prepared, Act(word=Word.TAKE))


def states(staging: Staging) -> list[str]:
    return [one.state.value for one in staging.stage.sources]


def test_it_begins_with_the_slate_everybody_away_and_who_set_it_up_at_the_desk() -> None:
    begun = c.begin(CHIEF, SITES)
    assert states(begun) == ["absent", "absent"]
    assert (begun.stage.layout, begun.direction.holder) == (Layout.SLATE, CHIEF)
    assert begun.heard == frozenset()


@pytest.mark.parametrize("word", [word for word, needs in NEEDS.items() if needs])
def test_an_act_says_what_it_needs(word: Word) -> None:
    with pytest.raises(Invalid) as refusal:
        do(airing(), Act(word=word))
    assert refusal.value.fields == {"act": word.value, "needs": list(NEEDS[word])}


def test_every_act_is_done() -> None:
    staging = do(
        airing(MEYRUEIS),
        Act(word=Word.DEPUTIES, deputies=(DEPUTY,)),
        Act(word=Word.ARM, source=MEYRUEIS, substitute=FLORAC, armed=True),
        Act(word=Word.HOLD, source=MEYRUEIS),
        Act(word=Word.RESUME, source=MEYRUEIS),
        Act(word=Word.SUBSTITUTE, source=MEYRUEIS, substitute=FLORAC),
        Act(word=Word.RESTORE, source=MEYRUEIS),
        Act(word=Word.RELEASE, source=MEYRUEIS),
    )
    assert states(staging) == ["ready", "ready"]
    staging = c.learnt(staging, {MEYRUEIS: Fact()}, NOW)
    staging = c.learnt(staging, {MEYRUEIS: Fact(), FLORAC: Fact()}, NOW)
    assert states(staging) == ["ready", "connected"]
    assert states(do(staging, Act(word=Word.ACCEPT, source=FLORAC))) == ["ready", "ready"]


def test_only_who_has_the_desk_acts_and_the_deputy_when_it_is_his() -> None:
    staging = do(airing(), Act(word=Word.DEPUTIES, deputies=(DEPUTY,)))
    staging = do(staging, Act(word=Word.HERE), by=DEPUTY)
    with pytest.raises(Forbidden):
        do(staging, Act(word=Word.TAKE), by=DEPUTY)
    with pytest.raises(Forbidden):
        do(staging, Act(word=Word.HERE), by="pe-other")
    lost = c.desk_lost(staging, CHIEF)
    assert lost.stage == staging.stage
    assert do(lost, Act(word=Word.TAKE), by=DEPUTY).stage.on_air == frozenset()
    handed = do(staging, Act(word=Word.HAND_OVER, person=DEPUTY))
    assert handed.direction.holder == DEPUTY


def test_hands_are_raised_by_anybody_and_granted_at_the_desk() -> None:
    staging = do(airing(), Act(word=Word.MODE, mode=Mode.DIRECTOR))
    assert staging.heard == frozenset()
    raised = do(staging, Act(word=Word.RAISE, source=FLORAC, name="Anne"), by="pe-other")
    assert raised.floor.queue == (Seat(source=FLORAC, name="Anne"),)
    with pytest.raises(Forbidden):
        do(raised, Act(word=Word.GRANT, source=FLORAC, name="Anne"), by="pe-other")
    granted = do(raised, Act(word=Word.GRANT, source=FLORAC, name="Anne"))
    assert granted.heard == {FLORAC}
    passed = Act(word=Word.PASS, source=FLORAC, name="Anne", to=Seat(source=MEYRUEIS))
    assert do(granted, passed).heard == {MEYRUEIS}
    with pytest.raises(NotFound):
        do(granted, Act(word=Word.RAISE, source="murat"))
    with pytest.raises(Conflict):
        do(c.begin(CHIEF, SITES), Act(word=Word.RAISE, source=FLORAC))


def test_the_queue_goes_on_when_who_speaks_is_lost() -> None:
    staging = do(
        airing(),
        Act(word=Word.MODE, mode=Mode.QUEUE),
        Act(word=Word.RAISE, source=MEYRUEIS),
        Act(word=Word.RAISE, source=FLORAC),
    )
    assert staging.heard == {MEYRUEIS}
    lost = c.learnt(staging, {FLORAC: Fact(flows=True)}, after(1))
    assert (set(lost.heard), lost.floor.state(Seat(source=MEYRUEIS))) == ({FLORAC}, SeatState.QUIET)


def test_a_silence_is_judged_by_where_the_source_is() -> None:
    silent = {MEYRUEIS: Fact(silent_since=NOW), FLORAC: Fact(silent_since=NOW)}
    staging = c.learnt(airing(MEYRUEIS), silent, after(1))
    assert states(staging) == ["on_air", "connected"]
    assert states(c.learnt(staging, FLOWING, after(1.5))) == ["on_air", "ready"]
    gone = c.learnt(staging, silent, after(2))
    assert states(gone) == ["absent", "connected"]
    back = c.learnt(gone, FLOWING, after(3))
    assert states(back) == ["ready", "ready"]
    assert back.heard == frozenset()


def test_what_the_ladder_does_is_told() -> None:
    arm = Act(word=Word.ARM, source=MEYRUEIS, substitute=FLORAC, armed=True)
    staging = do(airing(MEYRUEIS), arm)
    silent = c.learnt(staging, {**FLOWING, MEYRUEIS: Fact(silent_since=NOW)}, after(1))
    seen = [c.ticked(silent, after(seconds)) for seconds in (2, 8, 20)]
    assert c.happened(silent, silent) == []
    assert c.happened(staging, silent) == [("doubtful", MEYRUEIS)]
    assert [c.happened(silent, one) for one in seen] == [
        [("slate", MEYRUEIS)],
        [("proposed", MEYRUEIS)],
        [("live", MEYRUEIS)],
    ]
    assert c.happened(seen[2], airing(FLORAC)) == []


def test_what_comes_of_those_on_air_is_told_and_of_nobody_else() -> None:
    sound = dict.fromkeys(SITES, Fact(flows=True, signal=Signal.SOUND))
    before = airing(MEYRUEIS)
    after_ = c.learnt(before, sound, NOW)
    assert c.signals(before, after_) == [(MEYRUEIS, "sound")]
    assert c.signals(after_, c.learnt(after_, sound, NOW)) == []
    assert c.signals(after_, c.learnt(after_, {}, NOW)) == []


def test_who_comes_is_enrolled_and_who_is_gone_and_of_no_use_is_forgotten() -> None:
    staging = c.enrolled(c.begin(CHIEF, SITES), [*SITES, "pa-1", "pa-2"])
    assert [one.id for one in staging.stage.sources] == [*SITES, "pa-1", "pa-2"]
    named = do(staging, Act(word=Word.ARM, source=MEYRUEIS, substitute="pa-1"))
    kept = c.enrolled(named, SITES)
    assert [one.id for one in kept.stage.sources] == [*SITES, "pa-1"]
    assert c.enrolled(kept, SITES) == kept


def test_more_than_a_stage_holds_are_not_enrolled() -> None:
    staging = c.enrolled(c.begin(CHIEF, SITES), [*SITES, *(f"pa-{n}" for n in range(200))])
    assert len(staging.stage.sources) == MOST_SOURCES


def test_a_held_source_stays_enrolled_while_it_is_not_seen() -> None:
    staging = do(airing(MEYRUEIS), Act(word=Word.HOLD, source=MEYRUEIS))
    assert c.enrolled(staging, ()).stage.source(MEYRUEIS).state is SourceState.HELD
    assert replace(staging, floor=staging.floor) == staging


def test_a_cue_is_put_on_stage_by_who_had_the_desk_at_its_go() -> None:
    staging = airing(MEYRUEIS)
    c.may_go(staging, CHIEF)
    with pytest.raises(Forbidden):
        c.may_go(staging, DEPUTY)
    wanted = Cast(layout=Layout.ONE, sources=(FLORAC,), owners=(FLORAC,))
    after = c.put_on(staging, wanted, CHIEF, NOW)
    assert after.stage.on_air == after.heard == {FLORAC}
