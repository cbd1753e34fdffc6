"""What a cue puts on the stage at its GO: its layout, who is on air, and what a broken line shows.

Whoever is lost by then gives way as the cue says (`orchestrator.cue.fallback`): to those who are
left, else to its substitute, else to the slate with its words.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from orchestrator import stage as place
from orchestrator.cue import MOMENTARY, Kind, Plan, fallback
from orchestrator.stage_table import PLACES, SOURCE, Layout, Move, SourceState, Stage
from rooms.ids import RoomId

_BY_COUNT = (Layout.ONE, Layout.TWO, Layout.FOUR, Layout.SPEAKER_AND_SITES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who stands where: each of `sources` in the place of the owner beside it."""

    layout: Layout
    sources: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    substitute: str | None = None
    slate: str = ""


def cast(plan: Plan, stage: Stage) -> Cast | None:
    """What the program becomes; None where the cue leaves it as it is."""
    if plan.kind in MOMENTARY:
        return None
    if plan.layout is Layout.SLATE or (plan.kind is Kind.SLATE and not plan.on_air):
        return Cast(layout=Layout.SLATE, slate=plan.slate or plan.text)
    if not plan.on_air:
        return None
    found = fallback(plan, frozenset(_lost((*plan.on_air, plan.substitute), stage)))
    if found.slate is not None:
        return Cast(layout=Layout.SLATE, slate=found.slate)
    stands_in = found.rooms == (plan.substitute,) and plan.substitute not in plan.on_air
    return Cast(
        layout=_layout(plan, len(found.rooms)),
        sources=found.rooms,
        owners=plan.on_air[:1] if stands_in else found.rooms,
        substitute=plan.substitute,
        slate=plan.slate,
    )


def missing(plan: Plan, stage: Stage) -> tuple[RoomId, ...]:
    """Who is to be on air, and cannot come now."""
    if plan.kind in MOMENTARY or plan.layout is Layout.SLATE:
        return ()
    return _lost(plan.on_air, stage)


def put_on(stage: Stage, wanted: Cast, by: str) -> Stage:
    """Prepare and take it; what was on air is the preview, so that it can be undone."""
    stage = place.take(place.prepare(stage, wanted.layout, wanted.sources), by)
    owners = dict(zip(wanted.sources, wanted.owners, strict=True))
    stage = place.owned(stage, owners, wanted.slate)
    for source in dict.fromkeys((*wanted.sources, *wanted.owners)):
        if wanted.substitute not in (None, source, stage.source(source).substitute):
            stage = place.arm(stage, source, wanted.substitute, armed=False)
    return stage


def _lost(rooms: Iterable[RoomId | None], stage: Stage) -> tuple[RoomId, ...]:
    here = {one.id for one in stage.sources if _comes(one.state)}
    return tuple(room for room in rooms if room is not None and room not in here)


def _comes(state: SourceState) -> bool:
    return state is SourceState.ON_AIR or Move.TAKE in SOURCE[state]


def _layout(plan: Plan, count: int) -> Layout:
    """As written; smaller where it has room for some who are lost, larger where it has too few."""
    smallest = next(one for one in _BY_COUNT if PLACES[one] >= count)
    if plan.layout is None or PLACES[plan.layout] < count:
        return smallest
    return smallest if plan.layout in _BY_COUNT[:3] else plan.layout
