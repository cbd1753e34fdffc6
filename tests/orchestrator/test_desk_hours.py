"""A desk is attended while its centre is open, and says when it is next."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from orchestrator.desk_hours import is_open, next_opening, with_holidays
from rooms.centre import Centre, Closure, Level, Line, Opening, OpeningHours
from rooms.ids import CentreId


def centre(closures: tuple[Closure, ...] = (), openings: tuple[Opening, ...] = ()) -> Centre:
    """Open on weekdays from nine to noon and from two to five."""
    week = (0, 1, 2, 3, 4)
    return Centre(
        id=CentreId("villefort"),
        name="Villefort",
        level=Level.TELECENTRE,
        premises="",
        address="",
        zone=ZoneInfo("Europe/Paris"),
        opening_hours=(
            OpeningHours(days=week, opens=time(9), closes=time(12)),
            OpeningHours(days=week, opens=time(14), closes=time(17)),
        ),
        closures=closures,
        openings=openings,
        line=Line(technology="adsl", down_kbps=1, up_kbps=1, rtt_ms=1),
        languages=("fr",),
        rooms=(),
    )


def paris(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of November 2026; the 20th is a Friday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC)


CHRISTMAS_EARLY = Closure(first=date(2026, 11, 23), last=date(2026, 11, 24), reason="fêtes")


def test_lunch_closes_the_desk() -> None:
    assert is_open(centre(), paris(20, 11, 59))
    assert not is_open(centre(), paris(20, 12))
    assert next_opening(centre(), paris(20, 12)) == paris(20, 14)


def test_after_friday_comes_monday() -> None:
    assert next_opening(centre(), paris(20, 17)) == paris(23, 9)


def test_while_open_the_next_opening_is_a_later_one() -> None:
    assert next_opening(centre(), paris(20, 9)) == paris(20, 14)


def test_a_holiday_closes_it_and_is_passed_over() -> None:
    closed = with_holidays(centre(), [CHRISTMAS_EARLY])
    assert not is_open(closed, paris(23, 10))
    assert next_opening(closed, paris(20, 17)) == paris(25, 9)


def test_an_exceptional_opening_counts_on_a_holiday() -> None:
    day = date(2026, 11, 23)
    market = Opening(first=day, last=day, opens=time(10), closes=time(11))
    opened = with_holidays(centre(openings=(market,)), [CHRISTMAS_EARLY])
    assert next_opening(opened, paris(20, 17)) == paris(23, 10)
    assert is_open(opened, paris(23, 10))


def test_a_centre_that_is_closed_for_months_says_nothing() -> None:
    closed = Closure(first=date(2026, 1, 1), last=date(2027, 12, 31), reason="travaux")
    assert next_opening(centre((closed,)), paris(20, 9)) is None
