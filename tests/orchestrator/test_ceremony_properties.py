"""A whole ceremony, its run of show and its desks: no way on air but the director's and his rule.

What is commanded by the director, a deputy or a stranger, what sites say, what breaks and what the
clock brings, in any order; GO takes effect some seconds after it was said, as in the house.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator import rundown as rules
from orchestrator import show
from orchestrator import staging as ceremony
from orchestrator.cue import Act as CueAct
from orchestrator.cue import Cue, CueId, Kind, Plan, State
from orchestrator.floor import Mode
from orchestrator.rundown import BY_THE_DIRECTOR, GOES, Rundown
from orchestrator.stage import RULE
from orchestrator.stage_signal import Signal
from orchestrator.stage_table import PLACES, Layout, SourceState
from orchestrator.staging import OF_THE_SITES, Act, Fact, Staging, Word
from rooms.errors import Conflict, MargerideError
from rooms.ids import RoomId

NOW = datetime(2013, 9, 19, 9, 0, tzinfo=UTC)
SITES = tuple(map(RoomId, ("meyrueis", "florac", "mende", "villefort")))
DIRECTOR, DEPUTY, STRANGER = "pe-director", "pe-deputy", "pe-stranger"
AHEAD = timedelta(seconds=2)
SHOWN = (SourceState.ON_AIR, SourceState.HELD)
LAYOUTS = (None, Layout.SLATE, Layout.ONE, Layout.TWO, Layout.FOUR)


@dataclass(frozen=True)
class Step:
    """Something happens, `wait` seconds after the last."""

    what: str
    who: str
    word: Word
    act: CueAct
    cue: int
    source: RoomId
    other: RoomId
    layout: Layout
    state: str
    wait: float
    flag: bool


STEPS = st.lists(
    st.builds(
        Step,
        what=st.sampled_from(
            ["desk", "desk", "desk", "cue", "go", "go", "fact", "fact", "lost", "reset", "ready"]
        ),
        who=st.sampled_from([DIRECTOR, DIRECTOR, DIRECTOR, DEPUTY, STRANGER]),
        word=st.sampled_from([*Word, *(Word.PREPARE, Word.TAKE, Word.ARM) * 4]),
        act=st.sampled_from(sorted(BY_THE_DIRECTOR)),
        cue=st.integers(0, len(Kind) - 1),
        source=st.sampled_from(SITES),
        other=st.sampled_from(SITES),
        layout=st.sampled_from(Layout),
        state=st.sampled_from(["flows", "silent", "waits", "away"]),
        wait=st.sampled_from([0.0, 0.5, 1.5, 2.0, 8.0, 21.0]),
        flag=st.booleans(),
    ),
    max_size=60,
)


@dataclass(frozen=True)
class House:
    """The run of show, the staging, what is seen of the sites, and the hour."""

    rundown: Rundown
    staging: Staging
    facts: Mapping[str, Fact]
    now: datetime


def begun() -> House:
    """A cue of each kind, of several layouts; two are on air with a substitute who is not armed."""
    cues = tuple(
        Cue(
            id=CueId(f"cu-{kind}"),
            plan=Plan(
                kind=kind,
                title=kind,
                on_air=SITES[number % 3 : number % 3 + number % 2 + 1],
                layout=LAYOUTS[number % len(LAYOUTS)],
                substitute=SITES[3] if number % 2 else None,
                text="Deux minutes",
            ),
        )
        for number, kind in enumerate(Kind)
    )
    staging = ceremony.begin(DIRECTOR, SITES)
    staging = ceremony.done(staging, Act(word=Word.DEPUTIES, deputies=(DEPUTY,)), DIRECTOR, NOW)
    facts: dict[str, Fact] = {site: Fact(flows=True, signal=Signal.FULL) for site in SITES}
    staging = ceremony.learnt(staging, facts, NOW)
    for act in (
        Act(word=Word.PREPARE, layout=Layout.TWO, sources=SITES[:2]),
        Act(word=Word.TAKE),
        *(Act(word=Word.ARM, source=site, substitute=SITES[3]) for site in SITES[:2]),
    ):
        staging = ceremony.done(staging, act, DIRECTOR, NOW)
    return House(Rundown(sites=SITES, cues=cues), staging, facts, NOW)


def at_the_desk(house: House, step: Step) -> House:
    chosen = tuple(dict.fromkeys((step.source, step.other)))[: PLACES[step.layout]]
    act = Act(
        word=step.word,
        source=step.source,
        substitute=step.other if step.flag or step.word is Word.SUBSTITUTE else None,
        armed=step.flag,
        layout=step.layout,
        sources=chosen,
        person=DEPUTY if step.flag else DIRECTOR,
        deputies=(DEPUTY,),
        mode=list(Mode)[step.cue % len(Mode)],
    )
    return replace(house, staging=ceremony.done(house.staging, act, step.who, house.now))


def of_cue(house: House, step: Step) -> House:
    """As `cases.rundowns.act` does it."""
    cue = house.rundown.cues[step.cue]
    rundown = rules.done(house.rundown, cue.id, step.act, house.now + AHEAD)
    if step.act in GOES:
        ceremony.may_go(house.staging, step.who)
        lacking = show.missing(cue.plan, house.staging.stage)
        if lacking and step.act is CueAct.GO:
            raise Conflict("cue-sources-missing", cue=cue.id, missing=[*lacking])
        gone = replace(rundown.cue(cue.id), by=step.who, due=True)
        rundown = rundown.with_cue(gone)
    return replace(house, rundown=rundown)


def takes_effect(house: House) -> tuple[House, frozenset[str | None]]:
    """Every GO whose instant has come; whom those cues name."""
    named: set[str | None] = set()
    for cue in rules.due(house.rundown):
        if rules.takes_effect(cue) > house.now:
            continue
        house = replace(house, rundown=rules.carried_out(house.rundown, cue.id))
        wanted = show.cast(cue.plan, house.staging.stage)
        if wanted is not None:
            with suppress(Conflict):
                staging = ceremony.put_on(house.staging, wanted, cue.by, house.now)
                house = replace(house, staging=staging)
                named |= {*cue.plan.on_air, cue.plan.substitute}
    return house, frozenset(named)


def seen(house: House, step: Step) -> House:
    facts = dict(house.facts)
    if step.state == "away":
        facts.pop(step.source, None)
    else:
        since = house.now if step.state == "silent" else None
        flows = step.state == "flows"
        facts[step.source] = Fact(flows=flows, silent_since=since, signal=Signal.FULL)
    return replace(house, facts=facts)


def happens(house: House, step: Step) -> House:
    match step.what:
        case "desk":
            return at_the_desk(house, step)
        case "cue":
            return of_cue(house, step)
        case "go":
            house = of_cue(house, replace(step, act=CueAct.ARM_ANYWAY))
            return of_cue(house, replace(step, act=CueAct.GO_ANYWAY))
        case "fact":
            return seen(house, step)
        case "lost":
            return replace(house, staging=ceremony.desk_lost(house.staging, DIRECTOR))
        case "ready":
            cue = house.rundown.cues[step.cue]
            ready = rules.site_ready(house.rundown, cue.id, step.source, cue.edition)
            return replace(house, rundown=ready)
        case _:
            return replace(house, rundown=rules.reset(house.rundown))


def may(before: Staging, after: Staging, step: Step) -> bool:
    """Whether he who did it and was not refused had the desk, or needed none."""
    if step.what == "desk":
        free = step.word in OF_THE_SITES or step.word in (Word.HERE, Word.HAND_OVER, Word.DEPUTIES)
        return free or step.who == after.direction.holder
    says_go = step.what == "go" or (step.what == "cue" and step.act in GOES)
    back = before.direction.holder is None  # whoever comes first has it then
    return not says_go or step.who == before.direction.holder or back


def came(before: Staging, after: Staging) -> frozenset[str]:
    return after.stage.on_air - before.stage.on_air


def by_an_armed_rule(before: Staging, after: Staging, source: str) -> bool:
    """He came in the place of one whose substitute he is, and that was armed."""
    spot = next(one for one in after.stage.spots if one.source == source)
    failed = next((one for one in before.stage.spots if one.owner == spot.owner), None)
    if failed is None or after.stage.source(source).by != RULE:
        return False
    rule = before.stage.source(failed.source)
    return rule.armed and rule.substitute == source


@settings(max_examples=400)
@given(STEPS)
def test_no_sequence_of_cues_commands_and_faults_puts_anybody_on_air_by_a_third_way(
    steps: list[Step],
) -> None:
    house = begun()
    for step in steps:
        house = replace(house, now=house.now + timedelta(seconds=step.wait))
        before = house.staging
        house, named = takes_effect(house)
        for source in came(before, house.staging):
            armed = by_an_armed_rule(before, house.staging, source)
            assert armed or source in named
        before = house.staging
        with suppress(MargerideError):
            house = happens(house, step)
            assert may(before, house.staging, step), step
        for source in came(before, house.staging):
            by = house.staging.stage.source(source).by
            holds = by == step.who == house.staging.direction.holder and step.what == "desk"
            assert holds or by_an_armed_rule(before, house.staging, source), step
        before = house.staging
        house = replace(house, staging=ceremony.learnt(before, house.facts, house.now))
        for source in came(before, house.staging):
            assert by_an_armed_rule(before, house.staging, source)
        nothing_contradicts_itself(house)


def nothing_contradicts_itself(house: House) -> None:
    stage = house.staging.stage
    assert house.staging.heard <= stage.on_air
    assert {one.id for one in stage.sources if one.state in SHOWN} <= stage.in_program
    assert len(stage.spots) <= PLACES[stage.layout]
    assert len([cue for cue in house.rundown.cues if cue.state is State.LIVE]) <= 1
    absent = [one for one in stage.sources if one.state is SourceState.ABSENT]
    assert all(one.signal is Signal.NOTHING for one in absent)


@given(STEPS)
def test_a_stranger_changes_nothing_but_a_hand(steps: list[Step]) -> None:
    house = begun()
    for step in steps:
        stranger = replace(step, who=STRANGER, what="cue" if step.what == "cue" else "desk")
        before = house.staging
        with suppress(MargerideError):
            after = happens(house, stranger)
            if stranger.what == "cue":
                assert step.act not in GOES
            elif step.word not in OF_THE_SITES:
                assert after.staging == before, step
