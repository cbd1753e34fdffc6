"""When a room tests its line, with the hour in hand."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from rooms.agent.line_tests import (
    AGAIN,
    BEFORE,
    FRESH,
    NIGHT_LASTS,
    SETTLE,
    SPREAD_MINUTES,
    LineHeld,
    LineSilent,
    Measured,
    Refused,
    Schedule,
    Why,
    held,
    parse_outcome,
)
from rooms.agent.plan import Entry, Plan
from rooms.errors import Invalid

ROOM = "villefort-visio"
WINTER = timezone(timedelta(hours=1))
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=WINTER)
MIDNIGHT = NOON - timedelta(hours=12)
NIGHT = Schedule(room=ROOM, began=NOON).mark(NOON)
SECOND = timedelta(seconds=1)
FIGURES = {"path": "udp", "down_kbps": 6200, "up_kbps": 700, "rtt_ms": 45}


def booked(start: datetime, hours: float = 1) -> Plan:
    end = start + timedelta(hours=hours)
    return Plan(entries=(Entry(id="se-1", start=start, end=end, kind="meeting"),))


def long_running(tested: datetime | None = MIDNIGHT - timedelta(hours=1)) -> Schedule:
    """An agent that has run for days and needs no first test."""
    return Schedule(room=ROOM, began=MIDNIGHT - timedelta(hours=2), tested=tested)


def test_an_agent_that_never_tested_does_so_a_minute_after_its_start() -> None:
    schedule = Schedule(room=ROOM, began=NOON)
    assert schedule.due(None, NOON + SETTLE - SECOND) is None
    assert schedule.due(None, NOON + SETTLE) is Why.START
    assert schedule.due(Plan(), NOON + timedelta(hours=5)) is Why.START  # until it was done
    schedule.tested = NOON + SETTLE
    assert schedule.due(None, NOON + timedelta(hours=5)) is None


def test_an_agent_that_starts_again_and_again_does_not_test_each_time() -> None:
    soon = Schedule(room=ROOM, began=NOON, tested=NOON - FRESH + SECOND)
    assert soon.due(None, NOON + SETTLE) is None
    later = Schedule(room=ROOM, began=NOON, tested=NOON - FRESH)
    assert later.due(None, NOON + SETTLE) is Why.START


def test_a_test_of_the_future_was_noted_by_a_wrong_clock_and_counts_for_nothing() -> None:
    schedule = Schedule(room=ROOM, began=NOON, tested=NOON + timedelta(days=900))
    assert schedule.due(None, NOON + SETTLE) is Why.START
    schedule.began = MIDNIGHT
    assert long_running(NOON + timedelta(days=900)).due(None, NIGHT) is not None


def test_the_line_is_tested_once_each_night_by_the_clock_of_the_room() -> None:
    schedule = long_running()
    assert schedule.due(None, NIGHT - SECOND) is None
    assert schedule.due(None, NIGHT) is Why.NIGHT
    schedule.tested = NIGHT + SECOND
    assert schedule.due(None, NIGHT + AGAIN) is None
    assert schedule.due(None, NIGHT + timedelta(days=1) - SECOND) is None
    assert schedule.due(None, NIGHT + timedelta(days=1)) is Why.NIGHT


def test_a_night_that_was_missed_is_not_made_up_for_by_day() -> None:
    schedule = long_running()
    assert schedule.due(None, NIGHT + NIGHT_LASTS - SECOND) is Why.NIGHT
    assert schedule.due(None, NIGHT + NIGHT_LASTS) is None
    assert schedule.due(None, NOON) is None


def test_a_test_that_gave_nothing_is_tried_again_after_a_quarter_of_an_hour() -> None:
    schedule = long_running()
    schedule.tried = NIGHT
    assert schedule.due(None, NIGHT + AGAIN - SECOND) is None
    assert schedule.due(None, NIGHT + AGAIN) is Why.NIGHT


def test_rooms_of_one_centre_begin_at_minutes_of_their_own() -> None:
    names = [f"salle-{number}" for number in range(40)]
    marks = {Schedule(room=name, began=NOON).mark(NOON) for name in names}
    assert len(marks) > 25
    first = NOON.replace(hour=2, minute=30)
    assert all(first <= mark < first + timedelta(minutes=SPREAD_MINUTES) for mark in marks)


def test_nothing_is_tested_while_the_room_is_booked_or_in_the_ten_minutes_before() -> None:
    start = NIGHT + BEFORE
    plan, schedule = booked(start), long_running()
    assert schedule.due(plan, NIGHT) is None
    assert schedule.due(booked(start + SECOND), NIGHT) is Why.NIGHT
    assert schedule.due(plan, start + timedelta(hours=1) - SECOND) is None
    assert schedule.due(plan, start + timedelta(hours=1)) is Why.NIGHT
    first = Schedule(room=ROOM, began=NOON)
    assert first.due(booked(NOON + timedelta(minutes=5)), NOON + SETTLE) is None
    assert (held(None, NOON), held(booked(NOON), NOON)) == (False, True)


def test_what_the_page_says_is_read_whole_or_refused() -> None:
    assert parse_outcome(FIGURES) == Measured(path="udp", down_kbps=6200, up_kbps=700, rtt_ms=45)
    assert parse_outcome({"refused": "held"}) == Refused("held")
    assert parse_outcome({"refused": "failed", "detail": "no page"}) == Refused("failed", "no page")


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "done",
        [],
        {},
        {**FIGURES, "path": "carrier pigeon"},
        {**FIGURES, "up_kbps": -1},
        {**FIGURES, "rtt_ms": 60_001},
        {**FIGURES, "down_kbps": 1e300},
        {**FIGURES, "more": 1},
        {"refused": "tired"},
        {"refused": "held", "more": 1},
        {"refused": "failed", "detail": "x" * 65},
    ],
)
def test_what_is_no_outcome_is_refused(wrong: Any) -> None:
    with pytest.raises(Invalid) as refused:
        parse_outcome(wrong)
    assert refused.value.key == "bad-line-test"


def test_the_words_of_its_errors_are_those_of_the_page() -> None:
    assert (LineHeld.code, LineSilent.code) == ("line_held", "line_silent")
