"""Whatever is commanded and whatever breaks: nobody comes on air by any other way than two."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from orchestrator import floor as f
from orchestrator import stage as s
from orchestrator.floor import Floor, Mode, Seat, Turn
from orchestrator.stage_table import (
    PLACES,
    PROPOSE_AFTER,
    SLATE_AFTER,
    Layout,
    Rung,
    SourceState,
    Stage,
)
from rooms.errors import MargerideError

NOW = datetime(2013, 9, 19, 9, 0, tzinfo=UTC)
SOURCES = ("meyrueis", "florac", "mende", "villefort", "president")
DIRECTOR = "pe-director"
BRINGS_ON_AIR = ("take", "resume", "put", "restore")
COMES = {SourceState.ABSENT, SourceState.CONNECTED}
SHOWN = {SourceState.ON_AIR, SourceState.HELD}


@dataclass(frozen=True)
class Step:
    """Something happens, `wait` seconds after the last."""

    word: str
    source: str
    other: str
    layout: Layout
    wait: float
    flag: bool


WORDS = (
    *("came", "came", "passed", "passed", "faulty", "silent", "gone", "tick", "tick"),
    *("prepare", "prepare", "take", "take", "hold", "resume", "release", "accept"),
    *("arm", "put", "restore", "mode", "raise", "grant", "withdraw", "pass"),
)
STEPS = st.lists(
    st.builds(
        Step,
        word=st.sampled_from(WORDS),
        source=st.sampled_from(SOURCES),
        other=st.sampled_from(SOURCES),
        layout=st.sampled_from(Layout),
        wait=st.sampled_from([0.0, 0.5, 1.5, 2.0, 8.0, 21.0]),
        flag=st.booleans(),
    ),
    max_size=60,
)


def on_stage(stage: Stage, step: Step, now: datetime) -> Stage:
    match step.word:
        case "came":
            return s.came(stage, step.source, now)
        case "passed":
            return s.passed(stage, step.source)
        case "faulty":
            return s.faulty(stage, step.source)
        case "silent":
            return s.silent(stage, step.source, now)
        case "gone":
            return s.gone(stage, step.source, now)
        case "prepare":
            chosen = tuple(dict.fromkeys((step.source, step.other)))[: PLACES[step.layout]]
            return s.prepare(stage, step.layout, chosen)
        case "take":
            return s.take(stage, DIRECTOR)
        case "hold":
            return s.hold(stage, step.source)
        case "resume":
            return s.resume(stage, step.source, DIRECTOR)
        case "release":
            return s.release(stage, step.source)
        case "accept":
            return s.accept(stage, step.source)
        case "arm":
            return s.arm(stage, step.source, step.other, armed=step.flag)
        case "put":
            return s.put(stage, step.source, step.other, DIRECTOR)
        case "restore":
            return s.restore(stage, step.source, DIRECTOR)
        case _:
            return s.tick(stage, now)


def on_floor(floor: Floor, step: Step, now: datetime) -> Floor:
    seat, other = Seat(source=step.source), Seat(source=step.other)
    match step.word:
        case "mode":
            return f.become(floor, list(Mode)[int(step.wait) % 3])
        case "raise":
            return f.move(floor, Turn.RAISE, seat, now)
        case "grant":
            return f.move(floor, Turn.GRANT, seat, now)
        case "withdraw":
            return f.move(floor, Turn.WITHDRAW, seat, now)
        case "pass":
            return f.hand_on(floor, seat, other, now)
        case "gone":
            return f.lost(floor, step.source)
        case _:
            return floor


def only_two_ways_on_air(before: Stage, after: Stage, step: Step) -> None:
    for source in after.on_air - before.on_air:
        assert before.source(source).state not in COMES
        one = after.source(source)
        if step.word in BRINGS_ON_AIR:
            assert one.by == DIRECTOR
            assert source in (*before.preview.sources, step.source, step.other)
        else:
            place = next(spot for spot in after.spots if spot.source == source)
            failed = next(spot for spot in before.spots if spot.owner == place.owner)
            rule = before.source(failed.source)
            assert one.by == s.RULE
            assert rule.armed
            assert rule.substitute == source


def nothing_contradicts_itself(stage: Stage, floor: Floor) -> None:
    shown = {one.id for one in stage.sources if one.state in SHOWN}
    assert shown <= stage.in_program
    assert len(stage.in_program) == len(stage.spots) <= PLACES[stage.layout]
    for spot in stage.spots:
        running = spot.rung in (Rung.LIVE, Rung.DOUBTFUL)
        assert running is (stage.source(spot.source).state in SHOWN)
        assert (spot.silent_since is None) is (spot.rung is Rung.LIVE)
    assert f.heard(floor, stage.on_air) <= stage.on_air


@given(STEPS)
def test_only_the_director_or_an_armed_rule_brings_anybody_on_air(steps: list[Step]) -> None:
    now, stage, floor = NOW, s.enrol(Stage(), SOURCES), Floor()
    for step in steps:
        now += timedelta(seconds=step.wait)
        before = stage
        with suppress(MargerideError):
            stage, floor = on_stage(stage, step, now), on_floor(floor, step, now)
        only_two_ways_on_air(before, stage, step)
        floor = f.advance(floor, stage.on_air, now)
        nothing_contradicts_itself(stage, floor)


@given(STEPS)
def test_nobody_waits_longer_than_two_seconds_for_the_slate(steps: list[Step]) -> None:
    now, stage = NOW, s.enrol(Stage(), SOURCES)
    for step in steps:
        now += timedelta(seconds=step.wait)
        try:
            stage = on_stage(stage, step, now)
        except MargerideError:
            continue
        for spot in s.tick(stage, now).spots:
            silence = now - (spot.silent_since or now)
            assert silence < SLATE_AFTER or spot.rung in (Rung.SLATE, Rung.PROPOSED)
            assert silence < PROPOSE_AFTER or spot.rung is not Rung.SLATE


@given(STEPS)
def test_a_look_missed_changes_nothing_a_look_twice_neither(steps: list[Step]) -> None:
    now, stage = NOW, s.enrol(Stage(), SOURCES)
    for step in steps:
        now += timedelta(seconds=step.wait)
        try:
            stage = on_stage(stage, step, now)
        except MargerideError:
            continue
        once = s.tick(stage, now)
        assert s.tick(once, now) == once
