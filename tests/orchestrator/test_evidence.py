"""The report of a ceremony tells what is on record of it, and says what nobody measured."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.cue import Cue, CueId, Kind, Plan
from orchestrator.cue import State as CueState
from orchestrator.evidence import Facts, build, spans
from orchestrator.evidence_facts import Announced, Entry, Firing, Line, Reading
from orchestrator.session import Session, Site, State
from rooms.ids import RoomId, SessionId

NOON = datetime(2013, 9, 19, 12, tzinfo=UTC)
MEYRUEIS, VILLEFORT = RoomId("meyrueis-visio"), RoomId("villefort-visio")
NAMES = {MEYRUEIS: "Meyrueis", VILLEFORT: "Villefort"}
LINE = Line(technology="adsl", down_kbps=8000, up_kbps=800, rtt_ms=45, measured=True)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def line(minutes: float, action: str, by: str = "director", **detail: Any) -> Entry:
    return Entry(at=at(minutes), by=by, action=action, detail=detail)


SESSION = Session(
    id=SessionId("se-1"),
    state=State.ENDED,
    starts_at=NOON,
    ends_at=at(60),
    opened_at=at(-60),
    started_at=at(2),
    ended_at=at(70),
    sites=(Site(room=MEYRUEIS, role="host"), Site(room=VILLEFORT, role="remote")),
)
ENTRIES = (
    line(-60, "session.rehearse"),
    line(-56, "session.enter", "site"),
    line(-55, "site.dropped", "clock", room=VILLEFORT),
    line(-50, "stage.take", layout="one", sources=[VILLEFORT]),
    line(-40, "session.book"),
    line(-15, "session.open", "clock"),
    line(-10, "site.checked_in", "site", room=VILLEFORT, because="joined"),
    line(2, "session.start"),
    line(4, "stage.take", layout="one", sources=[VILLEFORT], rehearsal="rh-1"),
    line(5, "stage.take", layout="two", sources=[MEYRUEIS, "pa-1"]),
    line(10, "site.dropped", "clock", room=VILLEFORT, because="lost"),
    line(11, "site.recovering", "site", room=VILLEFORT, because="joined"),
    line(20, "session.pause"),
    line(25, "session.start"),
    line(30, "recording.start"),
    line(40, "recording.stop"),
    line(50, "rundown.cue-skip", title="Questions"),
    line(55, "broadcast.start"),
    line(70, "session.end"),
)
WELCOME = Cue(
    id=CueId("cu-1"),
    plan=Plan(kind=Kind.SPEECH, title="Accueil", number="1", duration=300, people="le président"),
    state=CueState.DONE,
    without=(VILLEFORT,),
    started_at=at(3),
    ended_at=at(9),
)
RIBBON = Cue(
    id=CueId("cu-2"),
    plan=Plan(kind=Kind.SIMULTANEOUS_ACTION, title="Ruban", duration=60),
    state=CueState.DONE,
    started_at=at(9),
    ended_at=at(10),
)
WAITS = Cue(id=CueId("cu-3"), plan=Plan(kind=Kind.Q_AND_A, title="Questions"))
READINGS = (
    Reading(at=at(-52), participant="pa-9", room=VILLEFORT, legs={"subscribe": {"loss": 1.0}}),
    Reading(at=at(3), participant="pa-2", room=VILLEFORT, legs={"subscribe": {"loss": 0.0}}),
    Reading(at=at(3), participant="pa-3", room=None, legs={"subscribe": {"loss": 0.0}}),
)
FIRINGS = tuple(
    Firing(cue="cu-2", participant=f"pa-{n}", at=at(9) + timedelta(milliseconds=ms), error_ms=n)
    for n, ms in ((2, 12), (3, 40))
)
WHOLE = Facts(
    session=SESSION,
    title="Inauguration",
    zone="Europe/Paris",
    names=NAMES,
    lines={VILLEFORT: LINE},
    cues=(WELCOME, RIBBON, WAITS),
    entries=ENTRIES,
    readings=READINGS,
    firings=FIRINGS,
    places={"room": 2, "guest": 1},
    announced=Announced(seats=120),
)


def test_the_hours_are_those_booked_and_those_on_record() -> None:
    hours = build(WHOLE).hours
    assert (hours.planned_start, hours.planned_end) == (NOON, at(60))
    assert (hours.doors, hours.on_air, hours.ended) == (at(-15), at(2), at(70))
    assert (hours.late, hours.longer, hours.paused) == (120, 480, 300)
    assert hours.rehearsals == ((at(-60), at(-40)),)


def test_a_rehearsal_counts_for_nothing_else() -> None:
    report = build(WHOLE)
    [incident] = report.incidents
    assert (incident.at, incident.seconds) == (at(10), 60)
    assert at(-50) not in [deed.at for deed in report.deeds]
    assert report.sites[1].quality is not None
    assert report.sites[1].quality.loss_worst == 0.0


def test_each_site_says_when_it_came_how_often_it_was_lost_and_what_its_line_carries() -> None:
    meyrueis, villefort = build(WHOLE).sites
    assert (meyrueis.name, meyrueis.role, meyrueis.came) == ("Meyrueis", "host", None)
    assert (meyrueis.line, meyrueis.quality, meyrueis.lost) == (None, None, 0)
    assert (villefort.came, villefort.lost, villefort.away) == (at(-10), 1, 60)
    assert villefort.line == LINE


def test_people_are_connections_and_what_was_announced() -> None:
    people = build(WHOLE).people
    assert people.connections == {"room": 2, "guest": 1}
    assert people.most_at_once is not None
    assert (people.most_at_once.count, people.announced) == (2, 120)
    assert people.visitors_at_once is None
    bare = build(replace(WHOLE, announced=Announced(), readings=(), visitors=31)).people
    assert (bare.announced, bare.most_at_once, bare.visitors_at_once) == (None, None, 31)


def test_a_cue_says_how_late_how_long_and_without_whom_it_was() -> None:
    welcome, ribbon, waits = build(WHOLE).cues
    assert (welcome.late, welcome.seconds, welcome.over) == (180, 360, 60)
    assert (welcome.without, welcome.people, welcome.shown) == (
        ("Villefort",),
        "le président",
        None,
    )
    assert ribbon.shown is not None
    assert (ribbon.shown.endpoints, ribbon.shown.spread_ms, ribbon.shown.error_ms) == (2, 28, 3)
    assert (waits.state, waits.started, waits.late, waits.seconds, waits.over) == (
        *("draft", None, None, None),
        None,
    )


def test_what_was_directed_is_told_in_order_and_names_nobody() -> None:
    deeds = build(WHOLE).deeds
    cut = next(one for one in deeds if one.action == "stage.take")
    assert (cut.by, cut.about) == ("director", ("Meyrueis", "", "two"))
    assert [one.about for one in deeds if one.action == "rundown.cue-skip"] == [("Questions",)]
    assert "site.dropped" not in {one.action for one in deeds}


def test_recording_and_public_page_are_told_from_when_until_when() -> None:
    report = build(WHOLE)
    assert report.recorded == ((at(30), at(40)),)
    assert report.public == ((at(55), at(70)),)


def test_what_was_refused_was_not_recorded_and_what_goes_on_has_no_end() -> None:
    refused = [line(0, "recording.start"), line(0, "recording.start.refused")]
    assert spans([*refused, line(1, "recording.start.refused")], "recording") == ()
    twice = [line(0, "recording.stop"), line(1, "recording.start"), line(2, "recording.begun")]
    assert spans(twice, "recording") == ((at(1), None),)


def test_what_nobody_measured_is_named() -> None:
    assert build(WHOLE).not_measured == ("heads", "visitors", "concealed", "between-samples")
    bare = replace(WHOLE, readings=(), firings=(), entries=())
    assert build(bare).not_measured == ("heads", "quality", "concealed", "instant")
    heard = Reading(at=at(3), participant="pa-2", room=VILLEFORT, legs={"x": {"concealed": 0}})
    full = replace(WHOLE, readings=(heard,), visitors=3)
    assert build(full).not_measured == ("heads", "between-samples")


def test_a_ceremony_that_goes_on_has_no_end_yet() -> None:
    paused = replace(SESSION, state=State.PAUSED, ended_at=None)
    report = build(replace(WHOLE, session=paused, entries=ENTRIES[7:13]))
    assert (report.final, report.hours.longer, report.hours.paused) == (False, None, 0)
    assert report.hours.doors == at(2)


def test_a_ceremony_that_ends_in_its_pause_was_paused_until_then() -> None:
    assert build(replace(WHOLE, entries=ENTRIES[5:13])).hours.paused == 50 * 60


def test_one_that_never_began_has_no_hours_but_those_booked() -> None:
    waits = replace(SESSION, state=State.BOOKED, opened_at=None, started_at=None, ended_at=None)
    hours = build(replace(WHOLE, session=waits, entries=())).hours
    assert (hours.doors, hours.late, hours.longer, hours.paused) == (None, None, None, 0)
