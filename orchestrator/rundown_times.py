"""The hours of a rundown: as planned, as they were, as they are to be expected; all by arithmetic.

A cue without an hour of its own follows the one before it. What is expected goes on from what is
live: a cue that over-runs moves all that follow, up to one whose hour is later still.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.cue import BEGUN, WAITING, Cue, CueId, State


@dataclass(frozen=True, slots=True, kw_only=True)
class CueTimes:
    """The hours of one cue; nothing is expected of one that was passed over. `over`: by how many
    seconds it is, or was, longer than planned; less than none for one that was shorter."""

    id: CueId
    planned_start: datetime
    planned_end: datetime
    expected_start: datetime | None = None
    expected_end: datetime | None = None
    over: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """All of them. `left` of the live cue, less than none once it over-runs; `next` comes in
    `next_in` seconds; `late`: by how much the end is later than planned."""

    cues: tuple[CueTimes, ...]
    planned_end: datetime
    expected_end: datetime
    late: int
    live: CueId | None = None
    left: int | None = None
    next: CueId | None = None
    next_in: int | None = None


def times(cues: Sequence[Cue], starts_at: datetime, now: datetime) -> Times:
    """The hours of these cues in a session that is to begin at `starts_at`."""
    planned = list(_planned(cues, starts_at))
    expected = _expected(cues, starts_at, now)
    rows = tuple(
        CueTimes(
            id=cue.id,
            planned_start=start,
            planned_end=end,
            expected_start=expected.get(cue.id, (None, None))[0],
            expected_end=expected.get(cue.id, (None, None))[1],
            over=_over(cue, now),
        )
        for cue, (start, end) in zip(cues, planned, strict=True)
    )
    planned_end = planned[-1][1] if planned else starts_at
    expected_end = max((end for _, end in expected.values()), default=planned_end)
    live = next((cue for cue in cues if cue.state is State.LIVE), None)
    coming = next(iter(_coming(cues)), None)
    return Times(
        cues=rows,
        planned_end=planned_end,
        expected_end=expected_end,
        late=_whole(expected_end - planned_end),
        live=None if live is None else live.id,
        left=None if live is None else -_overrun(live, now),
        next=None if coming is None else coming.id,
        next_in=None if coming is None else _whole(expected[coming.id][0] - now),
    )


def _planned(cues: Sequence[Cue], starts_at: datetime) -> Iterator[tuple[datetime, datetime]]:
    cursor = starts_at
    for cue in cues:
        start = cue.plan.planned_at or cursor
        cursor = start + timedelta(seconds=cue.plan.duration)
        yield start, cursor


def _expected(
    cues: Sequence[Cue], starts_at: datetime, now: datetime
) -> dict[CueId, tuple[datetime, datetime]]:
    """From the live one on; where nothing is live, from now, or the hour of the session."""
    found: dict[CueId, tuple[datetime, datetime]] = {}
    cursor = max(now, starts_at) if not any(map(_has_run, cues)) else now
    for cue in cues:
        if cue.started_at is not None and _has_run(cue):
            end = cue.ended_at or max(now, _due(cue, cue.started_at))
            found[cue.id] = cue.started_at, end
            cursor = max(cursor, end)
    for cue in _coming(cues):
        start = max(cursor, cue.plan.planned_at or cursor)
        cursor = start + timedelta(seconds=cue.plan.duration)
        found[cue.id] = start, cursor
    return found


def _has_run(cue: Cue) -> bool:
    return cue.state in BEGUN


def _coming(cues: Sequence[Cue]) -> list[Cue]:
    """Those that wait behind the live one, else behind the last that has run."""
    live = [place for place, cue in enumerate(cues) if cue.state is State.LIVE]
    begun = [place for place, cue in enumerate(cues) if cue.state in BEGUN]
    behind = max(live or begun, default=-1) + 1
    return [cue for cue in cues[behind:] if cue.state in WAITING]


def _due(cue: Cue, started: datetime) -> datetime:
    return started + timedelta(seconds=cue.plan.duration)


def _over(cue: Cue, now: datetime) -> int | None:
    if cue.state is State.LIVE:
        return max(0, _overrun(cue, now))
    return _overrun(cue, now) if cue.state is State.DONE else None


def _overrun(cue: Cue, now: datetime) -> int:
    started = cue.started_at or now
    return _whole((cue.ended_at or now) - _due(cue, started))


def _whole(much: timedelta) -> int:
    return round(much.total_seconds())
