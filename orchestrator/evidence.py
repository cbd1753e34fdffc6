"""What a ceremony was, as the machine saw it: built from what is on record, and from nothing else.

What is not measured is null, and named in `not_measured`: a report never guesses. Nobody is named
but in the words of whoever wrote the run of show; who acts is said by what he was, not who.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from orchestrator.cue import Cue, State
from orchestrator.evidence_facts import Announced, Entry, Firing, Line, Outage, Reading
from orchestrator.evidence_incidents import CUTS, Incident, incidents
from orchestrator.evidence_quality import AtOnce, Carried, carried, most_at_once
from orchestrator.rundown_times import CueTimes, times
from orchestrator.session import OVER, Act, Session, Site
from rooms.ids import RoomId

Span = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is on record of a session. `places` counts by kind who was in, `visitors` are those
    of the public page at once and None where nobody counted, `recorded` and `public` come from
    `entries`."""

    session: Session
    title: str
    zone: str
    names: Mapping[RoomId, str]
    lines: Mapping[RoomId, Line] = field(default_factory=dict)
    cues: Sequence[Cue] = ()
    entries: Sequence[Entry] = ()
    readings: Sequence[Reading] = ()
    firings: Sequence[Firing] = ()
    outages: Sequence[Outage] = ()
    places: Mapping[str, int] = field(default_factory=dict)
    announced: Announced = Announced()
    visitors: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """As booked and as it was; `late` by how many seconds it went on air after its hour, `longer`
    by how many it was on air longer than booked; less than none is earlier, or shorter."""

    planned_start: datetime
    planned_end: datetime
    doors: datetime | None
    on_air: datetime | None
    ended: datetime | None
    paused: int
    late: int | None
    longer: int | None
    rehearsals: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReport:
    """A site; `came` when its screen first joined, `away` for how many seconds it was lost."""

    room: RoomId
    name: str
    role: str
    came: datetime | None
    lost: int
    away: int
    line: Line | None
    quality: Carried | None


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Connections that were measured, by kind, and what was announced; nobody counts heads."""

    connections: Mapping[str, int]
    most_at_once: AtOnce | None
    announced: int | None
    visitors_at_once: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How far apart the endpoints say they showed a cue; `error_ms` is the worst they admit."""

    endpoints: int
    spread_ms: int
    error_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CueReport:
    """A cue, as planned and as it was; `late` is its beginning, `over` its length, in seconds."""

    id: str
    number: str
    title: str
    kind: str
    people: str
    state: str
    planned_start: datetime
    planned_seconds: int
    started: datetime | None
    ended: datetime | None
    seconds: int | None
    late: int | None
    over: int | None
    without: tuple[str, ...]
    shown: Shown | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What whoever directed did, in the order in which he did it."""

    at: datetime
    by: str
    action: str
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole; `final` once the session is over."""

    session: str
    title: str
    zone: str
    final: bool
    hours: Hours
    people: People
    sites: tuple[SiteReport, ...]
    cues: tuple[CueReport, ...]
    incidents: tuple[Incident, ...]
    deeds: tuple[Deed, ...]
    recorded: tuple[Span, ...]
    public: tuple[Span, ...]
    not_measured: tuple[str, ...]


DEEDS = frozenset(
    {
        *("session.open", "session.count_down", "session.start", "session.pause", "session.end"),
        *("stage.set_up", "stage.take", "stage.cue", "stage.hold", "stage.resume", "stage.release"),
        *("stage.accept", "stage.arm", "stage.substitute", "stage.restore", "stage.hand_over"),
        *(
            "stage.strike",
            "stage.desk",
            "floor.mode",
            "floor.grant",
            "floor.withdraw",
            "floor.pass",
        ),
        *("rundown.written", "rundown.reordered", "rundown.cue-skip", "rundown.cue-abort"),
        *("rundown.cue-go", "rundown.cue-go_anyway", "rundown.cue-restore"),
    }
)
_MOVES = frozenset(f"session.{act.value}" for act in Act)
_ABOUT = ("source", "substitute", "to")


def build(facts: Facts) -> Report:
    """The report of these facts. A rehearsal is told of in `hours`, and counts for nothing else."""
    began = _began(facts)
    entries = [one for one in facts.entries if not _rehearsed(one, began)]
    readings = [one for one in facts.readings if began is None or one.at >= began]
    public = spans(entries, "broadcast")
    return Report(
        session=facts.session.id,
        title=facts.title,
        zone=facts.zone,
        final=facts.session.state in OVER,
        hours=_hours(facts, began, entries),
        people=_people(facts, readings),
        sites=tuple(_site(facts, site, entries, readings) for site in facts.session.sites),
        cues=tuple(_cues(facts)),
        incidents=incidents(entries, facts.outages, facts.names, facts.session.ended_at),
        deeds=tuple(_deed(facts, one) for one in entries if one.action in DEEDS),
        recorded=spans(entries, "recording"),
        public=public,
        not_measured=tuple(_not_measured(facts, readings, public)),
    )


def spans(entries: Iterable[Entry], what: str) -> tuple[Span, ...]:
    """From each `….start` (or `….begun`) on record to what ends it; None for one that goes on."""
    found: list[Span] = []
    for one in entries:
        open_now = bool(found) and found[-1][1] is None
        if one.action in (f"{what}.start", f"{what}.begun") and not open_now:
            found.append((one.at, None))
        elif one.action in (f"{what}.stop", f"{what}.ended", "session.end") and open_now:
            found[-1] = (found[-1][0], one.at)
        elif one.action == f"{what}.start.refused" and open_now:
            found.pop()
    return tuple(found)


def _rehearsed(entry: Entry, began: datetime | None) -> bool:
    """Whether it is of a rehearsal, be it a later one."""
    return "rehearsal" in entry.detail or (began is not None and entry.at < began)


def _began(facts: Facts) -> datetime | None:
    """When the doors were opened for the last time: what was before was a rehearsal."""
    opened = [one.at for one in facts.entries if one.action == "session.open"]
    if opened:
        return opened[-1]
    return facts.session.started_at or facts.session.opened_at


def _hours(facts: Facts, began: datetime | None, entries: Sequence[Entry]) -> Hours:
    session = facts.session
    started, ended = session.started_at, session.ended_at
    late = None if started is None else _whole(started - session.starts_at)
    longer = None
    if started is not None and ended is not None:
        longer = _whole((ended - started) - (session.ends_at - session.starts_at))
    return Hours(
        planned_start=session.starts_at,
        planned_end=session.ends_at,
        doors=began,
        on_air=started,
        ended=ended,
        paused=_paused(entries, ended),
        late=late,
        longer=longer,
        rehearsals=tuple(_rehearsals(facts.entries)),
    )


def _paused(entries: Iterable[Entry], ended: datetime | None) -> int:
    total, since = timedelta(), None
    for one in entries:
        if one.action == "session.pause":
            since = one.at
        elif one.action in ("session.start", "session.end") and since is not None:
            total, since = total + (one.at - since), None
    if since is not None and ended is not None:
        total += ended - since
    return _whole(total)


def _rehearsals(entries: Iterable[Entry]) -> list[Span]:
    found: list[Span] = []
    for one in entries:
        if found and found[-1][1] is None and one.action in _MOVES:
            found[-1] = (found[-1][0], one.at)
        if one.action == "session.rehearse":
            found.append((one.at, None))
    return found


def _people(facts: Facts, readings: Sequence[Reading]) -> People:
    return People(
        connections=dict(facts.places),
        most_at_once=most_at_once(readings),
        announced=facts.announced.seats or None,
        visitors_at_once=facts.visitors,
    )


def _site(
    facts: Facts, site: Site, entries: Sequence[Entry], readings: Sequence[Reading]
) -> SiteReport:
    of_site = [one for one in entries if one.detail.get("room") == site.room]
    came = next((one.at for one in of_site if one.detail.get("because") == "joined"), None)
    losses = [
        one
        for one in incidents(of_site, (), facts.names, facts.session.ended_at)
        if one.kind == "site"
    ]
    return SiteReport(
        room=site.room,
        name=facts.names.get(site.room, site.room),
        role=site.role,
        came=came,
        lost=len(losses),
        away=sum(one.seconds or 0 for one in losses),
        line=facts.lines.get(site.room),
        quality=carried([one for one in readings if one.room == site.room]),
    )


def _cues(facts: Facts) -> Iterable[CueReport]:
    # "now" matters to what waits only: what is expected is no evidence.
    hours = times(facts.cues, facts.session.starts_at, facts.session.starts_at)
    for cue, of_cue in zip(facts.cues, hours.cues, strict=True):
        yield _cue(facts, cue, of_cue)


def _cue(facts: Facts, cue: Cue, hours: CueTimes) -> CueReport:
    seconds = None
    if cue.started_at is not None and cue.ended_at is not None:
        seconds = _whole(cue.ended_at - cue.started_at)
    done = cue.state is State.DONE and seconds is not None and cue.plan.duration
    return CueReport(
        id=cue.id,
        number=cue.plan.number,
        title=cue.plan.title,
        kind=cue.plan.kind.value,
        people=cue.plan.people,
        state=cue.state.value,
        planned_start=hours.planned_start,
        planned_seconds=cue.plan.duration,
        started=cue.started_at,
        ended=cue.ended_at,
        seconds=seconds,
        late=None if cue.started_at is None else _whole(cue.started_at - hours.planned_start),
        over=hours.over if done else None,
        without=tuple(facts.names.get(room, room) for room in cue.without),
        shown=_shown([one for one in facts.firings if one.cue == cue.id]),
    )


def _shown(firings: Sequence[Firing]) -> Shown | None:
    if not firings:
        return None
    instants = [one.at for one in firings]
    return Shown(
        endpoints=len({one.participant for one in firings}),
        spread_ms=round((max(instants) - min(instants)) / timedelta(milliseconds=1)),
        error_ms=max(one.error_ms for one in firings),
    )


def _deed(facts: Facts, entry: Entry) -> Deed:
    said = [entry.detail[name] for name in _ABOUT if entry.detail.get(name)]
    said += entry.detail.get("sources", []) if entry.action in CUTS else []
    about = [place_of(str(one), facts.names) for one in said]
    about += [str(entry.detail[name]) for name in ("title", "layout") if entry.detail.get(name)]
    return Deed(at=entry.at, by=entry.by, action=entry.action, about=tuple(about))


def place_of(source: str, names: Mapping[RoomId, str]) -> str:
    """How a source is called: a site by its name, a person by nothing that says who he is."""
    return names.get(RoomId(source), "")


def _not_measured(
    facts: Facts, readings: Sequence[Reading], public: Sequence[Span]
) -> Iterable[str]:
    yield "heads"
    if not readings:
        yield "quality"
    if public and facts.visitors is None:
        yield "visitors"
    if not any(one.legs for one in readings if one.room) or _unheard(readings):
        yield "concealed"
    if readings:
        yield "between-samples"
    if any(one.state is State.DONE for one in facts.cues) and not facts.firings:
        yield "instant"


def _unheard(readings: Iterable[Reading]) -> bool:
    counted = Counter(
        leg.get("concealed") is not None for one in readings for leg in one.legs.values()
    )
    return not counted[True]


def _whole(much: timedelta) -> int:
    return round(much.total_seconds())
