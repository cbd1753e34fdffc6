"""What a rehearsal showed, and what got worse since."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.cue import Cue, CueId, Kind, Plan, State
from orchestrator.rehearsal import Site, compared, played, spread, unplayed
from orchestrator.site_test import Camera, Line, Measured, Microphone
from rooms.ids import RoomId

DAY = datetime(2013, 9, 19, 9, tzinfo=UTC)
BEGAN = DAY - timedelta(days=1)
ROOM = RoomId("meyrueis-visio")
GOOD = Measured(
    camera=Camera(present=True, changes=True, brightness=90.0),
    microphone=Microphone(present=True, level_db=-20.0),
    line=Line(up_kbps=2400, down_kbps=8000, loss=0.0, rtt_ms=45),
)


def seconds(number: int) -> timedelta:
    return timedelta(seconds=number)


def cue(name: str, began: int | None = None, lasted: int = 60) -> Cue:
    plan = Plan(kind=Kind.SPEECH, title=name, duration=60)
    if began is None:
        return Cue(id=CueId(name), plan=plan)
    at = BEGAN + seconds(began)
    return Cue(
        id=CueId(name), plan=plan, state=State.DONE, started_at=at, ended_at=at + seconds(lasted)
    )


def test_delays_count_from_the_first_cue_of_the_rehearsal_not_from_the_day() -> None:
    cues = [cue("welcome", 0), cue("ribbon", 75, lasted=90), cue("close")]
    found = played(cues, DAY, BEGAN + seconds(300), {"ribbon": 34})
    assert [(one.title, one.late, one.over, one.spread_ms) for one in found] == [
        ("welcome", 0, 0, None),
        ("ribbon", 15, 30, 34),
    ]
    assert unplayed(cues) == ("close",)


def test_a_rehearsal_in_which_nothing_was_played_has_no_cues() -> None:
    assert played([cue("welcome")], DAY, BEGAN, {}) == ()


def test_a_spread_needs_two_screens() -> None:
    assert spread([]) is None
    assert spread([BEGAN, None]) is None
    assert spread([BEGAN, None, BEGAN + timedelta(milliseconds=34)]) == 34


def site(measured: Measured | None) -> Site:
    return Site(room=ROOM, role="host", state="ready", measured=measured)


@pytest.mark.parametrize(
    ("now", "keys"),
    [
        ({}, []),
        ({"up_kbps": 900}, ["rehearsal-worse-line-up"]),
        ({"down_kbps": 2000}, ["rehearsal-worse-line-down"]),
        ({"rtt_ms": 300}, ["rehearsal-worse-line-rtt"]),
        ({"loss": 0.04}, ["rehearsal-worse-line-loss"]),
        ({"up_kbps": 100}, ["rehearsal-worse-weak"]),
        ({"up_kbps": 10}, ["rehearsal-worse-failed"]),
    ],
)
def test_a_line_that_got_worse_is_told_with_what_it_was(
    now: dict[str, float], keys: list[str]
) -> None:
    assert GOOD.line is not None
    today = replace(GOOD, line=replace(GOOD.line, **now))  # type: ignore[arg-type]
    found = compared([site(GOOD)], {ROOM: today})
    assert [one.key for one in found] == keys
    if keys == ["rehearsal-worse-line-up"]:
        assert found[0].facts == {"then": 2400, "now": 900}


def test_what_failed_then_and_passes_now_is_no_news_nor_what_was_not_tried() -> None:
    frozen = replace(GOOD, camera=Camera(present=True, changes=False, brightness=90.0))
    assert compared([site(frozen)], {ROOM: GOOD}) == ()
    assert [one.part for one in compared([site(GOOD)], {ROOM: frozen})] == ["camera"]
    assert compared([site(GOOD)], {ROOM: Measured()}) == ()
    assert compared([site(GOOD)], {}) == ()
    assert compared([site(None)], {ROOM: GOOD}) == ()
