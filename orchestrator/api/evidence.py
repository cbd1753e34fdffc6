"""The machine's report of a ceremony (docs/evidence.md)."""

import asyncio
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from aiohttp import web
from pydantic import ConfigDict, Field

from orchestrator.api.endpoint import Answer, Call, Query, Route, Shape
from orchestrator.api.problems import locale_of
from orchestrator.cases import evidences
from orchestrator.evidence_paper import paper
from orchestrator.keys import HOUSE, WORDS
from orchestrator.papers import typeset
from orchestrator.papers.blocks import Block, Heading, Paper, Table
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


class InLanguage(Query):
    """Of the words; else as `Accept-Language` says."""

    lang: Literal["fr", "en"] | None = None


class HeadingBlockOut(Shape):
    """A title (level 1) or a part."""

    kind: Literal["heading"]
    level: int
    text: str


class TextBlockOut(Shape):
    """A paragraph."""

    kind: Literal["text"]
    text: str
    quiet: bool


class TableBlockOut(Shape):
    """Rows under headings; `right` are the columns of numbers."""

    kind: Literal["table"]
    heads: list[str]
    rows: list[list[str]]
    shares: list[float]
    right: list[int]


class PaperOut(Shape):
    """The report in words, as the page shows it and the PDF prints it."""

    title: str
    language: str
    foot: str
    blocks: list[HeadingBlockOut | TextBlockOut | TableBlockOut]


async def _found(call: Call) -> dict[str, Any]:
    session = SessionId(call.path("session"))
    return await evidences.read(call.app[HOUSE].conductor, call.person, session)


async def _paper(call: Call) -> Paper:
    locale = call.query(InLanguage).lang or locale_of(call.request)
    return paper(await _found(call), locale, call.app[WORDS])


async def read(call: Call) -> Answer:
    """As it is now; once the ceremony is over, as it was kept."""
    return Answer(body=await _found(call))


async def in_words(call: Call) -> Answer:
    """The same for people."""
    made = await _paper(call)
    told = {"title": made.title, "language": made.language, "foot": made.foot}
    return Answer(body={**told, "blocks": [_block(one) for one in made.blocks]})


async def printed(call: Call) -> web.StreamResponse:
    """The same as a tagged PDF on A4."""
    made = await _paper(call)
    body = await asyncio.to_thread(typeset.pdf, made)
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'inline; filename="{_NAMES[made.language]}.pdf"',
        "Content-Language": made.language,
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(body=body, content_type=PDF, headers=headers)


_NAMES = {"fr": "compte-rendu", "en": "report"}


def _block(one: Block) -> dict[str, Any]:
    if isinstance(one, Table):
        return {"kind": "table", **asdict(one), "right": sorted(one.right)}
    kind = "heading" if isinstance(one, Heading) else "text"
    return {"kind": kind, **asdict(one)}


PDF = "application/pdf"
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
    Route(
        method="GET",
        path=f"{EVIDENCE}/paper",
        handler=in_words,
        summary="The report of a ceremony in words",
        person=True,
        query=InLanguage,
        answer=PaperOut,
        errors=(404, 422),
    ),
    Route(
        method="GET",
        path=f"{EVIDENCE}/pdf",
        handler=printed,
        summary="The report of a ceremony on A4",
        person=True,
        query=InLanguage,
        gives=(PDF,),
        errors=(404, 422),
    ),
)
