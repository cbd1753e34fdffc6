"""A cue (top): what is planned, who must be ready for it, and how it goes from draft to done.

A cue is `ready` once every site concerned has acknowledged what it has to show or do. The director
arms it (`standby`) and says GO, from standby alone; where sites are missing he has to say "anyway",
and it is noted which ones. What changes in a plan after it was acknowledged is acknowledged anew.
Late or repeated acknowledgements change nothing, and those of an older edition do not count.

Nothing here waits, stores or sends. The drawing of docs/states.md is made from the table.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from orchestrator.stage_table import PLACES, Layout
from rooms.errors import Conflict, Invalid
from rooms.ids import RoomId

CueId = NewType("CueId", str)
LONGEST_NUMBER, LONGEST_TITLE, LONGEST_TEXT, LONGEST_NOTES = 12, 120, 300, 1000
LONGEST_DURATION = 24 * 3600
MOST_CUES = 200
FARTHEST = timedelta(days=2)


class Kind(StrEnum):
    """What a cue does."""

    SPEECH = "speech"
    SWITCH = "switch"
    CLIP = "clip"
    COUNTDOWN = "countdown"
    SIMULTANEOUS_ACTION = "simultaneous_action"
    Q_AND_A = "q_and_a"
    SLATE = "slate"
    SILENCE = "silence"
    RECORD_ON = "record_on"
    RECORD_OFF = "record_off"
    BROADCAST_ON = "broadcast_on"
    BROADCAST_OFF = "broadcast_off"
    MESSAGE_TO_SITE = "message_to_site"
    FREE = "free"


class State(StrEnum):
    """Where a cue stands."""

    DRAFT = "draft"
    READY = "ready"
    STANDBY = "standby"
    LIVE = "live"
    DONE = "done"
    SKIPPED = "skipped"
    ABORTED = "aborted"


class Act(StrEnum):
    """What is done to a cue: by the sites and by an edit, the rest by the director."""

    LOADED = "loaded"
    UNLOADED = "unloaded"
    CHANGED = "changed"
    ARM = "arm"
    ARM_ANYWAY = "arm_anyway"
    DISARM = "disarm"
    GO = "go"
    GO_ANYWAY = "go_anyway"
    FINISH = "finish"
    ABORT = "abort"
    SKIP = "skip"
    RESTORE = "restore"


CUE: Mapping[State, Mapping[Act, State]] = {
    State.DRAFT: {
        Act.LOADED: State.READY,
        Act.CHANGED: State.DRAFT,
        Act.ARM_ANYWAY: State.STANDBY,
        Act.SKIP: State.SKIPPED,
    },
    State.READY: {
        Act.UNLOADED: State.DRAFT,
        Act.CHANGED: State.DRAFT,
        Act.ARM: State.STANDBY,
        Act.ARM_ANYWAY: State.STANDBY,
        Act.SKIP: State.SKIPPED,
    },
    State.STANDBY: {
        Act.CHANGED: State.DRAFT,
        Act.DISARM: State.DRAFT,
        Act.GO: State.LIVE,
        Act.GO_ANYWAY: State.LIVE,
        Act.SKIP: State.SKIPPED,
    },
    State.LIVE: {Act.FINISH: State.DONE, Act.ABORT: State.ABORTED},
    State.DONE: {},
    State.SKIPPED: {Act.CHANGED: State.SKIPPED, Act.RESTORE: State.DRAFT},
    State.ABORTED: {Act.RESTORE: State.DRAFT},
}

WAITING = frozenset({State.DRAFT, State.READY, State.STANDBY})
BEGUN = frozenset({State.LIVE, State.DONE, State.ABORTED})
"""What has begun is evidence: it is neither changed nor taken out nor moved past another."""
MOMENTARY = frozenset(
    {
        *(Kind.RECORD_ON, Kind.RECORD_OFF, Kind.BROADCAST_ON, Kind.BROADCAST_OFF),
        Kind.MESSAGE_TO_SITE,
    }
)
"""Done as soon as they are live, beside whatever is on; no site has to be ready for them."""
EVERYWHERE = frozenset({Kind.CLIP, Kind.COUNTDOWN, Kind.SIMULTANEOUS_ACTION, Kind.SLATE})
"""These concern every site, unless the plan names some."""
_ANYWAY = {Act.ARM_ANYWAY: Act.ARM, Act.GO_ANYWAY: Act.GO}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A cue as it is written down. `planned_at` None: it follows the one before. `sites` are those
    it concerns, `substitute` and `slate` what is shown when nobody who is on air is left."""

    kind: Kind
    title: str
    number: str = ""
    planned_at: datetime | None = None
    duration: int = 0
    on_air: tuple[RoomId, ...] = ()
    sites: tuple[RoomId, ...] = ()
    layout: Layout | None = None
    contents: str = ""
    text: str = ""
    people: str = ""
    notes: str = ""
    substitute: RoomId | None = None
    slate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """A plan and what became of it. `acknowledged` are the sites that have this `edition`;
    `without` those that were missing when it went "anyway"; `by` who said GO. While it is `due`,
    what it brings with it at `started_at` has not been done yet."""

    id: CueId
    plan: Plan
    state: State = State.DRAFT
    edition: int = 1
    acknowledged: frozenset[RoomId] = frozenset()
    without: tuple[RoomId, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    by: str = ""
    due: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """What is on air when some sources are lost: these rooms, or a slate with these words."""

    rooms: tuple[RoomId, ...]
    slate: str | None = None


def concerned(plan: Plan, sites: Iterable[RoomId]) -> tuple[RoomId, ...]:
    """Who must be ready: the sites named, else all of them or those on air, by the kind."""
    here = tuple(sites)
    if plan.kind in MOMENTARY:
        return ()
    if plan.kind in EVERYWHERE and not plan.sites:
        return here
    return tuple(room for room in plan.sites or plan.on_air if room in here)


def missing(cue: Cue, sites: Iterable[RoomId]) -> tuple[RoomId, ...]:
    """Who is not ready yet."""
    return tuple(room for room in concerned(cue.plan, sites) if room not in cue.acknowledged)


def moved(cue: Cue, act: Act) -> Cue:
    """The cue after an act; Conflict("illegal-cue-act") when it is not the time for it."""
    state = CUE[cue.state].get(act)
    if state is None:
        raise Conflict("illegal-cue-act", cue=cue.id, state=cue.state.value, act=act.value)
    return replace(cue, state=state)


def settled(cue: Cue, sites: Iterable[RoomId]) -> Cue:
    """A draft that everybody concerned has is ready, and one that somebody lacks is a draft."""
    lacking = missing(cue, sites)
    if cue.state is State.DRAFT and not lacking:
        return moved(cue, Act.LOADED)
    return moved(cue, Act.UNLOADED) if cue.state is State.READY and lacking else cue


def acknowledged(cue: Cue, room: RoomId, edition: int, sites: Iterable[RoomId]) -> Cue:
    """A site has it all; Conflict("older-cue") when what it has is not this edition."""
    if edition != cue.edition:
        raise Conflict("older-cue", cue=cue.id, edition=cue.edition)
    return settled(replace(cue, acknowledged=cue.acknowledged | {room}), sites)


def unready(cue: Cue, room: RoomId, sites: Iterable[RoomId]) -> Cue:
    """A site has it no more: its screen was started anew, or somebody says so."""
    return settled(replace(cue, acknowledged=cue.acknowledged - {room}), sites)


def changed(cue: Cue, plan: Plan, sites: Iterable[RoomId]) -> Cue:
    """The cue with another plan: acknowledged anew if the sites have to do with what changed."""
    if _of_sites(plan) == _of_sites(cue.plan):
        return settled(replace(cue, plan=plan), sites)
    if cue.state in BEGUN:
        raise Conflict("cue-begun", cue=cue.id, state=cue.state.value)
    fresh = replace(moved(cue, Act.CHANGED), plan=plan, acknowledged=frozenset())
    return settled(replace(fresh, edition=cue.edition + 1), sites)


def _of_sites(plan: Plan) -> Plan:
    """What is on paper alone, the sites need not have: its number, its hour, who speaks."""
    return replace(plan, number="", title="", planned_at=None, duration=0, people="", notes="")


def directed(cue: Cue, act: Act, sites: Iterable[RoomId], at: datetime) -> Cue:
    """The cue after the director's act; `at` is when it takes effect.

    Conflict("cue-not-ready") names the sites that are missing, where he did not say "anyway".
    """
    lacking = missing(cue, sites)
    if lacking and _unprepared(cue, act):
        raise Conflict("cue-not-ready", cue=cue.id, missing=[*lacking])
    after = moved(cue, _ANYWAY.get(act, act) if not lacking else act)
    if after.state is State.LIVE:
        return replace(after, started_at=at, ended_at=None, without=lacking, due=True)
    if after.state in (State.DONE, State.ABORTED):
        after = replace(after, due=cue.due and after.state is State.DONE)
        return replace(after, ended_at=at if cue.started_at is None else max(at, cue.started_at))
    if act is Act.RESTORE:
        after = replace(after, started_at=None, ended_at=None, without=(), by="")
    return settled(after, sites)


def _unprepared(cue: Cue, act: Act) -> bool:
    arming = act is Act.ARM and cue.state is State.DRAFT
    return arming or (act is Act.GO and cue.state is State.STANDBY)


def checked(plan: Plan, sites: Iterable[RoomId]) -> Plan:
    """The plan, if it names only sites of the session; Invalid("cue-no-site")."""
    known = frozenset(sites)
    substitute = () if plan.substitute is None else (plan.substitute,)
    for room in (*plan.on_air, *plan.sites, *substitute):
        if room not in known:
            raise Invalid("cue-no-site", title=plan.title, room=room)
    if plan.layout not in (None, Layout.SLATE) and len(plan.on_air) > PLACES[plan.layout]:
        raise Invalid("cue-layout", title=plan.title, most=PLACES[plan.layout])
    if plan.kind is Kind.MESSAGE_TO_SITE and not plan.text:
        raise Invalid("cue-no-text", title=plan.title)
    return plan


def in_time(plan: Plan, starts_at: datetime) -> Plan:
    """The plan, if its hour is near that of the session; Invalid("cue-hour")."""
    if plan.planned_at is not None and abs(plan.planned_at - starts_at) > FARTHEST:
        raise Invalid("cue-hour", title=plan.title, days=FARTHEST.days)
    return plan


def fallback(plan: Plan, lost: frozenset[RoomId]) -> Fallback:
    """Who is left on air, else the substitute, else the slate."""
    left = tuple(room for room in plan.on_air if room not in lost)
    if left or not plan.on_air:
        return Fallback(rooms=left)
    if plan.substitute is not None and plan.substitute not in lost:
        return Fallback(rooms=(plan.substitute,))
    return Fallback(rooms=(), slate=plan.slate)
