"""The documents of a rundown, in and out."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from orchestrator.api.endpoint import Body, Shape
from orchestrator.cases.rundowns import Shown
from orchestrator.cue import (
    LONGEST_DURATION,
    LONGEST_NOTES,
    LONGEST_NUMBER,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_CUES,
    Cue,
    CueId,
    Kind,
    Plan,
    missing,
)
from orchestrator.rundown import Entry, Rundown
from orchestrator.rundown_document import instant, plan_as_json
from orchestrator.rundown_times import CueTimes
from orchestrator.stage_table import Layout
from rooms.fields import clean_text
from rooms.ids import SLUG, RoomId

MOST_SITES = 50
LONGEST_LEAD = 30.0
Directed = Literal[
    "arm", "arm_anyway", "disarm", "go", "go_anyway", "finish", "abort", "skip", "restore"
]
Slug = Annotated[str, Field(pattern=f"^{SLUG.pattern}$")]
Sites = Annotated[list[Slug], Field(max_length=MOST_SITES)]
Text = Annotated[str, Field(max_length=LONGEST_TEXT)]


class CueIn(Body):
    """A line of the rundown; `id`: of the cue it is the plan of, none for a new one."""

    id: Slug | None = None
    number: Annotated[str, Field(max_length=LONGEST_NUMBER)] = ""
    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]
    kind: Annotated[Kind, Field(strict=False)]
    planned_at: Annotated[AwareDatetime, Field(strict=False)] | None = None
    duration: Annotated[int, Field(ge=0, le=LONGEST_DURATION)] = 0
    on_air: Sites = []
    sites: Sites = []
    layout: Annotated[Layout, Field(strict=False)] | None = None
    contents: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    text: Text = ""
    people: Text = ""
    notes: Annotated[str, Field(max_length=LONGEST_NOTES)] = ""
    substitute: Slug | None = None
    slate: Text = ""

    def entry(self) -> Entry:
        """As the rules take it."""
        return Entry(id=None if self.id is None else CueId(self.id), plan=self._plan())

    def _plan(self) -> Plan:
        substitute = None if self.substitute is None else RoomId(self.substitute)
        whole = self.planned_at and self.planned_at.replace(microsecond=0)
        return Plan(
            kind=self.kind,
            title=clean_text(self.title),
            number=clean_text(self.number),
            planned_at=whole,
            duration=self.duration,
            on_air=tuple(map(RoomId, self.on_air)),
            sites=tuple(map(RoomId, self.sites)),
            layout=self.layout,
            contents=self.contents,
            text=clean_text(self.text),
            people=clean_text(self.people),
            notes=clean_text(self.notes),
            substitute=substitute,
            slate=clean_text(self.slate),
        )


class RundownIn(Body):
    """All the lines, in their order."""

    cues: Annotated[list[CueIn], Field(max_length=MOST_CUES)]


class OrderIn(Body):
    """Every cue by its id, in the order that is wanted."""

    order: Annotated[list[Slug], Field(max_length=MOST_CUES)]


class ActIn(Body):
    """What is done to a cue; `lead`: in how many seconds a GO takes effect."""

    act: Directed
    lead: Annotated[float, Field(ge=0, le=LONGEST_LEAD)] = 2.0


class ReadyIn(Body):
    """A site has this edition of the cue; none: it has it no more."""

    edition: Annotated[int, Field(ge=1, le=10**6)] | None


class CueOut(Shape):
    """A cue with its hours; `missing` are the sites that are not ready for it, `without` those that
    were missing when it went "anyway", `over` the seconds it is longer than planned."""

    id: str
    number: str
    title: str
    kind: str
    planned_at: datetime | None
    duration: int
    on_air: list[str]
    sites: list[str]
    layout: str | None
    contents: str
    text: str
    people: str
    notes: str
    substitute: str | None
    slate: str
    state: str
    edition: int
    acknowledged: list[str]
    missing: list[str]
    without: list[str]
    started_at: datetime | None
    ended_at: datetime | None
    planned_start: datetime
    planned_end: datetime
    expected_start: datetime | None
    expected_end: datetime | None
    over: int | None


class RundownOut(Shape):
    """The rundown at `now`: `left` seconds of the `live` cue, `next` in `next_in` seconds, the end
    `late` seconds later than planned; less than none is earlier, or over-run."""

    session: str
    version: int
    now: datetime
    planned_end: datetime
    expected_end: datetime
    late: int
    live: str | None
    left: int | None
    next: str | None
    next_in: int | None
    cues: list[CueOut]


def document(shown: Shown) -> dict[str, Any]:
    """A rundown as it is answered."""
    found = shown.times
    return {
        "session": shown.stored.id,
        "version": shown.version,
        "now": instant(shown.now),
        "planned_end": instant(found.planned_end),
        "expected_end": instant(found.expected_end),
        "late": found.late,
        "live": found.live,
        "left": found.left,
        "next": found.next,
        "next_in": found.next_in,
        "cues": [
            _cue(shown.rundown, cue, hours)
            for cue, hours in zip(shown.rundown.cues, found.cues, strict=True)
        ],
    }


def _cue(rundown: Rundown, cue: Cue, hours: CueTimes) -> dict[str, Any]:
    return {
        "id": cue.id,
        **plan_as_json(cue.plan),
        "planned_at": instant(cue.plan.planned_at),
        "state": cue.state.value,
        "edition": cue.edition,
        "acknowledged": sorted(cue.acknowledged),
        "missing": list(missing(cue, rundown.sites)),
        "without": list(cue.without),
        "started_at": instant(cue.started_at),
        "ended_at": instant(cue.ended_at),
        "planned_start": instant(hours.planned_start),
        "planned_end": instant(hours.planned_end),
        "expected_start": instant(hours.expected_start),
        "expected_end": instant(hours.expected_end),
        "over": hours.over,
    }
