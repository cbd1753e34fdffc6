"""The machine's report of a ceremony (docs/evidence.md)."""

from datetime import datetime

from pydantic import ConfigDict, Field

from orchestrator.api.endpoint import Answer, Call, Route, Shape
from orchestrator.cases import evidences
from orchestrator.keys import HOUSE
from rooms.ids import SessionId


class SpanOut(Shape):
    """From when until when; no `until`: it went on."""

    model_config = ConfigDict(populate_by_name=True)

    since: datetime = Field(alias="from")
    until: datetime | None


class HoursOut(Shape):
    """As booked and as it was, in seconds where it is a length."""

    planned_start: datetime
    planned_end: datetime
    doors: datetime | None
    on_air: datetime | None
    ended: datetime | None
    paused: int
    late: int | None
    longer: int | None
    rehearsals: list[SpanOut]


class AtOnceOut(Shape):
    """Endpoints at one instant."""

    count: int
    at: datetime


class PeopleOut(Shape):
    """Connections that were measured, by kind; nobody counts heads."""

    connections: dict[str, int]
    most_at_once: AtOnceOut | None
    announced: int | None
    visitors_at_once: int | None


class LineOut(Shape):
    """What a site's line carries; `measured` by a test, or as the network's description says."""

    technology: str
    down_kbps: int
    up_kbps: int
    rtt_ms: int
    measured: bool


class CarriedOut(Shape):
    """What arrived at a site, over all its figures."""

    samples: int
    loss: float | None
    loss_worst: float | None
    rtt_ms: int | None
    rtt_worst_ms: int | None
    fps: float | None
    frozen: int
    frozen_worst: float | None
    concealed: float | None
    concealed_worst: float | None
    received_kbps: int | None
    sent_kbps: int | None
    lowered: int


class SiteOut(Shape):
    """A site: when it came, how often it was lost and for how many seconds."""

    room: str
    name: str
    role: str
    came: datetime | None
    lost: int
    away: int
    line: LineOut | None
    quality: CarriedOut | None


class ShownOut(Shape):
    """How far apart the endpoints say they showed a cue."""

    endpoints: int
    spread_ms: int
    error_ms: int


class CueOut(Shape):
    """A cue, as planned and as it was."""

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
    without: list[str]
    shown: ShownOut | None


class MeasureOut(Shape):
    """What was done or seen."""

    at: datetime
    by: str
    what: str
    to: str


class IncidentOut(Shape):
    """What went wrong, and what became of it."""

    kind: str
    at: datetime
    until: datetime | None
    seconds: int | None
    place: str
    worst: str
    slate: int
    measures: list[MeasureOut]


class DeedOut(Shape):
    """What whoever directed did."""

    at: datetime
    by: str
    action: str
    about: list[str]


class EvidenceOut(Shape):
    """The whole; `final` once the ceremony is over."""

    format: int
    made_at: datetime
    session: str
    title: str
    zone: str
    final: bool
    hours: HoursOut
    people: PeopleOut
    sites: list[SiteOut]
    cues: list[CueOut]
    incidents: list[IncidentOut]
    deeds: list[DeedOut]
    recorded: list[SpanOut]
    public: list[SpanOut]
    not_measured: list[str]


async def read(call: Call) -> Answer:
    """As it is now; once the ceremony is over, as it was kept."""
    session = SessionId(call.path("session"))
    return Answer(body=await evidences.read(call.app[HOUSE].conductor, call.person, session))


EVIDENCE = "/sessions/{session}/evidence"
ROUTES = (
    Route(
        method="GET",
        path=EVIDENCE,
        handler=read,
        summary="The machine's report of a ceremony",
        person=True,
        answer=EvidenceOut,
        errors=(404,),
    ),
)
