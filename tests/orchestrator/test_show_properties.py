"""Whatever is commanded and whatever breaks while the run of show runs: who comes on air was
brought by the director, by the GO of whoever had the desk, or by an armed rule; nobody else."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from orchestrator import rundown as rules
from orchestrator import show
from orchestrator import staging as c
from orchestrator.cue import Act as CueAct
from orchestrator.cue import Cue, CueId, Kind, Plan, State
from orchestrator.rundown import GOES, Rundown
from orchestrator.stage import RULE
from orchestrator.stage_table import PLACES, Layout, SourceState
from orchestrator.staging import Act, Fact, Staging, Word
from rooms.errors import MargerideError
from rooms.ids import RoomId

NOW = datetime(2013, 9, 19, 9, 0, tzinfo=UTC)
LEAD = timedelta(seconds=2)
SITES = tuple(RoomId(name) for name in ("meyrueis", "florac", "mende", "villefort"))
CHIEF, DEPUTY, STRANGER = "pe-chief", "pe-deputy", "pe-stranger"
PLANS = (
    Plan(kind=Kind.SPEECH, title="a", on_air=SITES[:1], substitute=SITES[1]),
    Plan(kind=Kind.SWITCH, title="b", on_air=SITES[1:3], layout=Layout.TWO),
    Plan(kind=Kind.SLATE, title="c", slate="Entracte"),
    Plan(kind=Kind.RECORD_ON, title="d", on_air=SITES),
    Plan(kind=Kind.Q_AND_A, title="e", on_air=SITES, substitute=SITES[0]),
)
GOING = st.sampled_from([*GOES, CueAct.ARM, CueAct.ARM_ANYWAY, CueAct.ABORT, CueAct.FINISH])
OTHERS = st.sampled_from(
    [*(act for act in rules.BY_THE_DIRECTOR if act not in GOES), *("reset", "doors")]
)
BREAKS = st.sampled_from(["breaks", "returns", "gone", "flows", "desk lost", "desk back"])
WORDS = st.sampled_from(
    [*(Word.TAKE, Word.PREPARE, Word.HOLD, Word.RESUME, Word.RELEASE, Word.ACCEPT),
     *(Word.ARM, Word.SUBSTITUTE, Word.RESTORE)]
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """Something is done or breaks, `wait` seconds after the last."""

    what: object
    place: int
    other: int
    by: str
    wait: float
    flag: bool


STEPS = st.lists(
    st.builds(
        Step,
        what=st.one_of(st.just("runs"), GOING, OTHERS, BREAKS, WORDS),
        place=st.integers(0, len(PLANS) - 1),
        other=st.integers(0, len(SITES) - 1),
        by=st.sampled_from([CHIEF, CHIEF, CHIEF, DEPUTY, STRANGER]),
        wait=st.sampled_from([0.0, 0.0, 0.5, 2.0, 8.0, 21.0]),
        flag=st.booleans(),
    ),
    max_size=40,
)


@dataclass
class Evening:
    """The run of show and the stage, moved as the service moves them."""

    rundown: Rundown
    staging: Staging
    now: datetime = NOW
    facts: dict[str, Fact] = field(default_factory=dict)
    brought: dict[str, str] = field(default_factory=dict)
    """Who was allowed to bring each source on air by this step, and by what."""

    def pass_to(self, at: datetime) -> None:
        """Every GO takes effect at its instant; the ladder climbs in between."""
        while True:
            due = [cue for cue in rules.due(self.rundown) if rules.takes_effect(cue) <= at]
            if not due:
                break
            self.now = max(self.now, rules.takes_effect(due[0]))
            self._learn()
            self._carry_out(due[0])
        self.now = at
        self._learn()

    def _carry_out(self, cue: Cue) -> None:
        self.rundown = rules.carried_out(self.rundown, cue.id)
        wanted = show.cast(cue.plan, self.staging.stage)
        if wanted is None:
            return
        named = {*cue.plan.on_air, cue.plan.substitute}
        assert named.issuperset(wanted.sources)
        before = self.staging
        with suppress(MargerideError):
            self.staging = c.put_on(before, wanted, cue.by, self.now)
        self._judge(before, dict.fromkeys(wanted.sources, cue.by))

    def _learn(self) -> None:
        before = self.staging
        self.staging = c.learnt(before, self.facts, self.now)
        self._judge(before, {})

    def command(self, step: Step) -> None:
        """A cue's act, with the check of the desk that a GO has."""
        cue, act = self.rundown.cues[step.place], step.what
        assert isinstance(act, CueAct)
        after = rules.done(self.rundown, cue.id, act, self.now + LEAD)
        if act in GOES:
            c.may_go(self.staging, step.by)
            if show.missing(cue.plan, self.staging.stage) and act is CueAct.GO:
                return
            after = after.with_cue(replace(after.cue(cue.id), by=step.by))
        self.rundown = after

    def runs(self, step: Step) -> None:
        """A cue is armed by the director, and somebody says GO."""
        for act, by in ((CueAct.ARM_ANYWAY, CHIEF), (CueAct.GO_ANYWAY, step.by)):
            self.command(replace(step, what=act, by=by))

    def direct(self, step: Step) -> None:
        """An act at the desk."""
        assert isinstance(step.what, Word)
        source, other = SITES[step.other], SITES[step.place % len(SITES)]
        layout = list(Layout)[step.place % len(Layout)]
        wanted = Act(
            word=step.what,
            source=source,
            substitute=other,
            armed=step.flag,
            layout=layout,
            sources=tuple(dict.fromkeys((source, other)))[: PLACES[layout]],
        )
        before, self.staging = self.staging, c.done(self.staging, wanted, step.by, self.now)
        self._judge(before, dict.fromkeys(SITES, step.by))

    def breaks(self, step: Step) -> None:
        """Something happens to a source, or to a desk."""
        source = SITES[step.other]
        match step.what:
            case "breaks":
                self.facts[source] = Fact(silent_since=self.now)
            case "gone":
                self.facts.pop(source, None)
            case "returns":
                self.facts[source] = Fact()
            case "flows":
                self.facts[source] = Fact(flows=True)
            case "desk lost":
                self.staging = c.desk_lost(self.staging, step.by)
            case "desk back":
                self.staging = c.done(self.staging, Act(word=Word.HERE), step.by, self.now)
            case _:
                self.rundown = rules.reset(self.rundown)
        self._learn()

    def _judge(self, before: Staging, allowed: dict[RoomId, str] | dict[str, str]) -> None:
        on_air = self.staging.stage.on_air
        for source in on_air - before.stage.on_air:
            one = self.staging.stage.source(source)
            if one.by == RULE:
                assert any(
                    rule.armed and rule.substitute == source for rule in before.stage.sources
                )
                continue
            assert one.by == allowed.get(RoomId(source))
            assert one.by in (CHIEF, DEPUTY)
            assert before.stage.source(source).state is not SourceState.ABSENT
        assert self.staging.heard <= on_air <= self.staging.stage.in_program


def begun() -> Evening:
    cues = tuple(Cue(id=CueId(f"cu-{n}"), plan=plan) for n, plan in enumerate(PLANS))
    staging = c.begin(CHIEF, SITES)
    named = Act(word=Word.DEPUTIES, deputies=(DEPUTY,))
    facts: dict[str, Fact] = {site: Fact(flows=True) for site in SITES}
    evening = Evening(Rundown(sites=SITES, cues=cues), c.done(staging, named, CHIEF, NOW))
    evening.facts = facts
    evening.pass_to(NOW)
    return evening


@given(STEPS)
def test_only_the_director_a_go_or_an_armed_rule_brings_anybody_on_air(steps: list[Step]) -> None:
    evening = begun()
    for step in steps:
        evening.pass_to(evening.now + timedelta(seconds=step.wait))
        with suppress(MargerideError):
            if step.what == "runs":
                evening.runs(step)
            elif isinstance(step.what, CueAct):
                evening.command(step)
            elif isinstance(step.what, Word):
                evening.direct(step)
            else:
                evening.breaks(step)
        lives = [cue for cue in evening.rundown.cues if cue.state is State.LIVE]
        assert len(lives) <= 1
        assert all(cue.by in (CHIEF, DEPUTY) for cue in lives)


def test_a_go_of_a_stranger_brings_nobody_and_the_director_s_does() -> None:
    for by, on_air in ((STRANGER, set()), (CHIEF, {SITES[0]})):
        evening = begun()
        with suppress(MargerideError):
            evening.runs(Step(what="runs", place=0, other=0, by=by, wait=0.0, flag=False))
        evening.pass_to(NOW + LEAD)
        assert evening.staging.stage.on_air == on_air
