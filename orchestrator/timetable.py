"""What the hour asks of a session: pure, so that a whole day is tested in a millisecond."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.session import AIRING, RUNNING, Act, Session, SiteState, State
from rooms.ids import RoomId

CALLED_BEFORE = timedelta(seconds=60)
OVERTIME = timedelta(minutes=15)
CALL_AGAIN = timedelta(seconds=15)
COMES_BACK_ALONE = timedelta(seconds=3)
BY_THE_HOUR = frozenset({"meeting", "training", "ceremony", "reception"})
"""Kinds that go on air by themselves; the others wait for whoever runs them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the session's hour does not say: its kind, who is there, when the doors open."""

    kind: str
    people_are_in: bool
    doors_before: timedelta
    by_the_hour: frozenset[str] = BY_THE_HOUR
    rehearsed_until: datetime | None = None


def due(session: Session, around: Around, now: datetime) -> Act | None:
    """What is to be done to the session now, if anything."""
    if session.state is State.BOOKED:
        return _due_waiting(session, around, now)
    if now >= session.ends_at:
        return _due_at_the_end(session, around, now)
    if session.state is State.REHEARSAL and now < session.starts_at:
        until = around.rehearsed_until
        return Act.BOOK if until is not None and now >= until else None
    by_itself = around.kind in around.by_the_hour
    before = (State.REHEARSAL, State.DOORS, State.COUNTDOWN)
    if session.state in before and now >= session.starts_at and by_itself:
        return Act.START
    return None


def _due_waiting(session: Session, around: Around, now: datetime) -> Act | None:
    if now >= session.ends_at:
        return Act.LAPSE
    if now < session.starts_at - around.doors_before:
        return None
    by_itself = around.kind in around.by_the_hour
    return Act.START if by_itself and now >= session.starts_at else Act.OPEN


def _due_at_the_end(session: Session, around: Around, now: datetime) -> Act | None:
    if in_overtime(session, around, now):
        return None
    return Act.CANCEL if session.state is State.REHEARSAL else Act.END


def in_overtime(session: Session, around: Around, now: datetime) -> bool:
    """Whether its time is up, and people who are still there are left a while."""
    late = session.state in AIRING and around.people_are_in
    return late and session.ends_at <= now < session.ends_at + OVERTIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """A room's screen: since when it is there, when it was last called, what it is about."""

    since: datetime | None
    called_at: datetime | None = None
    being_called: bool = False
    held_elsewhere: bool = False


def to_call(session: Session, screens: Mapping[RoomId, Screen], now: datetime) -> list[RoomId]:
    """The rooms to be called into the session now.

    Shortly before its hour those that nobody else's session holds; from its hour all that are
    expected. One that dropped is given a moment to come back by itself. One that left, left.
    """
    if session.state not in RUNNING:
        return []
    rehearsed = session.state is State.REHEARSAL
    if now < session.starts_at - CALLED_BEFORE and not rehearsed:
        return []
    return [
        site.room
        for site in session.sites
        if site.room in screens
        and _wants(site.state, screens[site.room], now)
        and (now >= session.starts_at or not screens[site.room].held_elsewhere)
    ]


def _wants(state: SiteState, screen: Screen, now: datetime) -> bool:
    if screen.since is None or screen.being_called:
        return False
    if screen.called_at is not None and now < screen.called_at + CALL_AGAIN:
        return False
    if state is SiteState.DROPPED:
        return now >= screen.since + COMES_BACK_ALONE
    return state is SiteState.EXPECTED
