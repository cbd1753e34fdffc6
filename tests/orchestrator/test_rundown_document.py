"""Cues are read as they were written, and their hours move with the session."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.cue import Cue, CueId, Kind, Plan, State
from orchestrator.rundown_document import instant, read, stored
from orchestrator.stage_table import Layout
from rooms.ids import RoomId

TEN = datetime(2013, 9, 19, 10, 0, tzinfo=UTC)
rooms = st.sampled_from(["meyrueis", "villefort", "murat"]).map(RoomId)
some = st.lists(rooms, unique=True, max_size=3).map(tuple)
seconds = st.integers(-3600, 86400).map(lambda much: TEN + timedelta(seconds=much))
milliseconds = st.integers(0, 10**8).map(lambda much: TEN + timedelta(milliseconds=much))
plans = st.builds(
    Plan,
    kind=st.sampled_from(Kind),
    title=st.text(min_size=1, max_size=20),
    number=st.text(max_size=4),
    planned_at=st.none() | seconds,
    duration=st.integers(0, 9999),
    on_air=some,
    sites=some,
    layout=st.none() | st.sampled_from(Layout),
    contents=st.sampled_from(["", "a" * 64]),
    text=st.text(max_size=20),
    people=st.text(max_size=20),
    notes=st.text(max_size=20),
    substitute=st.none() | rooms,
    slate=st.text(max_size=20),
)
cues = st.builds(
    Cue,
    id=st.just(CueId("cu-1")),
    plan=plans,
    state=st.sampled_from(State),
    edition=st.integers(1, 99),
    acknowledged=some.map(frozenset),
    without=some,
    started_at=st.none() | milliseconds,
    ended_at=st.none() | milliseconds,
)


@given(st.lists(cues, max_size=3).map(tuple))
def test_what_was_written_is_read(written: tuple[Cue, ...]) -> None:
    assert read(stored(written, TEN), TEN) == written


def test_the_hours_of_a_moved_session_move_with_it() -> None:
    plan = Plan(kind=Kind.SPEECH, title="Accueil", planned_at=TEN + timedelta(minutes=5))
    cue = Cue(id=CueId("cu-1"), plan=plan)
    day = timedelta(days=1)
    [moved] = read(stored([cue], TEN), TEN + day)
    assert moved.plan == replace(plan, planned_at=TEN + day + timedelta(minutes=5))


def test_instants_are_told_to_the_millisecond() -> None:
    assert instant(TEN + timedelta(milliseconds=250)) == "2013-09-19T10:00:00.250Z"
    assert instant(None) is None
