"""A ceremony as it is directed: the stage, the floor and the desk, moved together.

Whoever has the desk acts; what is learnt of the sources and the passing of time move it as well.
Whatever comes, who is lost has the floor no more, and a floor that goes by the queue goes on.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from orchestrator import direction as desk
from orchestrator import floor as turns
from orchestrator import show
from orchestrator import stage as place
from orchestrator.direction import Direction
from orchestrator.floor import Floor, Mode, Seat, SeatState, Turn
from orchestrator.stage_signal import Signal
from orchestrator.stage_table import Layout, SourceState, Stage
from orchestrator.talkback import Talk, begun, spoken_to
from rooms.errors import Conflict, Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Staging:
    """All that is kept of a ceremony beside its session and its rundown."""

    direction: Direction
    stage: Stage = Stage()
    floor: Floor = Floor()
    talk: Talk | None = None

    @property
    def spoken_to(self) -> frozenset[str]:
        """Who hears the desk, and nobody else."""
        return spoken_to(self.talk, self.stage, self.heard)

    @property
    def heard(self) -> frozenset[str]:
        """Whose sound everybody gets."""
        return turns.heard(self.floor, self.stage.on_air)


class Word(StrEnum):
    """What is done at the desk."""

    HERE = "here"
    HAND_OVER = "hand_over"
    DEPUTIES = "deputies"
    PREPARE = "prepare"
    TAKE = "take"
    HOLD = "hold"
    RESUME = "resume"
    RELEASE = "release"
    ACCEPT = "accept"
    ARM = "arm"
    SUBSTITUTE = "substitute"
    RESTORE = "restore"
    SLATE = "slate"
    TALK = "talk"
    MODE = "mode"
    RAISE = "raise"
    LOWER = "lower"
    GRANT = "grant"
    WITHDRAW = "withdraw"
    PASS = "pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing done, with what it needs (`NEEDS`)."""

    word: Word
    source: str | None = None
    substitute: str | None = None
    armed: bool = False
    layout: Layout | None = None
    sources: tuple[str, ...] = ()
    wings: bool = False
    person: str | None = None
    deputies: tuple[str, ...] = ()
    mode: Mode | None = None
    name: str = ""
    to: Seat | None = None


NEEDS: Mapping[Word, tuple[str, ...]] = {
    Word.HERE: (),
    Word.HAND_OVER: ("person",),
    Word.DEPUTIES: (),
    Word.PREPARE: ("layout",),
    Word.TAKE: (),
    Word.HOLD: ("source",),
    Word.RESUME: ("source",),
    Word.RELEASE: ("source",),
    Word.ACCEPT: ("source",),
    Word.ARM: ("source",),
    Word.SUBSTITUTE: ("source", "substitute"),
    Word.RESTORE: ("source",),
    Word.SLATE: (),
    Word.TALK: (),
    Word.MODE: ("mode",),
    Word.RAISE: ("source",),
    Word.LOWER: ("source",),
    Word.GRANT: ("source",),
    Word.WITHDRAW: ("source",),
    Word.PASS: ("source", "to"),
}
OF_THE_DESK = frozenset({Word.HERE, Word.HAND_OVER, Word.DEPUTIES})
OF_THE_FLOOR = frozenset({Word.MODE, Word.RAISE, Word.LOWER, Word.GRANT, Word.WITHDRAW, Word.PASS})
OF_THE_SITES = frozenset({Word.RAISE, Word.LOWER})
"""What needs no desk: a hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What is seen of a source that is there: whether it flows and what, or since when not."""

    flows: bool = False
    signal: Signal | None = None
    silent_since: datetime | None = None


def begin(director: str, sources: Iterable[str]) -> Staging:
    """A stage that is set up: everybody absent, the slate, a free floor."""
    direction = desk.here(Direction(director=director), director)
    return Staging(direction=direction, stage=place.enrol(Stage(), sources))


def done(staging: Staging, act: Act, by: str, now: datetime) -> Staging:
    """The ceremony after an act; refused in words when it is not possible, or not his."""
    needed = [name for name in NEEDS[act.word] if getattr(act, name) is None]
    if needed:
        raise Invalid("act-incomplete", act=act.word.value, needs=needed)
    staging = ticked(staging, now)
    if act.word not in OF_THE_SITES:
        staging = replace(staging, direction=_directed(staging.direction, act, by))
    if act.word in OF_THE_FLOOR:
        staging = replace(staging, floor=_on_floor(staging, act, now))
    elif act.word is Word.TALK:
        staging = replace(staging, talk=begun(staging.stage, by, act.sources, act.wings))
    elif act.word not in OF_THE_DESK:
        staging = replace(staging, stage=_ON_STAGE[act.word](staging.stage, act, by))
    return _settled(staging, now)


def put_on(staging: Staging, cast: show.Cast, by: str, now: datetime) -> Staging:
    """The ceremony after the GO of a cue, by whoever had the desk when he said it."""
    staging = ticked(staging, now)
    return _settled(replace(staging, stage=show.put_on(staging.stage, cast, by)), now)


def may_go(staging: Staging, by: str) -> None:
    """Only who has the desk says GO; Forbidden else."""
    desk.holds(desk.here(staging.direction, by), by)


def hand(staging: Staging, source: str, up: bool, now: datetime) -> Staging:
    """A source raises its hand by itself or lowers it; who has the floor gives it back. What is not
    possible changes nothing."""
    seat, known = Seat(source=source), {one.id: one.state for one in staging.stage.sources}
    if known.get(source, SourceState.ABSENT) is SourceState.ABSENT:
        return staging
    turn = _BY_HAND.get((staging.floor.state(seat), up))
    if turn is None:
        return staging
    return _settled(replace(staging, floor=turns.move(staging.floor, turn, seat, now)), now)


def ticked(staging: Staging, now: datetime) -> Staging:
    """Time has passed."""
    return _settled(replace(staging, stage=place.tick(staging.stage, now)), now)


def learnt(staging: Staging, facts: Mapping[str, Fact], now: datetime) -> Staging:
    """What is seen of all its sources; of whom nothing is said here, he is not there."""
    stage = staging.stage
    for source in stage.sources:
        stage = _learnt(stage, source.id, facts.get(source.id), now)
    return ticked(replace(staging, stage=stage), now)


def enrolled(staging: Staging, there: Iterable[str]) -> Staging:
    """These belong to it. Who is gone, and of no use to anybody, is forgotten."""
    there, stage = tuple(there), staging.stage
    named = {one.substitute for one in stage.sources}
    used = named | stage.in_program | {spot.owner for spot in stage.spots}
    used |= {*stage.preview.sources, *there}
    kept = tuple(
        one for one in stage.sources if one.state is not SourceState.ABSENT or one.id in used
    )
    if len(kept) < len(stage.sources):
        stage = replace(stage, sources=kept)
    known = {one.id for one in kept}
    new = [source for source in dict.fromkeys(there) if source not in known]
    return replace(staging, stage=place.enrol(stage, new[: place.MOST_SOURCES - len(kept)]))


def desk_lost(staging: Staging, person: str) -> Staging:
    """Nothing is heard of a director's desk."""
    return replace(staging, direction=desk.lost(staging.direction, person))


def happened(before: Staging, after: Staging) -> list[tuple[str, str]]:
    """What the ladder has done meanwhile, for the record: (what, whose spot)."""
    rungs = {spot.owner: (spot.rung.value, spot.source) for spot in before.stage.spots}
    told = []
    for spot in after.stage.spots:
        if spot.owner in rungs and rungs[spot.owner] != (spot.rung.value, spot.source):
            told.append((spot.rung.value, spot.owner))
    return told


def signals(before: Staging, after: Staging) -> list[tuple[str, str]]:
    """Of whom on air more or less comes than before, for the record: (whose, what comes)."""
    on_air = before.stage.on_air & after.stage.on_air
    former = {one.id: one.signal for one in before.stage.sources if one.id in on_air}
    now = {one.id: one.signal for one in after.stage.sources if one.id in on_air}
    return [
        (source, signal.value) for source, signal in now.items() if signal is not former[source]
    ]


def _learnt(stage: Stage, source: str, fact: Fact | None, now: datetime) -> Stage:
    if fact is None:
        return place.gone(stage, source, now)
    if stage.source(source).state is SourceState.ABSENT:
        stage = place.came(stage, source, now)
    if fact.flows:
        stage = place.passed(place.came(stage, source, now), source)
        return stage if fact.signal is None else place.arrives(stage, source, fact.signal)
    if fact.silent_since is None:
        return stage
    if source in stage.in_program:
        return place.silent(stage, source, fact.silent_since)
    return place.faulty(stage, source)


def _directed(direction: Direction, act: Act, by: str) -> Direction:
    """Who acts is there; only who has the desk does more than that."""
    direction = desk.here(direction, by)
    if act.word is Word.HERE:
        return direction
    if act.word is Word.HAND_OVER:
        return desk.hand_over(direction, by, act.person or "")
    if act.word is Word.DEPUTIES:
        return desk.name(direction, by, act.deputies)
    desk.holds(direction, by)
    return direction


def _on_floor(staging: Staging, act: Act, now: datetime) -> Floor:
    floor = staging.floor
    if act.mode is not None and act.word is Word.MODE:
        return turns.become(floor, act.mode)
    seat = _there(staging, Seat(source=act.source or "", name=act.name), act)
    if act.word is Word.PASS and act.to is not None:
        return turns.hand_on(floor, seat, _there(staging, act.to, act), now)
    return turns.move(floor, Turn(act.word.value), seat, now)


def _there(staging: Staging, seat: Seat, act: Act) -> Seat:
    """Who is absent neither asks nor speaks."""
    state = staging.stage.source(seat.source).state
    if state is SourceState.ABSENT:
        raise Conflict(
            "illegal-on-floor", source=seat.source, state=state.value, act=act.word.value
        )
    return seat


def _settled(staging: Staging, now: datetime) -> Staging:
    floor = staging.floor
    for source in staging.stage.sources:
        if source.state is SourceState.ABSENT:
            floor = turns.lost(floor, source.id)
    talk = staging.talk
    if talk is not None and talk.by != staging.direction.holder:
        talk = None
    floor = turns.advance(floor, staging.stage.on_air, now)
    return replace(staging, floor=floor, talk=talk)


_BY_HAND: Mapping[tuple[SeatState, bool], Turn] = {
    (SeatState.QUIET, True): Turn.RAISE,
    (SeatState.ASKING, False): Turn.LOWER,
    (SeatState.SPEAKING, False): Turn.WITHDRAW,
}
_ON_STAGE: Mapping[Word, Callable[[Stage, Act, str], Stage]] = {
    Word.PREPARE: lambda s, a, by: place.prepare(s, a.layout or Layout.SLATE, a.sources),
    Word.TAKE: lambda s, a, by: place.take(s, by),
    Word.HOLD: lambda s, a, by: place.hold(s, a.source or ""),
    Word.RESUME: lambda s, a, by: place.resume(s, a.source or "", by),
    Word.RELEASE: lambda s, a, by: place.release(s, a.source or ""),
    Word.ACCEPT: lambda s, a, by: place.accept(s, a.source or ""),
    Word.ARM: lambda s, a, by: place.arm(s, a.source or "", a.substitute, a.armed),
    Word.SUBSTITUTE: lambda s, a, by: place.put(s, a.source or "", a.substitute or "", by),
    Word.SLATE: lambda s, a, by: place.blank(s, by),
    Word.RESTORE: lambda s, a, by: place.restore(s, a.source or "", by),
}
