"""What the hour asks: a whole day, in no time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.session import Act, Session, Site, SiteState, State
from orchestrator.timetable import Around, Screen, due, in_overtime, to_call
from rooms.ids import RoomId, SessionId

NINE = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
AROUND = Around(kind="meeting", people_are_in=False, doors_before=timedelta(minutes=15))
CROWDED = replace(AROUND, people_are_in=True)
LED = replace(AROUND, by_the_hour=frozenset())
ROOM = RoomId("villefort-visio")


def session(state: State, site: SiteState = SiteState.EXPECTED) -> Session:
    return Session(
        id=SessionId("se-1"),
        state=state,
        starts_at=NINE,
        ends_at=NINE + timedelta(hours=1),
        sites=(Site(room=ROOM, role="host", state=site),),
    )


REHEARSED = replace(AROUND, rehearsed_until=NINE - timedelta(minutes=90))


@pytest.mark.parametrize(
    ("state", "minutes", "around", "act"),
    [
        (State.BOOKED, -16, AROUND, None),
        (State.BOOKED, -15, AROUND, Act.OPEN),
        (State.BOOKED, 0, AROUND, Act.START),
        (State.BOOKED, 5, LED, Act.OPEN),
        (State.BOOKED, 60, AROUND, Act.LAPSE),
        (State.DOORS, -1, AROUND, None),
        (State.DOORS, 0, AROUND, Act.START),
        (State.DOORS, 0, LED, None),
        (State.COUNTDOWN, 0, AROUND, Act.START),
        (State.REHEARSAL, 0, AROUND, Act.START),
        (State.REHEARSAL, -90, AROUND, None),
        (State.REHEARSAL, -91, REHEARSED, None),
        (State.REHEARSAL, -90, REHEARSED, Act.BOOK),
        (State.DOORS, 60, CROWDED, Act.END),
        (State.REHEARSAL, 60, AROUND, Act.CANCEL),
        (State.ON_AIR, 59, AROUND, None),
        (State.ON_AIR, 60, AROUND, Act.END),
        (State.ON_AIR, 60, CROWDED, None),
        (State.PAUSED, 74, CROWDED, None),
        (State.ON_AIR, 75, CROWDED, Act.END),
    ],
)
def test_what_the_hour_asks(state: State, minutes: int, around: Around, act: Act | None) -> None:
    assert due(session(state), around, NINE + timedelta(minutes=minutes)) is act


def test_people_who_are_still_there_are_left_a_quarter_of_an_hour() -> None:
    on_air = session(State.ON_AIR)
    assert not in_overtime(on_air, CROWDED, NINE + timedelta(minutes=59))
    assert in_overtime(on_air, CROWDED, NINE + timedelta(minutes=60))
    assert not in_overtime(on_air, CROWDED, NINE + timedelta(minutes=75))
    assert not in_overtime(on_air, AROUND, NINE + timedelta(minutes=60))


def called(state: State, site: SiteState, screen: Screen, at: datetime = NINE) -> bool:
    return to_call(session(state, site), {ROOM: screen}, at) == [ROOM]


LONG_AGO = NINE - timedelta(hours=1)
THERE = Screen(since=LONG_AGO)


def test_a_rehearsal_calls_its_rooms_at_any_hour() -> None:
    assert called(State.REHEARSAL, SiteState.EXPECTED, THERE, NINE - timedelta(days=1))


def test_a_room_is_called_a_minute_before_the_hour_and_not_earlier() -> None:
    assert not called(State.DOORS, SiteState.EXPECTED, THERE, NINE - timedelta(seconds=61))
    assert called(State.DOORS, SiteState.EXPECTED, THERE, NINE - timedelta(seconds=60))


def test_a_room_that_another_session_holds_is_called_at_the_hour_only() -> None:
    busy = replace(THERE, held_elsewhere=True)
    assert not called(State.DOORS, SiteState.EXPECTED, busy, NINE - timedelta(seconds=30))
    assert called(State.ON_AIR, SiteState.EXPECTED, busy)


def test_nobody_is_called_before_the_doors_are_open_or_without_a_screen() -> None:
    assert not called(State.BOOKED, SiteState.EXPECTED, THERE)
    assert not called(State.ON_AIR, SiteState.EXPECTED, Screen(since=None))
    assert to_call(session(State.ON_AIR), {}, NINE) == []


@pytest.mark.parametrize("site", [SiteState.LIVE, SiteState.LEFT, SiteState.CHECKED_IN])
def test_who_is_there_or_has_hung_up_is_left_in_peace(site: SiteState) -> None:
    assert not called(State.ON_AIR, site, THERE)


def test_a_dropped_room_has_a_moment_to_come_back_by_itself() -> None:
    back = Screen(since=NINE)
    assert not called(State.ON_AIR, SiteState.DROPPED, back, NINE + timedelta(seconds=2))
    assert called(State.ON_AIR, SiteState.DROPPED, back, NINE + timedelta(seconds=3))


def test_a_room_is_called_again_after_a_while_and_never_while_it_is_coming() -> None:
    asked = replace(THERE, called_at=NINE)
    assert not called(State.ON_AIR, SiteState.EXPECTED, asked, NINE + timedelta(seconds=14))
    assert called(State.ON_AIR, SiteState.EXPECTED, asked, NINE + timedelta(seconds=15))
    coming = replace(THERE, being_called=True)
    assert not called(State.ON_AIR, SiteState.EXPECTED, coming)
