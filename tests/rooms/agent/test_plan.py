from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rooms.agent.plan import Done, Due, Entry, Plan, iso, parse_instant, parse_plan
from rooms.errors import Invalid
from rooms.fields import Fields
from rooms.scenes import DEFAULT_SCENES

NINE = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)
MORNING = Entry(id="se-1", start=NINE, end=TEN, kind="training")
NEXT = Entry(id="se-2", start=TEN, end=TEN + timedelta(hours=1), kind="meeting")
PLAN = Plan(entries=(MORNING,))
STARTED, ENDED = Done("se-1", "start", NINE), Done("se-1", "end", TEN)


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


@pytest.mark.parametrize(("minutes", "due"), [(-5.1, False), (-5, True), (30, True), (60, False)])
def test_the_scene_of_its_kind_makes_the_room_ready_five_minutes_before(
    minutes: float, due: bool
) -> None:
    assert PLAN.due(frozenset(), at(minutes)) == (
        Due("formation", STARTED) if due else (Due("veille", ENDED) if minutes >= 60 else None)
    )


def test_what_was_done_is_not_done_again() -> None:
    assert PLAN.due(frozenset({STARTED}), at(10)) is None


def test_the_scene_of_the_end_lets_the_room_rest_once() -> None:
    assert PLAN.due(frozenset({STARTED}), at(60)) == Due("veille", ENDED)
    assert PLAN.due(frozenset({STARTED, ENDED}), at(61)) is None


def test_an_end_long_ago_is_nobodys_business() -> None:
    assert PLAN.due(frozenset({STARTED}), at(90)) is None


def test_between_two_bookings_that_touch_the_room_does_not_fall_asleep() -> None:
    both = Plan(entries=(MORNING, NEXT))
    assert both.due(frozenset({STARTED}), at(55)) == Due("reunion", Done("se-2", "start", TEN))
    done = frozenset({STARTED, Done("se-2", "start", TEN)})
    assert both.due(done, at(60)) is None
    assert both.due(done, at(120)) == Due("veille", Done("se-2", "end", NEXT.end))


def test_a_booking_that_moved_is_due_again() -> None:
    later = replace(MORNING, start=at(10))
    assert Plan(entries=(later,)).due(frozenset({STARTED}), at(10)) is not None


def test_a_room_that_shall_do_nothing_does_nothing() -> None:
    still = replace(DEFAULT_SCENES, start={}, end=None)
    plan = Plan(entries=(MORNING,), scenes=still)
    assert [plan.due(frozenset(), at(minutes)) for minutes in (-5, 0, 60)] == [None] * 3


def test_what_is_no_part_of_the_plan_any_more_is_forgotten() -> None:
    other = Done("se-9", "start", NINE)
    assert PLAN.remembered(frozenset({STARTED, other})) == {STARTED}


def test_a_plan_survives_the_disk_and_is_put_in_order() -> None:
    plan = Plan(version=4, entries=(MORNING, NEXT))
    document: dict[str, Any] = plan.to_json()
    document["entries"].reverse()
    assert parse_plan(Fields(document, key="bad-plan")) == plan


@pytest.mark.parametrize("text", ["", "x", "2026-11-24T09:00:00"])
def test_an_instant_is_one(text: str) -> None:
    with pytest.raises(Invalid):
        parse_instant(text)
    assert parse_instant(iso(NINE)) == NINE
