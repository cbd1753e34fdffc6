"""The stage (plateau) of a ceremony: who is in the wings, who on air, and what a broken line does.

A source is a site (a room) or a person. It comes as `connected`, in the wings, and is `ready` once
its sound and picture flow, or the director says so. On air it comes by the director's act, or by a
rule the director has armed; there is no other way, and one that was lost comes back to the wings.

The program is what everybody sees: a layout and its spots. The preview is what is taken next. When
nothing is heard of a source on air, its spot climbs the ladder: after 2 s a slate stands there,
after 8 s a substitute is proposed, after 20 s the substitute comes by itself if that is armed. A
silence shorter than 2 s was never seen, and is no return. A source that is lost stays in its spot,
so that the director can bring it back into it.

Nothing here waits, stores or sends. The tables are in `orchestrator/stage_table.py`, and
docs/states.md is drawn from them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from orchestrator.stage_signal import Signal
from orchestrator.stage_table import (
    ALONE_AFTER,
    LADDER,
    PLACES,
    PROPOSE_AFTER,
    SLATE_AFTER,
    SOURCE,
    Layout,
    Mishap,
    Move,
    Rung,
    Scene,
    Source,
    SourceState,
    Spot,
    Stage,
)
from rooms.errors import Conflict, Invalid

RULE = "rule"
"""Who brought a source on air when nobody did: the rule the director has armed."""
MOST_SOURCES = 100

# What is learnt. Late or repeated facts change nothing.


def enrol(stage: Stage, sources: Iterable[str]) -> Stage:
    """These belong to it too, and are absent."""
    known = {one.id for one in stage.sources}
    new = tuple(Source(id=source) for source in dict.fromkeys(sources) if source not in known)
    if len(known) + len(new) > MOST_SOURCES:
        raise Invalid("too-many-sources", most=MOST_SOURCES)
    return replace(stage, sources=stage.sources + new) if new else stage


def came(stage: Stage, source: str, now: datetime) -> Stage:
    """It is on the line: in the wings, or on air still when its silence was too short to see."""
    stage = tick(stage, now)
    return _at(_moved(stage, source, Move.CAME), source, Mishap.HEARD, None)


def passed(stage: Stage, source: str) -> Stage:
    """Its sound and picture flow."""
    return _moved(stage, source, Move.PASSED)


def arrives(stage: Stage, source: str, signal: Signal) -> Stage:
    """So much of it comes. What is on air stays there: a portrait stands where no picture comes."""
    return _with(stage, replace(stage.source(source), signal=signal))


def faulty(stage: Stage, source: str) -> Stage:
    """They do not, although it is on the line; what is on air is judged by its silence."""
    return _moved(stage, source, Move.FAULTY)


def silent(stage: Stage, source: str, now: datetime) -> Stage:
    """Nothing is heard of it since `now`: doubtful on air, lost in the wings."""
    if stage.source(source).state is SourceState.ON_AIR:
        return _at(stage, source, Mishap.SILENT, now)
    return gone(stage, source, now)


def gone(stage: Stage, source: str, now: datetime) -> Stage:
    """It has left, or is lost for good."""
    return _at(_moved(stage, source, Move.LOST), source, Mishap.GONE, now)


def tick(stage: Stage, now: datetime) -> Stage:
    """Time has passed: every spot climbs as far as it has to."""
    for spot in stage.spots:
        if spot.silent_since is not None:
            stage = _climbed(stage, spot.source, now - spot.silent_since)
    return stage


def _climbed(stage: Stage, source: str, silence: timedelta) -> Stage:
    if silence >= SLATE_AFTER and stage.spot(source).rung is Rung.DOUBTFUL:
        stage = _moved(_at(stage, source, Mishap.AFTER_2_S, None), source, Move.LOST)
    if silence >= PROPOSE_AFTER and stage.spot(source).rung is Rung.SLATE:
        stage = _at(stage, source, Mishap.AFTER_8_S, None)
    if silence >= ALONE_AFTER and stage.spot(source).rung is Rung.PROPOSED:
        stage = _by_the_rule(stage, source)
    return stage


def _by_the_rule(stage: Stage, source: str) -> Stage:
    one = stage.source(source)
    if not one.armed or one.substitute is None:
        return stage
    ready = Move.RULE in SOURCE[stage.source(one.substitute).state]
    if not ready or one.substitute in stage.in_program:
        return stage
    stage = _moved(stage, one.substitute, Move.RULE, RULE)
    return _filled(stage, stage.spot(source), one.substitute, Mishap.AFTER_20_S_ARMED)


# The director's acts.


def prepare(stage: Stage, layout: Layout, sources: tuple[str, ...]) -> Stage:
    """Put this in the preview; whoever is in it need not be ready yet."""
    most = PLACES[layout]
    if not min(most, 1) <= len(sources) <= most or len(set(sources)) != len(sources):
        raise Invalid("bad-scene", layout=layout.value, most=most)
    for source in sources:
        stage.source(source)
    return replace(stage, preview=Scene(layout=layout, sources=sources))


def take(stage: Stage, by: str) -> Stage:
    """The preview becomes the program, and the program the preview, so that it can be undone."""
    wanted, former = stage.preview, stage
    for source in wanted.sources:
        state = stage.source(source).state
        if state is not SourceState.ON_AIR:
            stage = _acted(stage, source, Move.TAKE, by)
    for spot in former.spots:
        if spot.source not in wanted.sources:
            stage = _left(stage, spot)
    doubts = {s.source: s.silent_since for s in former.spots if s.rung is Rung.DOUBTFUL}
    spots = tuple(_spot(source, doubts.get(source)) for source in wanted.sources)
    shown = tuple(spot.source for spot in former.spots)
    preview = Scene(layout=former.layout, sources=shown)
    return replace(stage, layout=wanted.layout, spots=spots, preview=preview, slate="")


def owned(stage: Stage, owners: Mapping[str, str], slate: str) -> Stage:
    """Say whose places those in the program have, and which words stand where nobody is left."""
    spots = tuple(
        replace(spot, owner=owners.get(spot.source, spot.owner), slate=slate)
        for spot in stage.spots
    )
    return replace(stage, spots=spots, slate="" if spots else slate)


def blank(stage: Stage, by: str) -> Stage:
    """The slate at once, whatever is prepared; what was on air is the preview."""
    return take(replace(stage, preview=Scene()), by) if stage.spots else stage


def hold(stage: Stage, source: str) -> Stage:
    """Neither heard nor seen for a while; its place is kept, with a slate."""
    return _acted(stage, source, Move.HOLD)


def resume(stage: Stage, source: str, by: str) -> Stage:
    """On air again after `hold`."""
    if stage.source(source).state is not SourceState.HELD:
        raise _refused(stage, source, Move.TAKE)
    return _acted(stage, source, Move.TAKE, by)


def release(stage: Stage, source: str) -> Stage:
    """Out of the program, back to the wings; after the last one the slate."""
    spot = stage.spot(source)
    stage = _left(stage, spot)
    spots = tuple(other for other in stage.spots if other is not spot)
    return replace(stage, spots=spots, layout=stage.layout if spots else Layout.SLATE, slate="")


def accept(stage: Stage, source: str) -> Stage:
    """The director says it is ready."""
    return _acted(stage, source, Move.PASSED)


def arm(stage: Stage, source: str, substitute: str | None, armed: bool) -> Stage:
    """Name who comes in its place, by himself after 20 s when that is armed."""
    if substitute == source or (armed and substitute is None):
        raise Invalid("bad-substitute", source=source)
    if substitute is not None:
        stage.source(substitute)
    return _with(stage, replace(stage.source(source), substitute=substitute, armed=armed))


def put(stage: Stage, source: str, substitute: str, by: str) -> Stage:
    """Let another one come in its place, whatever happened to it."""
    spot = stage.spot(source)
    stage = _left(_entered(stage, substitute, by), spot)
    return _filled(stage, spot, substitute, Mishap.SUBSTITUTE)


def restore(stage: Stage, source: str, by: str) -> Stage:
    """Give a source that is back in the wings its place again."""
    spot = stage.place(source)
    if spot.source == source:
        stage = _acted(stage, source, Move.TAKE, by)
    else:
        stage = _left(_entered(stage, source, by), spot)
    return _filled(stage, spot, source, Mishap.RESTORE)


def _entered(stage: Stage, source: str, by: str) -> Stage:
    """One that is in no other spot comes on air."""
    if source in stage.in_program:
        raise Conflict("in-program-already", source=source)
    return _acted(stage, source, Move.TAKE, by)


def _left(stage: Stage, spot: Spot) -> Stage:
    """Who was there goes to the wings, if there is any doubt as one who is lost."""
    doubtful = spot.rung is Rung.DOUBTFUL
    return _moved(stage, spot.source, Move.LOST if doubtful else Move.RELEASE)


def _spot(source: str, silent_since: datetime | None) -> Spot:
    rung = Rung.LIVE if silent_since is None else Rung.DOUBTFUL
    return Spot(owner=source, source=source, rung=rung, silent_since=silent_since)


def _filled(stage: Stage, spot: Spot, source: str, because: Mishap) -> Stage:
    after = replace(spot, source=source, rung=LADDER[spot.rung][because], silent_since=None)
    return _spotted(stage, spot, after)


def _at(stage: Stage, source: str, mishap: Mishap, since: datetime | None) -> Stage:
    """Move the spot of a source as the table says, if it is there and the table says anything."""
    for spot in stage.spots:
        rung = LADDER[spot.rung].get(mishap)
        if spot.source == source and rung is not None:
            silent_since = None if rung is Rung.LIVE else spot.silent_since or since
            return _spotted(stage, spot, replace(spot, rung=rung, silent_since=silent_since))
    return stage


def _spotted(stage: Stage, before: Spot, after: Spot) -> Stage:
    spots = tuple(after if spot is before else spot for spot in stage.spots)
    return replace(stage, spots=spots)


def _acted(stage: Stage, source: str, move: Move, by: str = "") -> Stage:
    """An act the table does not know is refused in words."""
    if move not in SOURCE[stage.source(source).state]:
        raise _refused(stage, source, move)
    return _moved(stage, source, move, by)


def _refused(stage: Stage, source: str, move: Move) -> Conflict:
    state = stage.source(source).state
    return Conflict("illegal-on-stage", source=source, state=state.value, act=move.value)


def _moved(stage: Stage, source: str, move: Move, by: str = "") -> Stage:
    """A fact the table does not know changes nothing."""
    before = stage.source(source)
    state = SOURCE[before.state].get(move, before.state)
    signal = Signal.NOTHING if state is SourceState.ABSENT else before.signal
    return _with(stage, replace(before, state=state, by=by or before.by, signal=signal))


def _with(stage: Stage, source: Source) -> Stage:
    sources = tuple(source if one.id == source.id else one for one in stage.sources)
    return replace(stage, sources=sources)
