"""The rundown: edited, reordered and directed while it runs; one cue is live at a time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.cue import BEGUN, MOST_CUES, Act, Cue, CueId, Kind, Plan, State
from orchestrator.rundown import (
    BY_THE_DIRECTOR,
    Entry,
    Rundown,
    carried_out,
    done,
    due,
    edited,
    found_ready,
    found_unready,
    reordered,
    reset,
    seated,
    site_ready,
    site_unready,
    takes_effect,
)
from rooms.errors import Conflict, Invalid, MargerideError, NotFound
from rooms.ids import RoomId

TEN = datetime(2013, 9, 19, 10, 0, tzinfo=UTC)
MEYRUEIS, VILLEFORT = RoomId("meyrueis"), RoomId("villefort")
SITES = (MEYRUEIS, VILLEFORT)
PLANS = (
    Plan(kind=Kind.SPEECH, title="Accueil", on_air=(MEYRUEIS,), duration=300),
    Plan(kind=Kind.SIMULTANEOUS_ACTION, title="Le ruban", duration=20),
    Plan(kind=Kind.RECORD_OFF, title="Coupez"),
)


def names() -> CueId:
    return CueId(f"cu-{next(_numbers)}")


_numbers = count(1)


def written(plans: Sequence[Plan] = PLANS) -> Rundown:
    global _numbers
    _numbers = count(1)
    return edited(Rundown(sites=SITES), [Entry(plan=plan) for plan in plans], names)


def states(rundown: Rundown) -> list[State]:
    return [cue.state for cue in rundown.cues]


def ready(rundown: Rundown) -> Rundown:
    for cue in rundown.cues:
        for room in SITES:
            rundown = site_ready(rundown, cue.id, room, cue.edition)
    return rundown


def go(rundown: Rundown, id: str, at: datetime = TEN) -> Rundown:
    return done(done(rundown, id, Act.ARM, at), id, Act.GO, at)


def entries(rundown: Rundown) -> list[Entry]:
    return [Entry(id=cue.id, plan=cue.plan) for cue in rundown.cues]


def refused(*what: object) -> str:
    call, *arguments = what
    with pytest.raises(MargerideError) as error:
        call(*arguments)  # type: ignore[operator]
    return error.value.key


def test_a_new_rundown_waits_for_its_sites() -> None:
    rundown = written()
    assert [cue.id for cue in rundown.cues] == ["cu-1", "cu-2", "cu-3"]
    assert states(rundown) == [State.DRAFT, State.DRAFT, State.READY]
    assert states(ready(rundown)) == [State.READY] * 3


def test_the_rundown_from_the_first_to_the_last_cue() -> None:
    rundown = go(ready(written()), "cu-1")
    assert rundown.live == rundown.cue("cu-1")
    later = TEN + timedelta(seconds=310)
    rundown = go(rundown, "cu-2", later)
    assert states(rundown) == [State.DONE, State.LIVE, State.READY]
    assert rundown.cue("cu-1").ended_at == rundown.cue("cu-2").started_at == later
    rundown = go(rundown, "cu-3", later)  # beside what is on
    assert states(rundown) == [State.DONE, State.LIVE, State.DONE]
    assert rundown.cue("cu-3").ended_at == later
    rundown = done(rundown, "cu-2", Act.FINISH, later)
    assert rundown.live is None


def test_a_cue_nobody_wrote_is_not_found() -> None:
    assert refused(done, written(), "cu-9", Act.SKIP, TEN) == "no-cue"


def test_an_edit_keeps_what_did_not_change() -> None:
    before = ready(written())
    new = Entry(plan=Plan(kind=Kind.FREE, title="Musique"))
    after = edited(before, [new, *entries(before)[1:]], names)
    assert [cue.id for cue in after.cues] == ["cu-4", "cu-2", "cu-3"]
    assert after.cues[1:] == before.cues[1:]


def test_an_edit_names_cues_that_are_there_and_each_once() -> None:
    rundown = written()
    lines = entries(rundown)
    assert refused(edited, rundown, [Entry(id=CueId("cu-9"), plan=PLANS[0])], names) == "no-cue"
    assert refused(edited, rundown, [lines[0], lines[0]], names) == "cue-twice"
    away = replace(PLANS[0], on_air=(RoomId("murat"),))
    assert refused(edited, rundown, [Entry(plan=away)], names) == "cue-no-site"
    many = [Entry(plan=PLANS[2])] * (MOST_CUES + 1)
    with pytest.raises(Invalid) as error:
        edited(rundown, many, names)
    assert error.value.fields == {"most": MOST_CUES}


def test_what_has_begun_stays_where_it_is() -> None:
    rundown = go(go(ready(written()), "cu-1"), "cu-2")
    lines = entries(rundown)
    assert refused(edited, rundown, lines[1:], names) == "cue-begun"
    assert refused(edited, rundown, [lines[1], lines[0], lines[2]], names) == "cue-passed"
    assert refused(reordered, rundown, ["cu-2", "cu-1", "cu-3"]) == "cue-passed"


def test_what_waits_is_reordered_while_live() -> None:
    plans = (*PLANS, Plan(kind=Kind.FREE, title="Musique"))
    rundown = go(ready(written(plans)), "cu-1")
    after = reordered(rundown, ["cu-1", "cu-4", "cu-3", "cu-2"])
    assert [cue.id for cue in after.cues] == ["cu-1", "cu-4", "cu-3", "cu-2"]
    assert after.live == rundown.live
    for wrong in (["cu-1"], ["cu-1", "cu-2", "cu-3", "cu-3"], ["cu-1", "cu-2", "cu-3", "cu-9"]):
        assert refused(reordered, rundown, wrong) == "other-cues"


def test_a_site_that_starts_anew_has_it_no_more() -> None:
    rundown = ready(written())
    after = site_unready(rundown, "cu-2", VILLEFORT)
    assert states(after) == [State.READY, State.DRAFT, State.READY]
    assert refused(done, after, "cu-2", Act.ARM, TEN) == "cue-not-ready"
    with pytest.raises(NotFound):
        site_unready(rundown, "cu-2", RoomId("murat"))
    with pytest.raises(NotFound):
        site_ready(rundown, "cu-2", RoomId("murat"), 1)


def test_what_many_sites_say_at_once_is_found_in_all_cues_that_wait() -> None:
    rundown = go(ready(written()), "cu-1")
    everybody = frozenset((*SITES, RoomId("langogne-visio")))
    gone = found_unready(rundown, {CueId("cu-1"): everybody, CueId("cu-2"): frozenset(SITES[:1])})
    assert states(gone) == [State.LIVE, State.DRAFT, State.READY]
    back = found_ready(gone, {CueId("cu-2"): everybody})
    assert back == rundown
    assert found_ready(back, {CueId("cu-2"): everybody}) == back


def test_a_go_is_due_until_what_it_brings_is_done_or_it_is_aborted() -> None:
    rundown = go(ready(written()), "cu-2", TEN + timedelta(seconds=2))
    rundown = go(rundown, "cu-1")
    assert [cue.id for cue in due(rundown)] == ["cu-1", "cu-2"]
    assert [takes_effect(cue) for cue in due(rundown)] == [TEN, TEN + timedelta(seconds=2)]
    assert takes_effect(rundown.cue("cu-3")) > TEN + timedelta(days=1000)
    rundown = carried_out(rundown, "cu-2")
    assert [cue.id for cue in due(rundown)] == ["cu-1"]
    assert due(done(rundown, "cu-1", Act.ABORT, TEN)) == []
    assert [cue.id for cue in due(done(rundown, "cu-1", Act.FINISH, TEN))] == ["cu-1"]


def test_go_anyway_says_who_was_missing() -> None:
    rundown = done(written(), "cu-2", Act.ARM_ANYWAY, TEN)
    rundown = done(rundown, "cu-2", Act.GO_ANYWAY, TEN)
    assert rundown.cue("cu-2").without == SITES


def test_after_a_rehearsal_all_is_as_before_it() -> None:
    before = ready(written())
    after = done(go(before, "cu-1"), "cu-2", Act.SKIP, TEN)
    assert reset(after) == before


def test_a_site_that_has_left_the_session_need_not_be_ready() -> None:
    rundown = site_ready(written(), "cu-2", MEYRUEIS, 1)
    assert states(seated(rundown, [MEYRUEIS])) == [State.DRAFT, State.READY, State.READY]
    assert states(seated(ready(rundown), [*SITES, RoomId("murat")]))[1] is State.DRAFT


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["act", "ready", "unready", "edit", "order"]),
        st.integers(0, 2),
        st.sampled_from([*sorted(BY_THE_DIRECTOR)]),
    ),
    max_size=25,
)


@given(STEPS)
def test_whatever_is_asked_one_cue_is_live_and_only_by_go_from_standby(
    steps: list[tuple[str, int, Act]],
) -> None:
    rundown, now = written(), TEN
    for what, place, act in steps:
        before, now = rundown, now + timedelta(seconds=1)
        try:
            rundown = _stepped(rundown, what, place, act, now)
        except Conflict:
            assert rundown is before
        for old in before.cues:
            _lawful(old, rundown.cue(old.id), what, act)
        assert states(rundown).count(State.LIVE) <= 1


def _stepped(rundown: Rundown, what: str, place: int, act: Act, now: datetime) -> Rundown:
    cue = rundown.cues[place]
    match what:
        case "ready":
            return site_ready(rundown, cue.id, SITES[place % 2], cue.edition)
        case "unready":
            return site_unready(rundown, cue.id, SITES[place % 2])
        case "edit":
            plan = replace(cue.plan, text=f"{now:%S}")
            lines = [Entry(id=c.id, plan=plan if c is cue else c.plan) for c in rundown.cues]
            return edited(rundown, lines, names)
        case "order":
            ids = [c.id for c in rundown.cues]
            return reordered(rundown, [*ids[place:], *ids[:place]])
        case _:
            return done(rundown, cue.id, act, now)


def _lawful(old: Cue, new: Cue, what: str, act: Act) -> None:
    if new.state is State.LIVE and old.state is not State.LIVE:
        assert (what, old.state) == ("act", State.STANDBY)
        assert act is Act.GO_ANYWAY or new.without == ()
    if old.state in BEGUN and act is not Act.RESTORE:
        assert new.state in BEGUN
        assert new.plan == old.plan
        assert new.started_at == old.started_at
