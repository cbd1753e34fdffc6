"""Rights as a matrix: who, what, where, when."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.roles import (
    SessionFacts,
    may_ask,
    may_audit,
    may_book,
    may_cancel,
    may_command,
    may_know,
    may_pair,
    may_run,
    may_see_session,
    may_see_title,
    screen_may_see_title,
)
from rooms.ids import CentreId, PersonId, RoomId

MEYRUEIS, VILLEFORT, LANGOGNE = CentreId("meyrueis"), CentreId("villefort"), CentreId("langogne")
ROOM, OTHER_ROOM = RoomId("villefort-visio"), RoomId("langogne-visio")
START = datetime(2013, 9, 19, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Someone:
    role: str
    id: PersonId = PersonId("pe-1")
    centres: frozenset[CentreId] = field(default_factory=frozenset)


ADMIN = Someone("admin")
AT_HOME = Someone("animateur", centres=frozenset({VILLEFORT}))
ELSEWHERE = Someone("animateur", centres=frozenset({LANGOGNE}))
ORGANISER = Someone("trainer", id=PersonId("pe-org"))
TRAINER = Someone("trainer")
BOOKER = Someone("booker", centres=frozenset({VILLEFORT}))
FAR_BOOKER = Someone("booker", centres=frozenset({LANGOGNE}))


def facts(over: bool = False) -> SessionFacts:
    return SessionFacts(
        organiser=ORGANISER.id,
        rooms=frozenset({RoomId("meyrueis-visio"), ROOM}),
        centres=frozenset({MEYRUEIS, VILLEFORT}),
        starts_at=START,
        over=over,
    )


@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        (ADMIN, True),
        (AT_HOME, True),
        (ELSEWHERE, False),
        (ORGANISER, True),
        (TRAINER, False),
        (BOOKER, False),
        (Someone("booker", id=ORGANISER.id), True),
        (Someone("guest"), False),
    ],
)
def test_who_may_run_and_see_a_session(who: Someone, allowed: bool) -> None:
    assert may_run(who, facts()) is allowed
    assert may_see_session(who, facts()) is allowed


@pytest.mark.parametrize(
    ("who", "room", "minutes", "over", "allowed"),
    [
        (ADMIN, ROOM, -600, False, True),
        (AT_HOME, ROOM, -600, False, True),
        (ELSEWHERE, ROOM, 5, False, False),
        (ORGANISER, ROOM, -16, False, False),
        (ORGANISER, ROOM, -15, False, True),
        (ORGANISER, ROOM, 5, False, True),
        (ORGANISER, ROOM, 5, True, False),
        (ORGANISER, OTHER_ROOM, 5, False, False),
        (TRAINER, ROOM, 5, False, False),
        (BOOKER, ROOM, 5, False, False),
    ],
)
def test_who_may_command_a_room_and_when(
    who: Someone, room: RoomId, minutes: int, over: bool, allowed: bool
) -> None:
    now = START + timedelta(minutes=minutes)
    centre = VILLEFORT if room == ROOM else LANGOGNE
    assert may_command(who, room, centre, [facts(over)], now) is allowed


def test_without_a_session_only_the_people_of_the_place_command_a_room() -> None:
    assert not may_command(ORGANISER, ROOM, VILLEFORT, [], START)
    assert may_command(AT_HOME, ROOM, VILLEFORT, [], START)


@pytest.mark.parametrize(
    ("who", "bookable_by", "allowed"),
    [
        (ADMIN, (), True),
        (TRAINER, ("trainer",), True),
        (TRAINER, ("booker",), False),
        (BOOKER, ("booker",), True),
        (FAR_BOOKER, ("booker",), False),
        (ELSEWHERE, ("animateur",), True),
    ],
)
def test_who_may_book_a_room(who: Someone, bookable_by: tuple[str, ...], allowed: bool) -> None:
    assert may_book(who, VILLEFORT, bookable_by) is allowed


@pytest.mark.parametrize(
    ("who", "allowed"),
    [(ADMIN, True), (AT_HOME, True), (ELSEWHERE, False), (ORGANISER, True), (TRAINER, False)],
)
def test_who_may_cancel_a_booking(who: Someone, allowed: bool) -> None:
    assert may_cancel(who, ORGANISER.id, [MEYRUEIS, VILLEFORT]) is allowed


@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        (None, False),
        (ADMIN, True),
        (ORGANISER, True),
        (BOOKER, True),
        (FAR_BOOKER, False),
        (TRAINER, False),
    ],
)
def test_who_may_read_a_title(who: Someone | None, allowed: bool) -> None:
    assert may_see_title(who, ORGANISER.id, VILLEFORT) is allowed


@pytest.mark.parametrize(("screen", "allowed"), [(ROOM, True), (OTHER_ROOM, False), (None, False)])
def test_a_screen_shows_the_titles_of_its_own_room(screen: RoomId | None, allowed: bool) -> None:
    assert screen_may_see_title(screen, ROOM) is allowed


@pytest.mark.parametrize(
    ("who", "allowed"), [(ADMIN, True), (AT_HOME, True), (ELSEWHERE, False), (BOOKER, False)]
)
def test_who_may_pair_a_screen(who: Someone, allowed: bool) -> None:
    assert may_pair(who, VILLEFORT) is allowed


def test_only_the_administrator_reads_the_record() -> None:
    assert may_audit(ADMIN)
    assert not may_audit(AT_HOME)


@pytest.mark.parametrize(
    ("who", "allowed"), [(ADMIN, True), (BOOKER, True), (FAR_BOOKER, False), (TRAINER, False)]
)
def test_one_is_offered_the_names_of_those_at_the_same_centre(who: Someone, allowed: bool) -> None:
    assert may_know(who, {VILLEFORT, MEYRUEIS}) is allowed


@pytest.mark.parametrize(
    ("who", "machine"),
    [(ADMIN, True), (AT_HOME, True), (ELSEWHERE, False), (ORGANISER, False), (BOOKER, False)],
)
def test_the_machine_of_a_room_is_for_the_animateurs_of_its_centre(
    who: Someone, machine: bool
) -> None:
    assert may_ask(who, "system.reboot", VILLEFORT) is machine
    assert may_ask(who, "camera.home", VILLEFORT)
