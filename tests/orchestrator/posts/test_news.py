"""Who is told what, once, however it comes and goes."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.alerts.seen import Alert, Standing
from orchestrator.posts.news import CALM, Ledger, News
from orchestrator.settings.targets import Target
from rooms.ids import CentreId, RoomId, SessionId
from tests.orchestrator.alerts.helpers import NINE, ROOM, need

VILLEFORT = CentreId("villefort")
PHONE = Target(id="phone", kind="ntfy", url="https://n.example")
BOARD = Target(id="board", kind="webhook", url="https://b.example", when="always")
LOST = Alert(key="device_lost", room=ROOM, text="trouble-device_lost", device="cam")


def centre_of(room: RoomId) -> CentreId:
    return CentreId(room.removesuffix("-visio"))


def ledger(*targets: Target) -> Ledger:
    """Of a service that has run for a while."""
    made = Ledger(targets, centre_of)
    made.news(NINE - timedelta(hours=1), [])
    return made


def stands(alert: Alert = LOST, **needed: Any) -> Standing:
    return Standing(alert, NINE, need(**needed) if needed else None)


def told(of: Ledger, now: datetime, *standing: Standing) -> list[tuple[str, bool]]:
    news = of.news(now, standing)
    of.noted(news)
    return [(one.name[0], one.closed) for one in news]


def later(**much: float) -> datetime:
    return NINE + timedelta(**much)


def test_what_opens_is_told_once_and_what_closes_is_told_two_minutes_later() -> None:
    book = ledger(BOARD)
    assert told(book, NINE, stands()) == [("board", False)]
    assert told(book, later(minutes=1), stands()) == []
    assert told(book, later(minutes=2)) == []
    assert told(book, later(minutes=3, seconds=59)) == []
    assert told(book, later(minutes=4)) == [("board", True)]
    assert told(book, later(minutes=9)) == []


@given(st.lists(st.integers(1, 119), max_size=40))
def test_a_device_that_comes_and_goes_is_told_once(pauses: list[int]) -> None:
    book, now = ledger(BOARD), NINE
    assert told(book, now, stands()) == [("board", False)]
    for index, seconds in enumerate(pauses):
        now += timedelta(seconds=seconds)
        assert told(book, now, *([] if index % 2 == 0 else [stands()])) == []
        if index % 2 == 0:
            assert told(book, now + CALM - timedelta(seconds=1)) == []
            told(book, now, stands())


def test_who_is_told_when_needed_hears_of_rooms_a_session_needs_once_for_each() -> None:
    book = ledger(PHONE)
    assert told(book, NINE, stands()) == []
    assert told(book, NINE, stands(session=SessionId("se-1"))) == [("phone", False)]
    assert told(book, later(minutes=5), stands(session=SessionId("se-1"))) == []
    assert told(book, later(hours=1), stands()) == []  # the session is over: it has not closed
    assert told(book, later(hours=2), stands(session=SessionId("se-2"))) == [("phone", False)]
    assert told(book, later(hours=3)) == []
    assert told(book, later(hours=4)) == [("phone", True)]


def test_a_call_for_help_rings_whether_a_session_needs_the_room_or_not() -> None:
    call = Alert(key="help_wanted", room=ROOM, text="alert-help_wanted")
    book = ledger(PHONE)
    assert told(book, NINE, stands(call)) == [("phone", False)]
    assert told(book, later(minutes=1), stands(call, session=SessionId("se-1"))) == []


def test_a_later_call_for_help_is_told_anew_with_the_end_of_the_former() -> None:
    call = Alert(key="help_wanted", room=ROOM, text="alert-help_wanted")
    book = ledger(PHONE, BOARD)
    first, second = Standing(call, NINE), Standing(call, later(minutes=31))
    assert told(book, NINE, first) == [("phone", False), ("board", False)]
    assert told(book, later(minutes=30)) == []
    assert told(book, later(minutes=31), second) == [
        ("phone", True), ("board", True), ("phone", False), ("board", False)
    ]  # fmt: skip
    assert told(book, later(minutes=32), second) == []
    assert told(book, later(minutes=40)) == []
    assert sorted(told(book, later(minutes=42))) == [("board", True), ("phone", True)]


def test_what_can_wait_does_not_ring_a_telephone() -> None:
    old = Alert(key="agent_outdated", room=ROOM, text="alert-agent_outdated", pressing=False)
    book = ledger(PHONE, BOARD)
    assert told(book, NINE, stands(old, session=SessionId("se-1"))) == [("board", False)]


def test_each_hears_of_its_own_centres_and_nobody_that_he_himself_does_not_listen() -> None:
    here = Target(id="here", kind="webhook", url="", when="always", centres=(VILLEFORT,))
    there = Target(id="there", kind="webhook", url="", when="always", centres=(CentreId("x"),))
    assert told(ledger(here, there), NINE, stands()) == [("here", False)]
    deaf = Alert(key="post_failing", room=ROOM, text="alert-post_failing", device="here")
    assert told(ledger(here, BOARD), NINE, stands(deaf)) == [("board", False)]


def test_a_service_that_starts_again_closes_nothing_before_its_rooms_had_time_to_speak() -> None:
    before = ledger(BOARD)
    told(before, NINE, stands())
    again = Ledger((BOARD,), centre_of, dict(before.told))
    assert told(again, later(minutes=1)) == []
    assert told(again, later(minutes=5, seconds=59)) == []
    assert told(again, later(minutes=6)) == [("board", True)]
    still = Ledger((BOARD,), centre_of, dict(before.told))
    assert told(still, later(minutes=1), stands()) == []


def test_what_could_not_be_written_down_stays_news() -> None:
    book = ledger(BOARD)
    (first,) = book.news(NINE, [stands()])
    (second,) = book.news(NINE, [stands()])
    assert first == second == News(name=("board", ROOM, "device_lost", "cam"), told=first.told)


def phone(name: str, person: str, *centres: str) -> Target:
    """A topic of somebody's own."""
    mine = tuple(CentreId(one) for one in centres)
    return Target(id=name, kind="ntfy", url="", when="always", person=person, centres=mine)


ANNES, KATES = phone("annes", "anne"), phone("kates", "kate")


def seen_by(*duty: str, since: datetime = NINE) -> Standing:
    """With these on duty."""
    return Standing(LOST, since, None, frozenset(duty))


def test_the_telephone_of_who_is_on_duty_rings_and_that_of_nobody_else() -> None:
    book = ledger(ANNES, KATES, BOARD)
    assert told(book, NINE, seen_by("kate", "zoe")) == [("kates", False), ("board", False)]
    assert book.told_of(LOST) == (KATES, BOARD)


def test_when_nobody_is_on_duty_who_has_a_telephone_here_all_of_them_ring() -> None:
    for duty in ((), ("zoe",)):
        rung = told(ledger(ANNES, KATES), NINE, seen_by(*duty))
        assert rung == [("annes", False), ("kates", False)]


def test_a_telephone_that_hears_of_other_centres_silences_nobody_here() -> None:
    here = phone("here", "anne", VILLEFORT)
    elsewhere = phone("elsewhere", "kate", "x")
    assert told(ledger(here, elsewhere), NINE, seen_by("kate")) == [("here", False)]
    assert told(ledger(here, KATES), NINE, seen_by("kate")) == [("kates", False)]


def test_who_goes_off_duty_is_told_that_it_closed_and_who_comes_on_that_it_is_so() -> None:
    book = ledger(ANNES, KATES)
    assert told(book, NINE, seen_by("kate")) == [("kates", False)]
    assert told(book, later(minutes=1), seen_by()) == []  # as after a restart: nobody is known
    assert told(book, later(minutes=5), seen_by("anne")) == [("annes", False)]
    assert told(book, later(minutes=9), seen_by("anne")) == []
    told(book, later(minutes=10))
    closed = told(book, later(minutes=12))
    assert sorted(closed) == [("annes", True), ("kates", True)]
