"""What rehearsals showed, and the tests of sites (docs/rehearsal.md)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from orchestrator.api.endpoint import Answer, Body, Call, Route, Shape
from orchestrator.api.problems import locale_of
from orchestrator.api.screens import screen_of
from orchestrator.cases import rehearsals, rights
from orchestrator.cases.rehearsals import Reported
from orchestrator.keys import HOUSE
from orchestrator.rehearsal import Report, Worse
from orchestrator.rundown_document import instant
from orchestrator.site_test import (
    Camera,
    Clock,
    Line,
    Measured,
    Microphone,
    Outcome,
    Result,
    Speaker,
    results,
)
from orchestrator.store.instants import iso
from orchestrator.store.rehearsals import Rehearsal, SiteTest
from orchestrator.words import words
from rooms.ids import RoomId, SessionId

Decibels = Annotated[float, Field(ge=-200, le=200, allow_inf_nan=False)]
Kbps = Annotated[int, Field(ge=0, le=10_000_000)]
Ms = Annotated[int, Field(ge=-86_400_000, le=86_400_000)]


class CameraIn(Body):
    """A camera: whether its picture changes, and how bright it is, 0 to 255."""

    present: bool
    changes: bool = False
    brightness: Annotated[float, Field(ge=0, le=255, allow_inf_nan=False)] = 0.0


class MicrophoneIn(Body):
    """A microphone, in dB against full scale."""

    present: bool
    level_db: Decibels = -100.0


class SpeakerIn(Body):
    """A test tone, as the microphone heard it."""

    heard_db: Decibels


class LineIn(Body):
    """A line: kbit/s, loss from 0 to 1, ms."""

    up_kbps: Kbps
    down_kbps: Kbps
    loss: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    rtt_ms: Annotated[int, Field(ge=0, le=600_000)]


class ClockIn(Body):
    """How far the page's clock is from ours, and by how much that may be wrong."""

    offset_ms: Ms
    error_ms: Annotated[int, Field(ge=0, le=86_400_000)]


class MeasuredIn(Body):
    """What a page measured; what it did not try is left out."""

    camera: CameraIn | None = None
    microphone: MicrophoneIn | None = None
    speaker: SpeakerIn | None = None
    line: LineIn | None = None
    clock: ClockIn | None = None


class ResultOut(Shape):
    """A part of a site; `remedy` is empty where it has passed."""

    part: str
    outcome: str
    text: str
    remedy: str


class SiteTestOut(Shape):
    """The test of a site; none was made: `at` is null."""

    room: str
    at: datetime | None
    by: str | None
    results: list[ResultOut]


class SiteTestAnswer(Shape):
    """One test; `now` is our clock, by which a page finds how far off its own is."""

    site_test: SiteTestOut
    now: datetime


class SiteOut(Shape):
    """A site in a rehearsal, and what is said of it."""

    room: str
    name: str
    role: str
    state: str
    results: list[ResultOut]


class PlayedOut(Shape):
    """A cue that was played, in seconds; `without` are the sites that were missing."""

    title: str
    state: str
    started_at: datetime
    late: int
    over: int | None
    without: list[str]
    spread_ms: int | None


class IncidentOut(Shape):
    """Something that happened by itself."""

    at: datetime
    text: str
    site: str


class ReportOut(Shape):
    """What a rehearsal showed."""

    sites: list[SiteOut]
    cues: list[PlayedOut]
    unplayed: list[str]
    incidents: list[IncidentOut]


class RehearsalOut(Shape):
    """A rehearsal; its report comes with its end."""

    id: str
    began_at: datetime
    until: datetime
    ended_at: datetime | None
    report: ReportOut | None


class WorseOut(Shape):
    """What got worse at a site since the rehearsal."""

    room: str
    part: str
    text: str
    remedy: str


class TodayOut(Shape):
    """The tests made since the last rehearsal, and what got worse."""

    sites: list[SiteTestOut]
    worse: list[WorseOut]


class RehearsalsAnswer(Shape):
    """All rehearsals of a session, the last one last."""

    session: str
    title: str
    state: str
    starts_at: datetime
    rehearsals: list[RehearsalOut]
    today: TodayOut


async def see(call: Call) -> Answer:
    """What the rehearsals of a session showed."""
    conductor, session = call.app[HOUSE].conductor, SessionId(call.path("session"))
    found = await rehearsals.see(conductor, call.person, session)
    return Answer(body=_reported(call, found))


async def keep(call: Call) -> Answer:
    """A test of a site, by the screen of its room or by whoever commands it."""
    room, by = await _tester(call)
    measured = _measured(call.body(MeasuredIn))
    made = await rehearsals.keep_test(call.app[HOUSE].conductor, by, room, measured)
    return Answer(status=201, body=_told(call, _test(call, made)))


async def last(call: Call) -> Answer:
    """The last test of a site, of the last day."""
    room, _ = await _tester(call)
    found = await rehearsals.last_test(call.app[HOUSE].conductor, room)
    if found is None:
        nothing: dict[str, Any] = {"room": room, "at": None, "by": None, "results": []}
        return Answer(body=_told(call, nothing))
    return Answer(body=_told(call, _test(call, found)))


async def _tester(call: Call) -> tuple[RoomId, str]:
    """Which room, and who tests it."""
    house = call.app[HOUSE]
    if call.caller.bearer:
        screen = screen_of(call)
        return screen.room, screen.room
    room = house.means.network.room(call.path("room")).id
    await call.database.read(rights.commands(house.conductor, call.person, room))
    return room, call.person.id


def _told(call: Call, test: dict[str, Any]) -> dict[str, Any]:
    return {"site_test": test, "now": instant(call.app[HOUSE].means.wire.now())}


def _measured(sent: MeasuredIn) -> Measured:
    camera, microphone, speaker = sent.camera, sent.microphone, sent.speaker
    line, clock = sent.line, sent.clock
    return Measured(
        camera=None if camera is None else Camera(**camera.model_dump()),
        microphone=None if microphone is None else Microphone(**microphone.model_dump()),
        speaker=None if speaker is None else Speaker(**speaker.model_dump()),
        line=None if line is None else Line(**line.model_dump()),
        clock=None if clock is None else Clock(**clock.model_dump()),
    )


def _test(call: Call, test: SiteTest) -> dict[str, Any]:
    return {
        "room": test.room,
        "at": iso(test.at),
        "by": test.by,
        "results": _results(call, test.measured),
    }


def _results(call: Call, measured: Measured | None) -> list[dict[str, str]]:
    return [_result(call, one) for one in results(measured or Measured())]


def _result(call: Call, one: Result) -> dict[str, str]:
    passed = one.outcome is Outcome.PASSED
    return {
        "part": one.part.value,
        "outcome": one.outcome.value,
        "text": _say(call, one.key, one.facts),
        "remedy": "" if passed else _say(call, f"{one.key}-remedy", one.facts),
    }


def _reported(call: Call, found: Reported) -> dict[str, Any]:
    session = found.stored.session
    return {
        "session": session.id,
        "title": found.stored.title,
        "state": session.state.value,
        "starts_at": iso(session.starts_at),
        "rehearsals": [_rehearsal(call, one) for one in found.rehearsals],
        "today": {
            "sites": [_test(call, found.today[room]) for room in sorted(found.today)],
            "worse": [_worse(call, one) for one in found.worse],
        },
    }


def _rehearsal(call: Call, one: Rehearsal) -> dict[str, Any]:
    return {
        "id": one.id,
        "began_at": iso(one.began_at),
        "until": iso(one.until),
        "ended_at": None if one.ended_at is None else iso(one.ended_at),
        "report": None if one.report is None else _report(call, one.report),
    }


def _report(call: Call, report: Report) -> dict[str, Any]:
    return {
        "sites": [
            {
                "room": site.room,
                "name": _name(call, site.room),
                "role": site.role,
                "state": site.state,
                "results": _results(call, site.measured),
            }
            for site in report.sites
        ],
        "cues": [
            {
                "title": cue.title,
                "state": cue.state,
                "started_at": iso(cue.started_at),
                "late": cue.late,
                "over": cue.over,
                "without": [_name(call, room) for room in cue.without],
                "spread_ms": cue.spread_ms,
            }
            for cue in report.cues
        ],
        "unplayed": list(report.unplayed),
        "incidents": [
            {
                "at": iso(one.at),
                "text": _say(call, f"incident-{one.action.replace('.', '-')}", {}),
                "site": _name(call, one.source),
            }
            for one in report.incidents
        ],
    }


def _worse(call: Call, one: Worse) -> dict[str, str]:
    facts, remedy = dict(one.facts), ""
    if "said" in facts:
        key = str(facts["said"])
        facts["said"], remedy = _say(call, key, facts), _say(call, f"{key}-remedy", facts)
    facts["site"] = _name(call, one.room)
    return {
        "room": one.room,
        "part": one.part.value,
        "text": _say(call, one.key, facts),
        "remedy": remedy,
    }


def _name(call: Call, room: str) -> str:
    return call.app[HOUSE].means.label(RoomId(room)) if room else ""


def _say(call: Call, key: str, facts: Mapping[str, object]) -> str:
    return words(key, locale_of(call.request), facts)


ROUTES = (
    Route(
        method="GET",
        path="/sessions/{session}/rehearsals",
        handler=see,
        summary="What the rehearsals of a session showed, and what got worse since",
        person=True,
        answer=RehearsalsAnswer,
        errors=(404,),
    ),
    Route(
        method="POST",
        path="/rooms/{room}/site-tests",
        handler=keep,
        summary="Keep the test of a site",
        body=MeasuredIn,
        answer=SiteTestAnswer,
        ok=201,
        errors=(401, 403, 404, 422),
    ),
    Route(
        method="GET",
        path="/rooms/{room}/site-tests",
        handler=last,
        summary="The last test of a site",
        answer=SiteTestAnswer,
        errors=(401, 403, 404),
    ),
)
