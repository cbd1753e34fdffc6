"""What a rehearsal showed, and what got worse since: pure.

The hours of a run of show are those of the day; in a rehearsal they count from its first cue, as if
that had been in time. A report is compared on the day with the tests made since, part by part.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.cue import Cue, State
from orchestrator.rundown_times import times
from orchestrator.site_test import Line, Measured, Outcome, Part, Result, results
from rooms.ids import RoomId

INCIDENTS = frozenset(
    {
        *("stage.slate", "stage.proposed", "stage.live"),
        *("site.dropped", "site.recovering", "site.left"),
        *("recording.start.refused", "broadcast.start.refused"),
    }
)
"""What of the record is worth a line in the report."""
MOST_INCIDENTS = 200
WORSE_KBPS = 0.7
"""A line that carries less than this share of what it did is told of."""
WORSE_MS, WORSE_LOSS = 200, 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site in the rehearsal; `measured` is its last test, None when nobody made one."""

    room: RoomId
    role: str
    state: str
    measured: Measured | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A cue that was played: by how many seconds it came later than planned, and lasted longer;
    `without` are the sites that were missing, `spread_ms` between the first and the last screen."""

    title: str
    state: str
    started_at: datetime
    late: int
    over: int | None
    without: tuple[RoomId, ...] = ()
    spread_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that happened by itself; `action` as it is on record."""

    at: datetime
    action: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of it."""

    began_at: datetime
    ended_at: datetime
    sites: tuple[Site, ...]
    cues: tuple[Played, ...]
    unplayed: tuple[str, ...]
    incidents: tuple[Incident, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worse:
    """What got worse at a site: the key of a sentence, with its facts."""

    room: RoomId
    part: Part
    key: str
    facts: Mapping[str, object]


def played(
    cues: Sequence[Cue], starts_at: datetime, now: datetime, spreads: Mapping[str, int]
) -> tuple[Played, ...]:
    """The cues that were played, in the order in which they began."""
    hours = {one.id: one for one in times(cues, starts_at, now).cues}
    begun = sorted(
        ((cue.started_at, cue) for cue in cues if cue.started_at is not None),
        key=lambda pair: pair[0],
    )
    if not begun:
        return ()
    first, head = begun[0]
    shift = first - hours[head.id].planned_start
    return tuple(
        Played(
            title=cue.plan.title,
            state=cue.state.value,
            started_at=at,
            late=_seconds(at - hours[cue.id].planned_start - shift),
            over=hours[cue.id].over,
            without=cue.without,
            spread_ms=spreads.get(cue.id),
        )
        for at, cue in begun
    )


def unplayed(cues: Iterable[Cue]) -> tuple[str, ...]:
    """The titles of those that were not."""
    waiting = (State.DRAFT, State.READY, State.STANDBY)
    return tuple(cue.plan.title for cue in cues if cue.state in waiting)


def spread(fired: Iterable[datetime | None]) -> int | None:
    """Between the first and the last screen that showed something, in ms; two are needed."""
    known = [at for at in fired if at is not None]
    if len(known) < 2:
        return None
    return round((max(known) - min(known)) / timedelta(milliseconds=1))


def compared(then: Sequence[Site], today: Mapping[RoomId, Measured]) -> tuple[Worse, ...]:
    """What got worse since the rehearsal, site by site; what was never tested is not known."""
    return tuple(
        worse
        for site in then
        if site.measured is not None and site.room in today
        for worse in _worse(site.room, site.measured, today[site.room])
    )


_RANK = {Outcome.FAILED: 0, Outcome.WEAK: 1, Outcome.PASSED: 2}


def _worse(room: RoomId, then: Measured, now: Measured) -> Iterable[Worse]:
    for before, after in zip(results(then), results(now), strict=True):
        if Outcome.UNTRIED in (before.outcome, after.outcome):
            continue
        if _RANK[after.outcome] < _RANK[before.outcome]:
            key = f"rehearsal-worse-{after.outcome}"
            yield Worse(room=room, part=after.part, key=key, facts=_facts(after))
        elif after.part is Part.LINE and then.line is not None and now.line is not None:
            yield from _worse_line(room, then.line, now.line)


def _facts(result: Result) -> dict[str, object]:
    return {**result.facts, "said": result.key}


def _worse_line(room: RoomId, then: Line, now: Line) -> Iterable[Worse]:
    """It passes still, and carries much less than it did."""
    pairs = (
        ("up", then.up_kbps, now.up_kbps, now.up_kbps < then.up_kbps * WORSE_KBPS),
        ("down", then.down_kbps, now.down_kbps, now.down_kbps < then.down_kbps * WORSE_KBPS),
        ("rtt", then.rtt_ms, now.rtt_ms, now.rtt_ms > then.rtt_ms + WORSE_MS),
        (
            "loss",
            round(100 * then.loss),
            round(100 * now.loss),
            now.loss > then.loss + WORSE_LOSS,
        ),
    )
    for word, before, after, worse in pairs:
        if worse:
            facts: dict[str, object] = {"then": before, "now": after}
            yield Worse(room=room, part=Part.LINE, key=f"rehearsal-worse-line-{word}", facts=facts)


def _seconds(span: timedelta) -> int:
    return round(span.total_seconds())
